"""The field program: what a format string compiles to and the parser's kernel walks.

A line format is an ordered list of layouts; a layout is an ordered list of steps. A step reads
one value with its operation and then expects its literal. A layout matches a line when its last
step ends at the line's last byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, IntFlag

import pyarrow as pa

from etl import schema


class Op(IntEnum):
    """How a step reads its value. The numbers are what the kernel switches on."""

    LITERAL = 0  # no value
    TEXT = 1  # up to the first place where the literal stands, or to the end of the line
    LIST = 2  # nginx's upstream lists: words joined by ", " or " : "
    INTEGER = 3  # digits; the scale is the most digits that the column's type holds
    DECIMAL = 4  # digits with an optional fraction, divided by 10 ** scale
    SUM = 5  # an upstream list of decimals, added up
    REQUEST = 6  # method, path, query and protocol out of a request line
    URI = 7  # path and query; scale 1: its slash has ended the value before it
    QUERY = 8  # query, without the "?" that some servers write before it
    CLF_TIME = 9  # 10/Oct/2000:13:55:36 -0700
    ISO_TIME = 10  # 2000-10-10T13:55:36.123456-07:00; the scale is what stands for "T"
    EPOCH_TIME = 11  # seconds since 1970 with an optional fraction, divided by 10 ** scale
    BSD_TIME = 12  # Oct 10 13:55:36, mostly without a year
    PRIORITY = 13  # <165>: facility and severity
    VERSION = 14  # RFC 5424's VERSION
    STRUCTURED = 15  # RFC 5424's STRUCTURED-DATA, as JSON text
    OPTIONAL_MESSAGE = 16  # RFC 5424's MSG with the space before it, or nothing
    TAGGED_MESSAGE = 17  # RFC 3164's TAG and CONTENT: app[pid]: message
    HOST = 18  # RFC 3164's HOSTNAME and the space behind it, or nothing where a tag stands
    OBJECT = 19  # a JSON object, whose members are steps of their own
    PAIRS = 20  # named values, whose members are steps of their own; the scale is a `Pairs`
    DURATION = 21  # a number with a unit of time, such as 12ms; without one the scale holds
    ADDRESS = 22  # an address and a port behind it or not (scale 1: always), kept in `extra`
    CLOCK = 23  # a part of a time stamp, or all of it, by a strptime pattern; scale 1: in UTC,
    # EXACT_SECONDS: a fraction of the second is taken only where the pattern says %f
    ADDEND = 24  # a decimal that is also added to `request_time_s`; scale 1: the line's first
    SEVERITY = 25  # a level's word, letter or number, as syslog's severity; scale 1: one byte
    ANY_TIME = 26  # any of the time stamps above, and epochs by their number of digits
    PAD = 27  # blanks, however many
    FORWARDED = 28  # X-Forwarded-For: the first address; where there are more, all in `extra`
    DIGITS = 29  # digits, however many, kept as text


EXACT_SECONDS = 2


class Pairs(IntEnum):
    """How named values are written one after the other."""

    LTSV = 0  # label:value, between tabs (http://ltsv.org)
    LOGFMT = 1  # key=value and key="value", between blanks (https://brandur.org/logfmt)
    CEF = 2  # key=value with blanks in the values, up to the next key (ArcSight's CEF)
    GROUPS = 3  # what a regular expression found: name, unit separator, value, record separator


class Flag(IntFlag):
    """What else a step must know about its value."""

    NONE = 0
    DASH_IS_NULL = 1  # "-" stands for absent
    DASH_IS_ZERO = 2  # Apache's %b writes "-" where %B writes 0
    QUOTED = 4  # a backslash protects the byte after it from ending the value
    ESCAPED = 8  # \xHH, \" and the like are decoded
    EXTRA = 16  # goes into `extra` under `key`
    REQUIRED = 32  # an empty value is a reject
    JSON_ESCAPED = 64  # JSON's escapes are decoded
    EMPTY_IS_NULL = 128  # nothing at all stands for absent
    PLUS_IS_SPACE = 256  # IIS writes "+" for a space
    PERCENT_ENCODED = 512  # %HH are decoded
    NEGATIVE_IS_NULL = 1024  # -1 stands for "never came to it"; HAProxy's "+" is stepped over
    LATE = 2048  # of a member: only where no other has filled the column, else into `extra`
    WORD = 8192  # no blank is part of the value: where no literal ends it, the first blank does
    NO_ORIGIN = 4096  # of a request line: its URL's scheme and host are left out of the path
    QUOTES_ARE_EMPTY = 16384  # two quotes stand for an empty text: httpd's %u of an empty name
    WHOLE = 32768  # of a member: takes an object as JSON text; other columns leave it to `extra`
    CONDITIONAL = 131072  # of a time stamp: httpd writes "-" where the status is another one
    BYTES = 65536  # of a member: an array of numbers 0 to 255 is the bytes of a text (journald)


TAKES: dict[Op, tuple[str, ...]] = {
    Op.REQUEST: ("method", "path", "query", "protocol"),
    Op.URI: ("path", "query"),
    Op.PRIORITY: ("facility", "severity"),
    Op.TAGGED_MESSAGE: ("app", "procid", "message"),
}
"""Columns that an operation fills besides its own; it needs all of them."""

SPARE_COLUMN = {"requests": "extra", "events": "structured_data"}
"""Per table the column of JSON text that takes what has no column of its own."""

TIMES = frozenset({Op.CLF_TIME, Op.ISO_TIME, Op.EPOCH_TIME, Op.BSD_TIME, Op.CLOCK, Op.ANY_TIME})

SELF_DELIMITING = frozenset(
    {
        Op.LITERAL, Op.CLF_TIME, Op.ISO_TIME, Op.CLOCK, Op.PAD, Op.PRIORITY, Op.STRUCTURED
    }
)  # fmt: skip
"""Operations that know where their value ends, whatever follows."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a variable or directive writes, and where it goes.

    Attributes:
        column: Column of the table; empty for `extra`.
        op: How it is read. For REQUEST and URI, which fill several columns, `column` is "path".
        rank: Of two fields for one column the lower rank wins, then the one that comes first.
        scale: Meaning by operation, see `Op`.
        name: Name in `extra` if the column goes to another field.
        pattern: Of CLOCK: what strptime would be given.
    """

    column: str
    op: Op = Op.TEXT
    rank: int = 0
    flags: Flag = Flag.DASH_IS_NULL
    scale: int = 0
    name: str = ""
    pattern: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the field fills."""
        return _columns(self.op, self.column)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a layout; see the module's text.

    Attributes:
        what: The field as the format string writes it, for people.
        key: Name under which the value goes into `extra`, or (REQUEST) what is not a request, or
            (ADDRESS) the port, or (FORWARDED) a list of more than one.
        name: Of a member: its name in the object, with dots on the way into nested ones. Of CLOCK:
            the pattern.
        members: Of OBJECT and PAIRS: what is taken by name. All else goes into `extra`.
    """

    op: Op
    literal: bytes = b""
    column: str = ""
    flags: Flag = Flag.NONE
    scale: int = 0
    what: str = ""
    key: str = ""
    name: str = ""
    members: tuple[Step, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the step or its members fill, `extra` apart."""
        own = _columns(self.op, self.column)
        return own + tuple(column for member in self.members for column in member.columns)

    @property
    def fills_extra(self) -> bool:
        """Whether something of it may go into `extra`."""
        return bool(self.key) or self.op in (Op.OBJECT, Op.PAIRS)


