"""The joint page of the team: every sheet, whole, with how it has fared."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path

from etl.reporting import Catalogue, Site, write_catalogue
from tests.reporting.figures import sheets
from tests.reporting.statements import rich_report


def test_the_catalogue_has_every_sheet_by_class_and_by_owner(tmp_path: Path, site: Site) -> None:
    write_catalogue(tmp_path, Catalogue(sheets(), rich_report().history), site)
    text = (tmp_path / "catalogue.html").read_text("utf-8")
    for sheet in sheets().values():
        assert text.count(f'href="#metric-{sheet.name}"') == 2, "once by class, once by owner"
        assert text.count(f'id="metric-{sheet.name}"') == 1
        for said in (sheet.definition, sheet.business_value, sheet.impact):
            assert html.escape(said, quote=False) in html.unescape(text)
    assert "Nobody yet" in text, "metrics without an owner are not hidden"
    errors = text[text.index('id="class-errors"') : text.index('id="class-api"')]
    assert errors.index("HTTP 500 answers") < errors.index("Requests by HTTP status")


def test_the_catalogue_shows_history_bands_budgets_and_what_is_thin(
    tmp_path: Path, site: Site
) -> None:
    report = rich_report()
    told = Catalogue(
        report.sheets,
        (*report.history, *report.measurements),
        report.budgets,
        {"http_500": ["nobody owns it"]},
        {"request_time_p42": "no route is configured"},
    )
    write_catalogue(tmp_path, told, site)
    text = (tmp_path / "catalogue.html").read_text("utf-8")
    wrong = text[text.index('id="metric-http_500"') :]
    assert "nobody owns it" in wrong
    assert "used up" in wrong
    assert "target missed on" in wrong
    lines = text[text.index('id="metric-lines"') :]
    assert "unusual: 11,800 to 13,950 lines expected" in lines
    assert "within 20 % of yesterday<small>7,664 to 11,496 lines</small>" in lines
    assert "no route is configured" in text


def test_a_catalogue_of_many_long_metrics_stays_below_a_megabyte(
    tmp_path: Path, site: Site
) -> None:
    sheet = replace(sheets()["http_500"], sql="select 1 as value\n" * 60)
    many = {f"m{i}": replace(sheet, name=f"m{i}", title=f"Metric {i}") for i in range(110)}
    days = [m for m in rich_report().history if m.metric == "http_500"]
    rows = [
        replace(m, metric=name, dimensions={"source": f"s{i}"})
        for name in many
        for i in range(8)
        for m in days
    ]
    write_catalogue(tmp_path, Catalogue(many, rows), site)
    assert (tmp_path / "catalogue.html").stat().st_size < 1_000_000
