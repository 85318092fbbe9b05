"""Arrow schemas of the warehouse's tables. Units live in the column names.

`day` and `source` are partition columns: they stand in the table's log, not in the data files.
A data file may lack columns that its format never fills; readers see them as null.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")
TEXT = pa.string()

FIELD_TYPES: Mapping[str, pa.DataType] = {
    "text": TEXT,
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "duration": pa.float64(),
}
"""Types that `[source.fields]` in daytally.toml may name, for columns taken out of messages.

A duration is in seconds.
"""

_REQUESTS = [
    ("day", pa.date32()),
    ("source", TEXT),
    ("at", INSTANT),
    ("remote_addr", TEXT),
    ("remote_user", TEXT),
    ("host", TEXT),
    ("method", TEXT),
    ("path", TEXT),
    ("query", TEXT),
    ("route", TEXT),
    ("params", pa.struct([])),
    ("protocol", TEXT),
    ("status", pa.int32()),
    ("body_bytes_sent", pa.int64()),
    ("bytes_sent", pa.int64()),
    ("request_bytes", pa.int64()),
    ("request_time_s", pa.float64()),
    ("upstream_time_s", pa.float64()),
    ("upstream_status", TEXT),
    ("referer", TEXT),
    ("user_agent", TEXT),
    ("request_id", TEXT),
    ("scheme", TEXT),
    ("extra", TEXT),
    ("input_id", TEXT),
    ("offset", pa.int64()),
]

_EVENTS = [
    ("day", pa.date32()),
    ("source", TEXT),
    ("at", INSTANT),
    ("host", TEXT),
    ("app", TEXT),
    ("procid", TEXT),
    ("msgid", TEXT),
    ("facility", pa.int32()),
    ("severity", pa.int32()),
    ("message", TEXT),
    ("structured_data", TEXT),
    ("input_id", TEXT),
    ("offset", pa.int64()),
]

REJECTS = pa.schema(
    [
        ("day", pa.date32()),
        ("source", TEXT),
        ("reason", TEXT),
        ("detail", TEXT),
        ("raw", pa.binary()),
        ("input_id", TEXT),
        ("offset", pa.int64()),
    ]
)

_PART = pa.struct(
    [
        ("table", TEXT),
        ("day", pa.date32()),
        ("path", TEXT),
        ("rows", pa.int64()),
        ("size_bytes", pa.int64()),
    ]
)

INPUTS = pa.schema(
    [
        ("batch", pa.int64()),
        ("source", TEXT),
        ("input_id", TEXT),
        ("uri", TEXT),
        ("fingerprint", TEXT),
        ("tail", TEXT),
        ("etag", TEXT),
        ("size_bytes", pa.int64()),
        ("from_offset", pa.int64()),
        ("to_offset", pa.int64()),
        ("lines", pa.int64()),
        ("records", pa.int64()),
        ("rejects", pa.int64()),
        ("blank", pa.int64()),
        ("drifted", pa.int64()),
        ("lossy", pa.int64()),
        ("pieces", pa.int64()),
        ("first_at", INSTANT),
        ("last_at", INSTANT),
        ("read_at", INSTANT),
        ("state", TEXT),
        ("attempt", TEXT),
        ("rebuilt", pa.bool_()),
        ("parts", pa.list_(_PART)),
    ]
)
"""One row of state `read` per batch holds `parts`: the data files of the batch, as sealed."""

MEASUREMENTS = pa.schema(
    [
        ("day", pa.date32()),
        ("metric", TEXT),
        ("class", TEXT),
        ("dimensions", TEXT),
        ("value", pa.float64()),
        ("numerator", pa.float64()),
        ("denominator", pa.float64()),
        ("n", pa.int64()),
        ("unit", TEXT),
        ("target", TEXT),
        ("target_low", pa.float64()),
        ("target_high", pa.float64()),
        ("verdict", TEXT),
        ("band_low", pa.float64()),
        ("band_high", pa.float64()),
        ("unusual", pa.bool_()),
        ("first_at", INSTANT),
        ("last_at", INSTANT),
        ("previous_value", pa.float64()),
        ("measured_at", INSTANT),
        ("data_version", TEXT),
    ]
)

RESTATEMENTS = pa.schema(
    [
        ("day", pa.date32()),
        ("metric", TEXT),
        ("dimensions", TEXT),
        ("kind", TEXT),
        ("unit", TEXT),
        ("target", TEXT),
        ("old_value", pa.float64()),
        ("value", pa.float64()),
        ("old_verdict", TEXT),
        ("verdict", TEXT),
        ("old_measured_at", INSTANT),
        ("measured_at", INSTANT),
        ("cause", TEXT),
        ("inputs", TEXT),
    ]
)
"""Every change of a measurement, see `model.Restatement`; `inputs` is a JSON list of addresses."""

METRIC_RUNS = pa.schema(
    [
        ("day", pa.date32()),
        ("metric", TEXT),
        ("seconds", pa.float64()),
        ("rows", pa.int64()),
        ("error", TEXT),
        ("measured_at", INSTANT),
        ("definition", TEXT),
    ]
)
"""How the last measuring of each day went, metric by metric."""

CHAIN_OBJECTS = pa.schema(
    [
        ("day", pa.date32()),
        ("chain", TEXT),
        ("state", TEXT),
        ("object_id", TEXT),
        ("step", TEXT),
        ("entered_at", INSTANT),
        ("last_step", TEXT),
        ("last_at", INSTANT),
        ("source", TEXT),
        ("input_id", TEXT),
        ("offset", pa.int64()),
    ]
)
"""Objects of a day that did not simply get through, with the line that showed each last."""

CHAIN_WAITS = pa.schema(
    [
        ("day", pa.date32()),
        ("chain", TEXT),
        ("step", TEXT),
        ("source", TEXT),
        ("log_day", pa.date32()),
        ("objects", pa.int64()),
    ]
)
"""How many objects of a day are undecided at a step until the log of a source and day comes."""

SLOW_REQUESTS = pa.schema(
    [
        ("day", pa.date32()),
        ("source", TEXT),
        ("at", INSTANT),
        ("request_time_s", pa.float64()),
        ("method", TEXT),
        ("path", TEXT),
        ("route", TEXT),
        ("status", pa.int32()),
        ("request_id", TEXT),
        ("input_id", TEXT),
        ("offset", pa.int64()),
    ]
)
"""The slowest requests of a day."""

MESSAGE_SAMPLES = pa.schema(
    [
        ("day", pa.date32()),
        ("source", TEXT),
        ("fingerprint", TEXT),
        ("severity", pa.int32()),
        ("at", INSTANT),
        ("message", TEXT),
        ("input_id", TEXT),
        ("offset", pa.int64()),
    ]
)
"""The first line of a day of each kind of error and warning, the most frequent ones."""

INCIDENT_LOG = pa.schema(
    [
        ("incident_id", TEXT),
        ("at", INSTANT),
        ("action", TEXT),
        ("actor", TEXT),
        ("fields", TEXT),
    ]
)


def requests_schema(params: list[str]) -> pa.Schema:
    """Return the schema of `requests`, whose `params` struct has one text per route parameter."""
    names = sorted(set(params)) or ["id"]  # Parquet has no empty struct
    struct = pa.struct([(name, TEXT) for name in names])
    return pa.schema([(n, struct if n == "params" else t) for n, t in _REQUESTS])


def events_schema(fields: Mapping[str, str]) -> pa.Schema:
    """Return the schema of `events` with the typed columns taken out of messages.

    Args:
        fields: Column name to a key of `FIELD_TYPES`.
    """
    own = [(name, FIELD_TYPES[kind]) for name, kind in sorted(fields.items())]
    return pa.schema(_EVENTS[:-2] + own + _EVENTS[-2:])


EVENT_COLUMNS = frozenset(name for name, _ in _EVENTS)
"""Names that a field of a message cannot take."""

MAIL_LOG = pa.schema(
    [
        ("day", pa.date32()),
        ("send_key", TEXT),
        ("recipients", TEXT),
        ("sent_at", INSTANT),
    ]
)

RETIRED = pa.schema(
    [
        ("table_name", TEXT),
        ("day", pa.date32()),
        ("source", TEXT),
        ("input_id", TEXT),
        ("rows", pa.int64()),
        ("batch", pa.int64()),
        ("sequence", pa.int64()),
        ("retired_at", INSTANT),
    ]
)
"""Rows that retention has removed, by table, day and input; see `store.retention`."""
