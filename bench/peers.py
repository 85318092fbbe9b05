"""Side by side with what a user would use instead: access log to typed columns in Parquet.

    .venv/bin/pip install '.[bench]'
    .venv/bin/python bench/peers.py [--lines 5500000] [--runs 3] [--only NAME …]

Each contender reads the same simulated nginx log with two threads in a process of its own, and
writes the same columns as zstd-1 Parquet: time in UTC, address, user, method, path, query,
protocol, status, bytes, referer, user agent, request time. Daytally keeps refused lines and
commits a table besides. The table shows how many records each kept: where one
has fewer, it lost lines that are whole.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from watched import median, watch

from etl.demo import simulate

THREADS = 2

LINE = r'^(\S+) - (\S+) \[([^\]]+)\] "([^"]*)" (\d{3}) (\d+) "([^"]*)" "([^"]*)" (\d+\.\d+)$'
FIELDS = ["addr", "user", "stamp", "request", "status", "bytes", "referer", "agent", "seconds"]


def duckdb_read_csv(log: Path, out: Path) -> int:
    """DuckDB, which splits at spaces and quotes."""
    import duckdb

    names = ("addr", "dash", "usr", "d", "z", "request", "status", "bytes", "referer", "agent", "s")
    columns = ", ".join(f"'{name}': 'varchar'" for name in names)
    connection = duckdb.connect(config={"threads": THREADS})
    connection.execute(
        f"""copy (select addr, nullif(usr, '-') usr,
            strptime(d || ' ' || z, '[%d/%b/%Y:%H:%M:%S %z]') as at,
            split_part(request, ' ', 1) as method,
            split_part(split_part(request, ' ', 2), '?', 1) as path,
            nullif(split_part(split_part(request, ' ', 2), '?', 2), '') as query,
            split_part(request, ' ', 3) as protocol, try_cast(status as integer) status,
            try_cast(bytes as bigint) bytes, nullif(referer, '-') referer,
            nullif(agent, '-') agent, try_cast(s as double) as seconds
            from read_csv('{log}', delim=' ', quote='"', escape='"', header=false,
                auto_detect=false, strict_mode=false, ignore_errors=true, columns={{{columns}}})
            where try_strptime(d || ' ' || z, '[%d/%b/%Y:%H:%M:%S %z]') is not null
              and try_cast(s as double) is not null)
            to '{out}' (format parquet, compression zstd, compression_level 1)"""  # noqa: S608
    )
    return int(connection.execute(f"select count(*) from '{out}'").fetchall()[0][0])  # noqa: S608


def polars_regex(log: Path, out: Path) -> int:
    """Polars, one regular expression a line."""
    import polars as pl

    parts = pl.col("line").str.extract_groups(LINE).struct.rename_fields(FIELDS).alias("p")
    request = (
        pl.col("request").str.splitn(" ", 3).struct.rename_fields(["method", "uri", "protocol"])
    )
    uri = pl.col("uri").str.splitn("?", 2).struct.rename_fields(["path", "query"])
    dash = [pl.col(name).replace("-", None) for name in ("user", "referer", "agent")]
    lines = pl.scan_csv(
        log, has_header=False, separator="\x01", quote_char=None, new_columns=["line"],
        schema={"line": pl.String}, encoding="utf8-lossy",
    )  # fmt: skip
    stamp = pl.col("stamp").str.to_datetime("%d/%b/%Y:%H:%M:%S %z", strict=False, time_unit="us")
    rows = (
        lines.select(parts)
        .unnest("p")
        .with_columns(
            *dash,
            stamp.alias("at"),
            pl.col("status").cast(pl.Int32),
            pl.col("bytes").cast(pl.Int64),
            pl.col("seconds").cast(pl.Float64),
            request.alias("r"),
        )
        .filter(pl.col("at").is_not_null())
        .drop("stamp", "request")
        .unnest("r")
        .with_columns(uri.alias("u"))
        .drop("uri")
        .unnest("u")
    )
    rows.sink_parquet(out, compression="zstd", compression_level=1)
    return int(pl.scan_parquet(out).select(pl.len()).collect().item())


def pyarrow_csv(log: Path, out: Path) -> int:
    """The CSV reader of pyarrow, which splits at spaces and quotes."""
    import pyarrow as pa
    import pyarrow.csv as pv
    import pyarrow.parquet as pq

    pa.set_cpu_count(THREADS)
    names = ["addr", "dash", "usr", "d", "z", "request", "status", "bytes", "referer", "agent", "s"]
    reader = pv.open_csv(
        log,
        read_options=pv.ReadOptions(column_names=names, block_size=8 << 20),
        parse_options=pv.ParseOptions(
            delimiter=" ", quote_char='"', invalid_row_handler=lambda row: "skip"
        ),
        convert_options=pv.ConvertOptions(column_types={name: pa.string() for name in names}),
    )
    count, writer = 0, None
    for batch in reader:
        rows = _typed(pa.Table.from_batches([batch]))
        writer = writer or pq.ParquetWriter(
            out, rows.schema, compression="zstd", compression_level=1
        )
        writer.write_table(rows)
        count += rows.num_rows
    if writer is not None:
        writer.close()
    return count


def _typed(table: Any) -> Any:
    """Give the text columns of pyarrow's reader their types; drop rows without time or duration."""
    import pyarrow as pa
    import pyarrow.compute as pc

    stamp = "[%d/%b/%Y:%H:%M:%S"
    has_time = pc.is_valid(pc.strptime(table["d"], stamp, "us", error_is_null=True))
    table = table.filter(pc.and_(has_time, pc.match_substring_regex(table["s"], r"^\d")))
    zone = table["z"]
    sign = pc.if_else(pc.starts_with(zone, "-"), -1, 1)
    hours, minutes = (
        pc.utf8_slice_codeunits(zone, start, start + 2).cast(pa.int64()) for start in (1, 3)
    )
    seconds = pc.multiply(sign, pc.add(pc.multiply(hours, 3600), pc.multiply(minutes, 60)))
    offset = pc.multiply(seconds, 1_000_000).cast(pa.duration("us"))
    at = pc.subtract(pc.strptime(table["d"], stamp, "us"), offset)
    pattern = r"^(?P<m>\S*) (?P<p>[^?\s]*)\??(?P<q>\S*) (?P<v>.*)$"
    columns = {name: table[name] for name in ("addr", "referer", "agent")}
    columns |= {"at": at, "request": pc.extract_regex(table["request"], pattern)}
    columns["status"] = table["status"].cast(pa.int32())
    columns["bytes"] = table["bytes"].cast(pa.int64())
    columns["seconds"] = table["s"].cast(pa.float64())
    return pa.table(columns).flatten()


