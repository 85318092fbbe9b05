"""Which measurements are KPIs, how they stand, and what a day's verdict is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from etl.model import DayReport, Measurement, Sheet, Verdict
from etl.reporting.dimensions import Order, about
from etl.reporting.limits import limits_of, target_phrase
from etl.reporting.text import figure, finite, target_words

WORDS: Mapping[Verdict, str] = {
    Verdict.MET: "met",
    Verdict.MISSED: "missed",
    Verdict.NO_DATA: "no data",
    Verdict.INCOMPLETE: "incomplete",
    Verdict.NONE: "no target",
}
"""Verdicts as people read them."""

_WORST_FIRST = (
    Verdict.MISSED,
    Verdict.INCOMPLETE,
    Verdict.NO_DATA,
    Verdict.MET,
    Verdict.NONE,
)
SEVERITY: Mapping[Verdict, int] = {verdict: i for i, verdict in enumerate(_WORST_FIRST)}
"""Verdicts by how much they ask for attention; 0 asks most."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """A KPI for one set of dimensions, or one that nothing was measured for."""

    sheet: Sheet
    measurement: Measurement | None

    @property
    def verdict(self) -> Verdict:
        """How it stands; a KPI without a measurement has no data."""
        return Verdict.NO_DATA if self.measurement is None else self.measurement.verdict

    @property
    def target(self) -> str:
        """The target as it was when measured, else as the sheet has it."""
        return self.sheet.target if self.measurement is None else self.measurement.target

    @property
    def about(self) -> str:
        """What it is about, as in `source api, route /customers`."""
        return "" if self.measurement is None else about(self.measurement.dimensions)

    @property
    def excess(self) -> float:
        """How far a missed KPI lies outside its target, in its unit; 0 for all others."""
        if self.verdict is not Verdict.MISSED or self.measurement is None:
            return 0.0
        value, bounds = finite(self.measurement.value), limits_of(self.measurement)
        if value is None:
            return math.inf  # something divided by nothing
        return min((abs(value - bound) for bound in bounds), default=0.0)

    @property
    def figures(self) -> str:
        """Value and target, as in `47 requests, target ≤ 2 requests`."""
        unit, m = self.sheet.unit, self.measurement
        target = target_words(self.target, unit) if m is None else target_phrase(m)
        if m is None or m.value is None:
            counts = ""
            if m is not None and m.numerator is not None and m.denominator is not None:
                counts = f" ({figure(m.numerator, '')} / {figure(m.denominator, '')})"
            return f"no value{counts}, target {target}"
        return f"{figure(m.value, unit, self.target)}, target {target}"


@dataclass(frozen=True, slots=True)
class DaySummary:
    """What the overview needs to know about one day.

    Attributes:
        kpis: Of the day, the worst first.
        missing: Sources without the data that was expected; empty also where nobody knows.
        restated: How many values differ from what an earlier measuring said.
    """

    day: date
    verdict: Verdict
    kpis: tuple[Kpi, ...]
    missing: tuple[str, ...] = ()
    restated: int = 0

    @property
    def missed(self) -> int:
        """Number of KPIs that missed their target."""
        return count(self.kpis, Verdict.MISSED)


def count(kpis: Sequence[Kpi], verdict: Verdict) -> int:
    """Return how many KPIs stand so."""
    return sum(kpi.verdict is verdict for kpi in kpis)


def judged(kpis: Sequence[Kpi]) -> list[Kpi]:
    """Return the KPIs that have a target on their day: a holiday may demand nothing."""
    return [kpi for kpi in kpis if kpi.verdict is not Verdict.NONE]


def sheet_for(measurement: Measurement, sheets: Mapping[str, Sheet]) -> Sheet:
    """Return a measurement's data sheet, or a bare one where its metric was removed since."""
    known = sheets.get(measurement.metric)
    if known is not None:
        return known
    return Sheet(
        name=measurement.metric,
        title=measurement.metric,
        metric_class=measurement.metric_class,
        unit=measurement.unit,
        definition="This metric has no data sheet any more.",
        sql="",
        path="",
        # An old verdict stays what it was, even when its metric is gone.
        kpi=measurement.verdict is not Verdict.NONE,
        target=measurement.target,
    )


def kpis_of(measurements: Sequence[Measurement], sheets: Mapping[str, Sheet]) -> tuple[Kpi, ...]:
    """Return the KPIs of one day, the worst first, then in the catalogue's order.

    A day of which nothing was measured has each KPI of the catalogue without data. On any other
    day, measuring has left a row for each KPI of its time; those added later do not judge it.
    """
    found = [Kpi(sheet_for(m, sheets), m) for m in measurements]
    found = [kpi for kpi in found if kpi.sheet.kpi]
    if not measurements:
        found = [Kpi(sheet, None) for sheet in sheets.values() if sheet.kpi]
    places = {name: i for i, name in enumerate(sheets)}

    steps = Order.of(measurements)

    def order(kpi: Kpi) -> tuple[int, int, str, float, object]:
        place = places.get(kpi.sheet.name, len(places))
        key = steps.key(kpi.measurement.dimensions) if kpi.measurement is not None else []
        return SEVERITY[kpi.verdict], place, kpi.sheet.name, -kpi.excess, key

    return tuple(sorted(found, key=order))


def day_verdict(kpis: Sequence[Kpi], missing: Sequence[str]) -> Verdict:
    """Return a day's verdict: the worst of its KPIs, incomplete if a source is missing."""
    return Verdict.of_day((kpi.verdict for kpi in kpis), missing=bool(missing))


def summarise(
    day: date,
    measurements: Sequence[Measurement],
    sheets: Mapping[str, Sheet],
    missing: Sequence[str] = (),
    restated: int = 0,
) -> DaySummary:
    """Return what the overview says about one day.

    Args:
        day: The day.
        measurements: All of that day.
        sheets: All metrics by name.
        missing: Sources without expected data, as far as known.
        restated: How many of its values were restated.
    """
    kpis = kpis_of(measurements, sheets)
    return DaySummary(
        day=day,
        verdict=day_verdict(kpis, missing),
        kpis=kpis,
        missing=tuple(sorted(missing)),
        restated=restated,
    )


def verdict_words(verdict: Verdict, kpis: Sequence[Kpi]) -> str:
    """Return a day's verdict with its count, as in `MISSED 2 of 9 KPIs`."""
    total = len(judged(kpis))
    noun = "KPI" if total == 1 else "KPIs"
    word = WORDS[verdict].upper()
    if verdict in {Verdict.MISSED, Verdict.NO_DATA}:
        held = count(kpis, verdict)
        joint = " for" if verdict is Verdict.NO_DATA else ""
        return f"{word}{joint} {held:,} of {total:,} {noun}" if held else word
    if verdict is Verdict.MET:
        return f"{word} {'the only KPI' if total == 1 else f'all {total:,} KPIs'}"
    if verdict is Verdict.INCOMPLETE:
        return f"{word}, {count(kpis, Verdict.MET):,} of {total:,} {noun} met"
    return "NO KPI HAS A TARGET" if kpis else "NO KPIs"


def statement(report: DayReport) -> tuple[Kpi, ...]:
    """Return the KPIs of a report, the worst first."""
    return kpis_of(report.measurements, report.sheets)


def verdict_of(report: DayReport) -> Verdict:
    """Return the verdict to print: never better than the KPIs and sources on the same page."""
    own = day_verdict(statement(report), report.missing)
    return min(report.verdict, own, key=lambda verdict: SEVERITY[verdict])
