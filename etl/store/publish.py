"""Makes sealed batches visible: their part files are committed to the tables, each batch once.

What a sealed batch holds is written in the ledger, so that publishing needs no input and any run
can do it, again and again. Batches go in order; the number that a table stands at (a Delta
application transaction per source) tells which it has. `rejects` comes last, with a commit even
where nothing was refused: a batch that it has is in all tables.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

import pyarrow as pa
from deltalake import DeltaTable
from loguru import logger

from etl.errors import StoreError
from etl.store.actions import Change
from etl.store.encode import Part
from etl.store.ledger import Ledger, SealedBatch
from etl.store.tables import Warehouse

RECORD_TABLES = ("requests", "events")
LAST_TABLE = "rejects"

SchemaOf = Callable[[str], pa.Schema]


def publish(warehouse: Warehouse, source: str, schema_of: SchemaOf) -> list[int]:
    """Commit every sealed batch of a source that its tables lack.

    Args:
        warehouse: The tables.
        source: The source's name.
        schema_of: Returns what a table must be able to hold.

    Returns:
        The numbers of the batches.

    Raises:
        StoreError: A commit failed, or a data file that was sealed is gone.
    """
    published, ledger = warehouse.batch_of(LAST_TABLE, source), Ledger(warehouse, source)
    # Most often there is nothing: the last batch's number tells it without a look at the rows.
    batches = ledger.sealed_after(published) if ledger.sealed() > published else []
    for sealed in batches:
        for table in (*RECORD_TABLES, LAST_TABLE):
            parts = [part for part in sealed.parts if part.table == table]
            touched = parts or (sealed.rebuilt and warehouse.exists(table)) or table == LAST_TABLE
            if touched:
                change_of = partial(_change, warehouse, table, source, sealed, parts)
                warehouse.commit(table, schema_of(table), change_of, app=source, batch=sealed.batch)
        logger.bind(source=source, batch=sealed.batch).debug("batch published")
    return [sealed.batch for sealed in batches]


def _require(warehouse: Warehouse, parts: Collection[Part], batch: int) -> None:
    gone = next((part for part in parts if not warehouse.has_part(part)), None)
    if gone is not None:
        raise StoreError(
            f"data file {gone.table}/{gone.path} of batch {batch} of source '{gone.source}' was"
            " written, but is gone before it was committed. Put it back, or read its inputs again:"
            " daytally backfill --rebuild"
        )


def _change(
    warehouse: Warehouse,
    table: str,
    source: str,
    sealed: SealedBatch,
    parts: list[Part],
    opened: DeltaTable,
) -> Change:
    """Return the batch's files, and without what they replace the files that held it.

    Only of a table that lacks the batch: where it was shown long ago, its files may have been put
    together with others, and removed.
    """
    _require(warehouse, parts, sealed.batch)
    if not sealed.rebuilt:
        return Change(parts)
    from etl.store.replacing import replacement  # loads what only a rebuild needs

    adds, removes = replacement(warehouse.place, opened, table, source, sealed.rebuilt)
    return Change([*parts, *adds], removes)