class Trailing(IntEnum):
    """What it means when a blank and more text follow the last field of a layout."""

    REFUSED = 0  # the line is of another format
    DRIFT = 1  # the server writes more than the format says: kept in `extra`, and counted
    EXPECTED = 2  # the format's source announces that fields will be added: kept in `extra`


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which a line of the format may be laid out.

    Attributes:
        trailing: What more fields behind the last one are.
    """

    name: str
    steps: tuple[Step, ...]
    trailing: Trailing = Trailing.REFUSED


@dataclass(frozen=True, slots=True)
class LineFormat:
    """A compiled format. Holds no state, so that all threads may share it.

    Attributes:
        name: Built-in name, or the family's (`nginx`, `apache`).
        table: `requests` or `events`.
        definition: The format string.
        layouts: In order of preference.
        hints: What looks like a slip of the pen but is allowed, for `daytally check`.
        header: Makes the format of the lines behind a `#Fields:` directive out of its text; then
            lines that begin with "#" are no records (W3C Extended Log File Format).
        pattern: A regular expression that is matched first; `layouts` read its groups.
        inner: What the column `message` is parsed by in turn; its records take the line's place.
        pieces: Counts the records that go on in a later one, where writers split long lines.
    """

    name: str
    table: str
    definition: str
    layouts: tuple[Layout, ...]
    hints: tuple[str, ...] = ()
    header: Callable[[str], LineFormat] | None = None
    pattern: bytes = b""
    inner: LineFormat | None = None
    pieces: Callable[[pa.RecordBatch], int] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the format can fill, in the table's order, with `at` and `offset`."""
        filled = {"at", "offset"}
        for layout in self.layouts:
            if layout.trailing:
                filled.add(SPARE_COLUMN[self.table])
            for step in layout.steps:
                filled.update(step.columns)
                if step.fills_extra:
                    filled.add(SPARE_COLUMN[self.table])
        return tuple(name for name in table_schema(self.table).names if name in filled)

    @property
    def stored(self) -> LineFormat:
        """The format whose records are kept: the inner one, where there is one."""
        return self.inner or self

    @property
    def yearless(self) -> bool:
        """Whether its time stamps may lack the year."""
        steps = [step for layout in self.layouts for step in layout.steps]
        steps += [member for step in steps for member in step.members]
        found = any(
            step.op in (Op.BSD_TIME, Op.ANY_TIME)
            or (step.op is Op.CLOCK and not {"%Y", "%y", "%s"} & set(_DIRECTIVE.findall(step.name)))
            for step in steps
        )
        return found or (self.inner is not None and self.inner.yearless)

    @property
    def has_time(self) -> bool:
        """Whether its lines say when; an inner format may leave that to the outer one."""
        return any("at" in step.columns for layout in self.layouts for step in layout.steps)


