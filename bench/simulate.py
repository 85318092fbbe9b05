"""Measures the simulator: bytes and lines of access log per second of one core.

POLARS_MAX_THREADS=1 python bench/simulate.py --lines 4900000
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from pathlib import Path

from etl.demo import simulate


def main() -> None:
    """Simulate once and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=4_900_000)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="write here and leave it")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="daytally-bench-"))
    began, cpu = time.perf_counter(), time.process_time()
    simulate(folder, days=options.days, lines=options.lines, seed=options.seed)
    took, burnt = time.perf_counter() - began, time.process_time() - cpu
    stored = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{options.lines:,} access-log lines over {options.days} days: {took:.1f} s, "
        f"{burnt:.1f} CPU s, peak {peak:.0f} MB, {stored / 1e6:.0f} MB on disk"
    )
    if options.keep is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
