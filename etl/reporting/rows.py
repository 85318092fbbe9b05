"""Cells and order that the tables of metrics have in common."""

from __future__ import annotations

from collections.abc import Sequence

from etl.model import Measurement, Verdict
from etl.reporting.charts import share
from etl.reporting.dimensions import dimension_order, spoken
from etl.reporting.judge import WORDS
from etl.reporting.tables import Cell, Column
from etl.reporting.text import NOTHING, bare, clip, figure, finite

_CODE = frozenset({"route", "path", "resource", "query"})


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
