"""Metrics that belong together share a table, with the largest first and the rest last."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from etl.model import CLASSES, DayReport, Measurement, MessageSample, Verdict
from etl.reporting.context import day_page
from etl.reporting.sections import Section, sections
from etl.reporting.tables import Table
from tests.reporting.figures import DAY, MEASURED_AT, sheet
from tests.reporting.statements import empty_report


def measured(
    metric: str, metric_class: str, unit: str, value: float, **more: object
) -> Measurement:
    figures = {"numerator": None, "denominator": None, "n": None, "first_at": None, "last_at": None}
    figures |= {key: more.pop(key) for key in list(more) if key in figures}
    return Measurement(
        day=DAY, metric=metric, metric_class=metric_class, dimensions=more, value=value, unit=unit,
        target="", verdict=Verdict.NONE, previous_value=None, measured_at=MEASURED_AT,
        data_version="v", **figures,
    )  # type: ignore[arg-type] # fmt: skip


def table_of(found: tuple[Section, ...], name: str) -> Table:
    return next(t for section in found for t in section.tables if t.name == name)


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for _, cell in row] for row in table.shown]


def test_requests_and_bytes_of_one_thing_are_one_table() -> None:
    known = {
        name: sheet(name, f"{title} per client", "api", unit)
        for name, title, unit in (
            ("bytes_by_client", "Bytes sent", "bytes"),
            ("requests_by_client", "Requests", "requests"),
        )
    }
    rows = [
        measured("requests_by_client", "api", "requests", 70, source="a", client="(other)"),
        measured("requests_by_client", "api", "requests", 3, source="a", client="x"),
        measured("requests_by_client", "api", "requests", 5, source="a", client="y"),
        measured("bytes_by_client", "api", "bytes", 2000, source="a", client="x"),
    ]
    table = table_of(sections(rows, known), "by_client")
    assert [column.label for column in table.headings] == ["Source", "Client", "Requests", "Bytes"]
    assert texts(table) == [
        ["a", "y", "5", "–"],
        ["a", "x", "3", "2 kB"],
        ["a", "(other)", "70", "–"],
    ]
    assert table.title == "Per client"


def test_many_rows_are_cut_on_the_page_and_whole_in_the_csv() -> None:
    known = {"requests_by_user": sheet("requests_by_user", "Requests per user", "api", "requests")}
    rows = [
        measured("requests_by_user", "api", "requests", n, source="a", remote_user=f"u{n}")
        for n in range(1, 41)
    ]
    table = table_of(sections(rows, known), "requests_by_user")
    shown = table.cut(1000)
    assert (len(shown.rows), shown.total, texts(shown)[0][1]) == (12, 40, "u40")
    assert table.csv().count(b"\n") == 41


def test_failures_of_both_kinds_are_one_table_with_counts_and_shares() -> None:
    known = {
        f"http_{kind}_rate": sheet(f"http_{kind}_rate", f"Share of {kind}", "errors", "ratio")
        for kind in ("4xx", "5xx")
    }
    rows = [
        measured(
            f"http_{kind}_rate", "errors", "ratio", failed / 200, source="a",
            numerator=failed, denominator=200,
        )
        for kind, failed in (("4xx", 10), ("5xx", 1))
    ]  # fmt: skip
    table = table_of(sections(rows, known), "http_failures")
    assert texts(table) == [["a", "10", "5 %", "1", "0.5 %"]]
    assert (
        table.csv().splitlines()[0] == b"source,answers_4xx,answers,share_4xx,answers_5xx,share_5xx"
    )


def test_statuses_stand_side_by_side_and_one_below_the_other_in_the_csv() -> None:
    known = {"s": sheet("s", "Status per route", "errors", "requests")}
    rows = [
        measured("s", "errors", "requests", n, source="a", route=route, status=status)
        for route, status, n in (("/x", 200, 5), ("/y", 200, 9), ("/y", 404, 1))
    ]
    table = table_of(sections(rows, known), "s")
    assert [column.label for column in table.headings] == ["Source", "Route", "200", "404"]
    assert texts(table) == [["a", "/y", "9", "1"], ["a", "/x", "5", "–"]]
    assert b"a,/y,404,1,requests" in table.csv()


def test_failures_that_were_not_found_are_no_lack_of_data() -> None:
    known = {
        "e": sheet("e", "Kinds of errors", "errors", "events"),
        "t": sheet("t", "With a target", "errors", "events", target="<= 2"),
    }
    section = sections([], known)[CLASSES.index("errors")]
    assert (section.none, section.silent) == (("Kinds of errors",), ("With a target",))


def messages_report() -> DayReport:
    at = MEASURED_AT - timedelta(hours=9)
    events = {"first_at": at, "last_at": at + timedelta(seconds=5), "source": "app"}
    names = ("error_fingerprints", "error_fingerprints_new", "error_fingerprints_gone")
    yesterday = at - timedelta(days=1)
    past = {"first_at": yesterday, "last_at": yesterday, "source": "app"}
    rows = [
        measured(names[0], "errors", "events", 7, fingerprint="old {…}", **events),
        measured(names[0], "errors", "events", 2, fingerprint="<b>new {…}", **events),
        measured(names[0], "errors", "events", 90, fingerprint="(other)", **events),
        measured(names[1], "errors", "events", 2, fingerprint="<b>new {…}", **events),
        measured(names[2], "errors", "events", 4, fingerprint="gone {…}", **past),
    ]
    samples = [
        MessageSample(
            "app", "old {…}", 3, at, "old 1", "logs/a.log", 1234, DAY - timedelta(days=3), DAY
        ),
        MessageSample("app", "<b>new {…}", 2, at, "=new 2", "logs/a.log", 88, DAY, DAY),
        MessageSample(
            "app",
            "gone {…}",
            3,
            yesterday,
            "gone 5",
            "logs/a.log.1",
            6,
            DAY - timedelta(days=9),
            DAY - timedelta(days=1),
        ),
    ]
    known = {name: sheet(name, name, "errors", "events") for name in names}
    return replace(empty_report(), measurements=tuple(rows), samples=tuple(samples), sheets=known)


def test_kinds_of_errors_say_since_when_and_where_to_read() -> None:
    page = day_page(messages_report())
    names = [table.name for table in page.all_tables()]
    assert "error_fingerprints_new" not in names
    table = table_of(page.sections, "error_fingerprints")
    assert [row[1:4] + row[6:] for row in texts(table)] == [
        ["<b>new {…}", "2", "new", "logs/a.log @ 88"],
        ["old {…}", "7", str(DAY - timedelta(days=3)), "logs/a.log @ 1,234"],
        ["(other)", "90", "–", "–"],
    ]
    gone = table_of(page.sections, "error_fingerprints_gone")
    since, seen = str(DAY - timedelta(days=9)), "2026-03-19 17:04:09 +01:00"
    assert [row[1:] for row in texts(gone)] == [["gone {…}", "4", since, seen, "logs/a.log.1 @ 6"]]
    assert b"'=new 2" in table.csv()
    assert b"logs/a.log,1234" in table.csv()
