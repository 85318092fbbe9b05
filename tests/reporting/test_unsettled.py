"""KPIs without verdict: what is known of them is told, and why it is not enough."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from etl.model import ChainWait, Measurement, Verdict
from etl.reporting import build_mail, write_day
from etl.reporting.judge import kpis_of
from etl.reporting.unsettled import gaps_of
from tests.reporting.figures import DAY, MEASURED_AT, measured, sheets
from tests.reporting.statements import good_report

INCOMPLETE = Verdict.INCOMPLETE
WAITS = (
    ChainWait("customer", "stored", "store", DAY + timedelta(days=1), 3),
    ChainWait("order", "stored", "shop", DAY, 9),
)


def said(*found: Measurement, **more: object) -> list[str]:
    report = replace(good_report(), measurements=found, **more)  # type: ignore[arg-type]
    return [gap.line for gap in gaps_of(report, kpis_of(found, sheets()))]


def flow(value: float | None, **more: object) -> Measurement:
    about = {"chain": "customer", "from_step": "imported", "to_step": "stored"}
    return measured("integrity_flow", value, verdict=INCOMPLETE, dimensions=about, **more)


def test_an_incomplete_figure_is_told_with_what_it_waits_for() -> None:
    one = measured("http_500", 47.0, verdict=INCOMPLETE, dimensions={"source": "api"})
    assert said(one, missing=("api", "audit")) == [
        "HTTP 500 answers: source api, so far 47 requests, target ≤ 2 requests; incomplete:"
        " waiting for the log of api (API team)"
    ]
    of_all = measured("http_500", 47.0, verdict=INCOMPLETE)
    (told,) = said(of_all, missing=("e", "d", "c", "b", "a"))
    assert "waiting for the logs of a, b, c and 2 more" in told


def test_a_figure_about_a_chain_waits_for_its_logs_and_their_days() -> None:
    (told,) = said(flow(1.25, numerator=5.0, denominator=4.0), waits=WAITS)
    assert "so far 1.250, target 0.99 to 1.01; incomplete" in told
    assert told.endswith("waiting for the log of store of 2026-03-21 (Data platform team)")
    (nothing,) = said(flow(None), missing=("store",))
    assert "no figure yet; incomplete: waiting for the log of store" in nothing


def test_what_has_no_data_says_why() -> None:
    empty = measured("http_500", 0.0, verdict=Verdict.NO_DATA, n=0, dimensions={"source": "api"})
    other = replace(empty, dimensions={"source": "web"})
    alone = measured("http_500", 9.0, verdict=Verdict.NO_DATA, target="<= 120 % of yesterday", n=99)
    first, second = said(empty, other, alone)[0].split("; ")
    assert first == (
        "HTTP 500 answers: 9 requests, target ≤ 120 % of yesterday, but no day to compare it with"
    )
    assert second == "source api or source web, no data, nothing was there to measure (API team)"


def test_a_metric_that_could_not_be_measured_says_where_its_sql_is_wrong() -> None:
    none = measured("http_500", None, verdict=Verdict.NO_DATA, n=0)
    wrong = "sql/http_500.sql:3:7: unknown column 'statsu'\n  select statsu\n         ^^^^^^"
    assert said(none, failed={"http_500": wrong}) == [
        "HTTP 500 answers: could not be measured: sql/http_500.sql:3:7: unknown column 'statsu'"
        " (API team)"
    ]


def test_page_and_mail_tell_them_and_no_line_break_is_spelt_out(
    tmp_path: Path, templates: Path
) -> None:
    one = measured("http_500", 47.0, verdict=INCOMPLETE, dimensions={"source": "api"})
    failed = {"own": "sql/own.sql:3:7: unknown column 'a'\n  select a\n         ^"}
    report = replace(
        good_report(), verdict=INCOMPLETE, measurements=(one,), missing=("api",), failed=failed
    )
    write_day(tmp_path, report, templates=templates)
    page = (tmp_path / str(DAY) / "index.html").read_text("utf-8")
    mail = build_mail(report, sender="a@example.org", recipients=["b@example.org"], now=MEASURED_AT)
    parts = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
    words = "so far 47 requests, target ≤ 2 requests; incomplete: waiting for the log of api"
    for text in (page, *(part.get_content() for part in parts.values() if part)):
        assert "No verdict on" in text
        assert words in text
        assert "unknown column" in text
        assert "\\n" not in text
