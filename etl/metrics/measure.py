"""Runs the metrics of one day and judges what they give."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import polars as pl

from etl.errors import SheetError, nearest
from etl.metrics.targets import parse_target
from etl.metrics.views import Definitions
from etl.model import Dimensions, Measurement, Sheet, Verdict

FIGURES = ("value", "n", "numerator", "denominator", "first_at", "last_at")
"""Columns of a metric's result that are not dimensions."""

_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DayContext:
    """What judging a day's values needs to know.

    Attributes:
        missing: Sources expected on the day that have no record of it.
        measured_at: The run's time, UTC.
        data_version: Hash of the data and definitions that are measured.
    """

    day: date
    definitions: Definitions
    missing: frozenset[str]
    measured_at: datetime
    data_version: str


def measure(
    sheet: Sheet, views: Mapping[str, pl.LazyFrame], context: DayContext
) -> list[Measurement]:
    """Run one metric for one day.

    Returns:
        One measurement per row of its result, sorted by dimensions; for a metric with a target
        that gives no row at all, one without value, so that absence shows.

    Raises:
        SheetError: The SQL does not run, or its result has not the agreed columns.
    """
    rows = run_sql(sheet, views)
    found = [_measurement(sheet, row, context) for row in rows.iter_rows(named=True)]
    if not found:
        return without_value(sheet, context)
    return sorted(found, key=lambda one: dimensions_text(one.dimensions))


def without_value(sheet: Sheet, context: DayContext) -> list[Measurement]:
    """Return what stands for a metric that gave nothing: a row if it has a target, else none."""
    if not sheet.target:
        return []
    return [_measurement(sheet, {"value": None, "n": 0}, context)]


def run_sql(sheet: Sheet, views: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Run a metric's SQL over views, and check the shape of its result.

    Raises:
        SheetError: With file and line, and the columns or views that exist.
    """
    try:
        rows = pl.SQLContext(dict(views), eager=False).execute(sheet.sql).collect()
    except pl.exceptions.PolarsError as error:
        raise _sql_error(sheet, error, views) from error
    if "value" not in rows.columns:
        have = ", ".join(rows.columns)
        raise SheetError(f"{sheet.path}: the result needs a column 'value'; it has {have}")
    for name, kind in rows.schema.items():
        wrong = kind.is_nested() or (
            name in FIGURES[:4] and not (kind.is_numeric() or kind == pl.Null)
        )
        if wrong or (name not in FIGURES and kind.is_temporal()):
            raise SheetError(f"{sheet.path}: column '{name}' cannot be of type {kind}")
    return rows


def restate(new: Iterable[Measurement], old: Iterable[Measurement]) -> list[Measurement]:
    """Carry over what earlier measurings of the same day said.

    A measurement that has not changed keeps its time stamp; one whose value has changed names the
    value before.
    """
    earlier = {(one.metric, dimensions_text(one.dimensions)): one for one in old}
    return [
        _restate(one, earlier.get((one.metric, dimensions_text(one.dimensions)))) for one in new
    ]


def _restate(new: Measurement, old: Measurement | None) -> Measurement:
    if old is None:
        return new
    if old.value != new.value:
        return replace(new, previous_value=old.value)
    new = replace(new, previous_value=old.previous_value)
    same = replace(new, measured_at=old.measured_at, data_version=old.data_version) == old
    return replace(new, measured_at=old.measured_at) if same else new


def dimensions_text(dimensions: Dimensions) -> str:
    """Return dimensions as JSON text with sorted keys: the form in which they are kept."""
    return json.dumps(dict(dimensions), sort_keys=True, ensure_ascii=False)


def tables_of(sheet: Sheet) -> frozenset[str]:
    """Return which of `requests`, `events` and `steps` a metric's SQL reads."""
    words = words_of(sheet)
    named = {name for name in ("requests", "events", "steps") if {name, f"{name}_before"} & words}
    return frozenset(named)


def words_of(sheet: Sheet) -> set[str]:
    """Return the words of a metric's SQL without its comments, in lower case."""
    return set(re.findall(r"[a-z_]+", _COMMENT.sub(" ", sheet.sql).lower()))


def _measurement(sheet: Sheet, row: Mapping[str, Any], context: DayContext) -> Measurement:
    dimensions = {key: row[key] for key in sorted(row) if key not in FIGURES}
    n = row.get("n")
    one = Measurement(
        day=context.day,
        metric=sheet.name,
        metric_class=sheet.metric_class,
        dimensions=dimensions,
        value=_number(row["value"]),
        numerator=_number(row.get("numerator")),
        denominator=_number(row.get("denominator")),
        n=None if n is None else int(n),
        unit=sheet.unit,
        target=sheet.target,
        verdict=Verdict.NONE,
        first_at=row.get("first_at"),
        last_at=row.get("last_at"),
        previous_value=None,
        measured_at=context.measured_at,
        data_version=context.data_version,
    )
    return replace(one, verdict=_judge(sheet, one, context))


def _judge(sheet: Sheet, one: Measurement, context: DayContext) -> Verdict:
    if not sheet.target:
        return Verdict.NONE
    if context.missing.intersection(_scope(sheet, one.dimensions, context.definitions)):
        return Verdict.INCOMPLETE
    if one.n == 0 or (one.value is None and not one.numerator):
        return Verdict.NO_DATA
    if one.value is None or not parse_target(sheet.target).is_met(one.value):
        return Verdict.MISSED
    return Verdict.MET


def _scope(sheet: Sheet, dimensions: Dimensions, definitions: Definitions) -> Iterator[str]:
    """Yield the sources whose absence would falsify a measurement."""
    if "source" in dimensions:
        yield str(dimensions["source"])
        return
    tables = set(tables_of(sheet))
    if "steps" in tables:
        chain = dimensions.get("chain")
        tables |= {s.records for s in definitions.steps if chain is None or s.chain == chain}
    yield from (name for name, records, _ in definitions.sources if records in tables)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _sql_error(
    sheet: Sheet, error: pl.exceptions.PolarsError, views: Mapping[str, pl.LazyFrame]
) -> SheetError:
    """Say where in the file the SQL is wrong, as far as the engine's message tells."""
    what = str(error).split("\n\nResolved plan", 1)[0].strip()
    names = re.findall(r"[\"'`]([A-Za-z_][\w.]*)[\"'`]", what)
    place = sheet.path
    if names:
        for number, line in enumerate(sheet.sql.splitlines(), start=1):
            if re.search(rf"\b{re.escape(names[0])}\b", line):
                place = f"{sheet.path}:{number}"
                break
    if "relation" in what and names:
        what = f"unknown view '{names[0]}'. {nearest(names[0], views)}"
    return SheetError(f"{place}: {what}")
