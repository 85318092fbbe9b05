"""Tells a day: HTML and CSV pages, three lines for a terminal, one mail."""

from etl.reporting.catalogue import Catalogue
from etl.reporting.deliver import deliver
from etl.reporting.headline import headline
from etl.reporting.html import check_templates
from etl.reporting.judge import DaySummary, day_verdict, kpis_of, summarise
from etl.reporting.mail import build_mail, send_key
from etl.reporting.pages import Site
from etl.reporting.restated import restated_count
from etl.reporting.write import (
    reported_versions,
    write_catalogue,
    write_day,
    write_incidents,
    write_index,
)

__all__ = [
    "Catalogue",
    "DaySummary",
    "Site",
    "build_mail",
    "check_templates",
    "day_verdict",
    "deliver",
    "headline",
    "kpis_of",
    "reported_versions",
    "restated_count",
    "send_key",
    "summarise",
    "write_catalogue",
    "write_day",
    "write_incidents",
    "write_index",
]
