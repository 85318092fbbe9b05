"""A model of the ledger's protocol, and every interleaving of two runs and their deaths.

The model has the steps of docs/exactly-once.md and nothing else. A log grows by one line at a
time; runs plan, read, seal and publish it; either may die between any two steps, and start again
from nothing. From each state that can be reached a plain run must lead to tables that hold every
line once. That the model finds anything is shown by taking away what the protocol rests on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import pytest

TABLES = ("records", "rejects")
LINES = 2  # lines that the log gets
DEATHS = 1  # deaths of either run

Step = Literal["start", "planned", "read", "sealed", "done"]


@dataclass(frozen=True)
class Batch:
    """A sealed batch: which lines it holds, and whether its part files are still there."""

    first: int
    end: int
    has_files: bool = True


@dataclass(frozen=True)
class Table:
    """A table: the number it stands at, and the lines in it, in the order of commits."""

    number: int = 0
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Run:
    """A run: how far it is, and what it remembers.

    Attributes:
        batch: The number that it wants to seal: one above the last sealed when it planned.
        first: Where its batch begins.
        end: Where its batch ends.
        table: How many tables of the batch that it is publishing it has looked at.
        looked: The table's number when it looked, if it is between looking and committing.
    """

    step: Step = "start"
    batch: int = 0
    first: int = 0
    end: int = 0
    table: int = 0
    looked: int | None = None
    deaths: int = 0


@dataclass(frozen=True)
class World:
    """Everything that outlives a run, and the runs."""

    written: int = 1
    sealed: tuple[Batch, ...] = ()
    tables: tuple[Table, ...] = (Table(),) * len(TABLES)
    runs: tuple[Run, ...] = (Run(), Run())


@dataclass(frozen=True)
class Rules:
    """What the protocol rests on; each may be taken away."""

    seal_is_exclusive: bool = True
    commit_is_exclusive: bool = True
    publishes_first: bool = True
    loser_looks_whose_it_is: bool = True


def following(world: World, rules: Rules) -> Iterator[World]:
    """Yield every state that one step leads to."""
    if world.written < LINES:
        yield replace(world, written=world.written + 1)
    for number, run in enumerate(world.runs):
        for after, now in advance(world, run, rules):
            runs = tuple(now if n == number else other for n, other in enumerate(after.runs))
            yield replace(after, runs=runs)
        if run.deaths < DEATHS and run.step not in ("start", "done"):
            dead = Run(deaths=run.deaths + 1)
            runs = tuple(dead if n == number else other for n, other in enumerate(world.runs))
            yield replace(world, runs=runs)


def advance(world: World, run: Run, rules: Rules) -> Iterator[tuple[World, Run]]:
    """Yield what a run's next step can lead to."""
    unpublished = any(table.number < len(world.sealed) for table in world.tables)
    if run.step == "start" and unpublished and rules.publishes_first:
        yield from publish(world, run, rules)
    elif run.step == "start":
        first = world.sealed[-1].end if world.sealed else 0
        if first == world.written:
            yield world, replace(run, step="done")
        else:
            batch = len(world.sealed) + 1
            yield world, replace(run, step="planned", batch=batch, first=first, end=world.written)
    elif run.step == "planned":
        yield world, replace(run, step="read")
    elif run.step == "read":
        if rules.seal_is_exclusive and len(world.sealed) != run.batch - 1:
            yield world, Run(deaths=run.deaths)  # another was first: plan again
        else:
            sealed = (*world.sealed, Batch(run.first, run.end))
            yield replace(world, sealed=sealed), replace(run, step="sealed")
            if not rules.loser_looks_whose_it_is:
                # The answer was lost and asked for again: the run takes its own seal for another's,
                # and removes its files. (Of a table's commit it would look again, and find it.)
                sealed = (*world.sealed, Batch(run.first, run.end, has_files=False))
                yield replace(world, sealed=sealed), Run(deaths=run.deaths)
    elif run.step == "sealed" and unpublished:
        yield from publish(world, run, rules)
    elif run.step == "sealed":
        yield world, Run(deaths=run.deaths)


def publish(world: World, run: Run, rules: Rules) -> Iterator[tuple[World, Run]]:
    """Look at a table that lacks a batch; then, as a step of its own, commit to it."""
    for place, table in enumerate(world.tables):
        if table.number == len(world.sealed):
            continue
        if run.looked is None or run.table != place:
            yield world, replace(run, table=place, looked=table.number)
            continue
        if rules.commit_is_exclusive and run.looked != table.number:
            yield world, replace(run, looked=None)  # the commit is refused: look again
            continue
        batch = world.sealed[run.looked]
        shown = range(batch.first, batch.end) if batch.has_files else ()
        lines = (*table.lines, *shown)
        tables = list(world.tables)
        tables[place] = Table(max(run.looked + 1, table.number), lines)
        yield replace(world, tables=tuple(tables)), replace(run, looked=None)


def reachable(rules: Rules) -> Iterator[World]:
    """Yield all states, however the runs take turns."""
    seen, left = {World()}, [World()]
    while left:
        last = left.pop()
        yield last
        for world in following(last, rules):
            if world not in seen:
                seen.add(world)
                left.append(world)


def healed(world: World, rules: Rules) -> World:
    """Let one plain run go on from here, alone, until it has nothing left to do."""
    world = replace(world, written=LINES, runs=(Run(deaths=DEATHS),))
    while world.runs[0].step != "done":
        after, run = next(advance(world, world.runs[0], rules))
        world = replace(after, runs=(run,))
    return world


def faults(rules: Rules) -> Iterator[str]:
    """Yield what can go wrong under these rules, as often as it does."""
    for world in reachable(rules):
        after = healed(world, rules).tables
        if any(len(set(table.lines)) < len(table.lines) for table in (*world.tables, *after)):
            yield "double"
        if any(sorted(set(table.lines)) != list(range(LINES)) for table in after):
            yield "loss"


def test_no_line_is_lost_or_doubled_whoever_dies_when() -> None:
    assert sum(1 for _ in reachable(Rules())) > 1_000
    assert not list(faults(Rules()))


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        (Rules(seal_is_exclusive=False), "double"),
        (Rules(commit_is_exclusive=False), "double"),
        (Rules(publishes_first=False), "loss"),
        (Rules(loser_looks_whose_it_is=False), "loss"),
    ],
    ids=["seal", "commit", "publish", "look"],
)
def test_each_rule_is_needed(rules: Rules, fault: str) -> None:
    assert fault in faults(rules)
