"""Whoever writes while small files are put together, or kills it, changes no row."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from etl.store import upkeep
from etl.store.actions import Change
from etl.store.encode import Part
from etl.store.tables import Warehouse
from etl.store.upkeep import FEW, compact_days
from tests.store.helpers import DAY, SCHEMA, batch, commit, files_of, rows_of

LATER = DAY + timedelta(days=1)


def meanwhile(monkeypatch: pytest.MonkeyPatch, what: Any) -> None:
    """Do `what` between the moment that compaction opens a table and its commit."""
    true = upkeep.rewrite_parts

    def rewrite(*args: Any) -> Part:
        made = true(*args)
        what()
        return made

    monkeypatch.setattr(upkeep, "rewrite_parts", rewrite)


def test_another_sources_append_during_compaction_lands_and_so_does_it(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, lambda: commit(warehouse, 1, batch(418), source="other"))
    assert compact_days(warehouse, "requests", closed_before=LATER) is not None
    assert files_of(warehouse) == 2
    assert rows_of(warehouse)["status"].to_list().count(418) == 1
    assert rows_of(warehouse).height == 2 * (FEW + 1) + 2


def test_the_same_sources_append_during_compaction_lands_first(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, lambda: commit(warehouse, FEW + 3, batch(418)))
    assert compact_days(warehouse, "requests", closed_before=LATER) is None
    monkeypatch.undo()
    assert compact_days(warehouse, "requests", closed_before=LATER) is not None
    assert rows_of(warehouse)["status"].to_list().count(418) == 1
    assert (files_of(warehouse), rows_of(warehouse).height) == (1, 2 * (FEW + 1) + 2)


def test_of_two_compactions_at_once_one_changes_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, true = rows_of(warehouse), upkeep.rewrite_parts

    def rewrite(*args: Any) -> Part:
        monkeypatch.setattr(upkeep, "rewrite_parts", true)
        made = true(*args)
        assert compact_days(warehouse, "requests", closed_before=LATER) is not None
        return made

    monkeypatch.setattr(upkeep, "rewrite_parts", rewrite)
    assert compact_days(warehouse, "requests", closed_before=LATER) is None
    assert rows_of(warehouse).equals(before)


def test_a_rebuild_that_planned_before_a_compaction_plans_again(warehouse: Warehouse) -> None:
    """Its commit must not take away a file that is no longer there, and leave its rows."""
    asked = []

    def change(opened: DeltaTable) -> Change:
        parts = upkeep.parts_in(opened, "requests")
        if not asked:
            compact_days(warehouse, "requests", closed_before=LATER)
        asked.append(len(parts))
        return Change([], parts)

    warehouse.commit("requests", SCHEMA, change, app="api", batch=FEW + 3)
    assert asked == [FEW + 2, 1]
    assert rows_of(warehouse).is_empty()


DIE = textwrap.dedent(
    """
    import os, signal, sys
    from datetime import date
    from pathlib import Path
    from etl.store import upkeep
    from etl.store.place import Folder
    from etl.store.tables import Warehouse
    true = upkeep.replace_parts
    def die(*args):
        if sys.argv[2] == "after":
            true(*args)
        os.kill(os.getpid(), signal.SIGKILL)
    upkeep.replace_parts = die
    warehouse = Warehouse(Folder(Path(sys.argv[1])))
    upkeep.compact_days(warehouse, "requests", closed_before=date(2026, 3, 11))
    """
)


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_kill_in_mid_compaction_leaves_the_table_whole(warehouse: Warehouse, place: str) -> None:
    before = rows_of(warehouse)
    done = subprocess.run(
        [sys.executable, "-c", DIE, warehouse.place.address, place],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert rows_of(warehouse).equals(before)
    compact_days(warehouse, "requests", closed_before=LATER)
    assert (files_of(warehouse), rows_of(warehouse).equals(before)) == (1, True)


def test_deltalakes_own_compaction_still_doubles_rows(warehouse: Warehouse) -> None:
    """Why ours is not `optimize.compact`; once this fails, it can be."""
    path = warehouse.place.uri("requests")
    stale, rows = DeltaTable(path), rows_of(warehouse).height
    DeltaTable(path).optimize.compact()
    try:
        stale.optimize.compact()
    except CommitFailedError:
        pytest.fail("deltalake refuses the second of two compactions: ours can go")
    assert pl.scan_delta(path).collect().height == 2 * rows