INTEGER_DIGITS = {pa.int8(): 2, pa.int16(): 4, pa.int32(): 9, pa.int64(): 18}
"""Most digits that surely fit; longer numbers are rejects, not wrong values."""


_DIRECTIVE = re.compile("%.")


def digits_of(table: str, column: str) -> int:
    """Return the most digits that a column of whole numbers holds."""
    return INTEGER_DIGITS[table_schema(table).field(column).type]


def table_schema(table: str) -> pa.Schema:
    """Return the schema of `requests` or `events`, without routes' or messages' own columns."""
    return schema.requests_schema([]) if table == "requests" else schema.events_schema({})


def _columns(op: Op, column: str) -> tuple[str, ...]:
    if op is Op.ADDEND:
        return (column, "request_time_s") if column else ("request_time_s",)
    return TAKES.get(op, (column,)) if column else ()


_EXPANDED = {
    "%T": "%H:%M:%S", "%R": "%H:%M", "%F": "%Y-%m-%d", "%D": "%m/%d/%y", "%r": "%I:%M:%S %p",
    "%c": "%a %b %e %H:%M:%S %Y", "%x": "%m/%d/%y", "%X": "%H:%M:%S",
}  # fmt: skip


def expand_pattern(pattern: str) -> str:
    """Return a strptime pattern without the directives that stand for several (POSIX locale)."""
    return _DIRECTIVE.sub(lambda match: _EXPANDED.get(match[0], match[0]), pattern)
