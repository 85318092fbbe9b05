"""What one would use instead of Daytally for an access log: each gives typed columns in Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def chdb_regexp(log: Path, out: Path) -> int:
    """ClickHouse inside the process, one regular expression a line."""
    import chdb

    names = ("addr", "usr", "stamp", "request", "status", "bytes", "referer", "agent", "seconds")
    columns = ", ".join(f"{name} String" for name in names)
    pattern = LINE.replace("\\", "\\\\").replace("'", "\\'")
    chdb.query(
        f"""insert into function file('{out}', Parquet) select addr, nullIf(usr, '-') as usr,
            parseDateTimeOrNull(stamp, '%d/%b/%Y:%H:%i:%s %z', 'UTC') as at,
            splitByChar(' ', request)[1] as method,
            splitByChar('?', splitByChar(' ', request)[2])[1] as path,
            nullIf(splitByChar('?', splitByChar(' ', request)[2])[2], '') as query,
            splitByChar(' ', request)[3] as protocol, toInt32(status) as status,
            toInt64(bytes) as bytes, nullIf(referer, '-') as referer,
            nullIf(agent, '-') as agent, toFloat64(seconds) as seconds
            from file('{log}', Regexp, '{columns}') where at is not null
            settings format_regexp = '{pattern}', format_regexp_escaping_rule = 'Raw',
                format_regexp_skip_unmatched = 1, max_threads = {THREADS},
                output_format_parquet_compression_method = 'zstd',
                output_format_compression_level = 1,
                engine_file_truncate_on_insert = 1"""  # noqa: S608
    )
    return int(str(chdb.query(f"select count() from file('{out}', Parquet)", "TSV")))  # noqa: S608
