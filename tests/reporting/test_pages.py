"""Pages are whole, load nothing, and say what they must in the order they must."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from etl.model import DayReport, Verdict
from etl.reporting import (
    Catalogue,
    Site,
    summarise,
    write_catalogue,
    write_day,
    write_incidents,
    write_index,
)
from etl.reporting.html import PAGE_BYTES
from tests.reporting.figures import DAY, MEASURED_AT, measured, sheets
from tests.reporting.pagecheck import Page, unseen
from tests.reporting.statements import (
    empty_report,
    good_report,
    incidents,
    many_report,
    resolved,
    rich_report,
)


def day_page(out: Path, report: DayReport, templates: Path) -> Page:
    return Page(write_day(out, report, templates=templates)[0].read_text("utf-8"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Path:
    """All pages of the rich report, and of its days."""
    out = tmp_path_factory.mktemp("out")
    report = rich_report()
    write_day(out, report, templates=site.templates)
    days = sorted({m.day for m in report.history})
    summaries = [
        summarise(day, [m for m in report.history if m.day == day], sheets()) for day in days
    ]
    write_index(out, summaries, site)
    write_catalogue(out, Catalogue(sheets(), rich_report().history), site)
    write_incidents(out, (*incidents(), *resolved()), site, until=report.ended_at)
    return out


PAGES = ("index.html", "catalogue.html", "incidents.html", f"{DAY}/index.html")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_formed_and_needs_nothing_else(written: Path, name: str) -> None:
    text = (written / name).read_text("utf-8")
    page = Page(text)
    assert not page.faults
    assert not unseen(text)
    assert "@import" not in text
    assert "url(" not in text
    assert len(text.encode()) < PAGE_BYTES
    tags = {tag for tag, _ in page.tags}
    assert {"main", "header", "footer", "nav", "h1"} <= tags
    assert page.tags["html", ("lang",)] == 1
    assert "#main" in page.links


@pytest.mark.parametrize("name", PAGES)
def test_tables_say_what_they_are_and_what_their_cells_belong_to(written: Path, name: str) -> None:
    text = (written / name).read_text("utf-8")
    assert text.count("<table") == text.count("<caption")
    assert not re.search(r"<th(?![^>]*scope=)[ >]", text)


@pytest.mark.parametrize("name", PAGES)
def test_links_inside_the_report_lead_somewhere(written: Path, name: str) -> None:
    page = Page((written / name).read_text("utf-8"))
    for link in page.links:
        if link.startswith("https://"):
            assert link == "https://wiki.example.org/runbooks/http-500"
            continue
        path, _, anchor = link.partition("#")
        assert not path.startswith(("/", "http:", "javascript:"))
        if path and path.startswith(("../2026-", "2026-")):
            continue  # other days have no page in this test
        target = (written / name).parent / path if path else written / name
        assert target.is_file(), link
        if anchor and not path:
            assert anchor == "main" or anchor in page.ids, link


def test_the_verdict_and_its_cost_come_first_and_the_proof_last(written: Path) -> None:
    text = Page((written / str(DAY) / "index.html").read_text("utf-8")).text
    words = (
        *("MISSED 3 of 9 KPIs", "Clients retry, call support", "KPIs against their targets"),
        *("Restated values", "Did every business object", "How long did it take", "What failed"),
        *("What was asked for", "How much was there", "How long until", "Was every line"),
    )
    places = [text.index(word) for word in words]
    assert places == sorted(places)


def test_every_table_of_the_page_is_also_a_csv(written: Path) -> None:
    folder = written / str(DAY)
    page = Page((folder / "index.html").read_text("utf-8"))
    linked = {link for link in page.links if link.endswith(".csv")}
    tables = sum(count for (tag, _), count in page.tags.items() if tag == "table")
    assert len(linked) == tables + 1  # measurements.csv is all of them
    for link in linked:
        with (folder / link).open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        assert len(set(header)) == len(header), link
        assert rows, link
        assert {len(row) for row in rows} == {len(header)}, link


def test_percentiles_of_one_thing_share_a_table(written: Path) -> None:
    with (written / str(DAY) / "request_time.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    keys = ["source", "route", "p50", "p90", "p99", "unit", "n", "few", "target", "verdict"]
    assert list(rows[0]) == keys
    assert [row["few"] for row in rows] == ["", "p99", "", ""]
    assert [row["verdict"] for row in rows] == ["missed", "met", "met", "met"]


def test_hours_stand_side_by_side_on_the_page_and_one_by_one_in_the_csv(written: Path) -> None:
    with (written / str(DAY) / "http_status_hourly.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {"source", "status", "hour", "value"} <= set(rows[0])
    assert [row["value"] for row in rows if row["status"] == "500"] == ["47"]
    text = (written / str(DAY) / "index.html").read_text("utf-8")
    assert all(f">{hour}</th>" in text for hour in range(24))


@pytest.mark.parametrize("written", ["{:02}:00+0{}:00", "{:02}+0{}:00"])
def test_on_a_day_when_the_clock_changes_the_repeated_hour_shows_twice(
    written: str, tmp_path: Path, templates: Path
) -> None:
    clock = [(h, 2) for h in range(3)] + [(h, 1) for h in range(2, 24)]
    hours = [written.format(h, offset) for h, offset in clock]
    shown = [f"{h} +0{offset}:00" for h, offset in clock]
    base = next(m for m in rich_report().measurements if m.metric == "http_status_hourly")
    found = tuple(replace(base, dimensions={**base.dimensions, "hour": hour}) for hour in hours)
    report = replace(rich_report(), measurements=found[::-1], objects=(), slowest=())
    page = day_page(tmp_path, report, templates)
    assert re.findall(r"\d+ \+0[12]:00", page.text.partition("Source")[2])[: len(shown)] == shown


def test_an_empty_day_says_so_and_nothing_on_it_is_green(tmp_path: Path, templates: Path) -> None:
    write_day(tmp_path, empty_report(), templates=templates)
    text = (tmp_path / str(DAY) / "index.html").read_text("utf-8")
    assert "Nothing was recorded for this day" in text
    body = text.partition("</style>")[2]
    assert "v-met" not in body
    assert "#s-met" not in body
    assert "v-no_data" in body


@pytest.mark.parametrize("verdict", [Verdict.NO_DATA, Verdict.INCOMPLETE])
def test_a_day_without_proof_of_its_kpis_is_not_green(
    verdict: Verdict, tmp_path: Path, templates: Path
) -> None:
    report = good_report()
    worse = tuple(
        replace(m, verdict=verdict, value=None) if m.metric == "http_500" else m
        for m in report.measurements
    )
    write_day(tmp_path, replace(report, measurements=worse, verdict=verdict), templates=templates)
    text = (tmp_path / str(DAY) / "index.html").read_text("utf-8")
    assert f'class="verdict v-{verdict.value}"' in text


def test_a_verdict_shows_by_word_and_shape(written: Path) -> None:
    text = (written / str(DAY) / "index.html").read_text("utf-8")
    badges = re.findall(r'<span class="badge v-(\w+)">(.*?)</span>', text)
    assert len(badges) > 20
    for verdict, inside in badges:
        assert f'href="#s-{verdict}"' in inside
        assert re.sub(r"<[^>]*>", "", inside).strip()


def test_the_same_report_gives_the_same_bytes(tmp_path: Path, templates: Path) -> None:
    first, second, later = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    report = rich_report()
    write_day(first, report, templates=templates)
    write_day(second, report, templates=templates)
    moved = replace(report, measured_at=MEASURED_AT + timedelta(days=3))
    write_day(later, moved, templates=templates)
    for path in (first / str(DAY)).iterdir():
        content = path.read_bytes()
        assert (second / str(DAY) / path.name).read_bytes() == content
        other = (later / str(DAY) / path.name).read_bytes()
        if path.name == "index.html":
            assert len([1 for a, b in zip(content, other, strict=True) if a != b]) == 1
        elif path.name != "summary.json":
            assert other == content


def test_summary_json_has_what_a_machine_asks_for(written: Path) -> None:
    data = json.loads((written / str(DAY) / "summary.json").read_text("ascii"))
    assert list(data) == sorted(data)
    assert data["verdict"] == "missed"
    assert data["kpi_counts"] == {
        "total": 9,
        "met": 6,
        "missed": 3,
        "no_data": 0,
        "incomplete": 0,
        "none": 0,
    }
    assert data["counts"]["lines"] == sum(
        data["counts"][part] for part in ("records", "rejects", "blank")
    )
    assert data["missing"] == ["audit"]
    assert data["data_version"] == ["5f0c1d9ab2e4"]


def test_five_thousand_measurements_fit_on_a_page(tmp_path: Path, templates: Path) -> None:
    write_day(tmp_path, many_report(5_000), templates=templates)
    page = tmp_path / str(DAY) / "index.html"
    assert page.stat().st_size < PAGE_BYTES
    assert "all 1,250 rows in" in page.read_text("utf-8")
    with (tmp_path / str(DAY) / "measurements.csv").open(encoding="utf-8") as file:
        assert sum(1 for _ in csv.reader(file)) == 5_001


def test_trends_count_judged_days_and_say_when_a_value_is_old(tmp_path: Path, site: Site) -> None:
    today = measured("http_500", 1.0, verdict=Verdict.MET, dimensions={"source": "api"})
    old = replace(today, day=DAY - timedelta(days=2), dimensions={"source": "gone"})
    unknown = replace(today, day=old.day, value=None, verdict=Verdict.NO_DATA)
    nothing = replace(unknown, dimensions={})
    days = [
        summarise(DAY, [today], sheets()),
        summarise(old.day, [old, unknown, nothing], sheets()),
    ]
    write_index(tmp_path, days, site)
    text = Page((tmp_path / "index.html").read_text("utf-8")).text
    trends = text.partition("Trends of KPIs")[2].partition("All days")[0]
    assert trends.count("HTTP 500 answers") == 2
    assert trends.count("0 of 1") == 2
    assert f"source gone, on {old.day}" in trends


def test_a_thousand_days_fit_on_the_overview(tmp_path: Path, site: Site) -> None:
    report = rich_report()
    kpis = [m for m in report.history if m.day == DAY]
    days = [
        summarise(day, [replace(m, day=day) for m in kpis], sheets())
        for day in (DAY - timedelta(days=i) for i in range(1000))
    ]
    write_index(tmp_path, days, site)
    assert (tmp_path / "index.html").stat().st_size < PAGE_BYTES
    assert len((tmp_path / "days.csv").read_text().splitlines()) == 1001
