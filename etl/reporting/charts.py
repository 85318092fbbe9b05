"""Geometry of small charts. Templates draw it as inline SVG and add nothing to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 132.0, 28.0, 3.0
"""Of a sparkline, in CSS pixels."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point that deserves a sign: `missed` (a diamond) or `last` (a disc)."""

    x: float
    y: float
    kind: str


@dataclass(frozen=True, slots=True)
class Spark:
    """A sparkline.

    Attributes:
        path: SVG path data; days without a value leave gaps.
        bounds: Heights of the target's bounds that lie in the picture.
        words: What the picture says, for those who don't see it.
    """

    path: str
    marks: tuple[Mark, ...]
    bounds: tuple[float, ...]
    words: str
    width: float = WIDTH
    height: float = HEIGHT


@dataclass(frozen=True, slots=True)
class Point:
    """One day of a sparkline."""

    value: float | None
    missed: bool = False


def sparkline(points: Sequence[Point], *, bounds: Sequence[float], words: str) -> Spark | None:
    """Lay out a line over days, the newest at the right.

    Args:
        points: Oldest first, one per day; gaps have no value.
        bounds: Figures of the target. They are drawn, and stretch the scale as long as the
            values stay visible as a line.
        words: Text for those who don't see the picture.

    Returns:
        The picture, or None where fewer than two days have a value.
    """
    values = [point.value for point in points if point.value is not None]
    if len(values) < 2:
        return None
    low, high = _range(values, bounds)
    step = (WIDTH - 2 * MARGIN) / max(1, len(points) - 1)

    def height(value: float) -> float:
        # All values equal: a line through the middle, not on the floor.
        share = (value - low) / (high - low) if high > low else 0.5
        return _round(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN))

    placed = [
        (_round(MARGIN + i * step), None if p.value is None else height(p.value), p.missed)
        for i, p in enumerate(points)
    ]
    return Spark(
        path=_path([(x, y) for x, y, _ in placed]),
        marks=_marks(placed),
        bounds=tuple(height(bound) for bound in bounds if low <= bound <= high),
        words=words,
    )


def _range(values: Sequence[float], bounds: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    spread = high - low
    for bound in bounds:
        # A target far from all values would flatten the line, which then says nothing.
        if spread == 0 or low - 2 * spread <= bound <= high + 2 * spread:
            low, high = min(low, bound), max(high, bound)
    return low, high


def _path(places: Sequence[tuple[float, float | None]]) -> str:
    parts: list[str] = []
    drawing = False
    for i, (x, y) in enumerate(places):
        if y is None:
            drawing = False
            continue
        parts.append(f"{'L' if drawing else 'M'}{x:g} {y:g}")
        if not drawing and (i + 1 == len(places) or places[i + 1][1] is None):
            parts.append("h0")  # a lone day between gaps: round line caps make it a dot
        drawing = True
    return "".join(parts)


def _marks(placed: Sequence[tuple[float, float | None, bool]]) -> tuple[Mark, ...]:
    marks = [Mark(x, y, "missed") for x, y, missed in placed if missed and y is not None]
    x, y, missed = placed[-1]
    if y is not None and not missed:
        marks.append(Mark(x, y, "last"))
    return tuple(marks)


def _round(value: float) -> float:
    return round(value, 1)


def share(value: float | None, largest: float) -> float | None:
    """Return a bar's length in per cent of the longest; at least a visible sliver."""
    if value is None or value <= 0 or largest <= 0:
        return None
    return round(max(1.0, min(100.0, 100.0 * value / largest)), 1)


def heat(value: float | None, largest: float) -> int:
    """Return a shade from 1 (little) to 4 (the most); 0 for nothing."""
    if value is None or value <= 0 or largest <= 0:
        return 0
    return min(4, 1 + int(4 * value / largest * 0.999))
