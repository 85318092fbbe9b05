"""From a file to committed tables: time, CPU seconds and peak memory of one ingest.

    .venv/bin/python bench/ingest.py [--lines 5500000] [--times 1] [--workers 2] [--runs 5] [--gzip]
                                     [--warehouse s3://bucket/prefix --endpoint URL]

Simulates one day of access log (5.5 million lines are 1 GB), writes it down `--times` times in a
row, as one file, and ingests that in a fresh process a run, into an empty warehouse. The page cache
is warm as far as memory goes; kernels are compiled before the first run. A warehouse in S3 takes
its keys from the environment; each run writes under a prefix of its own, and leaves it there.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import sys
import tempfile
from pathlib import Path
from secrets import token_hex

from watched import median, watch

from etl.demo import simulate


def main() -> None:
    """Measure and print one line per run, then the medians."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="daytally-bench-") as folder:
        project = Path(folder) / "project"
        log = _write_log(project, options.lines, options.times)
        size = log.stat().st_size
        if options.gzip:
            with log.open("rb") as plain, gzip.open(f"{log}-1.gz", "wb", compresslevel=6) as packed:
                shutil.copyfileobj(plain, packed, 1 << 20)
            log.unlink()
        _write_log(Path(folder) / "small", 1_000, 1)
        _ingest(Path(folder) / "small", 1)  # compiles kernels where that has not been done
        runs = []
        for _ in range(options.runs):
            if options.warehouse:
                _move(project, f"{options.warehouse}/{token_hex(4)}", options.endpoint)
            runs.append(_ingest(project, options.workers))
    print(f"{size / 1e6:,.0f} MB, {runs[0]['lines']:,} lines, {options.workers} threads")
    for name, run in [*(("run", run) for run in runs), ("median", median(runs))]:
        rate = size / 1e6 / run["cpu_s"]
        print(
            f"{name:>7}: wall {run['wall_s']:.1f} s, CPU {run['cpu_s']:.1f} s"
            f" ({rate:.0f} MB/s per core), peak {run['peak_mb']:.0f} MB"
        )


def _write_log(project: Path, lines: int, times: int) -> Path:
    """Simulate a project with an access log alone."""
    simulate(project, days=1, lines=lines, seed=1)
    for other in ("importer", "transformer", "store"):
        shutil.rmtree(project / "logs" / other)
    log = project / "logs" / "api" / "access.log"
    size = log.stat().st_size
    with log.open("rb") as once, log.open("ab", buffering=0) as more:
        for _ in range(times - 1):
            once.seek(0)
            for start in range(0, size, 1 << 20):
                more.write(once.read(min(1 << 20, size - start)))
    return log


def _move(project: Path, address: str, endpoint: str | None) -> None:
    """Let a project keep its tables in S3."""
    path = project / "daytally.toml"
    lines = path.read_text().partition("[s3]")[0].splitlines()
    kept = [line for line in lines if not line.startswith("warehouse =")]
    kept.insert(kept.index("[project]") + 1, f'warehouse = "{address}"')
    server = f'endpoint_url = "{endpoint}"' if endpoint else ""
    path.write_text("\n".join([*kept, "[s3]", server, ""]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=5_500_000)
    parser.add_argument("--times", type=int, default=1, help="Copies of the log in a row.")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--gzip", action="store_true", help="Compress the log first.")
    parser.add_argument("--warehouse", help="Where the tables go, as s3://bucket/prefix.")
    parser.add_argument("--endpoint", help="Address of the S3 server, if it is not AWS.")
    return parser.parse_args()


def _ingest(project: Path, workers: int) -> dict[str, float]:
    """Run `daytally ingest` in a process of its own; whole process, start-up included."""
    shutil.rmtree(project / "warehouse", ignore_errors=True)
    command = [sys.executable, "-m", "etl", "-q", "--project", str(project)]
    return watch([*command, "ingest", "--workers", str(workers), "--json"])


if __name__ == "__main__":
    main()
