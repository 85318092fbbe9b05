"""Old rows go when their day is told; what was said of a day stays said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from etl.errors import ConfigError
from etl.pipeline.ingest_run import run_ingest
from etl.pipeline.results import RunResult
from etl.pipeline.runs import run_all, run_measure, run_report, run_upkeep
from etl.store import retention
from etl.store.ledger import Ledger
from etl.store.measurements import read_measurements
from etl.store.retention import emptied_days, retired_rows
from tests.pipeline.conftest import open_folder
from tests.pipeline.test_nightly import API, FIRST, line, tree, values

KEEP = "\n[retention]\nrequests = 5\nevents = 5\n"
DAYS = [FIRST + timedelta(days=number) for number in range(10)]

Write = Callable[..., Path]


@pytest.fixture
def folder(write_project: Write) -> Path:
    return write_project(API + KEEP)


@pytest.fixture(scope="module")
def ten_nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[RunResult]]:
    """Return a project after ten nights, and what they said; tests change copies of it."""
    folder = tmp_path_factory.mktemp("nights") / "project"
    (folder / "logs").mkdir(parents=True)
    head = '[project]\nname = "Test"\ntimezone = "UTC"\n'
    (folder / "daytally.toml").write_text(head + API + KEEP)
    return folder, nights(folder, DAYS)


@pytest.fixture
def old(ten_nights: tuple[Path, list[RunResult]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(ten_nights[0], tmp_path / "old", copy_function=shutil.copy2))


def night(folder: Path, day: date) -> RunResult:
    now = datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(days=1)
    return run_all(open_folder(folder), [day], now=now, workers=1)


def write(folder: Path, *lines: str) -> None:
    with (folder / "logs" / "access.log").open("a") as file:
        file.writelines(lines)


def nights(folder: Path, days: list[date]) -> list[RunResult]:
    found = []
    for day in days:
        write(folder, line(day, 3), line(day, 4, 404))
        found.append(night(folder, day))
    return found


def kept_days(folder: Path) -> list[date]:
    return sorted({day for day, _ in open_folder(folder).warehouse.files("requests")})


def pages(folder: Path, days: list[date]) -> dict[str, str]:
    return {
        path: digest
        for path, digest in tree(folder / "out").items()
        if path.split("/")[0] in {str(day) for day in days}
        if not path.endswith(".html")  # its links name the days that were measured since
    }


def test_rows_go_and_statements_stay(ten_nights: tuple[Path, list[RunResult]], old: Path) -> None:
    folder, results = old, ten_nights[1]
    assert kept_days(folder) == DAYS[5:]
    assert values(open_folder(folder)) == dict.fromkeys(DAYS, 2)
    assert all(result.missing.get(day, ()) == () for result, day in zip(results, DAYS, strict=True))
    index = json.loads((folder / "out" / str(DAYS[0]) / "summary.json").read_text())
    before = pages(folder, DAYS)
    run_report(open_folder(folder), DAYS, now=datetime(2026, 3, 14, tzinfo=UTC))
    assert pages(folder, DAYS) == before
    assert index["verdict"] != "incomplete"
    said = list(results[-1].lines())
    assert f"Removed 2 rows of requests, of 1 day before {DAYS[5]} (retention)." in said


def test_a_day_whose_rows_are_gone_is_not_measured_again(old: Path) -> None:
    (old / "sql").mkdir()
    (old / "sql" / "answers.sql").write_text(
        '/* ---\ntitle = "A"\nclass = "quantity"\nunit = "requests"\nowner = "o"\n'
        'definition = "d"\n--- */\nselect count(*) as value from requests'
    )
    now = datetime(2026, 3, 20, 2, tzinfo=UTC)
    before = read_measurements(open_folder(old).warehouse, until=DAYS[4])
    result = run_measure(open_folder(old), DAYS, now=now)
    assert result.final[0] == DAYS[0]
    assert not set(result.measured) & set(result.final)
    assert set(result.measured) | set(result.final) == set(DAYS)
    assert f"Left {DAYS[0]} as it was" in "\n".join(result.lines())
    assert read_measurements(open_folder(old).warehouse, until=DAYS[4]) == before
    assert result.missing[DAYS[0]] == ()


def test_late_lines_of_such_a_day_are_counted_and_change_nothing(old: Path) -> None:
    before = pages(old, DAYS[:3])
    write(old, line(DAYS[0], 7), line(DAYS[9], 7))
    result = night(old, DAYS[9])
    assert result.read is not None
    assert result.read.counts.records == 2
    assert values(open_folder(old))[DAYS[0]] == 2
    assert kept_days(old) == DAYS[5:]
    assert pages(old, DAYS[:3]) == before
    said = "\n".join(result.lines())
    assert f"Lines came late for {DAYS[0]}" in said
    assert result.final == (DAYS[0],)
    later = datetime(2026, 3, 20, 2, tzinfo=UTC)
    again = run_all(open_folder(old), [DAYS[9]], now=later, workers=1)
    assert (again.final, again.measured) == ((), ())
    assert again.tidied is not None
    assert again.tidied.retired == []
    assert sums(old) == (20 + 2, 20 + 2)


def sums(folder: Path) -> tuple[int, int]:
    """Return records in the ledger; rows in the table plus rows removed."""
    warehouse = open_folder(folder).warehouse
    ledger = Ledger(warehouse, "api").load().reads()["records"].sum()
    schema = open_folder(folder).schema_of("requests")
    there = warehouse.scan("requests", schema).collect().height
    return ledger, there + retired_rows(warehouse)["rows"].sum()


def test_a_backlog_is_measured_before_its_rows_go(folder: Path) -> None:
    write(folder, *(line(day, 3) for day in DAYS))
    result = night(folder, DAYS[9])
    assert result.measured == tuple(DAYS)
    assert kept_days(folder) == DAYS[5:]
    assert values(open_folder(folder)) == dict.fromkeys(DAYS, 1)
    assert night(folder, DAYS[9]).measured == ()
    assert sums(folder) == (10, 10)


def test_rows_that_are_not_measured_yet_stay(folder: Path) -> None:
    write(folder, *(line(day, 3) for day in DAYS))
    now = datetime(2026, 3, 20, 1, tzinfo=UTC)
    run_ingest(open_folder(folder), now=now, workers=1)
    done = run_upkeep(open_folder(folder), now=now)
    assert done.retired == []
    assert f"Retention waits: {DAYS[0]}" in "\n".join(done.lines())
    assert kept_days(folder) == DAYS
    run_all(open_folder(folder), [DAYS[9]], now=now, workers=1)
    assert kept_days(folder) == DAYS[5:]


def test_looking_removes_nothing(folder: Path) -> None:
    write(folder, *(line(day, 3) for day in DAYS))
    late = datetime(2026, 3, 20, 1, tzinfo=UTC)
    run_all(open_folder(folder), [DAYS[9]], now=late, workers=1)
    before = tree(folder / "warehouse")
    done = run_upkeep(open_folder(folder), now=late + timedelta(days=2), dry_run=True)
    assert [(one.rows, one.days) for one in done.retired] == [(2, tuple(DAYS[5:7]))]
    assert "Would remove 2 rows of requests, of 2 days" in "\n".join(done.lines())
    assert tree(folder / "warehouse") == before


def test_a_run_that_dies_before_it_removes_rows_counts_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, *(line(day, 3) for day in DAYS))
    true = retention._note

    def note(*args: Any) -> None:
        true(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(retention, "_note", note)
    with pytest.raises(KeyboardInterrupt):
        night(folder, DAYS[9])
    warehouse = open_folder(folder).warehouse
    assert (emptied_days(warehouse), retired_rows(warehouse).height) == (set(), 0)
    monkeypatch.undo()
    write(folder, line(DAYS[0], 9))
    night(folder, DAYS[9])
    assert values(open_folder(folder))[DAYS[0]] == 2
    assert (emptied_days(warehouse), sums(folder)) == (set(DAYS[:5]), (11, 11))


def test_a_longer_retention_brings_no_day_back(old: Path) -> None:
    config = old / "daytally.toml"
    config.write_text(config.read_text().replace("requests = 5", "requests = 50"))
    write(old, line(DAYS[1], 9))
    result = night(old, DAYS[9])
    assert result.final == (DAYS[1],)
    assert values(open_folder(old))[DAYS[1]] == 2


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("measurements = 90", r"toml:\d+: retention: 'measurements' cannot be cut: they are the"),
        ("inputs = 90", "all logs would be read again"),
        ("incident_log = 1", "times to resolve"),
        ("request = 90", "unknown key 'request'.*Did you mean 'requests'"),
        ("requests = 0", r"toml:\d+: retention.requests: .*\(it is 0\)"),
        ("requests = 1", r"toml:\d+: retention.requests: 1 days are too few"),
    ],
)
def test_what_cannot_be_cut_is_refused_with_the_reason(
    write_project: Write, setting: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        open_folder(write_project(f"{API}\n[retention]\n{setting}\n"))
