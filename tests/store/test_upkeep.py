"""Fewer files, the same rows; nobody who reads or writes meanwhile notices."""

from __future__ import annotations

import os
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from etl.errors import StoreError
from etl.schema import INCIDENT_LOG
from etl.store import upkeep
from etl.store.encode import Part, remove_parts
from etl.store.opened import Kept
from etl.store.place import Folder
from etl.store.tables import Warehouse
from etl.store.upkeep import (
    FEW,
    MOST_FILES,
    compact_days,
    compact_whole,
    shorten_log,
    small_groups,
    vacuum,
)
from tests.store.helpers import DAY, SCHEMA, batch, commit, encode, files_of, rows_of

LATER = DAY + timedelta(days=1)


def aged(root: Path, days: float) -> None:
    """Make all files as old as `days`, those of the log too."""
    stamp = time.time() - days * 86_400
    for path in root.rglob("*"):
        if path.is_file():
            os.utime(path, (stamp, stamp))


def test_many_small_files_become_one_with_the_same_rows(warehouse: Warehouse) -> None:
    before = rows_of(warehouse)
    done = compact_days(warehouse, "requests", closed_before=LATER)
    assert done is not None
    assert (done.files, done.new_files, files_of(warehouse)) == (FEW + 2, 1, 1)
    assert done.new_size_bytes < done.size_bytes
    assert rows_of(warehouse).equals(before)
    assert before["params"].struct.field("city").drop_nulls().len() > 0
    assert compact_days(warehouse, "requests", closed_before=LATER) is None


def test_batch_numbers_outlive_compaction_and_log_cleaning(warehouse: Warehouse) -> None:
    compact_days(warehouse, "requests", closed_before=LATER)
    aged(Path(warehouse.place.address), 60)
    shorten_log(warehouse, "requests")
    names = {path.name for path in Path(warehouse.place.uri("requests"), "_delta_log").iterdir()}
    assert not any(name.startswith("00000000000000000001.") for name in names)
    assert warehouse.batch_of("requests", "api") == FEW + 2
    before = rows_of(warehouse)
    commit(warehouse, FEW + 2, batch(404))
    assert rows_of(warehouse).equals(before)


def test_days_that_still_grow_are_left_alone(warehouse: Warehouse) -> None:
    assert compact_days(warehouse, "requests", closed_before=DAY) is None
    assert files_of(warehouse) == FEW + 2


def test_looking_changes_nothing(warehouse: Warehouse) -> None:
    version = DeltaTable(warehouse.place.uri("requests")).version()
    found = compact_days(warehouse, "requests", closed_before=LATER, dry_run=True)
    assert found is not None
    assert (found.files, found.new_files) == (FEW + 2, 0)
    assert DeltaTable(warehouse.place.uri("requests")).version() == version


def part(name: str, size: int, day: date = DAY, source: str = "api") -> Part:
    return Part("requests", day, source, name, 1, size)


def test_only_what_pays_is_put_together() -> None:
    small = [part(f"s{n:02}", upkeep.SMALL_BYTES - 1) for n in range(2 * FEW)]
    large = [part(f"l{n}", upkeep.SMALL_BYTES) for n in range(FEW)]
    few = [part(f"f{n}", 10, source="app") for n in range(FEW - 1)]
    groups = list(small_groups([*large, *few, *reversed(small)], LATER))
    assert [path.path for group in groups for path in group] == [one.path for one in small]
    assert all(sum(p.size_bytes for p in group) <= upkeep.FULL_BYTES for group in groups)
    assert len(groups) == 2


def test_a_reader_that_came_before_reads_on(warehouse: Warehouse) -> None:
    before = rows_of(warehouse)
    opened = warehouse.scan("requests", SCHEMA)
    compact_days(warehouse, "requests", closed_before=LATER)
    vacuum(warehouse, "requests", days=1)
    read = opened.collect().select(before.columns).sort("day", "source", "status", "offset")
    assert read.equals(before)


def test_lost_rows_stop_a_compaction(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    before, true = rows_of(warehouse), upkeep.rewrite_parts
    monkeypatch.setattr(
        upkeep, "rewrite_parts", lambda root, parts, *rest: true(root, parts[1:], *rest)
    )
    with pytest.raises(StoreError, match="said to hold"):
        compact_days(warehouse, "requests", closed_before=LATER)
    assert rows_of(warehouse).equals(before)


def test_vacuum_takes_old_files_out_of_use_and_of_dead_runs_alone(warehouse: Warehouse) -> None:
    left = encode(warehouse.place, 900, batch(1))
    aged(Path(warehouse.place.address), 9)
    young = encode(warehouse.place, 901, batch(1))  # of a batch that is being read, or is sealed
    before = rows_of(warehouse)
    compact_days(warehouse, "requests", closed_before=LATER)  # goes out of use only now
    assert vacuum(warehouse, "requests", days=7, dry_run=True) == [left[0].path]
    assert vacuum(warehouse, "requests", days=7) == [left[0].path]
    assert (warehouse.has_part(left[0]), warehouse.has_part(young[0])) == (False, True)
    assert rows_of(warehouse).equals(before)
    version = DeltaTable(warehouse.place.uri("requests")).version()
    assert vacuum(warehouse, "requests", days=7) == []
    assert DeltaTable(warehouse.place.uri("requests")).version() == version
    remove_parts(warehouse.place, young)


def entry(number: int) -> pa.Table:
    row = {"incident_id": str(number), "at": None, "action": "a", "actor": "b", "fields": "{}"}
    return pa.Table.from_pylist([row], schema=INCIDENT_LOG)


def test_a_table_without_partitions_becomes_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    for number in range(MOST_FILES):
        warehouse.append("incident_log", entry(number))
    assert compact_whole(warehouse, "incident_log") is None
    warehouse.append("incident_log", entry(MOST_FILES))
    true = upkeep.write_deltalake

    def write(*args: Any, **options: Any) -> None:
        monkeypatch.setattr(upkeep, "write_deltalake", true)
        warehouse.append("incident_log", entry(MOST_FILES + 1))
        true(*args, **options)

    monkeypatch.setattr(upkeep, "write_deltalake", write)
    done = compact_whole(warehouse, "incident_log")
    assert done is not None
    assert (done.files, done.new_files) == (MOST_FILES + 1, 2)  # ours, and the one in between
    rows = warehouse.scan("incident_log", INCIDENT_LOG).collect()
    assert sorted(map(int, rows["incident_id"])) == list(range(MOST_FILES + 2))


def test_an_append_overtaken_by_a_compaction_is_tried_again(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    for number in range(MOST_FILES + 1):
        warehouse.append("incident_log", entry(number))
    true, compacted = Warehouse.lend, []

    class Overtaken(Warehouse):
        def lend(self, table: str, schema: pa.Schema) -> Kept:
            found = true(self, table, schema)
            if not compacted:
                compacted.append(compact_whole(warehouse, table))
            return found

    Overtaken(Folder(tmp_path)).append("incident_log", entry(99))
    assert compacted[0] is not None
    rows = warehouse.scan("incident_log", INCIDENT_LOG).collect()
    assert rows.height == MOST_FILES + 2


def test_tables_that_do_not_exist_need_no_upkeep(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    assert compact_days(warehouse, "requests", closed_before=LATER) is None
    assert compact_whole(warehouse, "inputs") is None
    assert vacuum(warehouse, "requests", days=1) == []
    shorten_log(warehouse, "requests")
    assert not list(tmp_path.iterdir())
