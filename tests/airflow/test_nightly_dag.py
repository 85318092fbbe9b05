"""The DAG does what its docstring says: in Airflow, with the real command."""

from __future__ import annotations

import ast
import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.source_code import ROOT, Module

DAG_FILE = ROOT / "airflow_dags" / "daytally_nightly.py"
PYTHON = ROOT / ".venv-airflow" / "bin" / "python"
DAYTALLY = Path(sys.executable).with_name("daytally")
# Midnight of 31 March in Berlin is 22:00 UTC of the day before: who took the date of the interval
# in UTC would report on the wrong day.
AFTER_31_MARCH = "2026-03-31T23:30:00+00:00"


@dataclass(frozen=True)
class Airflow:
    """An Airflow with an empty database, and a command that notes how it was called."""

    home: Path
    project: Path

    @property
    def calls(self) -> list[str]:
        """What the DAG called, one line each, with the exit code."""
        return (self.home / "calls.txt").read_text().splitlines()

    def drive(self, *runs: dict[str, Any]) -> dict[str, Any]:
        """Load the DAG, run it once per argument; see drive.py."""
        task, answer = self.home / "task.json", self.home / "answer.json"
        task.write_text(json.dumps({"runs": runs}))
        _run(PYTHON, Path(__file__).with_name("drive.py"), task, answer, env=self.environment)
        return json.loads(answer.read_text())

    @property
    def environment(self) -> dict[str, str]:
        """What a worker's environment holds."""
        return {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAG_FILE.parent),
            "DAYTALLY_BIN": str(self.home / "daytally"),
            "DAYTALLY_PROJECT": str(self.project),
            "DAYTALLY_TIMEZONE": "Europe/Berlin",
        }


@pytest.fixture
def airflow(tmp_path: Path) -> Airflow:
    """Set up Airflow beside a demo of 16 days, of which nothing was read yet."""
    assert PYTHON.exists(), "Airflow has its own environment. Run: make test-all"
    made = Airflow(home=tmp_path, project=tmp_path / "demo")
    _run(DAYTALLY, "demo", made.project, "--days", "16", "--lines", "5000")
    command = tmp_path / "daytally"
    lines = (f'"{DAYTALLY}" "$@"', "code=$?", f'echo "$* -> $code" >>"{tmp_path}/calls.txt"')
    command.write_text("\n".join(("#!/bin/sh", *lines, "exit $code")))
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    _run(PYTHON, "-m", "airflow", "db", "migrate", env=made.environment)
    return made


def test_the_dag_imports_nothing_but_airflow_and_the_standard_library() -> None:
    """The DAG processor reads the file every few seconds, without Daytally at hand."""
    module = Module("daytally_nightly", DAG_FILE, ast.parse(DAG_FILE.read_text()))
    imported = {name.partition(".")[0] for _, name in module.imports()}
    assert imported - {"airflow"} <= sys.stdlib_module_names


@pytest.mark.extra
def test_the_nightly_run_reports_on_the_local_day_that_ended(airflow: Airflow) -> None:
    """An input is missing on 27 March, so the first run fails; the next finds nothing to mend."""
    page = airflow.project / "out" / "2026-03-31" / "index.html"
    first = airflow.drive({"logical_date": AFTER_31_MARCH})
    assert first["states"] == ["failed"]
    assert page.is_file()
    page.unlink()
    second = airflow.drive({"logical_date": AFTER_31_MARCH}, {"conf": {"day": "2026-03-20"}})
    assert second["states"] == ["success", "success"]
    assert page.is_file()
    assert [call.split(" run --day ")[1] for call in airflow.calls] == [
        "2026-03-31 -> 3",
        "2026-03-31 -> 0",
        "2026-03-20 -> 0",
    ]

    assert second["import_errors"] == {}
    assert second["dags"] == ["daytally_nightly"]
    assert not {"etl", "polars", "pyarrow", "numba", "deltalake"} & set(second["modules"])
    assert (second["catchup"], second["max_active_runs"], second["retries"]) == (False, 1, [3])
    assert second["intervals"] == [
        ["2026-03-28T00:00:00+00:00", "2026-03-29T00:00:00+00:00", "2026-03-29T00:00:00+00:00"],
        ["2026-03-29T00:00:00+00:00", "2026-03-29T23:00:00+00:00", "2026-03-29T23:00:00+00:00"],
        ["2026-03-29T23:00:00+00:00", "2026-03-30T23:00:00+00:00", "2026-03-30T23:00:00+00:00"],
    ]


def _run(*command: object, env: dict[str, str] | None = None) -> None:
    words = [str(word) for word in command]
    environment = os.environ | (env or {})
    done = subprocess.run(words, env=environment, capture_output=True, check=False, text=True)
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
