"""Keeps what stands behind a day's figures: objects, slow requests, messages, with their lines."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from etl.model import ChainWait, ListedObject, MessageSample, SlowRequest
from etl.schema import CHAIN_OBJECTS, CHAIN_WAITS, INPUTS, MESSAGE_SAMPLES, SLOW_REQUESTS
from etl.store.tables import Warehouse

_SCHEMAS = {
    "chain_objects": CHAIN_OBJECTS,
    "chain_waits": CHAIN_WAITS,
    "slow_requests": SLOW_REQUESTS,
    "message_samples": MESSAGE_SAMPLES,
}


def write_evidence(warehouse: Warehouse, day: date, table: str, rows: pl.DataFrame) -> None:
    """Replace a day's rows of one of the tables of evidence in one commit."""
    schema = _SCHEMAS[table]
    if rows.is_empty() and all(each != day for each, _ in warehouse.files(table)):
        return  # a commit that changes nothing
    frame = rows.with_columns(pl.lit(day).alias("day")).select(schema.names)
    warehouse.replace_day(table, day, frame.to_arrow().cast(schema))


def read_objects(warehouse: Warehouse, day: date) -> tuple[ListedObject, ...]:
    """Return the objects listed for a day."""
    rows = _with_uris(warehouse, "chain_objects", day).sort("chain", "state", "object_id", "step")
    return tuple(ListedObject(**row) for row in rows.iter_rows(named=True))


def read_waits(warehouse: Warehouse, day: date) -> tuple[ChainWait, ...]:
    """Return which objects of a day wait for a log, by chain, log and step."""
    rows = warehouse.scan("chain_waits", CHAIN_WAITS).filter(pl.col("day") == day).drop("day")
    ordered = rows.sort("chain", "log_day", "source", "step").collect()
    return tuple(ChainWait(**row) for row in ordered.iter_rows(named=True))


def read_slowest(warehouse: Warehouse, day: date) -> tuple[SlowRequest, ...]:
    """Return the slowest requests of a day, the slowest first."""
    rows = _with_uris(warehouse, "slow_requests", day)
    rows = rows.sort("request_time_s", "at", "uri", "offset", descending=[True, *[False] * 3])
    return tuple(SlowRequest(**row) for row in rows.iter_rows(named=True))


def read_samples(warehouse: Warehouse, day: date) -> tuple[MessageSample, ...]:
    """Return the samples of messages of a day and the one before it.

    Each comes with the first day that knows its kind. Those of the day before are of kinds that
    may be gone since.
    """
    kind = ["source", "fingerprint"]
    until = warehouse.scan("message_samples", MESSAGE_SAMPLES).filter(pl.col("day") <= day)
    firsts = until.group_by(kind).agg(pl.col("day").min().alias("first_day")).collect()
    found: list[MessageSample] = []
    for each in (day - timedelta(days=1), day):
        rows = _with_uris(warehouse, "message_samples", each).join(firsts, on=kind, how="left")
        rows = rows.sort("source", "severity", "fingerprint")
        found += (MessageSample(**row, day=each) for row in rows.iter_rows(named=True))
    return tuple(found)


def _with_uris(warehouse: Warehouse, table: str, day: date) -> pl.DataFrame:
    """Return a day's rows with the last known name of each input in place of its id."""
    frame = warehouse.scan(table, _SCHEMAS[table]).filter(pl.col("day") == day).drop("day")
    rows = frame.collect()
    if rows.is_empty():  # most days have no object astray: no need to look their inputs up
        return rows.rename({"input_id": "uri"})
    inputs = warehouse.scan("inputs", INPUTS).select("batch", "source", "input_id", "uri")
    asked = inputs.filter(pl.col("input_id").is_in(rows["input_id"].unique().to_list()))
    named = asked.sort("batch").group_by("source", "input_id").agg(pl.col("uri").last()).collect()
    found = rows.join(named, on=["source", "input_id"], how="left", maintain_order="left")
    return found.drop("input_id").with_columns(pl.col("uri").fill_null(""))
