"""What the ledger says of all sources together."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from etl.schema import INPUTS
from etl.store.ledger import READ
from etl.store.publish import LAST_TABLE
from etl.store.tables import Warehouse


def sources_in(warehouse: Warehouse) -> list[str]:
    """Return the names of all sources that the ledger knows, in order."""
    rows = warehouse.scan("inputs", INPUTS).select(pl.col("source").unique()).collect()
    return sorted(rows["source"].to_list())


def published_batches(warehouse: Warehouse) -> dict[str, int]:
    """Return for each source the number of the last batch that all tables hold."""
    return warehouse.batches_of(LAST_TABLE, sources_in(warehouse))


def first_and_last(warehouse: Warehouse) -> tuple[datetime | None, datetime | None]:
    """Return the times of the first and the last record of all that was read.

    A line that was dated ahead of its reading says nothing about what else is known by then.
    """
    rows = warehouse.scan("inputs", INPUTS).filter(pl.col("state") == READ)
    last = pl.min_horizontal("last_at", "read_at")
    found = rows.select(pl.col("first_at").min(), last.max()).collect()
    first_at, last_at = found.row(0)
    return first_at, last_at


def days_written(warehouse: Warehouse, now: datetime) -> set[date]:
    """Return the days that a run's batches brought records of."""
    parts = (
        warehouse.scan("inputs", INPUTS)
        .filter((pl.col("state") == READ) & (pl.col("read_at") == now))
        .select(pl.col("parts").explode().struct.unnest())
    )
    records = parts.filter(pl.col("table") != "rejects").select(pl.col("day").unique())
    return set(records.collect()["day"].drop_nulls())
