"""What `daytally metrics` and the catalogue tell of data sheets; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from etl.days import day_of
from etl.metrics.lint import WINDOW_DAYS, Finding, lint
from etl.metrics.sheet import KINDS
from etl.model import Measurement, Sheet
from etl.pipeline.project import Project
from etl.resources import sql_folder
from etl.store.measurements import data_versions, read_measurements
from etl.store.trouble import reading


def lint_findings(project: Project, now: datetime) -> list[Finding]:
    """Return what is thin in a project's data sheets, held against its measurements."""
    today = day_of(now, project.settings.zone)
    since = today - timedelta(days=WINDOW_DAYS)
    with reading(project.warehouse.place.address):
        measured = read_measurements(project.warehouse, since=since, until=today)
    return findings(project, measured, today)


def findings(project: Project, measurements: Iterable[Measurement], today: date) -> list[Finding]:
    """Return what is thin in a project's data sheets.

    Args:
        project: The project.
        measurements: Of any days; those of the last `WINDOW_DAYS` days are looked at.
        today: The day to hold dates against.
    """
    first = today - timedelta(days=WINDOW_DAYS)
    window = [one for one in measurements if first <= one.day <= today]
    return lint(project.sheets.values(), window, today=today, built_in=str(sql_folder()))


def newest_values(project: Project, name: str) -> list[Measurement]:
    """Return the measurements of a metric on the newest day that has any."""
    with reading(project.warehouse.place.address):
        for day in sorted(data_versions(project.warehouse), reverse=True):
            of_day = read_measurements(project.warehouse, since=day, until=day)
            if found := [one for one in of_day if one.metric == name]:
                return found
    return []


def sheet_facts(sheet: Sheet) -> list[tuple[str, str, str]]:
    """Return each key of a sheet that was given, what it says, and where it stands."""
    told: list[tuple[str, str, str]] = []
    for key in KINDS:
        value = getattr(sheet, "metric_class" if key == "class" else key)
        if key == "targets":
            rules = [(rule.when, rule.target or "none") for rule in sheet.targets]
            told += [("target", f"{text} ({when})", sheet.place(key)) for when, text in rules]
        elif isinstance(value, tuple):
            told += [(key, ", ".join(value), sheet.place(key))] if value else []
        elif value not in ("", None, 0, False):
            told.append((key, "yes" if value is True else str(value), sheet.place(key)))
    return told
