"""Writers of one warehouse and who looks at it, all at once, and what holds during and after that.

`_main` is one of them in a process of its own: name, folder, number.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa

from etl.model import Restatement, Verdict
from etl.schema import INCIDENT_LOG, INPUTS, MEASUREMENTS
from etl.store import upkeep
from etl.store.actions import Change
from etl.store.encode import Part, PartSink
from etl.store.place import Folder
from etl.store.restatements import add_restatements, read_restatements
from etl.store.tables import Warehouse
from tests.pipeline.dying import be_eager
from tests.store.helpers import DAY, SCHEMA, batch

AT = datetime(2026, 3, 10, tzinfo=UTC)
LATER = DAY + timedelta(days=1)
BATCHES = 6
"""Batches that each sealer is at; batch n has n rows."""
NOTES = 6
"""Notes that each writer of notes writes, and times that a day is replaced."""


def seal(warehouse: Warehouse, me: int) -> None:
    """Seal batches, and publish what was sealed, as all others of the kind do."""
    for number in range(1, BATCHES + 1):
        row = {"batch": number, "source": "api", "state": "read", "attempt": str(me)}
        rows = pa.Table.from_pylist([row], schema=INPUTS)
        if warehouse.append_once("inputs", rows, app="seal/api", number=number):
            _note(warehouse, "sealed", f"{number}/{me}")
        made = _encode(warehouse, "api", f"{number}-{me}", number)

        def change(_: object, made: list[Part] = made) -> Change:
            return Change(made)

        if warehouse.commit("requests", SCHEMA, change, app="api", batch=number):
            _note(warehouse, "published", f"{number}/{me}")


def rebuild(warehouse: Warehouse, me: int) -> None:
    """Replace all files of a source of one's own by one that has a row more."""
    own = f"own-{me}"
    for number in range(1, BATCHES + 1):
        made = _encode(warehouse, own, f"{number}-{me}", number)

        def change(opened: object, made: list[Part] = made) -> Change:
            return Change(made, [p for p in upkeep.parts_in(opened, "requests") if p.source == own])

        assert warehouse.commit("requests", SCHEMA, change, app=own, batch=number)


def note(warehouse: Warehouse, me: int) -> None:
    """Append to a log."""
    for number in range(NOTES):
        _note(warehouse, "noted", f"{number}/{me}")


def measure(warehouse: Warehouse, me: int) -> None:
    """Replace a day, each time by as many rows as the value in them says."""
    for number in range(1, NOTES + 1):
        row = {"day": DAY, "metric": f"{me}", "value": float(number)}
        rows = pa.Table.from_pylist([row] * number, schema=MEASUREMENTS)
        warehouse.replace_day("measurements", DAY, rows)


def restate(warehouse: Warehouse, me: int) -> None:
    """Say of a day that another's measurements have changed."""
    for number in range(NOTES):
        one = Restatement(
            day=DAY, metric=f"{number}/{me}", dimensions={}, kind="changed", unit="", target="",
            old_value=1.0, value=2.0, old_verdict=Verdict.NONE, verdict=Verdict.NONE,
            old_measured_at=AT, measured_at=AT,
        )  # fmt: skip
        add_restatements(warehouse, DAY, [one])


def compact(warehouse: Warehouse, me: int) -> None:
    """Put files together; where `be_eager` was called, few as they are."""
    del me
    for _ in range(BATCHES):
        upkeep.compact_days(warehouse, "requests", closed_before=LATER)
        for table in ("inputs", "incident_log"):
            upkeep.compact_whole(warehouse, table)


def look(warehouse: Warehouse, me: int) -> None:
    """See no state that is between two commits."""
    del me
    for _ in range(3 * BATCHES):
        frame, sealed = warehouse.snapshot("inputs", INPUTS, app="seal/api")
        assert sorted(frame.collect()["batch"]) == list(range(1, sealed + 1))
        before = warehouse.batch_of("requests", "api")
        rows = warehouse.scan("requests", SCHEMA).filter(pl.col("source") == "api").collect()
        after = warehouse.batch_of("requests", "api")
        assert before * (before + 1) <= 2 * rows.height <= after * (after + 1)
        assert_one_measuring(warehouse)


WHO: Mapping[str, Callable[[Warehouse, int], None]] = {
    each.__name__: each for each in (seal, rebuild, note, measure, restate, compact, look)
}


def assert_nothing_lost_or_doubled(warehouse: Warehouse, names: list[str]) -> None:
    """Hold the tables against what the writers, who all came to their end, were to do.

    Args:
        warehouse: The tables.
        names: The writers, in the order of their numbers.
    """
    numbers = list(range(1, BATCHES + 1))
    rows = warehouse.scan("requests", SCHEMA).collect()
    if "seal" in names:
        reads = warehouse.scan("inputs", INPUTS).collect().sort("batch")
        assert reads["batch"].to_list() == numbers
        assert rows.filter(pl.col("source") == "api").height == sum(numbers)
    for me, name in enumerate(names):
        if name == "rebuild":
            assert rows.filter(pl.col("source") == f"own-{me}").height == BATCHES
    if "measure" in names:
        assert_one_measuring(warehouse)
    notes = warehouse.scan("incident_log", INCIDENT_LOG).collect().select("action", "fields")
    said = Counter(notes.rows())
    assert set(said.values()) <= {1}
    told = {action: [f for a, f in said if a == action] for action in ("sealed", "published")}
    for fields in told.values():
        assert sorted(int(each.partition("/")[0]) for each in fields) == (
            numbers if "seal" in names else []
        ), "each batch has one who did it, and knows"
    if "seal" in names:
        won = {f"{row['batch']}/{row['attempt']}" for row in reads.to_dicts()}
        assert won == set(told["sealed"])
    restated = [one.metric for one in read_restatements(warehouse)]
    assert sorted(restated) == sorted(_of_each(names, "restate"))
    assert _of_each(names, "note") == {fields for action, fields in said if action == "noted"}


def assert_one_measuring(warehouse: Warehouse) -> None:
    """See the rows of one writer, all of them."""
    rows = warehouse.scan("measurements", MEASUREMENTS).collect()
    if not rows.is_empty():
        assert rows["value"].to_list() == [float(rows.height)] * rows.height
        assert rows["metric"].n_unique() == 1


def _of_each(names: list[str], which: str) -> set[str]:
    return {f"{n}/{me}" for me, name in enumerate(names) if name == which for n in range(NOTES)}


def _note(warehouse: Warehouse, action: str, fields: str) -> None:
    row = {"incident_id": "x", "at": AT, "action": action, "actor": "me", "fields": fields}
    warehouse.append("incident_log", pa.Table.from_pylist([row], schema=INCIDENT_LOG))


def _encode(warehouse: Warehouse, source: str, name: str, rows: int) -> list[Part]:
    sink = PartSink(warehouse.place, source, name)
    sink.add("requests", DAY, batch(*[200] * rows))
    return sink.close()


def _main() -> None:
    name, folder, me = sys.argv[1:]
    be_eager()
    WHO[name](Warehouse(Folder(Path(folder))), int(me))


if __name__ == "__main__":
    _main()
