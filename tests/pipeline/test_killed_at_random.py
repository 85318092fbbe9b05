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
    started,
    write_logs,
)

DEATHS = int(os.environ.get("DEATHS", "6"))
"""How many runs are killed, over all rounds."""

DEATHS_OF_A_ROUND = 10
"""Then a round is brought to its end, and the next one begins with an empty warehouse."""

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


def duration(folder: Path, settle: Settle = stay) -> float:
    """Return how many seconds an undisturbed run takes once it has started."""
    write_logs(folder)
    settle(folder)
    run = started(folder, "run", *WINDOW)
    run.stdout.readline()
    began = time.monotonic()
    assert run.end().returncode == 0
    return time.monotonic() - began


def one_round(
    folder: Path, chance: random.Random, most: int, longest: float, settle: Settle = stay
) -> int:
    """Kill runs on a new project, then hold what is there against an undisturbed run's tables.

    Returns:
        How many runs died.
    """
    write_logs(folder / "killed")
    settle(folder / "killed")
    deaths = 0
    for serial in range(most):
        words = COMMANDS[chance.randrange(len(COMMANDS))]
        deaths += kill_after(folder / "killed", words, chance.uniform(0.3, 1) * longest)
        if chance.random() < 1 / 2:
            grow(folder / "killed", chance, serial)
    done = daytally(folder / "killed", "run", *WINDOW)
    assert done.returncode == 0, done.stderr

    assert_undisturbed(folder / "killed", folder / "plain")
    return deaths


@pytest.mark.parametrize("seed", range(-(-DEATHS // DEATHS_OF_A_ROUND)))
def test_no_death_at_any_moment_loses_or_doubles_a_row(tmp_path: Path, seed: int) -> None:
    chance = random.Random(None if "DEATHS" in os.environ else seed)  # noqa: S311
    longest = duration(tmp_path / "clock")
    most = min(DEATHS_OF_A_ROUND, DEATHS - seed * DEATHS_OF_A_ROUND)
    assert one_round(tmp_path, chance, most, longest)
