"""Earlier days' values, as relative targets and bands look at them: complete days only."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeAlias

from etl.metrics.band import WEEKS
from etl.metrics.rules import reach_days
from etl.metrics.scope import scope
from etl.metrics.views import Definitions
from etl.model import Sheet

PastValue: TypeAlias = tuple[date, str, str, float | None, int | None]
"""Day, metric, dimensions as kept, value, n."""


@dataclass(frozen=True, slots=True)
class History:
    """Values before a day.

    Attributes:
        values: By metric and dimensions (as text): days ago to value.
    """

    values: Mapping[tuple[str, str], Mapping[int, float]] = field(default_factory=dict)

    def of(self, metric: str, dimensions: str) -> Mapping[int, float]:
        """Return the values of one metric and set of dimensions, by days ago."""
        return self.values.get((metric, dimensions), {})


def days_needed(sheets: Iterable[Sheet], day: date) -> list[date]:
    """Return the days before `day` whose measurements its judging looks at."""
    reach = max((reach_days(sheet) for sheet in sheets), default=0)
    ago = {*range(1, reach + 1), *(7 * week for week in range(1, WEEKS + 1))}
    return [day - timedelta(days=number) for number in sorted(ago)]


def history_before(
    day: date,
    rows: Iterable[PastValue],
    sheets: Mapping[str, Sheet],
    missing: Mapping[date, Collection[str]],
    definitions: Definitions,
) -> History:
    """Arrange past measurements for the judging of a day.

    Left out is what has no value, nothing behind it, or lacks a source that it is made of: a
    figure of half a day would make the next whole day look wrong.

    Args:
        day: The day to be judged.
        rows: Measurements of days before it.
        sheets: The catalogue.
        missing: Sources that were expected and absent, by day.
        definitions: Sources and chains, which say what a metric is made of.
    """
    values: dict[tuple[str, str], dict[int, float]] = {}
    for past, metric, dimensions, value, n in rows:
        if value is None or n == 0 or metric not in sheets:
            continue
        absent = missing.get(past)
        if absent and not {*scope(sheets[metric], json.loads(dimensions), definitions)}.isdisjoint(
            absent
        ):
            continue
        values.setdefault((metric, dimensions), {})[(day - past).days] = value
    return History(values)
