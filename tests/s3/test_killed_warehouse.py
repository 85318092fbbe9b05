"""Runs that die, meet, or lose their lease, with their tables in S3: nothing lost, nothing double.

`S3_DEATHS=200 pytest tests/s3/test_killed_warehouse.py` lets as many runs die at random requests to
the server, and `DEATHS=200` a tenth as many, as a run takes longer here than on disk.
"""

from __future__ import annotations

import os
import random
import re
from functools import partial
from pathlib import Path

import pytest

from etl.pipeline.runs import run_all
from etl.store.lock import Held, this_run
from tests.pipeline.conftest import NOW, open_folder
from tests.pipeline.faults import (
    WINDOW,
    assert_same,
    daytally,
    started,
    write_logs,
)
from tests.pipeline.test_killed import FIRST, WRITES, assert_all_is_there, die, folder
from tests.pipeline.test_killed_at_random import DEATHS_OF_A_ROUND, one_round
from tests.s3.killing import NEVER, Killer
from tests.s3.warehouses import bucket_at, move_to_s3

pytestmark = pytest.mark.extra
AT_RANDOM = "DEATHS" in os.environ or "S3_DEATHS" in os.environ
DEATHS = int(os.environ.get("S3_DEATHS", "0")) or max(4, int(os.environ.get("DEATHS", "0")) // 10)
"""How many runs die by SIGKILL, over all rounds."""
INPUTS = 2
"""Of each source, at the beginning: a run makes some hundred requests already."""
__all__ = ["folder"]


@pytest.mark.parametrize("place", range(WRITES))
def test_one_death_and_one_plain_run_are_enough(
    seaweed: str, prefix: str, folder: Path, place: int
) -> None:
    """Killed before a write; its lease, still fresh, keeps no run of this machine waiting."""
    move_to_s3(folder, seaweed, prefix)
    assert die(folder, place)
    assert not run_all(open_folder(folder), [FIRST], now=NOW, workers=2).skipped
    assert_all_is_there(folder)


def test_there_is_no_further_place_to_die_at(seaweed: str, prefix: str, folder: Path) -> None:
    move_to_s3(folder, seaweed, prefix)
    assert not die(folder, WRITES)
    assert_all_is_there(folder)


@pytest.mark.parametrize("seed", range(-(-DEATHS // DEATHS_OF_A_ROUND)))
def test_no_death_at_any_request_loses_or_doubles_a_row(
    seaweed: str, prefix: str, tmp_path: Path, seed: int
) -> None:
    """What is in S3 changes by requests only; what the last one asked for is done, or not."""
    chance = random.Random(None if AT_RANDOM else seed)  # noqa: S311
    clock = tmp_path / "clock"
    write_logs(clock, inputs=INPUTS)
    move_to_s3(clock, seaweed, f"{prefix}/1")
    with Killer(seaweed) as killer:
        assert not killer.kill(clock, partial(started, clock, "run", *WINDOW), NEVER)
        requests = killer.count

        def kill(folder: Path, words: tuple[str, ...], chance: random.Random) -> bool:
            start = partial(started, folder, *words)
            landed = chance.random() < 1 / 2
            # Three of four die early, while logs are read: measuring makes most of the requests.
            last = requests if chance.random() < 1 / 4 else requests // 5
            return killer.kill(folder, start, chance.randrange(last), landed=landed)

        most = min(DEATHS_OF_A_ROUND, DEATHS - seed * DEATHS_OF_A_ROUND)
        settle = partial(move_to_s3, url=seaweed, prefix=f"{prefix}/2")
        one_round(tmp_path, chance, most, kill, settle, inputs=INPUTS)


@pytest.fixture
def pair(seaweed: str, prefix: str, tmp_path: Path) -> list[Path]:
    """Two projects with the same logs: one on disk, where all is done, and one in S3."""
    folders = [tmp_path / "here", tmp_path / "there"]
    for one in folders:
        write_logs(one, inputs=4)
    move_to_s3(folders[1], seaweed, prefix)
    assert daytally(folders[0], "run", *WINDOW).returncode == 0
    return folders


def test_two_runs_at_once_are_one_after_the_other(
    pair: list[Path], seaweed: str, prefix: str
) -> None:
    runs = [started(pair[1], "run", "--wait", "10m", *WINDOW) for _ in range(2)]
    for done in [run.end() for run in runs]:
        assert done.returncode == 0, done.stderr
    assert_same(*pair)
    assert daytally(pair[1], "run", *WINDOW).stdout
    assert bucket_at(seaweed, prefix).size_of(".lock") == len(b'{"free": true}\n')


def test_a_run_that_finds_the_lease_taken_leaves_with_5(
    pair: list[Path], seaweed: str, prefix: str
) -> None:
    held = bucket_at(seaweed, prefix).take(this_run("run", NOW))
    assert isinstance(held, Held)
    left = daytally(pair[1], "run", *WINDOW)
    held.release()
    assert left.returncode == 5
    assert re.search(rf"another run holds s3://.*: daytally run on .*{os.getpid()}", left.stderr)
    assert daytally(pair[1], "run", *WINDOW).returncode == 0
    assert_same(*pair)


def test_runs_that_heed_no_lease_do_no_harm(pair: list[Path]) -> None:
    """As one that slept until its lease was another's: they plan, seal and publish at once."""
    runs = [started(pair[1], "run", *WINDOW, module="tests.s3.lawless") for _ in range(3)]
    for done in [run.end() for run in runs]:
        assert done.returncode == 0, done.stderr
    assert_same(*pair)
