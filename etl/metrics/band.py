"""What is usual for a metric without a target: a band around the same weekday's past values."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

WEEKS = 8
"""Same weekdays that a band looks back at."""

LEAST_POINTS = 4
"""With fewer past values nothing is called unusual."""

_NOT_COUNTS = frozenset(
    {"s", "ms", "us", "min", "h", "d", "ratio", "share", "%", "percent", "bytes", "B"}
)
_SIGMAS = 3.0
_MODIFIED_Z = 3.5
_OF_MAD = 1.4826
_OF_MEAN_DEVIATION = 1.2533


def usual_band(unit: str, history: Mapping[int, float]) -> tuple[float, float] | None:
    """Return the least and the largest usual value; None where the history is too short.

    Args:
        unit: Of the metric; tells counts from other figures.
        history: Complete past values by how many days ago they were measured; those of the same
            weekday in the last `WEEKS` weeks are looked at.
    """
    weekdays = (7 * week for week in range(1, WEEKS + 1))
    points = [history[ago] for ago in weekdays if ago in history]
    if len(points) < LEAST_POINTS:
        return None
    if unit not in _NOT_COUNTS and all(p >= 0 and p == int(p) for p in points):
        return poisson_band(points)
    return robust_band(points)


def poisson_band(counts: Sequence[float]) -> tuple[float, float]:
    """Return Poisson limits around past counts.

    By y = 2 √(x + 3/8) a Poisson count becomes nearly normal with standard deviation 1 (F. J.
    Anscombe, The transformation of Poisson, binomial and negative-binomial data, Biometrika 35,
    1948). The limits are Shewhart's three standard deviations around the median of y:

        median(y) ± 3 φ √(1 + π / 2m),  φ = max(1, 1.4826 MAD(y))

    φ widens them where days differ by more than chance, as large counts do (D. B. Laney, Improved
    control charts for attributes, Quality Engineering 14, 2002), measured robustly, so that one
    bad day in the past does not hide the next. The root is for the median of m values not being
    the true one: its variance is π/2m times that of a value.
    """
    values = [2 * math.sqrt(count + 0.375) for count in counts]
    middle = statistics.median(values)
    spread = max(1.0, _OF_MAD * _mad(values, middle))
    reach = _SIGMAS * spread * _few(len(values))
    low, high = (max(0.0, middle + side * reach) for side in (-1, 1))
    # Whole numbers inside of the limits; a limit that is one up to rounding counts as inside.
    return (
        float(max(0, math.ceil((low / 2) ** 2 - 0.375 - 1e-9))),
        float(math.floor((high / 2) ** 2 - 0.375 + 1e-9)),
    )


def robust_band(values: Sequence[float]) -> tuple[float, float] | None:
    """Return limits around past figures by median and MAD; None where they are all the same.

        median ± 3.5 · 1.4826 MAD √(1 + π / 2m)

    3.5 is the bound for the modified z-score of B. Iglewicz and D. C. Hoaglin, How to Detect and
    Handle Outliers, 1993; where more than half of the values are equal, 1.2533 times the mean
    absolute deviation takes the place of 1.4826 MAD, as there. The root is as in `poisson_band`.
    """
    middle = statistics.median(values)
    spread = _OF_MAD * _mad(values, middle)
    if spread == 0:
        spread = _OF_MEAN_DEVIATION * statistics.fmean(abs(value - middle) for value in values)
    if spread == 0 or not math.isfinite(spread):
        return None
    reach = _MODIFIED_Z * spread * _few(len(values))
    low, high = middle - reach, middle + reach
    return (max(0.0, low) if min(values) >= 0 else low), high


def _mad(values: Sequence[float], middle: float) -> float:
    return statistics.median(abs(value - middle) for value in values)


def _few(number: int) -> float:
    return math.sqrt(1 + math.pi / (2 * number))
