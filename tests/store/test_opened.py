"""A table that is kept open for reading is never older than the newest commit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

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


def test_commits_are_told_from_the_open_version_on(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    assert place.commits_from("requests", 0) == {}
    warehouse = Warehouse(place)
    commit(warehouse, 1, batch(200))
    opened = warehouse.reading("requests")
    assert opened is not None
    newest = opened.version()
    before = place.commits_from("requests", newest)
    assert list(before) == [newest]
    commit(warehouse, 2, batch(200))
    after = place.commits_from("requests", newest)
    assert list(after) == [newest, newest + 1]
    assert after[newest] == before[newest]
    assert place.commits_from("requests", newest + 2) == {}


def test_a_table_that_lies_there_instead_is_written_to_as_it_is(tmp_path: Path) -> None:
    """What was open for writing is another table's past: its next number would tear the log."""
    mine, other = Warehouse(Folder(tmp_path)), Warehouse(Folder(tmp_path))
    for number in (1, 2, 3):
        commit(mine, number, batch(200))
    shutil.rmtree(tmp_path / "requests")
    commit(other, 1, batch(500))
    commit(mine, 2, batch(404))
    assert sorted(rows_of(other)["status"].to_list()) == [404, 500]
    assert len(list((tmp_path / "requests" / "_delta_log").glob("*.json"))) == 3


def test_two_who_write_in_turns_follow_each_other(tmp_path: Path) -> None:
    mine, other = Warehouse(Folder(tmp_path)), Warehouse(Folder(tmp_path))
    for number in range(1, 13):
        commit(mine if number % 3 else other, number, batch(200))
        assert rows_of(mine).height == rows_of(other).height == number


def test_an_open_table_is_lent_to_one_writer_at_a_time(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    commit(warehouse, 1, batch(200))
    assert warehouse.lend("requests", SCHEMA).opened is not (
        warehouse.lend("requests", SCHEMA).opened
    )


def test_numbers_are_those_of_the_version_that_is_open(tmp_path: Path) -> None:
    mine, other = Warehouse(Folder(tmp_path)), Warehouse(Folder(tmp_path))
    commit(other, 1, batch(200))
    assert [mine.batch_of("requests", name) for name in ("api", "api", "none")] == [1, 1, 0]
    commit(other, 2, batch(200))
    assert mine.batch_of("requests", "api") == 2


class Renewed(Folder):
    """A place whose keys are others each time that they expire."""

    keys = "first"

    def options(self) -> dict[str, str]:  # type: ignore[override] # as a bucket's
        """Return the keys."""
        return {"aws_session_token": self.keys}


def test_no_table_is_asked_with_keys_that_have_expired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that takes longer than a role's hour goes on with the next keys."""
    warehouse = Warehouse(Renewed(tmp_path))
    for number, keys in enumerate(("first", "second", "second"), start=1):
        monkeypatch.setattr(Renewed, "keys", keys)
        commit(warehouse, number, batch(200))
        lent, read = warehouse.lend("requests", SCHEMA), warehouse.reading("requests")
        assert read is not None
        for opened in (lent.opened, read):
            assert opened._storage_options == {"aws_session_token": keys}
        assert warehouse.batch_of("requests", "api") == number
        assert rows_of(warehouse).height == number
