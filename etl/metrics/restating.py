"""Holds a measuring of a day against the one before it: what changed, appeared or vanished."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from etl.metrics.judging import dimensions_text
from etl.model import Measurement, Restatement, Verdict

SAME = 1e-12
"""Sums of fractions may differ by less between two runs, as threads add them in any order."""

_Key: TypeAlias = tuple[str, str]


def restate(new: Iterable[Measurement], old: Iterable[Measurement]) -> list[Measurement]:
    """Carry over what earlier measurings of the same day said.

    A measurement that has not changed keeps its time stamp; one whose value has changed names the
    value before.
    """
    earlier = {_key(one): one for one in old}
    return [_restate(one, earlier.get(_key(one))) for one in new]


def changes(
    new: Iterable[Measurement],
    old: Iterable[Measurement],
    *,
    before: datetime,
    now: datetime,
    apart: Collection[str] = (),
) -> list[Restatement]:
    """Return how a measuring differs from the one before it; nothing where there was none.

    Args:
        new: What is measured now.
        old: What was measured before.
        before: When that was.
        now: The run's time, UTC.
        apart: Metrics that failed now or then: what is missing of them did not vanish.
    """
    earlier = {_key(one): one for one in old}
    if not earlier:
        return []
    found = [
        _change(earlier.pop(_key(one), None), one, before, now)
        for one in sorted(new, key=_key)
        if one.metric not in apart
    ]
    gone = (_change(one, None, before, now) for key, one in earlier.items() if key[0] not in apart)
    return [one for one in (*found, *gone) if one is not None]


def _key(one: Measurement) -> _Key:
    return one.metric, dimensions_text(one.dimensions)


def _restate(new: Measurement, old: Measurement | None) -> Measurement:
    if old is None:
        return new
    if not _equal(old.value, new.value):
        return replace(new, previous_value=old.value)
    new = replace(new, value=old.value, previous_value=old.previous_value)
    same = replace(new, measured_at=old.measured_at, data_version=old.data_version) == old
    return replace(new, measured_at=old.measured_at) if same else new


def _equal(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or math.isclose(one, other, rel_tol=SAME)


def _change(
    old: Measurement | None, new: Measurement | None, before: datetime, now: datetime
) -> Restatement | None:
    said = new or old
    if said is None or (old is not None and new is not None and not _differs(old, new)):
        return None
    kind = "vanished" if new is None else "appeared"
    if old is not None and new is not None:
        kind = "judged" if _equal(old.value, new.value) else "changed"
    return Restatement(
        day=said.day,
        metric=said.metric,
        dimensions=said.dimensions,
        kind=kind,
        unit=said.unit,
        target=said.target,
        old_value=old.value if old else None,
        value=new.value if new else None,
        old_verdict=old.verdict if old else Verdict.NONE,
        verdict=new.verdict if new else Verdict.NONE,
        old_measured_at=old.measured_at if old else before,
        measured_at=now,
    )


def _differs(old: Measurement, new: Measurement) -> bool:
    return not _equal(old.value, new.value) or old.verdict != new.verdict


def chains(found: Iterable[Restatement]) -> Iterator[tuple[Restatement, ...]]:
    """Yield the changes of each measurement together, in order of time."""
    together: dict[_Key, list[Restatement]] = {}
    for one in found:
        together.setdefault((one.metric, dimensions_text(one.dimensions)), []).append(one)
    for _, several in sorted(together.items()):
        yield tuple(sorted(several, key=lambda one: one.measured_at))
