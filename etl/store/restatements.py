"""Keeps every change of a measurement, and how each metric's last running went."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

import polars as pl
import pyarrow as pa

from etl.model import MetricRun, Restatement, Verdict
from etl.schema import METRIC_RUNS, RESTATEMENTS
from etl.store.tables import Warehouse


def add_restatements(warehouse: Warehouse, day: date, found: Iterable[Restatement]) -> None:
    """Add changes of a day's measurements to those known; doing it twice changes nothing.

    To be called before the measurements themselves are replaced: a run that dies in between finds
    the same changes again, and what a measuring said can be replaced but once.
    """
    new = [_to_row(one) for one in found]
    if not new:
        return
    replaced = {_identity(row) for row in new}

    def add(known: pl.DataFrame) -> pa.Table:
        kept = [row for row in _ordered(known) if _identity(row) not in replaced]
        return pa.Table.from_pylist([*kept, *new], schema=RESTATEMENTS)

    warehouse.revise_day("restatements", day, RESTATEMENTS, add)


def read_restatements(warehouse: Warehouse, day: date | None = None) -> list[Restatement]:
    """Return the changes of a day, or of all days, in order of day, metric and time."""
    return [_from_row(row) for row in _rows(warehouse, day)]


def write_metric_runs(warehouse: Warehouse, day: date, runs: Iterable[MetricRun]) -> None:
    """Keep how the measuring of a day went, instead of the one before it."""
    rows = [{name: getattr(one, name) for name in METRIC_RUNS.names} for one in runs]
    warehouse.replace_day("metric_runs", day, pa.Table.from_pylist(rows, schema=METRIC_RUNS))


def read_metric_runs(warehouse: Warehouse, day: date | None = None) -> list[MetricRun]:
    """Return how the last measuring of a day, or of all days, went."""
    frame = warehouse.scan("metric_runs", METRIC_RUNS)
    if day is not None:
        frame = frame.filter(pl.col("day") == day)
    kept = pl.col("definition").fill_null("")
    rows = frame.select(METRIC_RUNS.names).with_columns(kept).collect().sort("day", "metric")
    return [MetricRun(**row) for row in rows.iter_rows(named=True)]


def read_failures(warehouse: Warehouse, days: Iterable[date]) -> dict[str, str]:
    """Return the metrics that the last measuring of any of these days could not run, and why.

    What failed is told by every run that is asked for the day, not by the first one alone.
    """
    frame = warehouse.scan("metric_runs", METRIC_RUNS)
    of_days = frame.filter(pl.col("day").is_in(list(days)) & (pl.col("error") != ""))
    rows = of_days.select("metric", "error", "measured_at").collect().sort("measured_at", "metric")
    return {metric: error for metric, error, _ in rows.iter_rows()}


def _rows(warehouse: Warehouse, day: date | None) -> list[dict[str, object]]:
    frame = warehouse.scan("restatements", RESTATEMENTS)
    if day is not None:
        frame = frame.filter(pl.col("day") == day)
    return _ordered(frame.collect())


def _ordered(rows: pl.DataFrame) -> list[dict[str, object]]:
    found = rows.select(RESTATEMENTS.names).sort("day", "metric", "dimensions", "measured_at")
    return list(found.iter_rows(named=True))


def _identity(row: dict[str, object]) -> tuple[object, ...]:
    """Return what there is only one change of: a measurement as an earlier measuring gave it."""
    return row["metric"], row["dimensions"], row["old_measured_at"]


def _to_row(one: Restatement) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(one, name) for name in RESTATEMENTS.names}
    dimensions = json.dumps(dict(one.dimensions), sort_keys=True, ensure_ascii=False)
    return row | {
        "dimensions": dimensions,
        "old_verdict": str(one.old_verdict),
        "verdict": str(one.verdict),
        "inputs": json.dumps(list(one.inputs), ensure_ascii=False),
    }


def _from_row(row: dict[str, object]) -> Restatement:
    values = dict(row)
    values["dimensions"] = json.loads(str(row["dimensions"]))
    values["inputs"] = tuple(json.loads(str(row["inputs"])))
    for name in ("old_verdict", "verdict"):
        values[name] = Verdict(str(row[name]))
    return Restatement(**values)  # type: ignore[arg-type] # the table's columns are the fields
