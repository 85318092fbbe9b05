"""Keeps the tables small and quick: few large files instead of many small ones, old files removed.

Nothing here changes a row. Readers that opened a version before go on reading its files, which
stay until `vacuum` finds that they have been out of use for days. Compaction is done by our own
encoder and committed like a batch, because deltalake 1.6.6 lets two `optimize` commits of the same
files both land, and one land over a rebuilt file, which doubles rows: our commits carry the
application transactions of the sources whose rows they move, and so one of the two is refused.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from secrets import token_hex

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction
from loguru import logger

from etl.errors import StoreError
from etl.store.actions import Change, add_action, partition_of
from etl.store.encode import Part
from etl.store.layout import PARTITIONS
from etl.store.parts import rewrite_parts
from etl.store.tables import Warehouse
from etl.store.trouble import store_errors

SMALL_BYTES = 32 << 20
"""A file below this is small."""

FEW = 8
"""Fewer small files of a day and source are left alone: rewriting them gains nothing."""

FULL_BYTES = 256 << 20
"""Small files are put together up to about this size."""

MOST_FILES = 50
"""More files than that of a table without partitions are put together."""

COMPACTION = "upkeep/compaction"
"""Application transaction of compactions: of two of the same table, one is refused."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """Files that became fewer.

    Attributes:
        files: How many there were.
        size_bytes: Of all of them.
        new_files: How many there are instead; 0 where it was only looked at.
        new_size_bytes: Of all of these.
    """

    table: str
    files: int
    size_bytes: int
    new_files: int = 0
    new_size_bytes: int = 0


def small_groups(parts: Sequence[Part], closed_before: date) -> Iterator[list[Part]]:
    """Yield the files that are to become one, by day and source.

    Args:
        parts: All files of a table.
        closed_before: Days from this one on still grow, and are left alone.
    """
    small = [p for p in parts if p.size_bytes < SMALL_BYTES and p.day < closed_before]
    small.sort(key=lambda part: (part.day, part.source, part.path))
    for _, found in groupby(small, key=lambda part: (part.day, part.source)):
        group: list[Part] = []
        of_partition = list(found)
        if len(of_partition) < FEW:
            continue
        for part in of_partition:
            if group and sum(p.size_bytes for p in group) + part.size_bytes > FULL_BYTES:
                yield group
                group = []
            group.append(part)
        if len(group) > 1:
            yield group


def compact_days(
    warehouse: Warehouse, table: str, *, closed_before: date, dry_run: bool = False
) -> Compacted | None:
    """Put the small files of closed days together, one commit for each file that comes.

    Args:
        warehouse: The tables.
        table: One that is partitioned by day and source.
        closed_before: Days from this one on still grow, and are left alone.
        dry_run: Only look.

    Returns:
        None where there was nothing to do.

    Raises:
        StoreError: A file cannot be read or written, or rows were lost on the way.
    """
    opened = warehouse.reading(table)
    if opened is None:
        return None
    files = size = new_files = new_size = 0
    for group in small_groups(parts_in(opened, table), closed_before):
        with store_errors(table):
            made = None if dry_run else _put_together(warehouse, table, group)
        if made is not None or dry_run:
            files += len(group)
            size += sum(part.size_bytes for part in group)
        if made is not None:
            new_files += 1
            new_size += made.size_bytes
    return Compacted(table, files, size, new_files, new_size) if files else None


def _put_together(warehouse: Warehouse, table: str, parts: Sequence[Part]) -> Part | None:
    """Rewrite parts into one; None where another commit was first, and nothing was changed."""
    opened = warehouse.existing(table)
    if opened is None or not {p.path for p in parts} <= {p.path for p in parts_in(opened, table)}:
        return None
    source = parts[0].source
    schema = pa.schema(opened.schema().to_arrow())
    made = rewrite_parts(warehouse.place, parts, schema, f"whole-{token_hex(8)}")
    rows = sum(part.rows for part in parts)
    if made.rows != rows:
        raise StoreError(
            f"table '{table}': {len(parts)} files of {parts[0].day}, {source}, are said to hold"
            f" {rows} rows, but {made.rows} were read; they are left as they are"
        )
    numbers = {
        COMPACTION: (opened.transaction_version(COMPACTION) or 0) + 1,
        source: opened.transaction_version(source) or 0,
    }
    try:
        replace_parts(opened, table, Change([made], parts), numbers)
    except CommitFailedError as error:
        # The new file is left to `vacuum`: a commit that seems to have failed may have landed.
        said = logger.bind(table=table, day=str(parts[0].day), source=source)
        said.info(f"not compacted, another run was first: {error}")
        return None
    return made


def compact_whole(warehouse: Warehouse, table: str, *, dry_run: bool = False) -> Compacted | None:
    """Put all files of a table without partitions together, where they are many.

    Returns:
        None where there was nothing to do, or another commit was first.
    """
    seen = warehouse.reading(table)
    if seen is None:
        return None
    with store_errors(table):
        files, size = _size_of(seen)
    if files <= MOST_FILES:
        return None
    opened = None if dry_run else warehouse.existing(table)  # the one for reading is not written to
    if opened is None:
        return Compacted(table, files, size) if dry_run else None
    with store_errors(table):
        files, size = _size_of(opened)
        number = (opened.transaction_version(COMPACTION) or 0) + 1
        try:
            write_deltalake(
                opened,
                opened.to_pyarrow_table(),
                mode="overwrite",
                writer_properties=WriterProperties(compression="ZSTD", compression_level=3),
                commit_properties=CommitProperties(
                    app_transactions=[Transaction(COMPACTION, number)]
                ),
            )
        except CommitFailedError as error:
            logger.bind(table=table).info(f"not compacted, another run was first: {error}")
            return None
        return Compacted(table, files, size, *_size_of(opened))


def vacuum(warehouse: Warehouse, table: str, *, days: int, dry_run: bool = False) -> list[str]:
    """Remove files that no version of the last days shows, and those of runs that died.

    Ages are those of the storage's clock, not of the run's: a file is never removed before it has
    been there, or out of use, for that long. What a run is still writing is younger.

    Args:
        warehouse: The tables.
        table: Its name.
        days: How long files are kept.
        dry_run: Only look.

    Returns:
        The files, relative to the table.
    """
    seen = warehouse.reading(table)
    if seen is None:
        return []
    with store_errors(table):
        found = _find_dead(seen, days)
        if found and not dry_run:  # each vacuum writes to the log, even one that removes nothing
            opened = warehouse.existing(table)
            found = [] if opened is None else _remove_dead(opened, days)
        found += warehouse.place.sweep(table, days=days, dry_run=dry_run)
    return sorted(found)


def shorten_log(warehouse: Warehouse, table: str) -> None:
    """Write a checkpoint, and remove log entries older than Delta's 30 days before it."""
    opened = warehouse.existing(table)
    if opened is not None:
        with store_errors(table):
            opened.create_checkpoint()
            opened.cleanup_metadata()


