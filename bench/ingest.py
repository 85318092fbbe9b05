"""From a file to committed tables: time, CPU seconds and peak memory of one ingest.

    .venv/bin/python bench/ingest.py [--lines 5500000] [--workers 2] [--runs 3] [--gzip]

Simulates one day of access log (5.5 million lines are 1 GB), then ingests it in a fresh process a
run, into an empty warehouse. The page cache is warm; kernels are compiled before the first run.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import sys
import tempfile
from pathlib import Path

from watched import median, watch

from etl.demo import simulate


def main() -> None:
    """Measure and print one line per run, then the medians."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="daytally-bench-") as folder:
        project = Path(folder) / "project"
        simulate(project, days=1, lines=options.lines, seed=1)
        log = project / "logs" / "api" / "access.log"
        size = log.stat().st_size
        for other in ("importer", "transformer", "store"):
            shutil.rmtree(project / "logs" / other)
        if options.gzip:
            with log.open("rb") as plain, gzip.open(f"{log}-1.gz", "wb", compresslevel=6) as packed:
                shutil.copyfileobj(plain, packed, 1 << 20)
            log.unlink()
        _ingest(project, options.workers)  # compiles kernels where that has not been done
        runs = [_ingest(project, options.workers) for _ in range(options.runs)]
    print(f"{size / 1e6:,.0f} MB, {runs[0]['lines']:,} lines, {options.workers} threads")
    for name, run in [*(("run", run) for run in runs), ("median", median(runs))]:
        rate = size / 1e6 / run["cpu_s"]
        print(
            f"{name:>7}: wall {run['wall_s']:.1f} s, CPU {run['cpu_s']:.1f} s"
            f" ({rate:.0f} MB/s per core), peak {run['peak_mb']:.0f} MB"
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=5_500_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--gzip", action="store_true", help="Compress the log first.")
    return parser.parse_args()


def _ingest(project: Path, workers: int) -> dict[str, float]:
    """Run `daytally ingest` in a process of its own; whole process, start-up included."""
    shutil.rmtree(project / "warehouse", ignore_errors=True)
    command = [sys.executable, "-m", "etl", "-q", "--project", str(project)]
    return watch([*command, "ingest", "--workers", str(workers), "--json"])


if __name__ == "__main__":
    main()
