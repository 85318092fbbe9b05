"""Whatever a log holds, no page, CSV or overview gets a tag, a formula or a hidden sign of it."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from etl.model import DayReport
from etl.reporting import (
    Catalogue,
    Site,
    summarise,
    write_catalogue,
    write_day,
    write_incidents,
    write_index,
)
from etl.reporting.tables import FORMULA_MARKS
from tests.reporting.figures import DAY, sheets
from tests.reporting.pagecheck import Page, unseen
from tests.reporting.statements import hostile_report

NASTY = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    '=HYPERLINK("http://x")',
    "\r\nBcc: x@y.z\r\n\r\n",
    "\u202egpj.exe\u2066",
    "\x1b]0;title\x07\x00",
    "</style></svg><!--",
    "../../etc/passwd",
    "javascript:alert(1)",
)
HOSTILE = st.sampled_from(NASTY) | st.text(min_size=1, max_size=40)


def day_page(out: Path, report: DayReport, templates: Path) -> Page:
    return Page(write_day(out, report, templates=templates)[0].read_text("utf-8"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(text="\ud800")
@example(text="=1+1")
@given(text=HOSTILE)
def test_hostile_text_changes_no_tag_and_hides_nothing(
    text: str, tmp_path: Path, templates: Path
) -> None:
    """The page of a hostile log has the tags of the page of a harmless one, and no others."""
    harmless = day_page(tmp_path / "harmless", hostile_report("x" * len(text)), templates)
    page = day_page(tmp_path / "hostile", hostile_report(text), templates)
    assert not page.faults
    assert set(page.tags) == set(harmless.tags)
    folder = tmp_path / "hostile" / str(DAY)
    names = {path.name for path in folder.iterdir()}
    assert names == {path.name for path in (tmp_path / "harmless" / str(DAY)).iterdir()}
    assert not unseen((folder / "index.html").read_text("utf-8"))
    for path in folder.glob("*.csv"):
        content = path.read_text("utf-8")
        assert not unseen(content)
        for row in csv.reader(content.splitlines(keepends=True)):
            assert not [c for c in row if c.startswith(FORMULA_MARKS) and not _is_figure(c)]


def _is_figure(text: str) -> bool:
    return re.fullmatch(r"-[\d.e+-]+", text) is not None


@pytest.mark.parametrize("text", NASTY)
def test_hostile_text_is_harmless_in_the_overviews_too(
    text: str, tmp_path: Path, site: Site
) -> None:
    report = hostile_report(text)
    site = replace(site, project=text)
    write_index(tmp_path, [summarise(DAY, report.measurements, sheets(), [text])], site)
    write_incidents(tmp_path, report.incidents, site, until=report.ended_at)
    one = replace(sheets()["http_500"], title=text, sql=text, owner=text, runbook=text, impact=text)
    budget = replace(report.budgets[0], metric="http_500")
    told = Catalogue(
        {"http_500": one}, report.measurements, [budget], {"http_500": [text]}, {text: text}
    )
    write_catalogue(tmp_path, told, site)
    for name in ("index.html", "incidents.html", "catalogue.html"):
        content = (tmp_path / name).read_text("utf-8")
        page = Page(content)
        assert not page.faults
        assert not unseen(content)
        assert not [link for link in page.links if link.startswith("javascript")]
