"""Metrics that say different things of the same: one table with a column for each."""

from __future__ import annotations

import re
from collections.abc import Sequence

from etl.model import Measurement, Sheet
from etl.reporting.dimensions import Order, spoken
from etl.reporting.rows import dimension_cells, dimension_columns, value_cell
from etl.reporting.tables import Cell, Column, Raw, Table
from etl.reporting.text import NOTHING, clip, figure, finite, number

OTHER = "(other)"
"""What metrics call the rest, beyond the largest."""

MOST_SHOWN = 12
"""Rows that a page shows of such a table; its CSV has all."""

_LABELS = {"requests": "Requests", "requests_ok": "Answered 200", "bytes": "Bytes"}
_BY = re.compile(rf"(?P<what>{'|'.join(_LABELS)})(?P<stem>_by_\w+)")
_RATE = re.compile(r"http_(?P<what>[45]xx)_rate(?P<stem>(?:_by_\w+)?)")
_RATE_NOTE = (
    "Of all answered requests: 4xx are mistakes of clients, as the server sees them; 5xx are ours."
)
_SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
_SPREAD = ("status", "severity")
_MOST_COLUMNS = 14


def family_of(name: str) -> str:
    """Return what metrics of one table have in common, as a name; empty for no family."""
    if match := _BY.fullmatch(name):
        return match["stem"].removeprefix("_")
    if match := _RATE.fullmatch(name):
        return f"http_failures{match['stem']}"
    return ""


def rank_in_family(name: str) -> int:
    """Return where a metric's column stands among those of its family."""
    match = _BY.fullmatch(name)
    return list(_LABELS).index(match["what"]) if match else 0


def family_table(
    members: Sequence[tuple[Sheet, Sequence[Measurement]]], name: str, order: Order
) -> Table:
    """Return one row for each set of dimensions, the largest first, the rest of them last."""
    merged: dict[str, dict[str, Measurement]] = {}
    for sheet, rows in members:
        for m in rows:
            merged.setdefault(order.name(m.dimensions), {})[sheet.name] = m
    lead = members[0][0]
    dimensions = dimension_columns([m for row in merged.values() for m in row.values()])
    names = [column.key for column in dimensions]
    columns = list(dimensions)
    for sheet, _ in members:
        columns += _columns(sheet)
    lines = []
    for key in sorted(merged, key=lambda key: _size(merged[key], lead, order)):
        line = dimension_cells(next(iter(merged[key].values())), names)
        for sheet, _ in members:
            line += _cells(sheet, merged[key].get(sheet.name))
        lines.append(tuple(line))
    title = re.sub(r"^.*?\bper\b", "Per", lead.title)
    if title == lead.title and _RATE.fullmatch(lead.name):
        title = "Failed answers"
    elif _RATE.fullmatch(lead.name):
        title = title.replace("Per", "Failed answers per")
    is_rate = bool(_RATE.fullmatch(lead.name))
    most, note = (-1, _RATE_NOTE) if is_rate else (MOST_SHOWN, lead.definition)
    return Table(name, title, tuple(columns), tuple(lines), note, most=most)


def _columns(sheet: Sheet) -> list[Column]:
    if match := _BY.fullmatch(sheet.name):
        return [Column(match["what"], _LABELS[match["what"]], "number")]
    match = _RATE.fullmatch(sheet.name)
    what = match["what"] if match else sheet.name
    return [
        Column(f"answers_{what}", what, "number"),
        Column("" if what != "4xx" else "answers", "", "number"),
        Column(f"share_{what}", f"Share {what}", "number"),
    ]


def _cells(sheet: Sheet, m: Measurement | None) -> list[Cell]:
    if _BY.fullmatch(sheet.name):
        return [value_cell(m, 0.0, sheet)]
    counts = (None, None) if m is None else (m.numerator, m.denominator)
    cells = [Cell(one, NOTHING if one is None else number(one)) for one in counts]
    share = None if m is None else finite(m.value)
    return [*cells, Cell(share, NOTHING if share is None else figure(share, "share"))]


def _size(row: dict[str, Measurement], lead: Sheet, order: Order) -> tuple[bool, float, object]:
    first = row.get(lead.name) or next(iter(row.values()))
    rest = OTHER in first.dimensions.values()
    return (
        rest,
        -(finite(first.denominator) or finite(first.value) or 0.0),
        order.key(first.dimensions),
    )


def spread_of(rows: Sequence[Measurement]) -> str:
    """Return the dimension whose values fit side by side, as columns; empty for none."""
    for name in _SPREAD:
        values = {m.dimensions.get(name) for m in rows}
        others = any(len(m.dimensions) > 2 for m in rows)
        if others and len(values) <= _MOST_COLUMNS and all(isinstance(v, int) for v in values):
            return name
    return ""


def spread_table(
    sheet: Sheet, rows: Sequence[Measurement], spread: str, name: str, order: Order
) -> Table:
    """Return a table with a column for each value of one dimension; its CSV has them as rows."""
    values = sorted({int(str(m.dimensions[spread])) for m in rows})
    things: dict[str, dict[int, Measurement]] = {}
    for m in rows:
        rest = {k: v for k, v in m.dimensions.items() if k != spread}
        things.setdefault(order.name(rest), {})[int(str(m.dimensions[spread]))] = m
    keep = [column for column in dimension_columns(rows) if column.key != spread]
    names = [column.key for column in keep]
    columns = (*keep, *(Column(f"{spread}_{v}", _heading(spread, v), "number") for v in values))

    def key(thing: dict[int, Measurement]) -> tuple[bool, float, object]:
        first = next(iter(thing.values()))
        is_rest = OTHER in first.dimensions.values()
        return (
            is_rest,
            -sum(finite(m.value) or 0.0 for m in thing.values()),
            order.key({k: v for k, v in first.dimensions.items() if k != spread}),
        )

    lines = tuple(
        (
            *dimension_cells(next(iter(thing.values())), names),
            *(value_cell(thing.get(v), 0.0, sheet) for v in values),
        )
        for thing in sorted(things.values(), key=key)
    )
    ordered = sorted(rows, key=lambda m: order.key(m.dimensions))
    body: list[list[Raw]] = [
        [*(m.dimensions.get(k) for k in (*names, spread)), m.value, m.unit] for m in ordered
    ]
    long = ([*names, spread, "value", "unit"], body)
    return Table(name, sheet.title, columns, lines, sheet.definition, long=long, most=MOST_SHOWN)


def _heading(spread: str, value: int) -> str:
    if spread == "severity" and 0 <= value < len(_SEVERITIES):
        return _SEVERITIES[value].capitalize()
    return clip(spoken(value), 20)
