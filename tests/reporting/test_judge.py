"""Verdicts: absence is never a pass, and a day is as good as its worst KPI."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from etl.model import Verdict
from etl.reporting import headline, summarise
from etl.reporting.dimensions import Order, natural
from etl.reporting.judge import kpis_of, verdict_of, verdict_words
from tests.reporting.figures import DAY, measured, sheets
from tests.reporting.statements import empty_report, good_report, hostile_report, rich_report


def test_the_worst_kpi_comes_first_and_the_furthest_off_before_the_others() -> None:
    kpis = kpis_of(rich_report().measurements, sheets())
    assert [kpi.verdict for kpi in kpis[:4]] == [Verdict.MISSED] * 3 + [Verdict.MET]
    found = [
        measured("http_500", value, verdict=Verdict.MISSED, dimensions={"source": name})
        for name, value in (("a", 3.0), ("b", 900.0), ("c", 41.0))
    ]
    first = [kpi for kpi in kpis_of(found, sheets()) if kpi.sheet.name == "http_500"]
    assert [kpi.about for kpi in first] == ["source b", "source c", "source a"]


def test_a_kpi_without_any_measurement_has_no_data() -> None:
    summary = summarise(DAY, [], sheets())
    assert summary.verdict is Verdict.NO_DATA
    assert len(summary.kpis) == 4


def test_a_missing_source_makes_a_day_incomplete_however_good_its_figures_are() -> None:
    report = good_report()
    summary = summarise(DAY, report.measurements, report.sheets, ["audit"])
    assert summary.verdict is Verdict.INCOMPLETE
    assert summarise(DAY, report.measurements, report.sheets).verdict is Verdict.MET


def test_a_page_is_never_better_than_its_kpis() -> None:
    """Whoever made the report may have overlooked a KPI that found nothing."""
    assert verdict_of(replace(empty_report(), verdict=Verdict.MET)) is Verdict.NO_DATA
    assert verdict_of(replace(good_report(), missing=("audit",))) is Verdict.INCOMPLETE
    assert verdict_of(good_report()) is Verdict.MET


def test_a_kpi_that_has_no_target_on_a_day_is_shown_but_not_counted() -> None:
    free = measured("http_500", 99.0, verdict=Verdict.NONE, target="")
    met = measured("chain_time_p90", 1.0, verdict=Verdict.MET)
    summary = summarise(DAY, [free, met], sheets())
    assert summary.verdict is Verdict.MET
    assert len(summary.kpis) == 2
    assert verdict_words(summary.verdict, summary.kpis) == "MET the only KPI"
    holiday = summarise(DAY, [free], sheets())
    assert holiday.verdict is Verdict.NONE
    assert verdict_words(Verdict.NONE, ()) == "NO KPIs"
    assert verdict_words(holiday.verdict, holiday.kpis) == "NO KPI HAS A TARGET"


def test_a_relative_target_is_told_with_the_figures_that_it_came_to() -> None:
    one = measured(
        "http_500", 99.0, verdict=Verdict.MISSED, target="<= 120 % of yesterday", target_high=12.0
    )
    (kpi,) = kpis_of([one], sheets())
    assert kpi.figures == "99 requests, target ≤ 120 % of yesterday (at most 12 requests)"
    assert kpi.excess == 87


def test_an_old_verdict_stays_when_its_metric_is_gone() -> None:
    m = measured("gone", 3.0, verdict=Verdict.MISSED, target="<= 1", day=DAY - timedelta(days=9))
    assert summarise(m.day, [m], {}).missed == 1
    assert summarise(m.day, [replace(m, verdict=Verdict.NONE)], {}).verdict is Verdict.NONE


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.MISSED, "MISSED 3 of 9 KPIs"),
        (Verdict.INCOMPLETE, "INCOMPLETE, 6 of 9 KPIs met"),
        (Verdict.NO_DATA, "NO DATA"),
        (Verdict.MET, "MET all 9 KPIs"),
        (Verdict.NONE, "NO KPI HAS A TARGET"),
    ],
)
def test_a_verdict_in_words(verdict: Verdict, words: str) -> None:
    assert verdict_words(verdict, kpis_of(rich_report().measurements, sheets())) == words


def test_three_lines_say_verdict_figures_and_proof() -> None:
    first, second, third = headline(rich_report())
    assert first == "Customer hub, 2026-03-20: MISSED 3 of 9 KPIs"
    assert second.startswith("Missed: HTTP 500 answers, source api: 47 requests, target ≤ 2")
    assert third == (
        "Proof: 70,246 lines = 70,226 records + 16 rejects + 4 blank in 5 inputs, "
        "1 of them not read; missing: audit"
    )
    calm = replace(rich_report(), verdict=Verdict.MET, missing=(), measurements=())
    met = [one for one in rich_report().measurements if one.verdict is Verdict.MET]
    assert headline(replace(calm, measurements=tuple(met)))[1].startswith("Incidents: ")
    assert headline(empty_report())[1].startswith("No data: p90 of the end-to-end time per chain")
    assert all(line.isprintable() for line in headline(hostile_report("\x1b[2J\r\n\u202e")))


def test_steps_of_a_chain_stand_in_the_order_that_objects_take() -> None:
    order = Order.of(rich_report().measurements)
    steps = ["provided", "stored", "imported", "transformed"]
    ordered = sorted(steps, key=lambda step: order.key({"chain": "customer", "step": step}))
    assert ordered == ["imported", "transformed", "stored", "provided"]


def test_a_circle_of_steps_is_no_endless_loop() -> None:
    pairs = (("a", "b"), ("b", "a"))
    found = [
        measured("integrity_flow", 1.0, dimensions={"chain": "c", "from_step": a, "to_step": b})
        for a, b in pairs
    ]
    assert len(Order.of(found).steps) == 2


def test_numbers_sort_by_size_and_other_digits_as_text() -> None:
    assert sorted(["step 10", "step 9", "step ²"], key=natural) == ["step 9", "step 10", "step ²"]
