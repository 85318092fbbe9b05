"""Keeps what stands behind a day's figures: listed objects and slow requests, with their lines."""

from __future__ import annotations

from datetime import date

import polars as pl

from etl.model import ListedObject, SlowRequest
from etl.schema import CHAIN_OBJECTS, INPUTS, SLOW_REQUESTS
from etl.store.tables import Warehouse

_SCHEMAS = {"chain_objects": CHAIN_OBJECTS, "slow_requests": SLOW_REQUESTS}


def write_evidence(warehouse: Warehouse, day: date, table: str, rows: pl.DataFrame) -> None:
    """Replace a day's rows of `chain_objects` or `slow_requests` in one commit."""
    schema = _SCHEMAS[table]
    if rows.is_empty() and not warehouse.exists(table):
        return
    frame = rows.with_columns(pl.lit(day).alias("day")).select(schema.names)
    warehouse.replace_day(table, day, frame.to_arrow().cast(schema))


def read_objects(warehouse: Warehouse, day: date) -> tuple[ListedObject, ...]:
    """Return the objects listed for a day."""
    rows = _with_uris(warehouse, "chain_objects", day).sort("chain", "state", "object_id", "step")
    return tuple(ListedObject(**row) for row in rows.iter_rows(named=True))


def read_slowest(warehouse: Warehouse, day: date) -> tuple[SlowRequest, ...]:
    """Return the slowest requests of a day, the slowest first."""
    rows = _with_uris(warehouse, "slow_requests", day)
    rows = rows.sort("request_time_s", "at", "uri", "offset", descending=[True, *[False] * 3])
    return tuple(SlowRequest(**row) for row in rows.iter_rows(named=True))


def _with_uris(warehouse: Warehouse, table: str, day: date) -> pl.DataFrame:
    """Return a day's rows with the last known name of each input in place of its id."""
    rows = warehouse.scan(table, _SCHEMAS[table]).filter(pl.col("day") == day).drop("day")
    inputs = warehouse.scan("inputs", INPUTS).select("batch", "source", "input_id", "uri")
    named = inputs.sort("batch").group_by("source", "input_id").agg(pl.col("uri").last())
    found = rows.join(named, on=["source", "input_id"], how="left", maintain_order="left")
    return found.drop("input_id").with_columns(pl.col("uri").fill_null("")).collect()
