"""Judges a measurement: by the target that holds for it, else by what was usual before."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from etl.metrics.band import usual_band
from etl.metrics.history import History
from etl.metrics.scope import scope, words_of
from etl.metrics.targets import Target, parse_target
from etl.metrics.views import Definitions
from etl.model import Dimensions, Measurement, Sheet, Verdict


@dataclass(frozen=True, slots=True)
class DayContext:
    """What judging a day's values needs to know.

    Attributes:
        missing: Sources expected on the day that have no record of it.
        measured_at: The run's time, UTC.
        data_version: Hash of the data and definitions that are measured.
        history: Values of the days before.
        waiting: Chains and steps at which a log that is overdue leaves objects undecided.
    """

    day: date
    definitions: Definitions
    missing: frozenset[str]
    measured_at: datetime
    data_version: str
    history: History = field(default_factory=History)
    waiting: Collection[tuple[str, str]] = ()


def judge(sheet: Sheet, one: Measurement, target: str, context: DayContext) -> Measurement:
    """Return a measurement with its verdict, the bounds of its target, and its band.

    A metric without target is never missed: a value out of its band is unusual, no more.

    Args:
        sheet: Of its metric.
        one: The measurement.
        target: The target that holds for it; empty for none.
        context: The day.
    """
    about = dimensions_text(one.dimensions)
    history = context.history.of(sheet.name, about)
    absent = _waits(sheet, one.dimensions, context) or (
        bool(context.missing)
        and not context.missing.isdisjoint(scope(sheet, one.dimensions, context.definitions))
    )
    nothing = one.n == 0 or (one.value is None and not one.numerator)
    if not target:
        # Half a day is below its band for a reason that the day names already.
        return one if absent or nothing else _with_band(one, usual_band(sheet.unit, history))
    resolved = parse_target(target).resolve(history)
    low, high = (None, None) if resolved is None else resolved.limits
    verdict = _verdict(one, resolved, absent=absent, nothing=nothing)
    return replace(one, target=target, target_low=low, target_high=high, verdict=verdict)


def dimensions_text(dimensions: Dimensions) -> str:
    """Return dimensions as JSON text with sorted keys: the form in which they are kept."""
    return json.dumps(dict(dimensions), sort_keys=True, ensure_ascii=False)


def _waits(sheet: Sheet, dimensions: Dimensions, context: DayContext) -> bool:
    """Tell whether a figure about a day's objects may be another once an overdue log has come.

    A figure without a step counts each object by its state at the last one, if its SQL says so.
    """
    words = words_of(sheet) if context.waiting else set()
    if not any(word.startswith("cohort") for word in words):
        return False
    steps = context.definitions.steps
    last = {step.chain: step.name for step in sorted(steps, key=lambda step: step.position)}
    chain, step = dimensions.get("chain"), dimensions.get("step")
    return any(
        chain in {None, of_chain}
        and step in {None, of_step}
        and (step is not None or "is_last" not in words or of_step == last.get(of_chain))
        for of_chain, of_step in context.waiting
    )


def _verdict(one: Measurement, target: Target | None, *, absent: bool, nothing: bool) -> Verdict:
    if absent:
        return Verdict.INCOMPLETE
    if nothing:
        return Verdict.NO_DATA
    if one.value is None:
        return Verdict.MISSED  # something divided by nothing
    if target is None:
        return Verdict.NO_DATA  # nothing to compare with is no pass
    return Verdict.MET if target.is_met(one.value) else Verdict.MISSED


def _with_band(one: Measurement, band: tuple[float, float] | None) -> Measurement:
    if band is None or one.value is None:
        return one
    low, high = band
    return replace(one, band_low=low, band_high=high, unusual=not low <= one.value <= high)
