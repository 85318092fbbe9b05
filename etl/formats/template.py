"""Layouts and members written down shortly, for the built-in formats.

A template is a line with `$names` in it (or `${names}`), read like nginx's; what a name is comes
from the format's own map, and a name that is not in it goes into the column of spare fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from etl.formats.assemble import Piece, Placed, assemble
from etl.formats.fields import Field, Flag, Layout, Op, Pairs, Step, Trailing, digits_of

_NAME = re.compile(r"\$(?:\{(\w+)\}|(\w+))")

PAD = Field("", Op.PAD)
"""Blanks that fill a column up."""


def template(
    text: str,
    fields: Mapping[str, Field],
    *,
    name: str = "line",
    table: str = "requests",
    escapes: Flag = Flag.ESCAPED,
    trailing: Trailing = Trailing.REFUSED,
) -> Layout:
    """Return the layout that a template means.

    Args:
        text: The template.
        fields: What its names are. Besides, `pad` is `PAD`.
        name: The layout's name.
        table: `requests` or `events`.
        escapes: How text is escaped, see `assemble`.
        trailing: What more fields behind the last one are.
    """
    pieces: list[Piece] = []
    start = 0
    for match in _NAME.finditer(text):
        key = match[1] or match[2]
        field = PAD if key == "pad" else fields.get(key, Field(""))
        pieces.append(text[start : match.start()].encode())
        pieces.append(Placed(replace(field, name=field.name or key), f"${key}", match.start()))
        start = match.end()
    pieces.append(text[start:].encode())
    layout = assemble(pieces, text, escapes, trailing, table)
    return replace(layout, name=name)


def json_object(members: Mapping[str, Field], table: str) -> Step:
    """Return the step for a line that is one JSON object.

    Args:
        members: Dotted name to what it is.
        table: `requests` or `events`.
    """
    steps = _members(members, table)
    return Step(Op.OBJECT, what="a JSON object", members=steps)


def named_values(kind: Pairs, members: Mapping[str, Field], table: str) -> Step:
    """Return the step for named values up to the line's end; arguments as in `json_object`."""
    steps = _members(members, table)
    what = {Pairs.LTSV: "label:value", Pairs.GROUPS: "named groups"}.get(kind, "key=value")
    return Step(Op.PAIRS, what=what, scale=int(kind), members=steps)


def _members(members: Mapping[str, Field], table: str) -> tuple[Step, ...]:
    """Return the steps of names that have a column; the others need none."""
    return tuple(member(name, field, table) for name, field in members.items() if field.column)


def member(name: str, field: Field, table: str) -> Step:
    """Return the step for one named value."""
    flags = field.flags | Flag.EMPTY_IS_NULL
    if field.rank:
        flags |= Flag.LATE
    elif field.column == "message":  # the one long text, and fields may be taken out of it
        flags |= Flag.WHOLE
    scale = digits_of(table, field.column) if field.op is Op.INTEGER else field.scale
    keys = {Op.REQUEST: "request", Op.ADDRESS: field.name or "port", Op.FORWARDED: name}
    key = keys.get(field.op, "")
    pattern = field.pattern if field.op is Op.CLOCK else name
    return Step(field.op, b"", field.column, flags, scale, name, key, pattern)
