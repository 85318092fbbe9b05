"""Keeps and reads back measurements, the incident log and the keys of mails sent."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

import polars as pl
import pyarrow as pa

from etl.model import Incident, Measurement, Verdict
from etl.schema import INCIDENT_LOG, MAIL_LOG, MEASUREMENTS
from etl.store.tables import Warehouse


def write_measurements(warehouse: Warehouse, day: date, rows: Iterable[Measurement]) -> None:
    """Replace a day's measurements in one commit."""
    table = pa.Table.from_pylist([_to_row(one) for one in rows], schema=MEASUREMENTS)
    warehouse.replace_day("measurements", day, table)


def read_measurements(
    warehouse: Warehouse, *, since: date | None = None, until: date | None = None
) -> list[Measurement]:
    """Return the measurements of the days between, ordered by day, metric and dimensions."""
    frame = warehouse.scan("measurements", MEASUREMENTS)
    if since is not None:
        frame = frame.filter(pl.col("day") >= since)
    if until is not None:
        frame = frame.filter(pl.col("day") <= until)
    rows = frame.collect().sort("day", "metric", "dimensions")
    return [_from_row(row) for row in rows.iter_rows(named=True)]


def read_values(
    warehouse: Warehouse, days: Collection[date]
) -> list[tuple[date, str, str, float | None, int | None]]:
    """Return day, metric, dimensions (as kept), value and n of all measurements of some days."""
    frame = warehouse.scan("measurements", MEASUREMENTS).filter(pl.col("day").is_in(list(days)))
    return frame.select("day", "metric", "dimensions", "value", "n").collect().rows()


def data_versions(warehouse: Warehouse) -> dict[date, str]:
    """Return for each measured day the version of data and definitions it was measured from."""
    frame = warehouse.scan("measurements", MEASUREMENTS).select("day", "data_version")
    return dict(frame.unique().collect().sort("day", "data_version").iter_rows())


def read_detections(warehouse: Warehouse) -> dict[str, datetime]:
    """Return when each incident was first noticed."""
    rows = warehouse.scan("incident_log", INCIDENT_LOG).filter(pl.col("action") == "detected")
    first = rows.group_by("incident_id").agg(pl.col("at").min()).collect()
    return dict(first.iter_rows())


def write_detections(warehouse: Warehouse, incidents: Sequence[Incident], now: datetime) -> None:
    """Write down that incidents were noticed."""
    rows = [
        {
            "incident_id": one.incident_id,
            "at": now,
            "action": "detected",
            "actor": "daytally",
            "fields": json.dumps({"metric": one.metric, "affected": one.affected}, sort_keys=True),
        }
        for one in incidents
    ]
    if rows:
        warehouse.append("incident_log", pa.Table.from_pylist(rows, schema=INCIDENT_LOG))


def was_sent(warehouse: Warehouse, send_key: str) -> bool:
    """Tell whether a statement with this key has been mailed."""
    rows = warehouse.scan("mail_log", MAIL_LOG).filter(pl.col("send_key") == send_key)
    return not rows.collect().is_empty()


def write_sent(
    warehouse: Warehouse, day: date, send_key: str, to: Sequence[str], now: datetime
) -> None:
    """Write down that a statement was handed to the mail server."""
    row = {"day": day, "send_key": send_key, "recipients": ", ".join(to), "sent_at": now}
    warehouse.append("mail_log", pa.Table.from_pylist([row], schema=MAIL_LOG))


def _to_row(one: Measurement) -> dict[str, object]:
    names = (name for name in MEASUREMENTS.names if name not in {"class", "dimensions", "verdict"})
    row: dict[str, object] = {name: getattr(one, name) for name in names}
    dimensions = json.dumps(dict(one.dimensions), sort_keys=True, ensure_ascii=False)
    return row | {
        "class": one.metric_class,
        "dimensions": dimensions,
        "verdict": str(one.verdict),
    }


def _from_row(row: dict[str, object]) -> Measurement:
    values = {key: value for key, value in row.items() if key != "class"}
    values["metric_class"] = row["class"]
    values["dimensions"] = json.loads(str(row["dimensions"]))
    values["verdict"] = Verdict(str(row["verdict"]))
    return Measurement(**values)  # type: ignore[arg-type] # the table's columns are the fields
