"""What the tables hold, read from their logs alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from etl.schema import REJECTS
from etl.store.layout import PARTITIONS
from etl.store.tables import Warehouse
from etl.store.trouble import store_errors
from etl.store.upkeep import parts_in


@dataclass(frozen=True, slots=True)
class TableSize:
    """How large a table is.

    Attributes:
        first_day: Of tables that are partitioned by day, else None.
        last_day: The same.
        version: Number of its last commit.
    """

    table: str
    rows: int
    files: int
    size_bytes: int
    first_day: date | None
    last_day: date | None
    version: int


def table_sizes(warehouse: Warehouse) -> list[TableSize]:
    """Return the size of each table that exists."""
    found = []
    for table, partitions in PARTITIONS.items():
        opened = warehouse.reading(table)
        if opened is None:
            continue
        with store_errors(table):
            actions = pl.DataFrame(opened.get_add_actions(flatten=True))
        days = actions["partition.day"] if partitions and actions.height else pl.Series([])
        first, last = days.min(), days.max()
        found.append(
            TableSize(
                table,
                rows=int(actions["num_records"].sum()) if actions.height else 0,
                files=actions.height,
                size_bytes=int(actions["size_bytes"].sum()) if actions.height else 0,
                first_day=first if isinstance(first, date) else None,
                last_day=last if isinstance(last, date) else None,
                version=opened.version(),
            )
        )
    return found


def rejects_by_reason(warehouse: Warehouse) -> dict[str, dict[str, int]]:
    """Return by source how many refused lines there are for each reason, most frequent first."""
    rows = (
        warehouse.scan("rejects", REJECTS)
        .group_by("source", "reason")
        .agg(pl.len().alias("lines"))
        .sort("source", "lines", "reason", descending=[False, True, False])
        .collect()
    )
    found: dict[str, dict[str, int]] = {}
    for source, reason, lines in rows.iter_rows():
        found.setdefault(source, {})[reason] = lines
    return found


def rows_by_source(warehouse: Warehouse) -> dict[tuple[str, str], int]:
    """Return how many rows the tables of lines hold, by table and source."""
    rows: dict[tuple[str, str], int] = {}
    for table, partitions in PARTITIONS.items():
        opened = warehouse.reading(table) if "source" in partitions else None
        for part in [] if opened is None else parts_in(opened, table):
            rows[table, part.source] = rows.get((table, part.source), 0) + part.rows
    return rows
