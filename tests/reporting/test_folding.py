"""The day's page shows what asks for attention, and folds the rest."""

from __future__ import annotations

from dataclasses import replace

from etl.reporting.context import day_page
from etl.reporting.html import environment, render
from etl.resources import templates_folder
from tests.reporting.statements import good_report, rich_report


def test_what_asks_for_nothing_is_folded() -> None:
    """A table is open where a row missed, lies out of its band or is in a log's own words."""
    report = replace(rich_report(), restatements=())
    tables = {table.name: table for table in day_page(report).all_tables()}
    opened = {name for name, table in tables.items() if table.is_open}
    assert {"http_500", "integrity_flow", "lost_customer", "request_time", "lines"} <= opened
    assert not {"http_status", "distinct_objects", "requests_ok_by_route"} & opened
    calm = {table.name: table for table in day_page(good_report()).all_tables()}
    assert not any(calm[name].is_open for name in ("http_500", "integrity_flow"))
    page = render(environment(templates_folder(), None), "day.html", day_page(report).cut(9))
    for name, mark in (("http_500", " open"), ("http_status", "")):
        assert f'<details class="block fold"{mark}>\n<summary><h3 id="t-{name}">' in page
