"""What a column is read as when its user says where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from etl.errors import ConfigError, UnknownNameError
from etl.formats.fields import Field, Flag, LineFormat, Op, Step, table_schema
from etl.formats.template import member

_SPECIAL = {
    "at": Field("at", Op.ANY_TIME),
    "path": Field("path", Op.URI),
    "severity": Field("severity", Op.SEVERITY),
    "request_time_s": Field("request_time_s", Op.DURATION),
    "upstream_time_s": Field("upstream_time_s", Op.DURATION),
    "message": Field("message", flags=Flag.NONE),
    "remote_addr": Field("remote_addr", Op.FORWARDED),  # an address alone is a list of one
}
_ADDED_LATER = frozenset({"day", "source", "input_id", "offset", "route", "params"})
_SPARE = frozenset({"extra", "structured_data"})


def readable_columns(table: str) -> list[str]:
    """Return the columns that a value of a line can fill."""
    return [name for name in table_schema(table).names if name not in _ADDED_LATER | _SPARE]


def field_of(column: str, table: str) -> Field:
    """Return how a column is read, whatever writes it: times of any kind, durations with units.

    Raises:
        UnknownNameError: No value of a line can fill it.
    """
    if column not in readable_columns(table):
        raise UnknownNameError(f"column of {table}", column, readable_columns(table))
    if column in _SPECIAL:
        return _SPECIAL[column]
    if pa.types.is_integer(table_schema(table).field(column).type):
        return Field(column, Op.INTEGER)
    return Field(column)


def with_columns(line_format: LineFormat, columns: Mapping[str, str]) -> LineFormat:
    """Return a format of named values that takes columns from the names given.

    Args:
        line_format: Of JSON objects, LTSV or logfmt.
        columns: Column to name, with dots on the way into nested objects.

    Raises:
        ConfigError: The format's lines have no names.
        UnknownNameError: There is no such column.
    """
    named = (Op.OBJECT, Op.PAIRS)
    if not any(step.op in named for layout in line_format.layouts for step in layout.steps):
        raise ConfigError(f"the lines of format '{line_format.name}' have no names to map")
    wanted = {name: field_of(column, line_format.table) for column, name in columns.items()}
    taken = {column for field in wanted.values() for column in field.columns}
    own = tuple(member(name, field, line_format.table) for name, field in wanted.items())

    def mapped(step: Step) -> Step:
        if step.op not in named:
            return step
        kept = [m for m in step.members if m.name not in wanted and not taken & set(m.columns)]
        return replace(step, members=(*own, *kept))

    layouts = tuple(
        replace(layout, steps=tuple(mapped(step) for step in layout.steps))
        for layout in line_format.layouts
    )
    return replace(line_format, layouts=layouts)
