"""Runs the simulation: days one after the other, lines to disk, counts to the truth."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from etl.demo.asking import AskCount
from etl.demo.chain import Chain
from etl.demo.complaints import EventCount
from etl.demo.counting import RequestCount
from etl.demo.events import DIALECTS, IMPORTER, Systems
from etl.demo.files import LOGS, RotatedLog
from etl.demo.plan import Day, Plan, make_plan
from etl.demo.project import CONFIG
from etl.demo.requests import Api
from etl.demo.troubles import Troubles
from etl.demo.truth import DayFacts, FileFacts, Truth

FIRST_DAY = date(2026, 3, 16)
"""A Monday; the fourteenth day after it has 23 hours in Berlin."""

PARTS = ("logs", "daytally.toml", "truth.json")
"""What a simulation writes, in the order in which it appears."""


def simulate(
    folder: Path,
    *,
    days: int = 14,
    lines: int = 200_000,
    seed: int = 1,
    first_day: date = FIRST_DAY,
    on_progress: Callable[[int], None] | None = None,
) -> Path:
    """Write a project with simulated logs, known faults inside, and what is true of them.

    The same arguments give the same bytes in every file. Everything is made in a hidden folder
    and moved into place at the end, `truth.json` last. Memory holds a slice of a day.

    Args:
        folder: Where to write; made if it does not exist.
        days: How many local days, at least 1. Faults that leave no sound day behind them are
            left out.
        lines: About how many lines the access log has in all. A day has about 340 at the least;
            syslog lines come on top.
        seed: Zero or more.
        first_day: Local date (Europe/Berlin) of the first day.
        on_progress: Called after each day with the number of days that are done.

    Returns:
        Path of `daytally.toml`.

    Raises:
        FileExistsError: If the folder holds a project, logs or a truth already.
        ValueError: If `days`, `lines` or `seed` is too small.
    """
    plan = make_plan(days=days, lines=lines, seed=seed, first_day=first_day)
    for name in PARTS:
        if (folder / name).exists():
            raise FileExistsError(
                f"{folder / name} exists already, and the demo overwrites nothing: "
                "name another folder, or remove it first"
            )
    making = folder / ".daytally-demo"
    shutil.rmtree(making, ignore_errors=True)  # what a simulation left that was killed
    making.mkdir(parents=True)
    try:
        _Run(plan, making).all(on_progress)
        (making / "daytally.toml").write_text(CONFIG, encoding="utf-8")
        for name in PARTS:
            (making / name).rename(folder / name)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder / "daytally.toml"


class _Run:
    """The systems, their logs and the truth about them."""

    def __init__(self, plan: Plan, root: Path) -> None:
        self._plan, self._root = plan, root
        self._chain, self._api = Chain(plan), Api(plan)
        self._systems = {each.source: (each, Systems(plan, each)) for each in DIALECTS}
        self._logs = {source: RotatedLog(root, name, plan) for source, name in LOGS.items()}
        self._truth = Truth(plan)

    def all(self, on_progress: Callable[[int], None] | None) -> None:
        with ExitStack() as stack:
            for log in self._logs.values():
                stack.callback(log.close)
            for day in self._plan.days:
                self._day(day)
                if on_progress is not None:
                    on_progress(day.index + 1)
            self._logs["api"].stop_in_mid_line()
        files = [
            FileFacts(
                log.source, path, *log.spans[path], (self._root / path).stat().st_size, counts
            )
            for log in self._logs.values()
            for path, counts in log.counts.items()
        ]
        self._truth.write(self._root / "truth.json", files)

    def _day(self, day: Day) -> None:
        chain = self._chain.day(day)
        lines: dict[str, int] = {}
        wrong: dict[str, Troubles] = {}
        severities: dict[tuple[str, str, int], int] = {}
        for source, (dialect, system) in self._systems.items():
            # A late line is written tomorrow, but it is one of the day that its stamp names.
            customers = len(chain.steps[dialect.step].at)
            wrong[source] = system.troubles(day)
            lines[source] = customers + len(system.noise(day)) + len(wrong[source].at)
            for part in system.day(day, chain):
                self._logs[source].write(day, part)
            told = Counter(system.severities)
            if dialect is IMPORTER:
                told[dialect.source, 6] += customers
            severities |= {(source, app, level): n for (app, level), n in told.items() if n}
        count, asked = RequestCount(day), AskCount(self._api.pools)
        for requests, part in self._api.day(day, chain):
            count.add(requests)
            asked.add(requests)
            self._logs["api"].write(day, part)
        lines["api"] = count.total
        told_of = EventCount(day, severities, wrong)
        self._truth.add(DayFacts(day, chain, count, asked, told_of, lines))
