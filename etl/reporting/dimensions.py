"""What a measurement is about: in words, as JSON, and in an order that people expect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from etl.model import Dimensions, Measurement
from etl.reporting.text import clip

_LEADING = ("chain", "source")
_STEPS = ("step", "from_step")


def dimensions_json(dimensions: Dimensions) -> str:
    """Return dimensions as the warehouse has them: JSON with sorted keys."""
    return json.dumps(dict(dimensions), sort_keys=True, ensure_ascii=False)


def dimension_order(dimensions: Dimensions) -> list[str]:
    """Return the names of dimensions from the widest to the narrowest: chain, source, others."""
    leading = [name for name in _LEADING if name in dimensions]
    return leading + sorted(name for name in dimensions if name not in _LEADING)


def about(dimensions: Dimensions, length: int = 80) -> str:
    """Return dimensions as people say them, each value cut to `length` characters."""
    parts = (
        f"{clip(name.replace('_', ' '), 40)} {spoken(dimensions[name], length)}"
        for name in dimension_order(dimensions)
    )
    return ", ".join(parts)


def spoken(value: str | float | bool | None, length: int = 80) -> str:
    """Return the value of a dimension as people read it."""
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clip(str(value), length) or '""'


def natural(text: str) -> list[tuple[int, int, str]]:
    """Return a sort key that puts `step 9` before `step 10`."""
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+|[0-9]+", text)
    # Not isdigit(): a superscript two is a digit to it, and no number to int().
    return [
        (0, int(part), "") if part[0] in "0123456789" and len(part) < 19 else (1, 0, part)
        for part in parts
    ]


@dataclass(frozen=True, slots=True)
class Order:
    """Order of rows by what they are about; steps of a chain in the order objects take.

    Attributes:
        steps: Position of each step, by chain and step.
    """

    steps: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, measurements: Iterable[Measurement]) -> Order:
        """Learn the order of steps from measurements between two steps of a chain."""
        following: dict[str, dict[str, str]] = {}
        for m in measurements:
            chain, start, end = (m.dimensions.get(k) for k in ("chain", "from_step", "to_step"))
            if isinstance(start, str) and isinstance(end, str):
                following.setdefault(str(chain), {})[start] = end
        return cls(
            {
                (chain, step): place
                for chain, edges in following.items()
                for place, step in enumerate(_walk(edges))
            }
        )

    def key(self, dimensions: Dimensions) -> list[list[tuple[int, int, str]]]:
        """Return a sort key for a set of dimensions."""
        chain = str(dimensions.get("chain"))
        keys = []
        for name in dimension_order(dimensions):
            value = spoken(dimensions[name], 200)
            place = self.steps.get((chain, value)) if name in _STEPS else None
            keys.append([(0, place, "")] if place is not None else natural(value))
        return keys

    @staticmethod
    def name(dimensions: Dimensions) -> str:
        """Return text that is the same for the same dimensions."""
        return dimensions_json(dimensions)


def _walk(edges: Mapping[str, str]) -> list[str]:
    """Return steps in order; what lies on a circle comes last, by name."""
    starts = sorted(set(edges) - set(edges.values()))
    steps: dict[str, None] = {}
    for start in (*starts, *sorted(edges)):
        step: str | None = start
        while step is not None and step not in steps:
            steps[step] = None
            step = edges.get(step)
    return list(steps)
