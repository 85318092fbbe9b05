"""Killed at any moment, again and again, the command line ends with what it would have had anyway.

`DEATHS=200 pytest tests/pipeline/test_killed_at_random.py` kills more often than `make test` does.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipeline.faults import (
    WINDOW,
    assert_undisturbed,
    command,
    daytally,
    environment,
    events,
    requests,
    write_logs,
)

DEATHS = int(os.environ.get("DEATHS", "10"))
"""How many runs are killed, over all rounds."""

DEATHS_OF_A_ROUND = 10
"""Then a round is brought to its end, and the next one begins with an empty warehouse."""

COMMANDS = (("ingest",), ("run", *WINDOW), ("run", *WINDOW), ("backfill", "--rebuild", *WINDOW))


def kill_after(folder: Path, words: tuple[str, ...], seconds: float) -> bool:
    """Start a run and kill it; tell whether it died of that."""
    run = subprocess.Popen(
        command(folder, *words), env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        try:
            code: int | None = run.wait(seconds)
        except subprocess.TimeoutExpired:
            run.kill()
            code = run.wait()
        assert code in (0, -signal.SIGKILL), run.stderr.read() if run.stderr else ""
    return code != 0


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
    with subprocess.Popen(
        command(folder, "run", *WINDOW), env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as run:  # fmt: skip
        assert run.stdout is not None
        run.stdout.readline()
        began = time.monotonic()
        run.stdout.read()
    assert run.returncode == 0
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
    duration(tmp_path / "warm")  # the first run on a machine compiles
    longest = duration(tmp_path / "clock")
    most = min(DEATHS_OF_A_ROUND, DEATHS - seed * DEATHS_OF_A_ROUND)
    assert one_round(tmp_path, chance, most, longest)
