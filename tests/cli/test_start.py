"""The process is set up before libraries are imported, and never against its user's will."""

from __future__ import annotations

import os
import subprocess
import sys

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
