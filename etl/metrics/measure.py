"""Runs the metrics of one day and judges what they give."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from etl.metrics.judging import DayContext, dimensions_text, judge
from etl.metrics.rules import FIGURES, check_dimensions, target_for, target_of_day
from etl.metrics.sql import run_sql
from etl.model import Measurement, Sheet, Verdict


def measure(
    sheet: Sheet,
    views: Mapping[str, pl.LazyFrame],
    context: DayContext,
) -> list[Measurement]:
    """Run one metric for one day.

    Args:
        sheet: The metric.
        views: The day's.
        context: What judging needs to know.

    Returns:
        One measurement per row of its result, sorted by dimensions; for a metric with a target
        that gives no row at all, one without value, so that absence shows.

    Raises:
        SheetError: The SQL does not run, or its result has not the agreed columns.
    """
    rows = run_sql(sheet, views)
    check_dimensions(sheet, rows.columns)
    found = [_measurement(sheet, row, context) for row in rows.iter_rows(named=True)]
    if not found:
        return without_value(sheet, context)
    return sorted(found, key=lambda one: dimensions_text(one.dimensions))


def without_value(sheet: Sheet, context: DayContext) -> list[Measurement]:
    """Return what stands for a metric that gave nothing: a row if it has a target, else none."""
    target = target_of_day(sheet, context.day)
    if not target:
        return []
    return [_measurement(sheet, {"value": None, "n": 0}, context, target)]


def _measurement(
    sheet: Sheet, row: Mapping[str, Any], context: DayContext, target: str | None = None
) -> Measurement:
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
        target="",
        verdict=Verdict.NONE,
        first_at=row.get("first_at"),
        last_at=row.get("last_at"),
        previous_value=None,
        measured_at=context.measured_at,
        data_version=context.data_version,
    )
    if target is None:
        target = target_for(sheet, dimensions, context.day)
    return judge(sheet, one, target, context)


def _number(value: Any) -> float | None:
    """Return a figure; none where SQL divided by nothing, which gives inf or nan."""
    return float(value) if value is not None and math.isfinite(value) else None
