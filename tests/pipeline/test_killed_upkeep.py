"""Upkeep that dies at any write has changed no figure, and is finished by the next run.

Rows of an old day go, small files of closed days become one, dead files are removed.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from etl.pipeline import packing
from etl.pipeline.runs import run_all
from etl.pipeline.status import project_status
from etl.store.retention import retired_rows
from etl.store.upkeep import parts_in
from tests.pipeline.conftest import NOW, open_folder
from tests.pipeline.dying import LATER, be_eager
from tests.pipeline.faults import all_figures, all_rows, copied
from tests.pipeline.test_killed import die

OLD, YOUNG = date(2026, 3, 10), date(2026, 3, 11)
KEPT = (LATER.date() - YOUNG).days
PROJECT = f"""[project]
name = "Test"
timezone = "UTC"
[retention]
requests = {KEPT}
[[source]]
name = "api"
inputs = ["logs/*"]
format = "nginx:combined"
"""
INPUTS, ROWS = 6, 9
EVERYTHING = 1_000
"""A number of writes that no upkeep reaches."""

Outcome = tuple[Any, ...]


def line(day: date, number: int) -> str:
    at = f"{day:%d/%b/%Y}:01:{number:02}:00 +0000"
    return f'192.0.2.1 - - [{at}] "GET /{number} HTTP/1.1" 200 {number} "-" "t"\n'


def write_project(folder: Path) -> None:
    """Write six inputs, each with lines of an old day, of a young one, and one that is refused."""
    (folder / "logs").mkdir(parents=True)
    (folder / "daytally.toml").write_text(PROJECT)
    for number in range(INPUTS):
        text = "".join(line(day, number) for day in (OLD, YOUNG) for _ in range(ROWS))
        (folder / "logs" / f"a.log.{number + 1}").write_text(f"{text}nonsense {number}\n")


def read_in_small_batches(folder: Path) -> None:
    """Read and measure both days, each input in a batch of its own, before any row is old."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "BATCH_INPUTS", 1)
        toml = folder / "daytally.toml"
        whole = toml.read_text()
        toml.write_text(whole.replace(f"requests = {KEPT}", ""))
        run_all(open_folder(folder), [OLD, YOUNG], now=NOW, workers=2)
        toml.write_text(whole)


def outcome(folder: Path) -> Outcome:
    """Return all rows, all figures, and what was removed; all sums hold."""
    project = open_folder(folder)
    status = project_status(project, LATER)
    assert status.is_sound, [one.differences for one in status.sources]
    gone = sorted(retired_rows(project.warehouse).rows())
    return all_rows(folder), all_figures(folder), gone


def files(folder: Path, table: str) -> int:
    opened = open_folder(folder).warehouse.existing(table)
    assert opened is not None
    return len(opened.file_uris()) if table == "inputs" else len(parts_in(opened, table))


def assert_heals(folder: Path, undisturbed: Outcome, runs: int = 2) -> None:
    """Hold the outcome of a plain run, and of one more, against that without a death."""
    for hours in range(1, 1 + runs):
        with pytest.MonkeyPatch.context() as patch:
            be_eager(patch.setattr)
            done = run_all(
                open_folder(folder), [YOUNG], now=LATER + timedelta(hours=hours), workers=2
            )
        assert done.tidied is not None
        assert not done.tidied.trouble
        assert outcome(folder) == undisturbed
    assert (files(folder, "requests"), files(folder, "rejects")) == (1, 1)


def assert_undisturbed(found: Outcome) -> None:
    """Hold the outcome against what was written into the logs."""
    rows, figures, gone = found
    assert len(rows["requests"]) == INPUTS * ROWS == sum(entry[-1] for entry in gone)
    assert len(rows["rejects"]) == INPUTS
    values = {(day, value) for day, metric, _, value, *_ in figures if metric == "lines"}
    assert values >= {(OLD, INPUTS * ROWS), (YOUNG, INPUTS * ROWS)}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that upkeep has much to do in."""
    folder = tmp_path_factory.mktemp("upkeep") / "project"
    write_project(folder)
    read_in_small_batches(folder)
    return folder


@pytest.fixture(scope="module")
def after(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Return what there is after an upkeep that nobody disturbed."""
    folder = copied(before, tmp_path_factory.mktemp("tidied"))
    assert (files(folder, "requests"), files(folder, "rejects")) == (2 * INPUTS, INPUTS)
    assert not die(folder, EVERYTHING, "upkeep")
    found = outcome(folder)
    assert_undisturbed(found)
    return found


POINTS = 16
"""Rows noted and removed; for each of two tables files put together and shown; `inputs` rewritten;
dead files of each changed table removed, its log shortened."""


def places() -> list[Any]:
    """Return all places; every third for `make test`."""
    marks = ([], [pytest.mark.extra], [pytest.mark.extra])
    return [pytest.param(place, marks=marks[place % 3]) for place in range(POINTS)]


@pytest.mark.parametrize("place", places())
def test_a_plain_run_finishes_it(before: Path, after: Outcome, tmp_path: Path, place: int) -> None:
    folder = copied(before, tmp_path)
    assert die(folder, place, "upkeep")
    assert_heals(folder, after)


def test_there_is_no_further_place_to_die_at(before: Path, after: Outcome, tmp_path: Path) -> None:
    folder = copied(before, tmp_path)
    assert not die(folder, POINTS, "upkeep")
    assert outcome(folder) == after


@pytest.mark.extra
def test_death_after_death_ends_with_the_same_rows(
    before: Path, after: Outcome, tmp_path: Path
) -> None:
    """Each upkeep gets one write further than the one before it did."""
    folder = copied(before, tmp_path)
    deaths = 0
    while die(folder, deaths % POINTS, "upkeep") and deaths < POINTS:
        deaths += 1
    assert deaths >= 3
    assert_heals(folder, after)
