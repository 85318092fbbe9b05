"""What is written into a Delta table's log: which data files it has from now on."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.transaction import AddAction, RemoveAction

from etl.store.encode import Part


@dataclass(frozen=True, slots=True)
class Change:
    """Data files that come into a table, and those that go, with one commit."""

    adds: Sequence[Part]
    removes: Sequence[Part] = ()


def apply(opened: DeltaTable, partitions: list[str], change: Change, app: str, batch: int) -> None:
    """Commit a change to an open table, under the number of its owner's transaction."""
    now = int(time.time() * 1000)  # Delta's own bookkeeping; no figure reads it
    actions: list[AddAction | RemoveAction] = [add_action(part, now) for part in change.adds]
    actions += [
        RemoveAction(part.path, True, now, part.size_bytes, partition_of(part))
        for part in change.removes
    ]
    properties = CommitProperties(app_transactions=[Transaction(app, batch)])
    opened.create_write_transaction(
        actions, "append", opened.schema(), partitions, commit_properties=properties
    )


def partition_of(part: Part) -> dict[str, str | None]:
    """Return a part's partition values as Delta writes them."""
    return {"day": part.day.isoformat(), "source": part.source}


def add_action(part: Part, now: int, *, data_change: bool = True) -> AddAction:
    """Return the log entry that shows a part; `now` in milliseconds since 1970."""
    return AddAction(
        path=part.path,
        size=part.size_bytes,
        partition_values=partition_of(part),
        modification_time=now,
        data_change=data_change,
        stats=json.dumps({"numRecords": part.rows}),
    )
