"""Inputs are listed once each, and known by what their names and times tell."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etl.errors import UnreadableInputError
from etl.sources.base import date_in_name, is_rotated
from etl.sources.local import LocalSource, open_file

NOW = datetime(2026, 3, 20, 1, tzinfo=UTC)


def touch(path: Path, age: timedelta) -> None:
    path.write_text("x\n")
    stamp = (NOW - age).timestamp()
    os.utime(path, (stamp, stamp))


def test_a_file_named_by_two_patterns_is_listed_once(tmp_path: Path) -> None:
    for name in ("b.log", "a.log", "a.log.1"):
        touch(tmp_path / name, timedelta(days=1))
    (tmp_path / "folder.log").mkdir()
    source = LocalSource(tmp_path)
    absolute = str(tmp_path / "c*.log")
    listed = source.list_inputs(["*.log", "a.log*", absolute], now=NOW)
    assert [item.uri for item in listed] == ["a.log", "a.log.1", "b.log"]


@pytest.mark.parametrize(
    ("name", "minutes", "closed"),
    [
        ("access.log", 5, False),
        ("access.log", 61, True),
        ("access.log.1", 5, True),
        ("access.log-20260319", 5, True),
        ("access.log.2.gz", 5, True),
        ("app-2026-03-19.log", 5, False),
    ],
)
def test_a_file_is_closed_when_nobody_appends_any_more(
    tmp_path: Path, name: str, minutes: int, closed: bool
) -> None:
    touch(tmp_path / name, timedelta(minutes=minutes))
    (item,) = LocalSource(tmp_path).list_inputs(["*"], now=NOW)
    assert item.closed is closed


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("access.log-20251220.gz", "2025-12-20"),
        ("app.2024-02-29.log", "2024-02-29"),
        ("access.log-20251399", None),
        ("access.log.1", None),
        ("host12345678901.log", None),
        ("2023-01-01-to-2023-02-03.log", "2023-02-03"),
    ],
)
def test_the_last_date_in_a_name_is_the_logs_date(name: str, day: str | None) -> None:
    found = date_in_name(name)
    assert (found and found.date().isoformat()) == day


def test_names_of_live_files_are_not_rotated_ones() -> None:
    assert not is_rotated("access.log")
    assert not is_rotated("api.example.org-access.log")


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match=r"gone\.log: cannot be opened: No such file"):
        open_file(tmp_path / "gone.log")
