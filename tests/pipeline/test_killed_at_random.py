"""Killed at any moment, again and again, the command line ends with what it would have had anyway.

`DEATHS=200 pytest tests/pipeline/test_killed_at_random.py` kills more often than `make test` does.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.pipeline.faults import (
    WINDOW,
    assert_undisturbed,
    daytally,
    events,
    requests,
    say,
    started,
    write_logs,
)

DEATHS = int(os.environ.get("DEATHS", "6"))
"""How many runs die by SIGKILL, over all rounds."""

DEATHS_OF_A_ROUND = 10
"""Then a round is brought to its end, and the next one begins with an empty warehouse."""

TRIES = 8
"""Runs that are started for one that dies, at most; the others end before it is their turn."""

COMMANDS = (("ingest",), ("run", *WINDOW), ("run", *WINDOW), ("backfill", "--rebuild", *WINDOW))


def kill_after(folder: Path, words: tuple[str, ...], seconds: float) -> bool:
    """Start a run and kill it; tell whether it died of that."""
    run = started(folder, *words)
    assert run.stdout.readline() == "ready\n"
    with suppress(TimeoutError):
        run.wait(seconds)
    run.kill()
    done = run.end()
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def grow(folder: Path, chance: random.Random, serial: int) -> None:
    """Let live logs grow, and sometimes rotate them."""
    for name, lines in (("access", requests), ("app", events), ("shop", requests)):
        live = folder / "logs" / f"{name}.log"
        if chance.random() < 1 / 3:
            live.rename(live.with_name(f"{name}.log.{50 + serial}"))
        with live.open("a") as log:
            log.writelines(lines(f"{name}-{serial}", 1000 + 100 * serial, chance.randrange(30)))


Settle = Callable[[Path], None]
"""Says where the tables of a project are, if not in its folder."""


def stay(_: Path) -> None:
    """Leave the tables in the project's folder."""


def duration(folder: Path) -> float:
    """Return how many seconds an undisturbed run takes once it has started."""
    write_logs(folder)
    run = started(folder, "run", *WINDOW)
    run.stdout.readline()
    began = time.monotonic()
    assert run.end().returncode == 0
    return time.monotonic() - began


Kill = Callable[[Path, tuple[str, ...], random.Random], bool]
"""Starts a run and kills it at random; tells whether it died of that."""


def one_round(
    folder: Path,
    chance: random.Random,
    most: int,
    kill: Kill,
    settle: Settle = stay,
    inputs: int = 8,
) -> None:
    """Let runs on a new project die, then hold its tables against those of an undisturbed run.

    Args:
        folder: Where it is made.
        chance: Decides.
        most: How many runs die: seen by their return codes, so that none is counted that ended.
        kill: Kills one.
        settle: Puts the tables elsewhere.
        inputs: Of each source, at the beginning.
    """
    write_logs(folder / "killed", inputs=inputs)
    settle(folder / "killed")
    deaths = tries = 0
    while deaths < most:
        assert tries < TRIES * most, f"only {deaths} of {tries} runs died"
        words = COMMANDS[chance.randrange(len(COMMANDS))]
        deaths += kill(folder / "killed", words, chance)
        tries += 1
        if chance.random() < 1 / 2:
            grow(folder / "killed", chance, tries)
    done = daytally(folder / "killed", "run", *WINDOW)
    assert done.returncode == 0, done.stderr

    assert_undisturbed(folder / "killed", folder / "plain")
    say(f"{deaths} of {tries} runs died by SIGKILL; all rows are those of an undisturbed run")


@pytest.mark.parametrize("seed", range(-(-DEATHS // DEATHS_OF_A_ROUND)))
def test_no_death_at_any_moment_loses_or_doubles_a_row(tmp_path: Path, seed: int) -> None:
    chance = random.Random(None if "DEATHS" in os.environ else seed)  # noqa: S311
    longest = duration(tmp_path / "clock")

    def kill(folder: Path, words: tuple[str, ...], chance: random.Random) -> bool:
        return kill_after(folder, words, chance.uniform(0, 1) * longest)

    one_round(tmp_path, chance, min(DEATHS_OF_A_ROUND, DEATHS - seed * DEATHS_OF_A_ROUND), kill)
