"""Tables that grew by many small commits."""

from __future__ import annotations

from datetime import date

import polars as pl
import pyarrow as pa

from etl.schema import requests_schema
from etl.store.actions import Change
from etl.store.encode import Part, PartSink
from etl.store.place import Place
from etl.store.tables import Warehouse

DAY = date(2026, 3, 10)
SCHEMA = requests_schema(["city", "customer_id"])


def batch(*statuses: int, param: str = "customer_id", **extra: list[str]) -> pa.RecordBatch:
    count = len(statuses)
    columns: dict[str, pa.Array] = {
        "at": pa.array(range(count), pa.timestamp("us", "UTC")),
        "route": pa.array(["/a", None] * count).slice(0, count).dictionary_encode(),
        "params": pa.array([{param: "1"}] * count, pa.struct([(param, pa.string())])),
        "status": pa.array(statuses, pa.int32()),
        "input_id": pa.array(["x"] * count).dictionary_encode(),
        "offset": pa.array(range(count), pa.int64()),
    }
    return pa.RecordBatch.from_pydict(columns | {k: pa.array(v) for k, v in extra.items()})


def encode(
    place: Place, number: int, rows: pa.RecordBatch, *, day: date = DAY, source: str = "api"
) -> list[Part]:
    sink = PartSink(place, source, f"{source}-{number:06d}")
    sink.add("requests", day, rows)
    return sink.close()


def commit(
    warehouse: Warehouse,
    number: int,
    rows: pa.RecordBatch,
    *,
    day: date = DAY,
    source: str = "api",
) -> None:
    parts = encode(warehouse.place, number, rows, day=day, source=source)
    warehouse.commit("requests", SCHEMA, lambda _: Change(parts), app=source, batch=number)


def rows_of(warehouse: Warehouse) -> pl.DataFrame:
    frame = warehouse.scan("requests", SCHEMA).collect()
    return frame.select(sorted(frame.columns)).sort("day", "source", "status", "offset")


def files_of(warehouse: Warehouse) -> int:
    return len(warehouse.files("requests"))
