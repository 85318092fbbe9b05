"""What a value must satisfy, in words: `<= 1.5`, `between 1 and 2`, `>= 90 % of yesterday`."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_OP = r"<=|>=|=|<|>"
_BASE = r"yesterday|same\s+weekday|median\s+of\s+(?P<days>\d{1,3})\s+days"
_COMPARISON = re.compile(rf"\s*({_OP})\s*({_NUMBER})\s*")
_RANGE = re.compile(rf"\s*between\s+({_NUMBER})\s+and\s+({_NUMBER})\s*", re.IGNORECASE)
_SHARE = re.compile(
    rf"\s*(?P<op>{_OP}|within)\s*(?P<percent>{_NUMBER})\s*%\s*of\s+(?:the\s+)?(?P<base>{_BASE})\s*",
    re.IGNORECASE,
)

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: math.isclose(value, bound, rel_tol=1e-12),
    "<": lambda value, bound: value < bound,
    ">": lambda value, bound: value > bound,
    "<=": lambda value, bound: value <= bound,
    ">=": lambda value, bound: value >= bound,
}

GRAMMAR = (
    "= 1, < 2, <= 1.5, > 0, >= 0.99, between 0.99 and 1.01, within 20 % of yesterday,"
    " >= 90 % of same weekday, within 30 % of median of 14 days"
)
"""Examples of all forms, for messages."""

LEAST_DAYS, MOST_DAYS = 2, 90
"""Of a median."""

WEEK = 7


@dataclass(frozen=True, slots=True)
class Base:
    """What a relative target is a share of.

    Attributes:
        kind: `yesterday`, `same weekday` (the one before) or `median`.
        days: How far back it looks.
    """

    kind: str
    days: int

    def __str__(self) -> str:
        """Return it as a target names it."""
        return f"median of {self.days} days" if self.kind == "median" else self.kind

    def figure(self, history: Mapping[int, float]) -> float | None:
        """Return the value to compare with; None where the history does not give it.

        Args:
            history: Values by how many days ago they were measured. A median needs at least half
                of its days: that of two out of fourteen would pass for more than it is.
        """
        if self.kind != "median":
            return history.get(self.days)
        values = [history[ago] for ago in range(1, self.days + 1) if ago in history]
        return statistics.median(values) if 2 * len(values) >= self.days else None


@dataclass(frozen=True, slots=True)
class Target:
    """A condition on a value; both bounds of a range belong to it.

    Attributes:
        op: `=`, `<`, `>`, `<=`, `>=`, `between`, or `within` so many per cent of `base`.
        low: The bound, or the lower one of a range; per cent where there is a base.
        high: The upper bound of a range; else the same as `low`.
        base: What the bounds are per cent of; None where they are figures themselves.
    """

    op: str
    low: float
    high: float
    base: Base | None = None

    def __str__(self) -> str:
        """Return the text that reads back as this target."""
        low = _plain(self.low)
        if self.base is not None:
            return f"{self.op} {low} % of {self.base}"
        return (
            f"between {low} and {_plain(self.high)}" if self.op == "between" else f"{self.op} {low}"
        )

    @property
    def reach_days(self) -> int:
        """How many days before the day its history must hold."""
        return 0 if self.base is None else self.base.days

    def resolve(self, history: Mapping[int, float]) -> Target | None:
        """Return the target in figures; None where the history lacks what it is relative to.

        Args:
            history: Values by how many days ago they were measured.
        """
        if self.base is None:
            return self
        figure = self.base.figure(history)
        if figure is None:
            return None
        if self.op == "within":
            off = abs(figure) * self.low / 100
            return Target("between", figure - off, figure + off)
        bound = figure * self.low / 100
        return replace(self, low=bound, high=bound, base=None)

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The least and the largest value; None where there is none, or a base has to tell."""
        if self.base is not None:
            return None, None
        return (
            None if self.op.startswith("<") else self.low,
            None if self.op.startswith(">") else self.high,
        )

    def is_met(self, value: float) -> bool:
        """Tell whether `value` satisfies the condition; NaN never does.

        Raises:
            ValueError: The target is relative and was not resolved.
        """
        if self.base is not None:
            raise ValueError(f"target '{self}' has to be resolved first")
        if self.op == "between":
            return self.low <= value <= self.high
        return _COMPARE[self.op](value, self.low)


def parse_target(text: str) -> Target:
    """Read a target's text.

    Raises:
        ValueError: It has none of the known forms, or its range is empty.
    """
    if match := _COMPARISON.fullmatch(text):
        bound = _figure(text, match[2])
        return Target(match[1], bound, bound)
    if match := _RANGE.fullmatch(text):
        low, high = _figure(text, match[1]), _figure(text, match[2])
        if low > high:
            raise ValueError(f"target '{text}': the range is empty, {match[1]} is above {match[2]}")
        return Target("between", low, high)
    if match := _SHARE.fullmatch(text):
        percent = _figure(text, match["percent"])
        if percent < 0:
            raise ValueError(f"target '{text}': a share cannot be below 0 %")
        return Target(match["op"].lower(), percent, percent, _base(text, match))
    raise ValueError(f"target '{text}' is not understood; write for example {GRAMMAR}")


def _figure(text: str, digits: str) -> float:
    figure = float(digits)
    if not math.isfinite(figure):
        raise ValueError(f"target '{text}': {digits} is too large")
    return figure


def _base(text: str, match: re.Match[str]) -> Base:
    words = match["base"].lower()
    if words == "yesterday":
        return Base("yesterday", 1)
    if match["days"] is None:
        return Base("same weekday", WEEK)
    days = int(match["days"])
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise ValueError(
            f"target '{text}': a median is of {LEAST_DAYS} to {MOST_DAYS} days, not of {days}"
        )
    return Base("median", days)


def _plain(figure: float) -> str:
    return repr(figure).removesuffix(".0")
