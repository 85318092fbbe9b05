"""What one would use instead of Daytally for syslog and for access logs written as JSON lines.

Syslog: time in UTC, host, app, process id, priority, message, and three keys of the message.
JSON: the columns of the access log.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

THREADS = 2

PRIORITY = r"<(\d{1,3})>"
ELEMENT = r'\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\]'
RFC5424 = rf"^{PRIORITY}1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:{ELEMENT})+) ?(.*)$"
RFC5424_NAMES = ["pri", "stamp", "host", "app", "procid", "msgid", "sd", "message"]
STAMP = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
RFC3164 = rf"^(?:{PRIORITY})?({STAMP}) (\S+) ([^\s:\[]+)(?:\[(\d+)\])?: ?(.*)$"
RFC3164_NAMES = ["pri", "stamp", "host", "app", "procid", "message"]
KEYS = {"event": "text", "customer_id": "text", "duration_ms": "integer"}
YEAR, ZONE = 2026, "Europe/Berlin"
PARQUET = "(format parquet, compression zstd, compression_level 1)"

JSON_TYPES = {
    "time": "varchar", "addr": "varchar", "user": "varchar", "request": "varchar",
    "status": "integer", "bytes": "bigint", "referer": "varchar", "agent": "varchar",
    "seconds": "double",
}  # fmt: skip


def _key(name: str) -> str:
    return rf"(?:^|\s){name}=([^\s\"]+)"


def duckdb_rfc5424(log: Path, out: Path) -> int:
    """DuckDB, one regular expression a line."""
    at = "try_strptime(regexp_replace(p.stamp, ':(\\d\\d)$', '\\1'), '%Y-%m-%dT%H:%M:%S.%f%z')"
    return _duckdb_syslog(log, out, RFC5424, RFC5424_NAMES, at)


def duckdb_rfc3164(log: Path, out: Path) -> int:
    """DuckDB, one regular expression a line."""
    at = f"try_strptime('{YEAR} ' || replace(p.stamp, '  ', ' '), '%Y %b %-d %H:%M:%S')"
    return _duckdb_syslog(log, out, RFC3164, RFC3164_NAMES, f"({at} at time zone '{ZONE}')")


def _duckdb_syslog(log: Path, out: Path, pattern: str, names: list[str], at: str) -> int:
    import duckdb

    kept = [name for name in names if name not in ("stamp", "pri")]
    keys = [f"nullif(regexp_extract(p.message, '{_key(key)}', 1), '') as {key}" for key in KEYS]
    columns = ", ".join([f"p.{name} as {name}" for name in kept] + keys)
    connection = duckdb.connect(config={"threads": THREADS})
    connection.execute(
        f"""copy (select {at} as stamped, try_cast(p.pri as integer) as pri,
            * replace (try_cast(duration_ms as bigint) as duration_ms) from (
                select p, {columns} from (
                    select regexp_extract(line, '{pattern}', {names}) as p
                    from read_csv('{log}', delim='\x01', quote='', escape='', header=false,
                        auto_detect=false, strict_mode=false, columns={{'line': 'varchar'}})
                ) where p.stamp <> '') where stamped is not null)
            to '{out}' {PARQUET}"""  # noqa: S608
    )
    return int(connection.execute(f"select count(*) from '{out}'").fetchall()[0][0])  # noqa: S608


def polars_rfc5424(log: Path, out: Path) -> int:
    """Polars, one regular expression a line."""
    import polars as pl

    at = pl.col("stamp").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_unit="us")
    return _polars_syslog(log, out, RFC5424, RFC5424_NAMES, at)


def polars_rfc3164(log: Path, out: Path) -> int:
    """Polars, one regular expression a line."""
    import polars as pl

    stamp = pl.lit(f"{YEAR} ") + pl.col("stamp")
    local = stamp.str.to_datetime("%Y %b %e %H:%M:%S", strict=False, time_unit="us")
    at = local.dt.replace_time_zone(ZONE, ambiguous="earliest", non_existent="null")
    return _polars_syslog(log, out, RFC3164, RFC3164_NAMES, at.dt.convert_time_zone("UTC"))


def _polars_syslog(log: Path, out: Path, pattern: str, names: list[str], at: Any) -> int:
    import polars as pl

    lines = pl.scan_csv(
        log, has_header=False, separator="\x01", quote_char=None, new_columns=["line"],
        schema={"line": pl.String}, encoding="utf8-lossy",
    )  # fmt: skip
    parts = pl.col("line").str.extract_groups(pattern).struct.rename_fields(names).alias("p")
    keys = [pl.col("message").str.extract(_key(key)).alias(key) for key in KEYS]
    rows = (
        lines.select(parts)
        .unnest("p")
        .filter(pl.col("stamp").is_not_null())
        .with_columns(at.alias("at"), pl.col("pri").cast(pl.Int32), *keys)
        .with_columns(pl.col("duration_ms").cast(pl.Int64, strict=False))
        .filter(pl.col("at").is_not_null())
        .drop("stamp")
    )
    rows.sink_parquet(out, compression="zstd", compression_level=1)
    return int(pl.scan_parquet(out).select(pl.len()).collect().item())


def duckdb_read_json(log: Path, out: Path) -> int:
    """DuckDB's reader of JSON lines."""
    import duckdb

    connection = duckdb.connect(config={"threads": THREADS})
    connection.execute(
        f"""copy (select time::timestamptz as stamped, addr, nullif("user", '') as usr,
            split_part(request, ' ', 1) as method,
            split_part(split_part(request, ' ', 2), '?', 1) as path,
            nullif(split_part(split_part(request, ' ', 2), '?', 2), '') as query,
            split_part(request, ' ', 3) as protocol, status, bytes,
            nullif(referer, '') as referer, nullif(agent, '') as agent, seconds
            from read_json('{log}', format='newline_delimited', ignore_errors=true,
                columns={JSON_TYPES}))
            to '{out}' {PARQUET}"""  # noqa: S608
    )
    return int(connection.execute(f"select count(*) from '{out}'").fetchall()[0][0])  # noqa: S608


