"""Kernel pieces for nginx's upstream lists: one member for each server that was tried."""

from __future__ import annotations

from etl.native.cells import cell
from etl.native.jit import helper
from etl.native.memory import load
from etl.parse.context import (
    BAD_NUMBER,
    COLON,
    COMMA,
    DASH,
    DOT,
    EMPTY_IS_NULL,
    FLAGS,
    LITERAL,
    LITERAL_SIZE,
    NINE,
    PART_VALUE,
    SLOT_A,
    SPACE,
    ZERO,
)
from etl.parse.numbers import MAX_DIGITS, set_null_number, set_real
from etl.parse.values import fail, fail_value

_NANO_DIGITS = 9
_MAX_WHOLE_DIGITS = 8  # three years
_MOST = (1 << 63) - 1  # nanoseconds that 64 bits hold: those of 92 members of most digits


@helper
def list_end(s: int, start: int, stop: int) -> int:
    """Return the end of nginx's upstream list: words joined by ", " or " : "."""
    mark = load(cell(s, LITERAL)) if cell(s, LITERAL_SIZE) > 0 else -1
    place = start
    while place < stop:
        byte = load(place)
        if byte == COMMA and place + 1 < stop and load(place + 1) == SPACE:
            place += 2
        elif byte == SPACE:
            if place + 2 >= stop or load(place + 1) != COLON or load(place + 2) != SPACE:
                break
            place += 3
        elif byte == mark:
            break
        else:
            place += 1
    return place


@helper
def put_sum(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Write the sum of an upstream list of seconds, null if it holds dashes only."""
    end = list_end(s, start, stop)
    if end == start and cell(s, FLAGS) & EMPTY_IS_NULL:
        set_null_number(k, row, cell(s, SLOT_A))
        return end
    if end == start:
        return fail_value(k, BAD_NUMBER, start, stop)
    total, numbers, place = 0, 0, start
    while place < end:
        byte = load(place)
        if byte in (COMMA, SPACE, COLON, DASH):
            place += 1
            continue
        nanos, after = _nanoseconds(place, end)
        if nanos < 0 or total > _MOST - nanos:
            return fail(k, BAD_NUMBER, place, PART_VALUE)
        total, numbers, place = total + nanos, numbers + 1, after
    if numbers > 0:
        set_real(k, row, cell(s, SLOT_A), total / 1e9)
    else:
        set_null_number(k, row, cell(s, SLOT_A))
    return end


@helper
def _nanoseconds(start: int, stop: int) -> tuple[int, int]:
    """Read one member of a list of seconds; return (nanoseconds, its end) or (-1, start)."""
    value, digits, whole, place = 0, 0, -1, start
    while place < stop and load(place) != COMMA and load(place) != SPACE:
        byte = load(place)
        if byte == DOT and whole < 0 and digits > 0:
            whole = digits
        elif ZERO <= byte <= NINE and digits < MAX_DIGITS:
            value = value * 10 + byte - ZERO
            digits += 1
        else:
            return -1, start
        place += 1
    whole = digits if whole < 0 else whole
    if whole > _MAX_WHOLE_DIGITS or digits - whole > _NANO_DIGITS:
        return -1, start
    for _ in range(digits - whole, _NANO_DIGITS):
        value *= 10
    return value, place
