"""Upkeep of tables in S3 that dies at any request that writes, or between any two steps."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.forks import fork
from tests.pipeline.faults import environment, say
from tests.pipeline.test_killed import die
from tests.pipeline.test_killed_upkeep import (
    EVERYTHING,
    POINTS,
    Outcome,
    assert_heals,
    assert_undisturbed,
    outcome,
    read_in_small_batches,
    write_project,
)
from tests.s3.killing import Killer
from tests.s3.warehouses import Original

pytestmark = pytest.mark.extra

LEAST_WRITES = 20
"""Fewer requests that write than upkeep makes, which are 27."""


@pytest.fixture(scope="module")
def before(seaweed: str, tmp_path_factory: pytest.TempPathFactory) -> Original:
    """Return a project that upkeep has much to do in."""
    folder = tmp_path_factory.mktemp("upkeep") / "project"
    write_project(folder)
    made = Original(seaweed, folder)
    read_in_small_batches(folder)
    return made


@pytest.fixture(scope="module")
def after(before: Original, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Return what there is after an upkeep that nobody disturbed."""
    folder = before.copied(tmp_path_factory.mktemp("tidied"))
    assert not die(folder, EVERYTHING, "upkeep")
    found = outcome(folder)
    assert_undisturbed(found)
    return found


@pytest.mark.parametrize("place", range(POINTS))
def test_a_plain_run_finishes_it(
    before: Original, after: Outcome, tmp_path: Path, place: int
) -> None:
    folder = before.copied(tmp_path)
    assert die(folder, place, "upkeep")
    assert_heals(folder, after)


def test_there_is_no_further_place_to_die_at(
    before: Original, after: Outcome, tmp_path: Path
) -> None:
    folder = before.copied(tmp_path)
    assert not die(folder, POINTS, "upkeep")
    assert outcome(folder) == after


def test_it_may_die_at_each_request_that_writes(
    seaweed: str, before: Original, after: Outcome, tmp_path: Path
) -> None:
    """In turn before the server hears of it, and when it has done it, but nobody gets the answer.

    Each request of upkeep is met, whatever their number is: until one is left to its end.
    """
    deaths = 0
    with Killer(seaweed, writes_only=True) as killer:
        while True:
            folder = before.copied(tmp_path / str(deaths))
            words = (str(folder), str(EVERYTHING), "upkeep")
            start = partial(fork, "tests.pipeline.dying", *words, env=environment())
            died = killer.kill(folder, start, deaths, landed=bool(deaths % 2))
            assert_heals(folder, after, runs=1)
            if not died:
                break
            deaths += 1
    say(f"{deaths} upkeeps died, each at another of the requests that write to S3")
    assert deaths >= LEAST_WRITES
