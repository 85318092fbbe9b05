"""A log is known again whatever is done to it, and another one is not taken for it: one by one.

`test_rotation.py` does such things at random.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from etl.model import Input
from etl.pipeline.ingest_run import run_ingest
from etl.pipeline.results import RunResult
from etl.sources.local import LocalSource
from tests.pipeline.conftest import open_folder

Write = Callable[..., Path]
API = '[[source]]\nname = "api"\ninputs = ["logs/**/*.log*"]\nformat = "nginx:combined"\n'
BANNER = 60
"""Lines that all logs begin with, where they are to begin alike: more than the first 4 KiB."""


def line(path: str) -> str:
    return f'192.0.2.1 - - [10/Mar/2026:01:00:00 +0000] "GET {path} HTTP/1.1" 200 5 "-" "t"\n'


def lines(name: str, count: int = 3) -> str:
    return "".join(line(f"/{name}/{number}") for number in range(count))


def append(path: Path, text: str) -> None:
    with path.open("a") as log:
        log.write(text)


def ingest(folder: Path) -> RunResult:
    return run_ingest(open_folder(folder), now=datetime.now(UTC), workers=2)


def rows(folder: Path) -> Counter[str]:
    project = open_folder(folder)
    table = project.warehouse.scan("requests", project.schema_of("requests"))
    return Counter(table.select("path").collect()["path"].to_list())


def compress(path: Path, target: Path) -> None:
    target.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def renamed(logs: Path, live: Path) -> None:
    live.rename(logs / "other.log")
    append(logs / "other.log", lines("more"))


def moved(logs: Path, live: Path) -> None:
    (logs / "old").mkdir()
    live.rename(logs / "old" / live.name)
    append(logs / "old" / live.name, lines("more"))


def compressed(logs: Path, live: Path) -> None:
    append(live, lines("more"))
    compress(live, logs / "access.log.gz")


def copied_and_truncated(logs: Path, live: Path) -> None:
    append(live, lines("more"))
    shutil.copyfile(live, logs / "access.log.1")
    os.truncate(live, 0)


def rotated_with_create(logs: Path, live: Path) -> None:
    live.rename(logs / "access.log.1")
    append(logs / "access.log.1", lines("more"))  # until it is told, the server goes on there
    live.write_text(lines("new"))


def rotated_with_copytruncate(logs: Path, live: Path) -> None:
    copied_and_truncated(logs, live)
    append(live, lines("new"))


def compressed_one_rotation_later(logs: Path, live: Path) -> None:
    rotated_with_create(logs, live)
    ingest(logs.parent)
    compress(logs / "access.log.1", logs / "access.log.2.gz")
    live.rename(logs / "access.log.1")
    live.write_text(lines("newest"))


def dated(logs: Path, live: Path) -> None:
    live.rename(logs / "access.log-20260310")
    append(logs / "access.log-20260310", lines("more"))
    live.write_text(lines("new"))
    ingest(logs.parent)
    compress(logs / "access.log-20260310", logs / "access.log-20260310.gz")


def its_inode_used_again(logs: Path, live: Path) -> None:
    inode = live.stat().st_ino
    shutil.copyfile(live, logs / "kept.log")
    live.write_text(lines("new", 2))
    assert live.stat().st_ino == inode


def replaced_by_a_shorter_one(_: Path, live: Path) -> None:
    live.write_text(lines("new", 1))


def replaced_by_a_longer_one_with_another_beginning(_: Path, live: Path) -> None:
    live.write_text(lines("new", 500))


CASES: dict[Callable[[Path, Path], None], dict[str, int]] = {
    renamed: {"more": 3},
    moved: {"more": 3},
    compressed: {"more": 3},
    copied_and_truncated: {"more": 3},
    rotated_with_create: {"more": 3, "new": 3},
    rotated_with_copytruncate: {"more": 3, "new": 3},
    compressed_one_rotation_later: {"more": 3, "new": 3, "newest": 3},
    dated: {"more": 3, "new": 3},
    its_inode_used_again: {"new": 2},
    replaced_by_a_shorter_one: {"new": 1},
    replaced_by_a_longer_one_with_another_beginning: {"new": 500},
}
"""What happens to a log of three lines that was read, and what comes to it."""


@pytest.mark.parametrize("happens", CASES, ids=lambda case: case.__name__)
def test_each_line_is_one_row(write_project: Write, happens: Callable[[Path, Path], None]) -> None:
    folder = write_project(API)
    live = folder / "logs" / "access.log"
    live.write_text(lines("first"))
    ingest(folder)
    happens(folder / "logs", live)
    wanted = Counter(
        f"/{name}/{number}"
        for name, count in ({"first": 3} | CASES[happens]).items()
        for number in range(count)
    )
    for _ in range(2):
        assert not ingest(folder).skipped
        assert rows(folder) == wanted


def test_a_log_that_begins_alike_is_another_one(write_project: Write) -> None:
    """Only what comes behind the first 4 KiB tells them apart."""
    folder = write_project(API)
    live = folder / "logs" / "access.log"
    live.write_text(line("/banner") * BANNER + lines("first"))
    ingest(folder)
    live.rename(folder / "logs" / "access.log.1")
    live.write_text(line("/banner") * BANNER + lines("new", 5))
    for _ in range(2):
        assert not ingest(folder).skipped
        assert len(rows(folder)) == 1 + 3 + 5
        assert rows(folder)["/banner"] == 2 * BANNER


@pytest.mark.parametrize("longer", [False, True])
def test_a_past_that_was_rewritten_is_reported_and_read_no_second_time(
    write_project: Write, longer: bool
) -> None:
    folder = write_project(API)
    live = folder / "logs" / "access.log"
    live.write_text(line("/banner") * BANNER + lines("first"))
    ingest(folder)
    before = rows(folder)
    live.write_text(line("/banner") * BANNER + lines("other") + lines("more", 9 * longer))
    for _ in range(2):
        result = ingest(folder)
        assert [one.uri for one in result.skipped] == ["logs/access.log"]
        assert "changed before byte" in result.skipped[0].detail
        assert "give it another name" in result.skipped[0].detail
        assert rows(folder) == before
    live.rename(folder / "logs" / "rewritten.log")
    assert not ingest(folder).skipped
    assert rows(folder)["/other/2"] == 1


@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_a_log_that_shrank_is_reported_and_read_no_second_time(
    write_project: Write, kept: float
) -> None:
    folder = write_project(API)
    live = folder / "logs" / "access.log"
    live.write_text(line("/banner") * BANNER * 2 + lines("first"))
    ingest(folder)
    before = rows(folder)
    os.truncate(live, int(live.stat().st_size * kept))
    for _ in range(2):
        result = ingest(folder)
        assert "became shorter" in result.skipped[0].detail
        assert rows(folder) == before


def rotate(logs: Path) -> None:
    """Give each log the next number, as logrotate does, and let the writer begin a new one."""
    for number in (3, 2, 1):
        if (logs / f"access.log.{number}").exists():
            (logs / f"access.log.{number}").rename(logs / f"access.log.{number + 1}")
    (logs / "access.log").rename(logs / "access.log.1")
    (logs / "access.log").write_text(lines("newest", 2))


@pytest.mark.parametrize("place", range(5))
def test_logs_may_rotate_while_they_are_looked_at(
    write_project: Write, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """Between listing and opening, the names are those of other logs: sizes say nothing of them."""
    folder = write_project(API)
    logs = folder / "logs"
    (logs / "access.log.1").write_text(lines("oldest", 70))
    ingest(folder)
    (logs / "access.log.1").rename(logs / "access.log.2")
    (logs / "access.log.1").write_text(lines("older", 90))
    (logs / "access.log").write_text(lines("live", 80))
    ingest(folder)
    append(logs / "access.log", lines("more", 5))
    true, opened = LocalSource.open_input, [0]

    def rotating(self: LocalSource, item: Input) -> BinaryIO:
        if opened[0] == place:
            rotate(logs)
        opened[0] += 1
        return true(self, item)

    monkeypatch.setattr(LocalSource, "open_input", rotating)
    ingest(folder)
    monkeypatch.undo()
    assert opened[0] > place
    ingest(folder)
    written = [lines("oldest", 70), lines("older", 90), lines("live", 80), lines("more", 5)]
    paths = [text.split()[6] for text in "".join([*written, lines("newest", 2)]).splitlines()]
    assert rows(folder) == Counter(paths)
    project = open_folder(folder)
    assert project.warehouse.scan("rejects", project.schema_of("rejects")).collect().is_empty()
