"""What is usual for a metric without a target: a band around the same weekday's past values."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

WEEKS = 8
"""Same weekdays that a band looks back at."""

LEAST_POINTS = 6
"""With fewer past values nothing is called unusual: what differs by chance cannot be told."""

_NOT_COUNTS = frozenset(
    {"s", "ms", "us", "min", "h", "d", "ratio", "share", "%", "percent", "bytes", "B"}
)
_WHOLES: Mapping[str, float] = {"share": 1.0, "%": 100.0, "percent": 100.0}
"""What a part of a whole cannot exceed."""

_SIGMAS = 3.0
_OF_MAD = 1.4826
_REACH = {6: 12.0, 7: 11.6, 8: 8.7}
"""Number of past values to the multiple of their MAD beyond which one in a hundred lies by chance.

It is the 0.99 quantile of |x - median| / MAD over normal values, simulated: of so few values the
MAD is itself so uncertain that the usual 3.5 of the modified z-score would call one in twenty
unusual. The tests simulate it again.
"""


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
    band = robust_band(points)
    whole = _WHOLES.get(unit)
    return band if band is None or whole is None else (band[0], min(band[1], whole))


def poisson_band(counts: Sequence[float]) -> tuple[float, float]:
    """Return Poisson limits around past counts.

    By y = 2 √(x + 3/8) a Poisson count becomes nearly normal with standard deviation 1 (F. J.
    Anscombe, The transformation of Poisson, binomial and negative-binomial data, Biometrika 35,
    1948). The limits are Shewhart's three standard deviations around the median of m past y:

        median(y) ± √(1 + π / 2m) √(3² + (k e)²),   e² = max(0, (1.4826 MAD(y))² - 1)

    e is what days differ by beyond chance, as large counts do; it widens the limits as in D. B.
    Laney, Improved control charts for attributes, Quality Engineering 14, 2002, but is measured
    robustly, so that one bad day in the past does not hide the next. k is `_REACH` in standard
    deviations. The first root is for the median of m values not being the true one: its variance
    is π/2m times that of a value.
    """
    values = [2 * math.sqrt(count + 0.375) for count in counts]
    middle = statistics.median(values)
    mad = _mad(values, middle)
    few = math.sqrt(1 + math.pi / (2 * len(values)))
    beyond = math.sqrt(max(0.0, (_OF_MAD * mad) ** 2 - 1)) / (_OF_MAD * few)
    reach = few * math.hypot(_SIGMAS, _REACH[len(values)] * beyond)
    low, high = (max(0.0, middle + side * reach) for side in (-1, 1))
    # Whole numbers inside of the limits; a limit that is one up to rounding counts as inside.
    return (
        float(max(0, math.ceil((low / 2) ** 2 - 0.375 - 1e-9))),
        float(math.floor((high / 2) ** 2 - 0.375 + 1e-9)),
    )


def robust_band(values: Sequence[float]) -> tuple[float, float] | None:
    """Return limits around past figures by median and MAD; None where they are all the same.

        median ± K MAD,   K as in `_REACH`

    That is the modified z-score of B. Iglewicz and D. C. Hoaglin, How to Detect and Handle
    Outliers, 1993, with a bound for few values. Where more than half of the values are equal, the
    mean absolute deviation takes the place of the MAD, as there.
    """
    middle = statistics.median(values)
    spread = _mad(values, middle) or statistics.fmean(abs(value - middle) for value in values)
    if spread == 0 or not math.isfinite(spread):
        return None
    reach = _REACH[len(values)] * spread
    low, high = middle - reach, middle + reach
    return (max(0.0, low) if min(values) >= 0 else low), high


def _mad(values: Sequence[float], middle: float) -> float:
    return statistics.median(abs(value - middle) for value in values)
