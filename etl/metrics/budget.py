"""Error budgets: how much may go wrong within a window of days, and how much of it did.

Two forms: `2 bad days in 28` counts days that missed their target; `1 % of n in 28 days` allows a
share of all observations to be bad. Bad are, of a metric of which less is better, the value itself
(of a ratio or percentage: that share of n); of one of which more is better, the rest of n.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from etl.metrics.judging import dimensions_text
from etl.model import BudgetState, Measurement, Sheet, Verdict

_DAYS = re.compile(r"\s*(\d{1,3})\s+bad\s+days?\s+in\s+(\d{1,3})(?:\s+days)?\s*", re.IGNORECASE)
_SHARE = re.compile(
    r"\s*(\d+\.?\d*|\.\d+)\s*%\s*of\s+n\s+in\s+(\d{1,3})(?:\s+days)?\s*", re.IGNORECASE
)
MOST_DAYS = 366
GRAMMAR = "2 bad days in 28, 1 % of n in 28 days"
"""Examples of both forms, for messages."""

_JUDGED = frozenset({Verdict.MET, Verdict.MISSED})
_UNKNOWN = frozenset({Verdict.NO_DATA, Verdict.INCOMPLETE})
_PARTS: Mapping[str, float] = {"ratio": 1, "share": 1, "%": 100, "percent": 100}
"""Units of a share, and what a whole is in them."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may go wrong.

    Attributes:
        kind: `days` or `share`.
        allowed: Bad days, or per cent of n.
        days: Length of the window, the day itself included.
    """

    kind: str
    allowed: float
    days: int

    def __str__(self) -> str:
        """Return the text that reads back as this budget."""
        figure = repr(self.allowed).removesuffix(".0")
        if self.kind == "days":
            return f"{figure} bad {'day' if self.allowed == 1 else 'days'} in {self.days}"
        return f"{figure} % of n in {self.days} days"


def parse_budget(text: str) -> Budget:
    """Read a budget's text.

    Raises:
        ValueError: It has neither form, or allows what cannot be.
    """
    if match := _DAYS.fullmatch(text):
        budget = Budget("days", float(match[1]), int(match[2]))
        too_much = budget.allowed >= budget.days
    elif match := _SHARE.fullmatch(text):
        budget = Budget("share", float(match[1]), int(match[2]))
        too_much = budget.allowed >= 100
    else:
        raise ValueError(f"budget '{text}' is not understood; write for example {GRAMMAR}")
    if not 1 <= budget.days <= MOST_DAYS:
        raise ValueError(f"budget '{text}': a window has 1 to {MOST_DAYS} days")
    if too_much:
        raise ValueError(f"budget '{text}' allows everything; nothing could ever use it up")
    return budget


def budget_states(
    sheets: Iterable[Sheet], measurements: Iterable[Measurement], day: date
) -> tuple[BudgetState, ...]:
    """Return how the budgets stand at the end of a day, by metric and dimensions.

    Days without data, or without all of it, neither use a budget nor count as good.

    Args:
        sheets: The catalogue.
        measurements: Of the day and as many before it as the longest window has.
        day: The last day of all windows.
    """
    budgets = {sheet.name: (sheet, parse_budget(sheet.budget)) for sheet in sheets if sheet.budget}
    series: dict[str, dict[str, list[Measurement]]] = {name: {} for name in budgets}
    for one in measurements:
        if one.metric in budgets:
            first = _first(budgets[one.metric][1], day)
            if first <= one.day <= day:
                about = dimensions_text(one.dimensions)
                series[one.metric].setdefault(about, []).append(one)
    states = [
        _state(sheet, budget, series[name][about], day)
        for name, (sheet, budget) in budgets.items()
        for about in sorted(series[name])
    ]
    return tuple(state for state in states if state.days)


def _first(budget: Budget, day: date) -> date:
    return day - timedelta(days=budget.days - 1)


def _state(sheet: Sheet, budget: Budget, found: list[Measurement], day: date) -> BudgetState:
    if budget.kind == "days":
        judged = [one for one in found if one.verdict in _JUDGED]
        bad = float(sum(one.verdict is Verdict.MISSED for one in judged))
        allowed, days = budget.allowed, len(judged)
    else:
        parts = [part for one in found if (part := _bad_of(sheet, one)) is not None]
        bad = math.fsum(part for part, _ in parts)
        allowed, days = budget.allowed / 100 * sum(n for _, n in parts), len(parts)
    return BudgetState(
        metric=sheet.name,
        dimensions=found[0].dimensions,
        budget=str(budget),
        since=_first(budget, day),
        until=day,
        days=days,
        bad=bad,
        allowed=allowed,
    )


def _bad_of(sheet: Sheet, one: Measurement) -> tuple[float, int] | None:
    """Return how many observations of a day were bad, and how many there were."""
    if one.value is None or not one.n or one.verdict in _UNKNOWN:
        return None
    part = one.value
    if sheet.unit in _PARTS:
        exact = one.numerator is not None and one.denominator == one.n
        part = (
            one.numerator
            if exact and one.numerator is not None
            else one.value / _PARTS[sheet.unit] * one.n
        )
    return (one.n - part if sheet.better == "higher" else part), one.n
