"""Kernel pieces that take one value: the switch over operations that stand for a single one."""

from __future__ import annotations

from etl.native.cells import cell
from etl.native.jit import callback, helper, inlined
from etl.native.memory import call5, load, store, store64
from etl.parse import context as c
from etl.parse.any_time import any_time
from etl.parse.clocks import read_clock
from etl.parse.levels import put_severity, read_severity
from etl.parse.lists import list_end, put_sum
from etl.parse.numbers import (
    put_addend,
    put_decimal,
    put_duration,
    put_integer,
)
from etl.parse.requests import put_query, put_request, put_uri
from etl.parse.stamp_shapes import is_written_as_stamp
from etl.parse.stamps import bsd_time, clf_time, epoch_time, iso_time
from etl.parse.structured import put_structured
from etl.parse.syslog import (
    put_host,
    put_optional_message,
    put_priority,
    put_tagged_message,
    read_version,
)
from etl.parse.text import find_byte, same
from etl.parse.values import (
    fail,
    fail_value,
    put_text,
    set_extra,
    set_null_text,
    set_text,
    value_end,
)


@inlined
def take(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Take one step: its value, then its literal. Return where it ends, or -1.

    What most lines of access logs are made of is taken here and now.
    """
    op = cell(s, c.OP)
    if op == c.OP_TEXT or op == c.OP_REQUEST:
        return _take_text(k, row, s, start, stop)
    if op == c.OP_INTEGER:
        place = put_integer(k, row, s, start, stop)
    elif op == c.OP_CLF_TIME:
        place = _put_time(k, row, s, start, stop)
    elif op == c.OP_DECIMAL:
        place = put_decimal(k, row, s, start, stop)
    else:
        return call5(cell(k, c.TAKE), k, row, s, start, stop)
    return _take_literal(k, s, place, stop) if place >= 0 else place


def take_any(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Take one step of any operation, as `take` does."""
    op = cell(s, c.OP)
    if op == c.OP_TEXT or op == c.OP_REQUEST:
        return _take_text(k, row, s, start, stop)
    if op == c.OP_TAGGED_MESSAGE:
        place = put_tagged_message(k, row, s, start, stop)
    elif op == c.OP_HOST:
        place = put_host(k, row, s, start, stop)
    elif c.OP_CLF_TIME <= op <= c.OP_BSD_TIME or op == c.OP_ANY_TIME:
        place = _put_time(k, row, s, start, stop)
    elif op == c.OP_INTEGER:
        place = put_integer(k, row, s, start, stop)
    elif op == c.OP_DECIMAL:
        place = put_decimal(k, row, s, start, stop)
    else:
        place = _take_rare(k, row, s, start, stop)
    return _take_literal(k, s, place, stop) if place >= 0 else place


TAKE_ANY = callback(take_any, 5)


@inlined
def _take_text(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Take a text or a request line, whose end is found together with its literal."""
    place = value_end(k, s, start, stop)
    if place < 0:
        return place
    if cell(s, c.OP) == c.OP_TEXT:
        put_text(k, row, s, start, place)
    else:
        put_request(k, row, s, start, place)
    return place + cell(s, c.LITERAL_SIZE)


@inlined
def _take_literal(k: int, s: int, place: int, stop: int) -> int:
    literal, size = cell(s, c.LITERAL), cell(s, c.LITERAL_SIZE)
    if place + size <= stop and same(place, literal, size):
        return place + size
    for index in range(size):
        if place + index >= stop:
            return fail(k, c.CUT_SHORT, stop, c.PART_LITERAL)
        if load(place + index) != load(literal + index):
            return fail(k, c.NO_MATCH, place + index, c.PART_LITERAL)
    return place + size


@inlined
def _put_time(k: int, row: int, s: int, start: int, stop: int) -> int:
    op = cell(s, c.OP)
    if op == c.OP_CLF_TIME:
        place, micros, kind = clf_time(start, stop)
    elif op == c.OP_ISO_TIME:
        place, micros, kind = iso_time(start, stop, cell(s, c.SCALE), c.DASH)
    elif op == c.OP_EPOCH_TIME:
        place, micros, kind = epoch_time(start, stop, cell(s, c.SCALE))
    elif op == c.OP_BSD_TIME:
        place, micros, kind = bsd_time(start, stop)
    else:
        place, micros, kind = any_time(start, stop)
    if place < 0:
        return _no_time(k, s, start, stop)
    if cell(s, c.FLAGS) & c.EXTRA:
        put_text(k, row, s, start, place)
    else:
        store64(cell(k, c.AT) + 8 * row, micros)
        store(cell(k, c.STAMP) + row, kind)
    return place


@helper
def _no_time(k: int, s: int, start: int, stop: int) -> int:
    """Step over the dash that may stand for a time stamp, or refuse."""
    if cell(s, c.FLAGS) & c.CONDITIONAL and start < stop and load(start) == c.DASH:
        return start + 1
    if is_written_as_stamp(s, start, stop):
        return fail(k, c.BAD_TIMESTAMP, start, c.PART_STAMP)
    return fail_value(k, c.BAD_TIMESTAMP, start, stop)


@helper
def _take_rare(k: int, row: int, s: int, start: int, stop: int) -> int:
    op = cell(s, c.OP)
    if op == c.OP_LIST:
        place = list_end(s, start, stop)
        put_text(k, row, s, start, place)
        return place
    if op == c.OP_SUM:
        return put_sum(k, row, s, start, stop)
    if op == c.OP_PRIORITY:
        return put_priority(k, row, s, start, stop)
    if op == c.OP_VERSION:
        return read_version(k, start, stop)
    if op == c.OP_STRUCTURED:
        return put_structured(k, row, s, start, stop)
    if op == c.OP_OPTIONAL_MESSAGE:
        return put_optional_message(k, row, s, start, stop)
    if op == c.OP_ADDEND:
        return put_addend(k, row, s, start, stop)
    if op == c.OP_CLOCK:
        return _put_clock(k, row, s, start, stop)
    if op == c.OP_DIGITS:
        return _put_digits(k, row, s, start, stop)
    if op == c.OP_LITERAL or op == c.OP_PAD:
        while op == c.OP_PAD and start < stop and load(start) == c.SPACE:
            start += 1
        return start
    return _take_bounded(k, row, s, start, stop)


@helper
def _take_bounded(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Take a value that goes up to its literal."""
    op = cell(s, c.OP)
    if op == c.OP_SEVERITY and cell(s, c.SCALE) == 1:
        place = start + 1 if start < stop else fail(k, c.CUT_SHORT, stop, c.PART_VALUE)
        if place > 0 and read_severity(start, place) < 0:
            return fail(k, c.NO_MATCH, start, c.PART_VALUE)
    else:
        place = value_end(k, s, start, stop)
    if place < 0:
        return place
    if op == c.OP_URI:
        put_uri(k, row, s, start - cell(s, c.SCALE), place)
    elif op == c.OP_QUERY:
        put_query(k, row, s, start, place)
    elif op == c.OP_DURATION:
        put_duration(k, row, s, start, place)
    elif op == c.OP_SEVERITY:
        put_severity(k, row, s, start, place)
    elif op == c.OP_ADDRESS:
        _put_address(k, row, s, start, place)
    elif op == c.OP_FORWARDED:
        _put_forwarded(k, row, s, start, place)
    return place


@inlined
def _put_digits(k: int, row: int, s: int, start: int, stop: int) -> int:
    place = start
    while place < stop and c.ZERO <= load(place) <= c.NINE:
        place += 1
    if place == start:
        return fail_value(k, c.NO_MATCH, start, stop)
    put_text(k, row, s, start, place)
    return place


@inlined
def _put_clock(k: int, row: int, s: int, start: int, stop: int) -> int:
    place = read_clock(cell(k, c.PARTS), s, start, stop)
    if place < 0:
        return _no_time(k, s, start, stop)
    if cell(s, c.FLAGS) & c.EXTRA:
        put_text(k, row, s, start, place)
    return place


@inlined
def _put_address(k: int, row: int, s: int, start: int, stop: int) -> None:
    """Write an address without the brackets of IPv6, and the port behind the last colon.

    An IPv6 address without brackets has none, unless there always is one: nobody could tell.
    """
    colon, colons, end = stop, 0, stop
    for place in range(start, stop):
        if load(place) == c.COLON:
            colon, colons = place, colons + 1
    bracketed = start < stop and load(start) == c.BRACKET
    always = cell(s, c.SCALE) == 1 and colons > 0
    if colons == 1 or always or (bracketed and load(colon - 1) == c.BRACKET_END):
        end = colon
        if colon + 1 < stop and cell(s, c.KEY_SIZE) > 0:
            set_extra(k, s, colon + 1, stop)
    if bracketed and end > start + 1 and load(end - 1) == c.BRACKET_END:
        start, end = start + 1, end - 1
    slot = cell(s, c.SLOT_A)
    if end == start or (end == start + 1 and load(start) == c.DASH):
        set_null_text(k, row, slot)
    else:
        set_text(k, row, slot, start, end, 0)


@inlined
def _put_forwarded(k: int, row: int, s: int, start: int, stop: int) -> None:
    """Write the first of a list of addresses, and all of a list of more into `extra`."""
    comma = find_byte(start, stop, c.COMMA)
    if comma < stop:
        set_extra(k, s, start, stop)
    while start < comma and load(start) == c.SPACE:
        start += 1
    while start < comma and load(comma - 1) == c.SPACE:
        comma -= 1
    put_text(k, row, s, start, comma)
