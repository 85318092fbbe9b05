"""`status` and `upkeep` as a person sees them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from deltalake import DeltaTable

from etl.cli import main

NOW = "2026-03-20T01:00:00"
CONFIG = """
[project]
name = "Test"
timezone = "Europe/Berlin"

[[source]]
name = "api"
inputs = ["logs/access.log*"]
format = "nginx:combined"

[retention]
requests = 5
files_days = 3
"""


def stamped(day: int, status: int = 200) -> str:
    stamp = f"{day:02}/Mar/2026:12:00:00 +0000"
    return f'192.0.2.1 - - [{stamp}] "GET /a HTTP/1.1" {status} 5 "-" "t"\n'


def call(folder: Path, *words: str, now: str = NOW) -> Result:
    return CliRunner().invoke(main, ["--now", now, "--project", str(folder), *words])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upkeep")
    (folder / "daytally.toml").write_text(CONFIG)
    (folder / "logs").mkdir()
    log = folder / "logs" / "access.log"
    with log.open("a") as file:
        for number in range(10):  # ten batches, as of a log that is read every hour
            file.write(stamped(10) + stamped(17, 200 + number) + ("nonsense\n" if number else ""))
            file.flush()
            assert call(folder, "ingest").exit_code == 0
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "hub", copy_function=shutil.copy2))


def test_status_names_batches_tables_and_what_is_kept(folder: Path) -> None:
    said = call(folder, "status").stdout
    assert "10, 2026-03-20 02:00:00" in said  # in the project's zone
    assert "MATCH" in said
    assert "Kept: requests since 2026-03-10 (5 days), all else for ever" in said
    assert "It waits for 2026-03-10, which is not measured yet." in said
    found = json.loads(call(folder, "status", "--json").stdout)
    (source,) = found["sources"]
    assert (source["batch_inputs"], source["batch_lines"], source["batch"]) == (1, 3, 10)
    sizes = {one["table"]: (one["rows"], one["files"]) for one in found["tables"]}
    assert sizes["requests"] == (20, 20)
    assert sizes["rejects"][0] == 9


def test_upkeep_by_hand_and_status_after_it(folder: Path) -> None:
    dry = call(folder, "upkeep", "--dry-run")
    assert dry.exit_code == 0
    assert "Would put together 20 small files of requests" in dry.stdout
    assert "Retention waits: 2026-03-10 has lines" in dry.stdout
    assert call(folder, "run", "--day", "2026-03-17").exit_code == 0
    found = json.loads(call(folder, "status", "--json").stdout)
    sizes = {one["table"]: (one["rows"], one["files"]) for one in found["tables"]}
    assert sizes["requests"] == (10, 1)
    (source,) = found["sources"]
    assert (source["records"], source["rows"], source["retired"]) == (20, 10, 10)
    assert source["differences"] == []
    assert "retention has removed 10 records, 0 rejects" in call(folder, "status").stdout
    assert call(folder, "upkeep").stdout == "Nothing to do.\n"


def test_sums_hold_after_removed_rows_were_read_again_and_removed_again(folder: Path) -> None:
    assert call(folder, "run", "--day", "2026-03-17").exit_code == 0
    result = call(folder, "backfill", "--since", "2026-03-17", "--until", "2026-03-17", "--rebuild")
    assert result.exit_code == 0, result.output
    assert "Lines came late for 2026-03-10" in result.stdout
    found = json.loads(call(folder, "status", "--json").stdout)
    (source,) = found["sources"]
    assert (source["records"], source["rows"], source["retired"]) == (20, 10, 10)
    assert source["differences"] == []


def test_rows_that_are_gone_without_a_reason_are_a_difference(folder: Path) -> None:
    DeltaTable(str(folder / "warehouse" / "requests")).delete("status = 205")
    result = call(folder, "status")
    assert result.exit_code == 3
    assert "DIFFER" in result.stdout
    assert "counts 20 records, the tables hold 19: 1 missing" in result.stdout
    assert "daytally backfill" in result.stdout


def test_status_of_a_new_project_says_what_to_type(folder: Path) -> None:
    shutil.rmtree(folder / "warehouse")
    result = call(folder, "status")
    assert result.exit_code == 0, result.output
    assert "api: nothing was read yet. Next: daytally run" in result.stdout
    assert not (folder / "warehouse").exists()