def daytally(log: Path, out: Path) -> int:
    """Ourselves: parse, reject, encode, commit."""
    from loguru import logger

    logger.remove()
    from datetime import UTC, datetime

    from etl.pipeline.ingest import ingest
    from etl.pipeline.project import open_project
    from etl.settings import load_settings

    project = open_project(load_settings(log.parents[2]))
    shutil.rmtree(project.warehouse.root, ignore_errors=True)
    now = datetime.now(UTC)
    jobs = [job for job in project.jobs(now.date()) if job.reader.source == "api"]
    return ingest(jobs, project.warehouse, now=now, workers=THREADS).counts.records


PEERS: dict[str, Callable[[Path, Path], int]] = {
    "daytally": daytally,
    "pyarrow.csv": pyarrow_csv,
    "DuckDB read_csv": duckdb_read_csv,
    "Polars regex": polars_regex,
}


def main() -> None:
    """Run all contenders, in turns, and print one table."""
    options = _options()
    if options.contender:
        log, out = Path(options.log), Path(options.log).with_suffix(".parquet")
        print(json.dumps({"records": PEERS[options.contender](log, out)}))
        return
    with tempfile.TemporaryDirectory(prefix="daytally-bench-") as folder:
        simulate(Path(folder) / "project", days=1, lines=options.lines, seed=1)
        log = Path(folder) / "project" / "logs" / "api" / "access.log"
        _compare(log, options.only or list(PEERS), options.runs)


def _compare(log: Path, names: list[str], runs: int) -> None:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for number in range(runs + 1):  # the first round warms caches and compiles kernels
        for name in names:
            command = [sys.executable, __file__, "--contender", name, "--log", str(log)]
            figures = watch(command)
            if number:
                found[name].append(figures)
    size = log.stat().st_size / 1e6
    print(f"{size:,.0f} MB, {THREADS} threads, medians of {runs}")
    print("| | records | wall s | CPU s | MB/s per core | peak MB |")
    print("|---|---|---|---|---|---|")
    for name, all_runs in found.items():
        used = median(all_runs)
        print(
            f"| {name} | {all_runs[0]['records']:,} | {used['wall_s']:.1f} | {used['cpu_s']:.1f}"
            f" | {size / used['cpu_s']:.0f} | {used['peak_mb']:,.0f} |"
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=5_500_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=list(PEERS))
    parser.add_argument("--contender", choices=list(PEERS), help=argparse.SUPPRESS)
    parser.add_argument("--log", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