def parts_in(opened: DeltaTable, table: str) -> list[Part]:
    """List the data files of a table that is partitioned by day and source, by path."""
    actions = pl.DataFrame(opened.get_add_actions(flatten=True))
    if actions.is_empty():
        return []
    columns = ["partition.day", "partition.source", "path", "num_records", "size_bytes"]
    rows = actions.select(columns).sort("path").iter_rows()
    return [Part(table, day, source, path, count, size) for day, source, path, count, size in rows]


def replace_parts(opened: DeltaTable, table: str, change: Change, numbers: dict[str, int]) -> None:
    """Show the same rows in other files.

    Args:
        opened: The version that holds the files that go.
        table: Its name.
        change: What comes and what goes.
        numbers: Application transactions, those of the rows' owners as they stand among them: a
            commit of the same owner that came in between makes this one fail.

    Raises:
        CommitFailedError: Another commit was first; nothing was changed.
    """
    now = int(time.time() * 1000)
    actions: list[AddAction | RemoveAction] = [
        add_action(part, now, data_change=False) for part in change.adds
    ]
    actions += [
        RemoveAction(part.path, False, now, part.size_bytes, partition_of(part))
        for part in change.removes
    ]
    transactions = [Transaction(app, number) for app, number in numbers.items()]
    properties = CommitProperties(app_transactions=transactions)
    opened.create_write_transaction(
        actions, "append", opened.schema(), PARTITIONS[table], commit_properties=properties
    )


def _find_dead(opened: DeltaTable, days: int) -> list[str]:
    return _vacuum(opened, days, dry_run=True)


def _remove_dead(opened: DeltaTable, days: int) -> list[str]:
    return _vacuum(opened, days, dry_run=False)


def _vacuum(opened: DeltaTable, days: int, *, dry_run: bool) -> list[str]:
    return opened.vacuum(
        retention_hours=24 * days, dry_run=dry_run, enforce_retention_duration=False, full=True
    )


def _size_of(opened: DeltaTable) -> tuple[int, int]:
    actions = pl.DataFrame(opened.get_add_actions(flatten=True))
    return actions.height, int(actions["size_bytes"].sum())
