"""Regular expressions as formats: the slow road that always works.

The named groups are columns, or go into the column of spare fields; `time` is the time stamp, of
any kind that Daytally reads, and `request` a request line.
"""

from __future__ import annotations

import re

from etl.errors import LogFormatError
from etl.formats.fields import Field, Flag, Layout, LineFormat, Op, Pairs
from etl.formats.mapping import field_of, readable_columns
from etl.formats.template import named_values

_SPECIAL = {
    "time": Field("at", Op.ANY_TIME),
    "request": Field("path", Op.REQUEST),
    "level": Field("severity", Op.SEVERITY),
}


def compile_regex(pattern: str, *, name: str = "regex", table: str = "requests") -> LineFormat:
    """Compile a regular expression (Python's `re`, on bytes) with named groups.

    Args:
        pattern: Matched from the line's beginning; what follows the match is left alone.
        name: Name of the format in messages.
        table: `requests` or `events`.

    Raises:
        LogFormatError: The pattern is malformed, or no group is a time stamp.
    """
    try:
        compiled = re.compile(pattern.encode())
    except re.error as error:
        place = min(error.pos or 0, max(len(pattern) - 1, 0))
        raise LogFormatError(str(error.msg), text=pattern, position=place) from None
    groups = [group for group in compiled.groupindex]
    members = {group: _field(group, table) for group in groups}
    if not any(field.column == "at" for field in members.values()):
        hint = "name one group (?P<time>…)"
        raise LogFormatError("no group is the time stamp", text=pattern, position=0, hint=hint)
    layout = Layout("groups", (named_values(Pairs.GROUPS, members, table),))
    return LineFormat(name, table, pattern, (layout,), pattern=pattern.encode())


def _field(group: str, table: str) -> Field:
    known = readable_columns(table)
    special = _SPECIAL.get(group)
    if special is not None and (special.column in known):
        return special
    if group in known:
        return field_of(group, table)
    return Field("", flags=Flag.DASH_IS_NULL, name=group)
