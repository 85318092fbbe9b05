"""Removes the rows of old days, and remembers which, so that no day is measured from what is left.

Before rows go, their number is written to the table `retired`, by day and input, under a sequence
number; the commit that removes them carries that number as application transaction. Entries above
the number at which a table stands are of a run that died in between: they do not count, and the
next run replaces them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError
from loguru import logger

from etl.schema import INPUTS, RETIRED
from etl.store.encode import Part
from etl.store.frames import no_rows
from etl.store.parts import read_part
from etl.store.tables import Warehouse
from etl.store.trouble import store_errors
from etl.store.upkeep import parts_in

RETIRABLE = ("requests", "events", "rejects")
"""Tables whose old days can be removed."""

RETENTION = "upkeep/retention"
"""Application transaction of the commits that remove rows."""


@dataclass(frozen=True, slots=True)
class Retired:
    """Rows of old days that were removed from a table, or would be."""

    table: str
    rows: int
    days: tuple[date, ...]
    late: tuple[date, ...]
    """Those of the days whose rows had been removed before: their lines came late."""


def retire(
    warehouse: Warehouse, table: str, *, before: date, now: datetime, dry_run: bool = False
) -> Retired | None:
    """Remove all rows of the days before `before`.

    Args:
        warehouse: The tables.
        table: One of `RETIRABLE`.
        before: The first day that is kept.
        now: The run's time, UTC.
        dry_run: Only look.

    Returns:
        None where there was nothing to do, or another commit was first.
    """
    if not _due(table, warehouse.reading(table), before):
        return None
    opened = warehouse.existing(table)  # which goes along with the commit, unlike that for reading
    parts = _due(table, opened, before)
    if opened is None or not parts:
        return None
    with store_errors(table):
        gone = set(_effective(warehouse, table)["day"])
        days = tuple(sorted({part.day for part in parts}))
        found = Retired(
            table,
            rows=sum(part.rows for part in parts),
            days=days,
            late=tuple(day for day in days if day in gone),
        )
        if dry_run:
            return found
        number = (opened.transaction_version(RETENTION) or 0) + 1
        _note(warehouse, table, _entries(warehouse, opened, parts, number, now), number)
        properties = CommitProperties(app_transactions=[Transaction(RETENTION, number)])
        try:
            opened.delete(f"day < '{before.isoformat()}'", commit_properties=properties)
        except CommitFailedError as error:
            logger.bind(table=table).info(f"no rows removed, another run was first: {error}")
            return None
    return found


def _due(table: str, opened: DeltaTable | None, before: date) -> list[Part]:
    if opened is None:
        return []
    with store_errors(table):
        return [part for part in parts_in(opened, table) if part.day < before]


def retired_rows(warehouse: Warehouse) -> pl.DataFrame:
    """Return what was removed: `table_name, day, source, input_id, rows`.

    Rows of an input that was read again later are left out: they came back, and were counted anew
    if they were removed again.
    """
    gone = pl.concat([_effective(warehouse, table) for table in RETIRABLE])
    again = (
        warehouse.scan("inputs", INPUTS)
        .filter(pl.col("rebuilt"))
        .group_by("source", "input_id")
        .agg(pl.col("batch").max().alias("rebuilt_in"))
        .collect()
    )
    counts = gone.join(again, on=["source", "input_id"], how="left").filter(
        pl.col("rebuilt_in").is_null() | (pl.col("batch") >= pl.col("rebuilt_in"))
    )
    return counts.select("table_name", "day", "source", "input_id", "rows")


def emptied_days(warehouse: Warehouse) -> set[date]:
    """Return the days of which any row was removed, from any table."""
    return {day for table in RETIRABLE for day in _effective(warehouse, table)["day"]}


def present_before(warehouse: Warehouse) -> set[tuple[date, str]]:
    """Return day and source of all records that were removed."""
    tables = [_effective(warehouse, table) for table in ("requests", "events")]
    return set(pl.concat(tables).select("day", "source").unique().rows())


def _effective(warehouse: Warehouse, table: str) -> pl.DataFrame:
    """Return the entries of removals that were done."""
    number = warehouse.batch_of(table, RETENTION)
    if not number:
        return no_rows(RETIRED)
    rows = warehouse.scan("retired", RETIRED)
    done = (pl.col("table_name") == table) & (pl.col("sequence") <= number)
    return rows.filter(done).collect()


def _entries(
    warehouse: Warehouse, opened: DeltaTable, parts: list[Part], number: int, now: datetime
) -> list[dict[str, object]]:
    counts: Counter[tuple[date, str, str]] = Counter()
    for part in parts:
        for batch in read_part(warehouse.place, part, ["input_id"]):
            for each in pc.value_counts(batch["input_id"]).to_pylist():
                counts[part.day, part.source, str(each["values"])] += each["counts"]
    batches = {part.source: opened.transaction_version(part.source) or 0 for part in parts}
    return [
        {
            "table_name": parts[0].table,
            "day": day,
            "source": source,
            "input_id": input_id,
            "rows": rows,
            "batch": batches[source],
            "sequence": number,
            "retired_at": now,
        }
        for (day, source, input_id), rows in sorted(counts.items())
    ]


def _note(warehouse: Warehouse, table: str, entries: list[dict[str, object]], number: int) -> None:
    """Write entries down, in place of those that a run under the same number left."""
    condition = f"table_name = '{table}' AND sequence = {number}"
    warehouse.replace("retired", condition, pa.Table.from_pylist(entries, schema=RETIRED))
