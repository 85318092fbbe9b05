"""One measurement as the truth writes it."""

from __future__ import annotations

from typing import Any


def row(
    metric: str, dimensions: dict[str, Any], value: float | None, *, n: int | None = None
) -> dict[str, Any]:
    """Return a measurement without ratio, verdict and instants; callers add what it has."""
    return {
        "metric": metric,
        "dimensions": dimensions,
        "value": value,
        "numerator": None,
        "denominator": None,
        "n": n,
        "verdict": "none",
        "first_at": None,
        "last_at": None,
    }


def top(
    values: dict[tuple[Any, ...], int], *others: dict[tuple[Any, ...], int], places: int = 50
) -> set[tuple[Any, ...]]:
    """Return the keys that have a row of their own: the largest by any of the figures.

    Equals stand in the order of their keys, nothing before everything.
    """
    kept: set[tuple[Any, ...]] = set()
    for figures in (values, *others):
        ordered = sorted(values, key=lambda key: (-figures[key], [(k is not None, k) for k in key]))
        kept |= set(ordered[:places])
    return kept
