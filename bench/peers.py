"""Side by side with what a user would use instead: logs to typed columns in Parquet.

    .venv/bin/pip install '.[bench]'
    .venv/bin/python bench/peers.py [access rfc5424 rfc3164 json goaccess public] [--runs 5]
        [--readme]

Each contender reads the same log with two threads in a process of its own, in turns, start-up
included, and writes the same columns as zstd-1 Parquet. Daytally keeps refused lines and byte
offsets and commits a table besides; what matching routes costs it has a row of its own. The tables
show how many records each kept: where one has fewer, it lost lines that are whole. GoAccess makes a
report of 400 MB and no columns: it is compared with ingest alone, and with ingest, measuring and
report together, on the log of an API, which few clients ask, and on that of a public web site: what
GoAccess takes depends on how many different clients there are. With --readme the tables go into
README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import access_peers as access
import event_peers as events
from watched import median, watch
from workloads import Workload, make_workload

THREADS = 2
README = Path(__file__).resolve().parents[1] / "README.md"
OURS = "Daytally"
ROUTED = "Daytally, routes matched besides"
REPORTED = "Daytally, measured and reported"
REPORTS = ("goaccess", "public")
"""Workloads that are compared with GoAccess."""

PEERS: dict[str, dict[str, Callable[[Path, Path], int]]] = {
    "access": {
        "DuckDB `read_csv`": access.duckdb_read_csv,
        "Polars, regular expression": access.polars_regex,
        "`pyarrow.csv`": access.pyarrow_csv,
        "chDB `Regexp`": access.chdb_regexp,
    },
    "rfc5424": {
        "DuckDB, regular expression": events.duckdb_rfc5424,
        "Polars, regular expression": events.polars_rfc5424,
    },
    "rfc3164": {
        "DuckDB, regular expression": events.duckdb_rfc3164,
        "Polars, regular expression": events.polars_rfc3164,
    },
    "json": {
        "DuckDB `read_json`": events.duckdb_read_json,
        "Polars `scan_ndjson`": events.polars_ndjson,
        "`pyarrow.json`": events.pyarrow_json,
    },
    **{name: {} for name in REPORTS},
}
TITLES = {
    "access": "Access log",
    "rfc5424": "Syslog, RFC 5424, with keys of the message",
    "rfc3164": "Syslog, RFC 3164, with keys of the message",
    "json": "Access log as JSON lines",
    "goaccess": "Access log of an API to an HTML report",
    "public": "Access log of a public web site, 60,000 clients, to an HTML report",
}


def main() -> None:
    """Run all contenders, in turns, and print one table a workload."""
    options = _options()
    if options.contender:
        log, out = Path(options.log), Path(options.log).with_suffix(".parquet")
        records = PEERS[options.workloads[0]][options.contender](log, out)
        print(json.dumps({"records": records}))
        return
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    for name in options.workloads or PEERS:
        if name in REPORTS and shutil.which("goaccess") is None:
            print("GoAccess is left out, it is not installed: apt-get install goaccess")
            continue
        with tempfile.TemporaryDirectory(prefix="daytally-bench-") as folder:
            table = _compare(name, make_workload(name, Path(folder), options.lines), options.runs)
        print(table, flush=True)
        if options.readme:
            _put_into_readme(name, table)


def _compare(name: str, workload: Workload, runs: int) -> str:
    contenders = [OURS, *([ROUTED] if name == "access" else []), *PEERS[name]]
    if name in REPORTS:
        contenders += [REPORTED, "GoAccess"]
    found: dict[str, list[dict[str, float]]] = {each: [] for each in contenders}
    for number in range(runs + 1):  # the first round warms caches and compiles kernels
        for each in contenders:
            if each == "GoAccess" and number > 1:
                continue  # it takes a minute and more, and is not a close call
            figures = _run(name, each, workload)
            if number:
                found[each].append(figures)
    return _table(name, workload.log.stat().st_size / 1e6, found)


def _run(name: str, contender: str, workload: Workload) -> dict[str, float]:
    if contender == "GoAccess":
        return _run_goaccess(workload)
    if contender not in (OURS, ROUTED, REPORTED):
        command = [sys.executable, __file__, name, "--contender", contender]
        return watch([*command, "--log", str(workload.log)])
    for made in ("warehouse", "out"):
        shutil.rmtree(workload.project / made, ignore_errors=True)
    settings = workload.project / "daytally.toml"
    plain = settings.read_text()
    if contender != OURS and workload.routed:
        settings.write_text(workload.routed)
    command = [sys.executable, "-m", "etl", "-q", "--project", str(workload.project)]
    what = ["run", "--day", "2026-03-16"] if contender == REPORTED else ["ingest"]
    command += [*what, "--workers", str(THREADS), "--json"]
    used = watch(command, accepted=(0, 3), variables={"PYTHONPATH": _without_pandas(workload)})
    settings.write_text(plain)
    return used


def _without_pandas(workload: Workload) -> str:
    """Return a folder where pandas is none.

    It came along with chDB; pyarrow imports it wherever it is found, for a fourth of a second.
    """
    folder = workload.log.parent / "without"
    (folder / "pandas").mkdir(parents=True, exist_ok=True)
    (folder / "pandas" / "__init__.py").write_text("raise ImportError\n")
    return str(folder)


def _run_goaccess(workload: Workload) -> dict[str, float]:
    out = workload.log.with_suffix(".json")
    layout = ['--log-format=%h - %e [%d:%t %^] "%r" %s %b "%R" "%u" %T', "--date-format=%d/%b/%Y"]
    command = ["goaccess", str(workload.log), *layout, "--time-format=%H:%M:%S", "--no-progress"]
    tell = (
        "import json, subprocess, sys; subprocess.run(sys.argv[2:], check=True, "
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
        "told = json.load(open(sys.argv[1], errors='replace')); "
        "print(json.dumps({'records': told['general']['valid_requests']}))"
    )
    outputs = ["-o", str(out), "-o", str(out.with_suffix(".html"))]
    return watch([sys.executable, "-c", tell, str(out), *command, *outputs])


def _table(name: str, size: float, found: dict[str, list[dict[str, float]]]) -> str:
    ours = int(found[OURS][0]["records"])
    rows = [
        f"{TITLES[name]}, {size:,.0f} MB:",
        "",
        "| | records kept | wall | CPU | MB/s per core | peak memory |",
        "|---|---|---|---|---|---|",
    ]
    for contender, runs in found.items():
        used, records = median(runs), int(runs[0]["records"])
        differs = f" ({records - ours:+,})" if records != ours else ""
        rows.append(
            f"| {contender} | {records:,}{differs} | {used['wall_s']:.1f} s | {used['cpu_s']:.1f} s"
            f" | {size / used['cpu_s']:.0f} | {used['peak_mb']:,.0f} MB |"
        )
    return "\n".join(rows)


def _put_into_readme(name: str, table: str) -> None:
    """Replace what stands between a workload's two comments."""
    start, end = f"<!-- peers {name} -->", f"<!-- end of peers {name} -->"
    before, _, rest = README.read_text().partition(start)
    _, found, after = rest.partition(end)
    if not found:
        sys.exit(f"{README} has no {start} … {end}")
    README.write_text(f"{before}{start}\n\n{table}\n\n{end}{after}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("workloads", nargs="*", choices=[*PEERS, []], help="Default: all.")
    parser.add_argument("--lines", type=int, default=5_500_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--readme", action="store_true", help="Write the tables into README.md.")
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    parser.add_argument("--log", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
