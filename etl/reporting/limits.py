"""A measurement's target and band as people read them."""

from __future__ import annotations

from etl.model import Measurement
from etl.reporting.text import figure, target_bounds, target_words


def limits_of(m: Measurement) -> tuple[float, ...]:
    """Return the figures that a measurement's target came to: none, one or two."""
    found = (limit for limit in (m.target_low, m.target_high) if limit is not None)
    return tuple(dict.fromkeys(found)) or target_bounds(m.target)


def bounds_of(m: Measurement) -> tuple[float, ...]:
    """Return the figures to draw beside a measurement: of its target, else of its band."""
    band = tuple(edge for edge in (m.band_low, m.band_high) if edge is not None)
    return limits_of(m) or band


def target_phrase(m: Measurement) -> str:
    """Return a measurement's target in one line, a relative one with its figures."""
    resolved = resolved_words(m)
    return target_words(m.target, m.unit) + (f" ({resolved})" if resolved else "")


def resolved_words(m: Measurement) -> str:
    """Return what a relative target came to; nothing for a target in figures."""
    if target_bounds(m.target) or (m.target_low is None and m.target_high is None):
        return ""
    return range_words(m.target_low, m.target_high, m.unit)


def band_words(m: Measurement) -> str:
    """Return what would have been usual, as in `4 to 14 requests`; nothing without a band."""
    if m.band_low is None or m.band_high is None:
        return ""
    if m.band_low == 0 < m.band_high:
        return f"up to {figure(m.band_high, m.unit)}"
    return range_words(m.band_low, m.band_high, m.unit)


def range_words(low: float | None, high: float | None, unit: str) -> str:
    """Return a range of values with its unit once; `at least` or `at most` where one end is open.

    Limits are what a computation gave, and get as many digits as a value does.
    """
    if low is None or high is None:
        side = "at most" if low is None else "at least"
        return f"{side} {figure(high if low is None else low, unit)}"
    first, last = figure(low, unit), figure(high, unit)
    word = last.partition(" ")[2]
    return f"{first.removesuffix(f' {word}') if word else first} to {last}"
