"""A run that dies at any commit is finished by the next one, with the same numbers."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from etl.errors import BusyError
from etl.pipeline.runs import run_all
from etl.pipeline.turns import alone
from etl.store.ledger import Ledger
from etl.store.measurements import read_measurements
from tests.forks import fork
from tests.pipeline.conftest import NOW, open_folder
from tests.pipeline.faults import environment
from tests.pipeline.test_nightly import FIRST

SOURCES = """
[[source]]
name = "api"
inputs = ["logs/access.log*"]
format = "nginx:combined"

[[source]]
name = "app"
inputs = ["logs/app.log*"]
format = "syslog"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    head = '[project]\nname = "Test"\ntimezone = "UTC"\n'
    (tmp_path / "daytally.toml").write_text(head + SOURCES)
    (tmp_path / "logs").mkdir()
    request = '192.0.2.1 - - [10/Mar/2026:01:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "t"\n'
    (tmp_path / "logs" / "access.log.1").write_text(request * 3 + "nonsense\n" + request)
    (tmp_path / "logs" / "access.log.2").write_text(request.replace("200", "404") * 2)
    (tmp_path / "logs" / "app.log.1").write_text("2026-03-10T02:00:00Z h app[1]: hello\n\n" * 2)
    return tmp_path


WRITES = 10
"""Per source plan, two commits and outcome; then how the day was measured, and what came out."""


def die(folder: Path, place: int, job: str = "run") -> bool:
    """Run a job until the write with number `place`; tell whether it died there."""
    done = fork("tests.pipeline.dying", str(folder), str(place), job, env=environment()).end()
    if done.stdout.strip() == "survived":
        return False
    assert done.returncode == -signal.SIGKILL, done.stderr
    return True


def assert_all_is_there(folder: Path) -> None:
    project = open_folder(folder)
    lines = {
        str(one.dimensions["source"]): one.value
        for one in read_measurements(project.warehouse)
        if one.metric == "lines"
    }
    assert lines == {"api": 6, "app": 2}
    for table, rows in (("requests", 6), ("events", 2), ("rejects", 1)):
        frame = project.warehouse.scan(table, project.schema_of(table)).collect()
        assert (table, frame.height) == (table, rows)
    assert Ledger(project.warehouse, "api").load().open_plan().is_empty()
    assert Ledger(project.warehouse, "app").load().open_plan().is_empty()


@pytest.mark.parametrize("place", range(WRITES))
def test_one_death_and_one_plain_run_are_enough(folder: Path, place: int) -> None:
    assert die(folder, place)
    result = run_all(open_folder(folder), [FIRST], now=NOW, workers=2)
    assert not result.skipped
    assert_all_is_there(folder)


@pytest.mark.parametrize("place", [1, 2, 3, WRITES - 1])
def test_a_clock_that_goes_back_after_a_death_changes_nothing(folder: Path, place: int) -> None:
    assert die(folder, place)
    long_ago = NOW - timedelta(days=400)
    run_all(open_folder(folder), [FIRST], now=long_ago, workers=2)
    run_all(open_folder(folder), [FIRST], now=NOW, workers=2)
    assert_all_is_there(folder)


def test_there_is_no_further_place_to_die_at(folder: Path) -> None:
    assert not die(folder, WRITES)
    assert_all_is_there(folder)


def test_death_after_death_ends_with_the_same_numbers(folder: Path) -> None:
    deaths = 0
    while die(folder, deaths):
        deaths += 1
    assert deaths >= 3
    assert_all_is_there(folder)


def test_a_second_run_at_the_same_time_leaves(folder: Path) -> None:
    project = open_folder(folder)
    with (
        alone(project, "run", NOW),
        pytest.raises(BusyError, match=str(os.getpid())) as busy,
    ):
        run_all(project, [FIRST], now=NOW, workers=2)
    assert busy.value.exit_code == 5
    assert not run_all(project, [FIRST], now=NOW, workers=2).skipped
