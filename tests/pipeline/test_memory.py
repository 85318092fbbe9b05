"""How large an input is makes no difference to the memory that reading it takes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from etl.demo import simulate

LINES = 1_400_000  # 254 MB
TIMES = 4
GROWTH = 1.1
"""The short run seldom has both threads at their largest; one row in memory of each line read would
be far more."""
LIMIT_MB = 512


PEAK = """
import re
from etl.cli.start import start
try:
    start()
finally:
    print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


def peak_mb(project: Path) -> float:
    """Ingest in a process of its own; return its greatest resident set, libraries included."""
    command = [sys.executable, "-c", PEAK, "--quiet", "--project", str(project), "ingest"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[-1]) / 1e3


@pytest.mark.extra  # needs nothing but time and a gigabyte of disk
@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from Linux' /proc")
def test_four_times_the_input_takes_no_more_memory(tmp_path: Path) -> None:
    once, often = tmp_path / "once", tmp_path / "often"
    simulate(once, days=1, lines=LINES, seed=1)
    for other in ("importer", "transformer", "store"):
        shutil.rmtree(once / "logs" / other)
    shutil.copytree(once, often)
    log = once / "logs" / "api" / "access.log"
    with (often / "logs" / "api" / "access.log").open("ab") as copy:
        for _ in range(TIMES - 1):
            with log.open("rb") as plain:
                shutil.copyfileobj(plain, copy, 1 << 20)
    first, second = peak_mb(once), peak_mb(often)
    shutil.rmtree(often)  # a gigabyte, which pytest would keep for three runs
    assert second < first * GROWTH
    assert second < LIMIT_MB
