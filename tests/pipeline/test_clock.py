"""Clocks that are wrong: a run's that goes back, a file's that lies ahead."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from etl.pipeline.results import RunResult
from etl.pipeline.runs import run_all, run_upkeep
from etl.store.measurements import read_measurements
from tests.pipeline.conftest import open_folder

Write = Callable[..., Path]
API = '[[source]]\nname = "api"\ninputs = ["logs/access.log*"]\nformat = "nginx:combined"\n'
DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 11, 1, tzinfo=UTC)
BACK = [timedelta(seconds=1), timedelta(hours=3), timedelta(days=40), timedelta(days=20_000)]
"""How far a clock goes back: a step, a zone, a wrong month, an empty battery."""


def lines(name: str, count: int) -> str:
    return "".join(
        f'192.0.2.1 - - [10/Mar/2026:0{n}:00:00 +0000] "GET /{name}/{n} HTTP/1.1" 200 5 "-" "t"\n'
        for n in range(count)
    )


def run(folder: Path, now: datetime) -> RunResult:
    return run_all(open_folder(folder), [DAY], now=now, workers=2)


def paths(folder: Path) -> list[str]:
    project = open_folder(folder)
    table = project.warehouse.scan("requests", project.schema_of("requests"))
    return sorted(table.select("path").collect()["path"].to_list())


def line_figures(folder: Path) -> list[tuple[float | None, float | None]]:
    kept = read_measurements(open_folder(folder).warehouse, since=DAY, until=DAY)
    return [(one.value, one.previous_value) for one in kept if one.metric == "lines"]


@pytest.mark.parametrize("back", BACK, ids=str)
def test_lines_read_while_the_clock_is_behind_are_kept_and_counted(
    write_project: Write, back: timedelta
) -> None:
    """They are dated after such a run, but not after the one before it."""
    folder = write_project(API)
    log = folder / "logs" / "access.log"
    log.write_text(lines("first", 3))
    run(folder, NOW)
    with log.open("a") as more:
        more.write(lines("second", 2))
    behind = run(folder, NOW - back)
    assert (behind.skipped, behind.read and behind.read.counts.rejects) == ([], 0)
    assert len(paths(folder)) == len(set(paths(folder))) == 5
    log.rename(folder / "logs" / "access.log.1")
    healed = run(folder, NOW + timedelta(days=1))
    assert healed.read is not None
    assert healed.read.inputs_read == 0
    assert len(paths(folder)) == 5
    assert line_figures(folder) == [(5, 3)]


def test_what_is_future_for_all_runs_is_refused_by_a_clock_that_is_behind(
    write_project: Write,
) -> None:
    folder = write_project(API)
    log = folder / "logs" / "access.log"
    log.write_text(lines("first", 3))
    run(folder, NOW)
    with log.open("a") as more:
        more.write(lines("second", 2).replace("/2026", "/2027"))
    behind = run(folder, NOW - timedelta(days=2))
    assert behind.read is not None
    assert (behind.read.counts.records, behind.read.counts.rejects) == (0, 2)


def test_a_file_from_the_future_is_still_growing(write_project: Write) -> None:
    """Its last line may be half written; once the clocks agree again it is taken as it is."""
    folder = write_project(API)
    live, old = folder / "logs" / "access.log", folder / "logs" / "access.log.1"
    live.write_text(lines("live", 3).removesuffix('"t"\n'))
    old.write_text(lines("old", 3).removesuffix("\n"))
    ahead = (NOW + timedelta(days=400)).timestamp()
    for path in (live, old):
        os.utime(path, (ahead, ahead))
    run(folder, NOW)
    assert len(paths(folder)) == 5
    live.write_text(lines("live", 3).removesuffix("\n"))
    os.utime(live, (NOW.timestamp(), NOW.timestamp()))
    run(folder, NOW + timedelta(days=1))
    assert len(paths(folder)) == len(set(paths(folder))) == 6


def test_rows_that_retention_removed_stay_away_and_no_others_go(write_project: Write) -> None:
    folder = write_project(API + "[retention]\nrequests = 5\n")
    (folder / "logs" / "access.log.1").write_text(lines("old", 3))
    new = lines("new", 2).replace("10/Mar", "18/Mar")
    (folder / "logs" / "access.log.2").write_text(new)
    late = NOW + timedelta(days=9)
    assert run(folder, late).tidied is not None
    before = paths(folder)
    assert len(before) == 2
    for now in (NOW, NOW - timedelta(days=400), late):
        assert not run_upkeep(open_folder(folder), now=now).trouble
        run(folder, now)
        assert paths(folder) == before
    assert line_figures(folder) == [(3, None)]
