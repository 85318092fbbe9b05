"""A table that is kept open for reading is never older than the newest commit."""

from __future__ import annotations

import shutil
from pathlib import Path

from etl.store.place import Folder
from etl.store.tables import Warehouse
from tests.store.helpers import SCHEMA, batch, commit, rows_of


def test_what_others_commit_is_seen_at_once(tmp_path: Path) -> None:
    mine, other = Warehouse(Folder(tmp_path)), Warehouse(Folder(tmp_path))
    assert rows_of(mine).is_empty(), "there is no table yet"
    for number in range(1, 15):  # past the version of which Delta makes a checkpoint
        commit(other, number, batch(*[200] * number))
        assert rows_of(mine).height == sum(range(number + 1))
        assert mine.batch_of("requests", "api") == number
        assert len(mine.files("requests")) == number


def test_a_table_is_opened_once_between_two_commits(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    commit(warehouse, 1, batch(200))
    first = warehouse.reading("requests")
    assert first is not None
    assert warehouse.reading("requests") is first
    frame, version = warehouse.scan("requests", SCHEMA), first.version()
    commit(warehouse, 2, batch(500))
    assert warehouse.reading("requests") is not first
    assert first.version() == version, "who writes opens a table of his own"
    assert frame.collect().height == 1, "what was asked for before stays what it was"


def test_another_table_in_the_same_place_is_another_one(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    commit(warehouse, 1, batch(200))
    assert rows_of(warehouse)["status"].to_list() == [200]
    shutil.rmtree(tmp_path / "requests")
    assert warehouse.reading("requests") is None
    commit(Warehouse(Folder(tmp_path)), 1, batch(500, 404))
    assert rows_of(warehouse)["status"].to_list() == [404, 500]


def test_only_the_newest_commit_has_a_mark(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    assert place.newest_mark("requests", 0) is None
    warehouse = Warehouse(place)
    commit(warehouse, 1, batch(200))
    opened = warehouse.reading("requests")
    assert opened is not None
    newest = opened.version()
    assert place.newest_mark("requests", newest) is not None
    assert place.newest_mark("requests", newest + 1) is None
    commit(warehouse, 2, batch(200))
    assert place.newest_mark("requests", newest) is None
