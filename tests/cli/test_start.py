"""The process is set up before libraries are imported, and never against its user's will."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

PROJECT = """
[project]
name = "Start"
timezone = "UTC"

[[source]]
name = "api"
inputs = ["a.log"]
format = "nginx:combined"
"""
LINE = '192.0.2.1 - - [16/Mar/2026:10:00:00 +0100] "GET /a HTTP/1.1" 200 12 "-" "curl"'

TELL = """
import sys
sys.argv = ["daytally", "--version"]
from etl.cli.start import start
try:
    start()
except SystemExit:
    import os, gc
    print(gc.get_threshold()[0], os.environ["OPENBLAS_NUM_THREADS"], "numpy" in sys.modules)
"""


def started(**environment: str) -> list[str]:
    kept = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", TELL]
    done = subprocess.run(
        command, env=kept | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1].split()


def test_the_process_is_set_up_before_anything_heavy_is_imported() -> None:
    assert started() == ["400000", "1", "False"]


def test_what_the_environment_says_stays() -> None:
    assert started(OPENBLAS_NUM_THREADS="3")[1] == "3"


def test_who_only_reads_logs_waits_for_nothing_else(tmp_path: Path) -> None:
    """Each takes as long to import as tens of megabytes of a log take to be read."""
    (tmp_path / "daytally.toml").write_text(PROJECT)
    (tmp_path / "a.log").write_text(f"{LINE}\n")
    code = "import sys\nfrom etl.cli.start import start\ntry:\n    start()\nexcept SystemExit:\n"
    code += "    print(sorted(sys.modules))"
    command = [sys.executable, "-c", code, "--project", str(tmp_path), "ingest"]
    for news in ("Read 1 inputs", "Nothing new"):  # also where there is a ledger to look at
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.startswith(news)
        loaded = set(ast.literal_eval(done.stdout.splitlines()[-1]))
        assert "deltalake" in loaded
        assert not loaded & {"boto3", "jinja2", "numba", "pandas", "polars"}
        assert not loaded & {"etl.metrics", "pyarrow.parquet"}
