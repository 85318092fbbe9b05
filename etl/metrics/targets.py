"""What a value must satisfy: `= 1`, `<= 1.5`, `between 0.99 and 1.01`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_COMPARISON = re.compile(rf"\s*(<=|>=|=|<|>)\s*({_NUMBER})\s*")
_RANGE = re.compile(rf"\s*between\s+({_NUMBER})\s+and\s+({_NUMBER})\s*", re.IGNORECASE)

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: math.isclose(value, bound, rel_tol=1e-12),
    "<": lambda value, bound: value < bound,
    ">": lambda value, bound: value > bound,
    "<=": lambda value, bound: value <= bound,
    ">=": lambda value, bound: value >= bound,
}

GRAMMAR = "= 1, < 2, <= 1.5, > 0, >= 0.99, between 0.99 and 1.01"
"""Examples of all forms, for messages."""


@dataclass(frozen=True, slots=True)
class Target:
    """A condition on a value; both bounds of a range belong to it.

    Attributes:
        op: `=`, `<`, `>`, `<=`, `>=` or `between`.
        low: The bound, or the lower one of a range.
        high: The upper bound of a range; else the same as `low`.
    """

    op: str
    low: float
    high: float

    def is_met(self, value: float) -> bool:
        """Tell whether `value` satisfies the condition; NaN never does."""
        if self.op == "between":
            return self.low <= value <= self.high
        return _COMPARE[self.op](value, self.low)


def parse_target(text: str) -> Target:
    """Read a target's text.

    Raises:
        ValueError: It has none of the known forms, or its range is empty.
    """
    if match := _COMPARISON.fullmatch(text):
        bound = float(match[2])
        return Target(match[1], bound, bound)
    if match := _RANGE.fullmatch(text):
        low, high = float(match[1]), float(match[2])
        if low > high:
            raise ValueError(f"target '{text}': the range is empty, {match[1]} is above {match[2]}")
        return Target("between", low, high)
    raise ValueError(f"target '{text}' is not understood; write for example {GRAMMAR}")
