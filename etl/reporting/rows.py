"""Cells and order that the tables of metrics have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from etl.model import Dimensions, Measurement, Verdict
from etl.reporting.charts import share
from etl.reporting.judge import (
    WORDS,
    dimension_order,
    dimensions_json,
    natural,
    spoken,
)
from etl.reporting.tables import Cell, Column
from etl.reporting.text import NOTHING, bare, clip, figure, finite

_CODE = frozenset({"route", "path", "resource", "query"})
_STEPS = ("step", "from_step")


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


def dimension_columns(rows: Sequence[Measurement]) -> list[Column]:
    """Return a column per dimension that any row has."""
    names = dict.fromkeys(name for m in rows for name in m.dimensions)
    return [
        Column(name, clip(name.replace("_", " "), 40).capitalize(), _dimension_kind(name))
        for name in dimension_order(names)
    ]


def _dimension_kind(name: str) -> str:
    return "code" if name in _CODE else "text"


def dimension_cells(m: Measurement, names: Sequence[str]) -> list[Cell]:
    """Return a cell per named dimension; empty where the measurement lacks it."""
    return [
        Cell(m.dimensions[name], spoken(m.dimensions[name]))
        if name in m.dimensions
        else Cell(None, "")
        for name in names
    ]


def value_cell(m: Measurement | None, largest: float) -> Cell:
    """Return a measurement's value, with what it was before it was restated.

    Args:
        m: The measurement, or None where there is none.
        largest: The column's largest value, for a bar; 0 for none.
    """
    if m is None:
        return Cell(None, NOTHING)
    note = "" if m.previous_value is None else f"was {bare(m.previous_value, m.unit, m.target)}"
    text = bare(m.value, m.unit, m.target)
    return Cell(m.value, text, note=note, bar=share(finite(m.value), largest))


def full_value_cell(m: Measurement | None) -> Cell:
    """Return a measurement's value with its unit, for tables that mix metrics."""
    if m is None:
        return Cell(None, NOTHING)
    note = "" if m.previous_value is None else f"was {figure(m.previous_value, m.unit, m.target)}"
    return Cell(m.value, figure(m.value, m.unit, m.target), note=note)


def verdict_cell(verdict: Verdict) -> Cell:
    """Return a verdict by word and shape; nothing where there is no target."""
    if verdict is Verdict.NONE:
        return Cell(verdict.value, NOTHING)
    return Cell(verdict.value, WORDS[verdict], verdict=verdict.value)
