"""Cells and order that the tables of metrics have in common."""

from __future__ import annotations

from collections.abc import Sequence

from etl.model import Measurement, Sheet, Verdict
from etl.reporting.charts import share
from etl.reporting.dimensions import dimension_order, spoken
from etl.reporting.judge import WORDS
from etl.reporting.limits import band_words, resolved_words
from etl.reporting.ranks import is_few
from etl.reporting.tables import Cell, Column
from etl.reporting.text import (
    NOTHING,
    bare,
    clip,
    figure,
    finite,
    number,
    target_words,
)

_CODE = frozenset({"route", "path", "resource", "query", "template"})


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


def value_cell(m: Measurement | None, largest: float, sheet: Sheet | None = None) -> Cell:
    """Return a measurement's value, with what it was before it was restated.

    Args:
        m: The measurement, or None where there is none.
        largest: The column's largest value, for a bar; 0 for none.
        sheet: Its metric's, which says how many observations a value needs.
    """
    if m is None:
        return Cell(None, NOTHING)
    note = "" if m.previous_value is None else f"was {bare(m.previous_value, m.unit, m.target)}"
    text = bare(m.value, m.unit, m.target)
    bar = share(finite(m.value), largest)
    return Cell(m.value, text, note=note, mark=mark_of(m, sheet), bar=bar)


def mark_of(m: Measurement, sheet: Sheet | None) -> str:
    """Return what a value has to be read with: few observations, or that it is unusual."""
    marks = []
    if sheet is not None and is_few(m, sheet):
        marks.append(f"few: n below {sheet.min_n:,}")
    if m.unusual:
        marks.append(f"unusual: {band_words(m)} expected")
    return ", ".join(marks)


def target_cell(m: Measurement) -> Cell:
    """Return a measurement's target; a relative one with the figures that it came to."""
    if not m.target:
        return Cell("", NOTHING)
    return Cell(m.target, target_words(m.target, m.unit), note=resolved_words(m))


def full_value_cell(m: Measurement | None, sheet: Sheet | None = None) -> Cell:
    """Return a measurement's value with its unit, for tables that mix metrics."""
    if m is None:
        return Cell(None, NOTHING)
    note = "" if m.previous_value is None else f"was {figure(m.previous_value, m.unit, m.target)}"
    mark = "" if sheet is None else mark_of(m, sheet)
    return Cell(m.value, figure(m.value, m.unit, m.target), note=note, mark=mark)


def verdict_cell(verdict: Verdict) -> Cell:
    """Return a verdict by word and shape; nothing where there is no target."""
    if verdict is Verdict.NONE:
        return Cell(verdict.value, NOTHING)
    return Cell(verdict.value, WORDS[verdict], verdict=verdict.value)


def ratio_columns(sheet: Sheet) -> tuple[Column, Column, Column]:
    """Return the columns of a ratio's two parts and their difference."""
    between_steps = sheet.metric_class == "integrity"
    return (
        Column("numerator", "Upstream" if between_steps else "Numerator", "number"),
        Column("denominator", "Downstream" if between_steps else "Denominator", "number"),
        Column("difference", "Difference" if between_steps else "", "number"),
    )


def ratio_cells(m: Measurement) -> list[Cell]:
    """Return the cells of a ratio's two parts and their difference."""
    both = m.numerator is not None and m.denominator is not None
    difference = (m.numerator or 0.0) - (m.denominator or 0.0) if both else None
    signed = NOTHING if difference is None else number(difference).replace("-", "−")
    if difference is not None and difference > 0:
        signed = f"+{signed}"
    return [
        count_cell(m.numerator),
        count_cell(m.denominator),
        Cell(difference, signed),
    ]


def count_cell(value: float | None) -> Cell:
    """Return a count, or a dash where there is none."""
    return Cell(value, NOTHING if value is None else number(value))