def polars_ndjson(log: Path, out: Path) -> int:
    """Polars' reader of JSON lines."""
    import polars as pl

    types = {"varchar": pl.String, "integer": pl.Int32, "bigint": pl.Int64, "double": pl.Float64}
    lines = pl.scan_ndjson(log, schema={name: types[kind] for name, kind in JSON_TYPES.items()})
    request = (
        pl.col("request").str.splitn(" ", 3).struct.rename_fields(["method", "uri", "protocol"])
    )
    uri = pl.col("uri").str.splitn("?", 2).struct.rename_fields(["path", "query"])
    rows = (
        lines.with_columns(
            pl.col("time").str.to_datetime("%Y-%m-%dT%H:%M:%S%:z", time_unit="us"),
            *[pl.col(name).replace("", None) for name in ("user", "referer", "agent")],
            request.alias("r"),
        )
        .drop("request")
        .unnest("r")
        .with_columns(uri.alias("u"))
        .drop("uri")
        .unnest("u")
    )
    rows.sink_parquet(out, compression="zstd", compression_level=1)
    return int(pl.scan_parquet(out).select(pl.len()).collect().item())


def pyarrow_json(log: Path, out: Path) -> int:
    """The JSON reader of pyarrow."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.json as pj
    import pyarrow.parquet as pq

    pa.set_cpu_count(THREADS)
    types = {"varchar": pa.string(), "integer": pa.int32(), "bigint": pa.int64()}
    fields = [(name, types.get(kind, pa.float64())) for name, kind in JSON_TYPES.items()]
    fields[0] = ("time", pa.timestamp("us", "UTC"))
    reader = pj.open_json(
        log,
        read_options=pj.ReadOptions(block_size=8 << 20),
        parse_options=pj.ParseOptions(explicit_schema=pa.schema(fields)),
    )
    pattern = r"^(?P<m>\S*) (?P<p>[^?\s]*)\??(?P<q>\S*) (?P<v>.*)$"
    count, writer = 0, None
    for batch in reader:
        table = pa.Table.from_batches([batch])
        request = pc.extract_regex(table["request"], pattern)
        rows = table.drop(["request"]).append_column("request", request).flatten()
        writer = writer or pq.ParquetWriter(
            out, rows.schema, compression="zstd", compression_level=1
        )
        writer.write_table(rows)
        count += rows.num_rows
    if writer is not None:
        writer.close()
    return count
