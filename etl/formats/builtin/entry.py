"""What a built-in format is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from etl.formats.apache import compile_apache
from etl.formats.fields import Field, Layout, LineFormat, Pairs, Step
from etl.formats.nginx import compile_nginx
from etl.formats.template import json_object, named_values


@dataclass(frozen=True, slots=True)
class BuiltinFormat:
    """A format that has a name.

    Attributes:
        title: One line for people.
        definition: The format string, or the layouts in words.
        source: Where the format is documented.
        table: `requests` or `events`.
        compile: Makes the line format, given its name.
    """

    title: str
    definition: str
    source: str
    table: str
    compile: Callable[[str], LineFormat]


def nginx_format(title: str, definition: str, source: str) -> BuiltinFormat:
    """Return a format that an nginx `log_format` string defines."""
    return BuiltinFormat(
        title, definition, source, "requests", lambda name: compile_nginx(definition, name=name)
    )


def apache_format(title: str, definition: str, source: str) -> BuiltinFormat:
    """Return a format that an Apache `LogFormat` string defines."""
    return BuiltinFormat(
        title, definition, source, "requests", lambda name: compile_apache(definition, name=name)
    )


def layout_format(
    title: str,
    definition: str,
    source: str,
    table: str,
    layouts: Callable[[], tuple[Layout, ...]],
    pieces: Callable[[pa.RecordBatch], int] | None = None,
) -> BuiltinFormat:
    """Return a format of layouts that are made when it is used; `pieces` as in `LineFormat`."""
    return BuiltinFormat(
        title,
        definition,
        source,
        table,
        lambda name: LineFormat(name, table, definition, layouts(), pieces=pieces),
    )


def json_format(title: str, source: str, table: str, members: Mapping[str, Field]) -> BuiltinFormat:
    """Return a format of one JSON object a line."""
    return layout_format(
        title,
        _listing(members),
        source,
        table,
        lambda: (whole_line(json_object(members, table)),),
    )


def pairs_format(
    title: str, source: str, table: str, kind: Pairs, members: Mapping[str, Field]
) -> BuiltinFormat:
    """Return a format of named values."""
    return layout_format(
        title,
        _listing(members),
        source,
        table,
        lambda: (whole_line(named_values(kind, members, table)),),
    )


def whole_line(step: Step) -> Layout:
    """Return the layout of a line that one step reads."""
    return Layout("line", (step,))


def _listing(members: Mapping[str, Field]) -> str:
    """Say which name goes into which column."""
    return "\n".join(f"{name} -> {', '.join(field.columns)}" for name, field in members.items())
