"""A metric by hour as a strip: one row per thing, one narrow cell per hour of the day."""

from __future__ import annotations

import re
from collections.abc import Sequence

from etl.model import Measurement, Sheet
from etl.reporting.charts import heat
from etl.reporting.dimensions import dimensions_json, natural, spoken
from etl.reporting.rows import dimension_cells, dimension_columns
from etl.reporting.tables import Cell, Column, Raw, Table
from etl.reporting.text import clip, compact, finite, heading_unit, number

_HOUR = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s*(?P<offset>[+-]\d{2}(?::?\d{2})?)?")
_MOST_HOURS = 26
"""A day has 23 to 25 hours; one spare for offsets that change by less than an hour."""


def hours_of(rows: Sequence[Measurement]) -> list[str]:
    """Return the hours to show, in the order in which they passed.

    Hours without offsets are shown from 0 to 23 whether or not they have rows. Hours with
    offsets, of a day on which the clock changes, are shown as they are.

    Returns:
        Empty where the rows are not by hour.
    """
    found = {spoken(m.dimensions.get("hour")) for m in rows}
    if not found or not all(_HOUR.fullmatch(hour) for hour in found):
        return []
    for written in ("{}", "{:02}", "{:02}:00"):
        whole_day = {written.format(hour) for hour in range(24)}
        if found <= whole_day:
            found = whole_day
            break
    hours = sorted(found, key=_instant)
    return hours if len(hours) <= _MOST_HOURS else []


def _instant(hour: str) -> tuple[float, str]:
    """Return what sorts an hour by when it passed: 02+02:00 comes before 02+01:00."""
    match = _HOUR.fullmatch(hour)
    if match is None:
        return 99.0, hour
    shift = (match["offset"] or "+00").replace(":", "")
    minutes = int(shift[1:3]) * 60 + int(shift[3:5] or 0)
    minutes = -minutes if shift[0] == "-" else minutes
    return int(match["hour"]) * 60 + int(match["minute"] or 0) - minutes, hour


def hour_table(sheet: Sheet, rows: Sequence[Measurement], hours: Sequence[str], name: str) -> Table:
    """Return the strip, shaded per row, and the rows themselves as its CSV."""
    things: dict[str, dict[str, Measurement]] = {}
    for m in rows:
        rest = {k: v for k, v in m.dimensions.items() if k != "hour"}
        things.setdefault(dimensions_json(rest), {})[spoken(m.dimensions.get("hour"))] = m
    keep = [column for column in dimension_columns(rows) if column.key != "hour"]
    summable = bool(heading_unit(sheet.unit))
    columns = [
        *keep,
        *(Column(f"hour_{hour}", _heading(hour), "heat") for hour in hours),
        *([Column("total", "Day", "number")] if summable else ()),
    ]
    lines = []
    for key in sorted(things, key=natural):
        by_hour = things[key]
        values = [finite(by_hour[hour].value) if hour in by_hour else None for hour in hours]
        largest = max((value for value in values if value is not None), default=0.0)
        line = dimension_cells(next(iter(by_hour.values())), [column.key for column in keep])
        line += [Cell(v, "" if v is None else compact(v), level=heat(v, largest)) for v in values]
        if summable:
            total = sum(value for value in values if value is not None)
            line.append(Cell(total, number(total)))
        lines.append(tuple(line))
    note = f"{sheet.definition} Shading compares the hours of one row."
    long = _long(rows, [*(column.key for column in keep), "hour"])
    return Table(name, sheet.title, tuple(columns), tuple(lines), note, heat=True, long=long)


def _heading(hour: str) -> str:
    match = _HOUR.fullmatch(hour)
    if match is None or match["minute"] not in (None, "00"):
        return clip(hour, 12)
    return f"{int(match['hour'])} {match['offset'] or ''}".strip()


def _long(
    rows: Sequence[Measurement], names: Sequence[str]
) -> tuple[Sequence[str], Sequence[Sequence[Raw]]]:
    ordered = sorted(rows, key=lambda m: [natural(spoken(m.dimensions.get(k))) for k in names])
    body = [[*(m.dimensions.get(k) for k in names), m.value, m.unit, m.n] for m in ordered]
    return [*names, "value", "unit", "n"], body
