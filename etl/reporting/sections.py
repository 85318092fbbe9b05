"""The five classes of metrics as tables: percentiles merged, hours side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from etl.model import CLASSES, Measurement, Sheet, Verdict
from etl.reporting.dimensions import Order
from etl.reporting.families import (
    MOST_SHOWN,
    family_of,
    family_table,
    rank_in_family,
    spread_of,
    spread_table,
)
from etl.reporting.hours import hour_table, hours_of
from etl.reporting.judge import SEVERITY, sheet_for
from etl.reporting.ranks import family_title, is_few, rank_key, rank_of, stem_of
from etl.reporting.rows import (
    count_cell,
    dimension_cells,
    dimension_columns,
    ratio_cells,
    ratio_columns,
    target_cell,
    value_cell,
    verdict_cell,
)
from etl.reporting.tables import Cell, Column, Table, free_name, slug
from etl.reporting.text import (
    NOTHING,
    finite,
    heading_unit,
)

TITLES: Mapping[str, tuple[str, str]] = {
    "integrity": ("Integrity", "Did every business object get through?"),
    "performance": ("Performance", "How long did it take?"),
    "errors": ("Errors", "What failed?"),
    "api": ("API analytics", "What was asked for, and provided?"),
    "quantity": ("Quantities", "How much was there?"),
}
"""Heading and question of each class."""

RESERVED = frozenset(
    [
        "index",
        "kpis",
        "measurements",
        "time_to_resolve",
        "resolve_times",
        "restated",
        "budgets",
        "unusual",
        "failed",
        "inputs",
        "missing",
        "rejects",
        "slowest",
    ]
)
"""Names of tables that every day has; a metric of such a name gets another file."""


@dataclass(frozen=True, slots=True)
class Section:
    """One class of metrics with its tables, and the metrics that found nothing.

    Attributes:
        silent: Metrics without data.
        none: Metrics of failures that found none, which is no lack of data.
    """

    name: str
    title: str
    question: str
    tables: tuple[Table, ...]
    silent: tuple[str, ...]
    none: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Group:
    """A metric, or several that make one table, and what was measured."""

    sheets: tuple[Sheet, ...]
    measurements: tuple[tuple[Measurement, ...], ...]


def sections(
    measurements: Sequence[Measurement], sheets: Mapping[str, Sheet], taken: Iterable[str] = ()
) -> tuple[Section, ...]:
    """Return the five classes in order, each with a table per metric or family of percentiles.

    Args:
        measurements: Of the day.
        sheets: All metrics by name.
        taken: Names of further tables of the page.
    """
    by_metric: dict[str, list[Measurement]] = {name: [] for name in sheets}
    for m in measurements:
        by_metric.setdefault(m.metric, []).append(m)
    known = {
        name: sheets[name] if name in sheets else sheet_for(rows[0], sheets)
        for name, rows in by_metric.items()
    }
    order = Order.of(measurements)
    names = {*RESERVED, *taken}
    return tuple(
        _section(metric_class, list(_groups(metric_class, known, by_metric)), order, names)
        for metric_class in CLASSES
    )


def _section(metric_class: str, groups: Sequence[_Group], order: Order, names: set[str]) -> Section:
    title, question = TITLES[metric_class]
    tables = []
    for group in groups:
        if not any(group.measurements):
            continue
        name = free_name(slug(_stem(group)), names)
        tables.append(_table(group, name, order))
    empty = [s for g in groups if not any(g.measurements) for s in g.sheets]
    none = tuple(s.title for s in empty if metric_class == "errors" and not s.has_target)
    silent = tuple(s.title for s in empty if s.title not in none)
    return Section(metric_class, title, question, tuple(tables), silent, none)


def _groups(
    metric_class: str,
    sheets: Mapping[str, Sheet],
    by_metric: Mapping[str, Sequence[Measurement]],
) -> Iterable[_Group]:
    families: dict[tuple[str, str], list[Sheet]] = defaultdict(list)
    for sheet in sheets.values():
        if sheet.metric_class == metric_class:
            if family := "" if sheet.has_target else family_of(sheet.name):
                families[family, ""].append(sheet)
            else:
                families[stem_of(sheet.name), sheet.unit].append(sheet)
    for members in families.values():
        ranked = sorted(members, key=lambda s: (rank_in_family(s.name), rank_of(s.name)))
        yield _Group(tuple(ranked), tuple(tuple(by_metric[s.name]) for s in ranked))


def _stem(group: _Group) -> str:
    if len(group.sheets) > 1 and (family := family_of(group.sheets[0].name)):
        return family
    name = group.sheets[0].name
    return stem_of(name) if len(group.sheets) > 1 else name


def _table(group: _Group, name: str, order: Order) -> Table:
    if len(group.sheets) > 1 and family_of(group.sheets[0].name):
        return family_table(list(zip(group.sheets, group.measurements, strict=True)), name, order)
    if len(group.sheets) > 1:
        return _percentiles(group, name, order)
    sheet, rows = group.sheets[0], group.measurements[0]
    hours = hours_of(rows)
    if hours:
        return hour_table(sheet, rows, hours, name)
    if (spread := spread_of(rows)) and not sheet.has_target:
        return spread_table(sheet, rows, spread, name, order)
    return _plain_table(sheet, rows, name, order)


def _sorted(rows: Sequence[Measurement], order: Order, by_size: bool) -> list[Measurement]:
    """Sort rows: by size where the question is who is largest, else by what they are about."""
    if by_size:
        return sorted(
            rows,
            key=lambda m: (
                SEVERITY[m.verdict] if m.verdict is not Verdict.MET else SEVERITY[Verdict.NONE],
                -(finite(m.value) or 0.0),
                order.key(m.dimensions),
            ),
        )
    return sorted(rows, key=lambda m: order.key(m.dimensions))


def _plain_table(sheet: Sheet, rows: Sequence[Measurement], name: str, order: Order) -> Table:
    # Where most rows will be cut off the page, those that matter have to come first.
    by_size = sheet.metric_class in {"performance", "api"} or len(rows) > 40
    rows = _sorted(rows, order, by_size)
    has_ratio = any(m.numerator is not None or m.denominator is not None for m in rows)
    has_n = any(m.n is not None for m in rows)
    judged = any(m.verdict is not Verdict.NONE for m in rows)
    largest = max((finite(m.value) or 0.0 for m in rows), default=0.0)
    bars = bool(heading_unit(sheet.unit)) and len(rows) > 1 and not judged
    unit = heading_unit(sheet.unit)
    columns = [
        *dimension_columns(rows),
        *(ratio_columns(sheet) if has_ratio else ()),
        Column("value", unit.capitalize() or _VALUE.get(sheet.unit, "Value"), "number"),
        Column("unit", ""),
        *([Column("n", "n", "number")] if has_n else ()),
        *([Column("few", "")] if sheet.min_n else ()),
        *(_JUDGED_COLUMNS if judged else ()),
    ]
    names = [column.key for column in dimension_columns(rows)]
    cells = []
    for m in rows:
        row = [*dimension_cells(m, names)]
        if has_ratio:
            row += ratio_cells(m)
        row += [value_cell(m, largest if bars else 0.0, sheet), Cell(m.unit, m.unit)]
        if has_n:
            row.append(count_cell(m.n))
        if sheet.min_n:
            row.append(Cell(is_few(m, sheet), ""))
        if judged:
            row += _judged_cells(m)
        cells.append(tuple(row))
    most = MOST_SHOWN if sheet.metric_class == "api" else -1
    return Table(name, sheet.title, tuple(columns), tuple(cells), sheet.definition, most=most)


_VALUE = {"ratio": "Ratio", "share": "Share", "%": "Share", "percent": "Share"}
_JUDGED_COLUMNS = (Column("target", "Target", "number"), Column("verdict", "Verdict", "verdict"))


def _judged_cells(m: Measurement) -> list[Cell]:
    return [target_cell(m), verdict_cell(m.verdict)]


def _percentiles(group: _Group, name: str, order: Order) -> Table:
    """Merge percentiles of one thing into one row per set of dimensions."""
    merged: dict[str, dict[str, Measurement]] = defaultdict(dict)
    for sheet, rows in zip(group.sheets, group.measurements, strict=True):
        for m in rows:
            merged[order.name(m.dimensions)][sheet.name] = m
    judged = next((s for s in group.sheets if s.has_target), None)
    lead = judged or group.sheets[0]
    firsts = {key: row.get(lead.name) or next(iter(row.values())) for key, row in merged.items()}
    ordered = sorted(firsts, key=lambda key: _place(firsts[key], order))
    unit = group.sheets[0].unit
    dimensions = dimension_columns([m for row in merged.values() for m in row.values()])
    names = [column.key for column in dimensions]
    columns = [
        *dimensions,
        *(Column(rank_key(s.name), rank_key(s.name), "number") for s in group.sheets),
        Column("unit", ""),
        Column("n", "n", "number"),
        Column("few", ""),
        *(_family_judged(judged) if judged else ()),
    ]
    cells = []
    for key in ordered:
        row, first = merged[key], firsts[key]
        line = [*dimension_cells(first, names)]
        line += [value_cell(row.get(s.name), 0.0, s) for s in group.sheets]
        few = [rank_key(s.name) for s in group.sheets if s.name in row and is_few(row[s.name], s)]
        line += [Cell(unit, unit), count_cell(first.n), Cell(" ".join(few), "")]
        if judged:
            held = row.get(judged.name)
            line += (
                _judged_cells(held) if held else [Cell("", NOTHING), verdict_cell(Verdict.NO_DATA)]
            )
        cells.append(tuple(line))
    return Table(name, family_title(group.sheets), tuple(columns), tuple(cells), lead.definition)


def _place(m: Measurement, order: Order) -> tuple[int, float, object]:
    """Return where a row of percentiles stands: the slowest first, but steps as objects go."""
    size = 0.0 if "from_step" in m.dimensions else -(finite(m.value) or 0.0)
    return SEVERITY[m.verdict], size, order.key(m.dimensions)


def _family_judged(sheet: Sheet) -> tuple[Column, Column]:
    rank = rank_key(sheet.name)
    return Column("target", f"Target for {rank}", "number"), Column("verdict", "Verdict", "verdict")
