"""Tables of KPIs: against their targets, and over the last days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from etl.model import Measurement, Verdict
from etl.reporting.charts import Point, Spark, sparkline
from etl.reporting.dimensions import dimensions_json
from etl.reporting.judge import Kpi
from etl.reporting.limits import bounds_of
from etl.reporting.rows import full_value_cell, target_cell, verdict_cell
from etl.reporting.tables import Cell, Column, Table
from etl.reporting.text import (
    NOTHING,
    clip,
    count_of,
    figure,
    finite,
    number,
    target_words,
)

_UNKNOWN = frozenset({Verdict.NO_DATA, Verdict.INCOMPLETE})
TREND_NOTE = "Trends: dotted lines are the target, diamonds are days that missed it."


def kpi_table(kpis: Sequence[Kpi], sparks: Mapping[tuple[str, str], Spark]) -> Table:
    """Return all KPIs against their targets, the worst first, with their last thirty days."""
    columns = (
        Column("verdict", "Verdict", "verdict"),
        Column("title", "KPI", "words"),
        Column("value", "Value", "number"),
        Column("target", "Target", "number"),
        Column("n", "n", "number"),
        Column("", "Trend", "spark"),
        Column("owner", "Owner"),
        *(Column(key, "") for key in ("metric", "dimensions", "unit", "previous_value")),
    )
    rows = tuple(_kpi_row(kpi, sparks) for kpi in kpis)
    return Table("kpis", "KPIs against their targets", columns, rows, TREND_NOTE)


def _kpi_row(kpi: Kpi, sparks: Mapping[tuple[str, str], Spark]) -> tuple[Cell, ...]:
    m, sheet = kpi.measurement, kpi.sheet
    dimensions = "" if m is None else dimensions_json(m.dimensions)
    n = None if m is None else m.n
    return (
        verdict_cell(kpi.verdict),
        Cell(sheet.title, clip(sheet.title, 120), note=kpi.about),
        full_value_cell(m, sheet),
        Cell(kpi.target, target_words(kpi.target, sheet.unit)) if m is None else target_cell(m),
        Cell(n, NOTHING if n is None else number(n)),
        Cell(None, "", spark=sparks.get((sheet.name, dimensions))),
        Cell(sheet.owner, clip(sheet.owner, 60)),
        Cell(sheet.name, ""),
        Cell(dimensions, ""),
        Cell(sheet.unit, ""),
        Cell(None if m is None else m.previous_value, ""),
    )


def trends(history: Sequence[Measurement], until: date) -> dict[tuple[str, str], Spark]:
    """Return a sparkline per metric and dimensions (as JSON), over the days of the history."""
    series: dict[tuple[str, str], dict[date, Measurement]] = {}
    for m in history:
        series.setdefault((m.metric, dimensions_json(m.dimensions)), {})[m.day] = m
    first = min((m.day for m in history), default=until)
    days = [first + timedelta(days=i) for i in range((until - first).days + 1)]
    sparks = {key: _trend(days, by_day) for key, by_day in series.items()}
    return {key: spark for key, spark in sparks.items() if spark is not None}


def _trend(days: Sequence[date], by_day: Mapping[date, Measurement]) -> Spark | None:
    points = [
        # A figure of a day without its data is no point: a flat zero would look like calm.
        Point(finite(by_day[day].value), by_day[day].verdict is Verdict.MISSED)
        if day in by_day and by_day[day].verdict not in _UNKNOWN
        else Point(None)
        for day in days
    ]
    newest = by_day[max(by_day)]
    values = [point.value for point in points if point.value is not None]
    if not values:
        return None
    low, high = (figure(v, newest.unit) for v in (min(values), max(values)))
    missed = sum(point.missed for point in points)
    words = f"{count_of(len(days), 'day')} to {days[-1]}: {low} to {high}"
    if newest.target or missed:
        words += f"; target missed on {count_of(missed, 'day')}"
    return sparkline(points, bounds=bounds_of(newest), words=words)
