"""Kernel pieces that put one step's number into its column's row; see `values`."""

from __future__ import annotations

from etl.native.cells import cell, row_of
from etl.native.jit import helper, inlined
from etl.native.memory import load, load_real, store, store64, store_real
from etl.parse.context import (
    BAD_NUMBER,
    COLON,
    DASH,
    DASH_IS_ZERO,
    DOT,
    EMPTY_IS_NULL,
    FLAGS,
    KEY_SIZE,
    NEGATIVE_IS_NULL,
    NINE,
    NUM_OK,
    NUMBERS,
    PART_VALUE,
    PLUS,
    REALS,
    SCALE,
    SLOT_A,
    SLOT_B,
    SLOT_WIDTH,
    WHOLES,
    ZERO,
)
from etl.parse.convert import read_exponent
from etl.parse.durations import read_duration
from etl.parse.text import find_byte
from etl.parse.values import fail, fail_value, power_of_ten, set_extra

MAX_DIGITS = 18
_FULL = 10**17  # one more digit fits 64 bits
_STEEPEST = 99  # no second and no byte needs a larger exponent
_E = ord("e")


@inlined
def set_number(k: int, row: int, slot: int, value: int) -> None:
    """Write a whole number."""
    column = row_of(cell(k, NUMBERS), slot, SLOT_WIDTH)
    store64(cell(column, WHOLES) + 8 * row, value)
    store(cell(column, NUM_OK) + row, 1)


@inlined
def set_null_number(k: int, row: int, slot: int) -> None:
    """Leave a number column null."""
    store(cell(row_of(cell(k, NUMBERS), slot, SLOT_WIDTH), NUM_OK) + row, 0)


@inlined
def set_real(k: int, row: int, slot: int, value: float) -> None:
    """Write a double."""
    column = row_of(cell(k, NUMBERS), slot, SLOT_WIDTH)
    store_real(cell(column, REALS) + 8 * row, value)
    store(cell(column, NUM_OK) + row, 1)


@helper
def _put_no_number(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Leave the column null where nothing stands and that may be."""
    if cell(s, FLAGS) & EMPTY_IS_NULL == 0:
        return fail_value(k, BAD_NUMBER, start, stop)
    set_null_number(k, row, cell(s, SLOT_A))
    return start


@inlined
def put_integer(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Write a whole number without a sign."""
    start = _after_plus(s, start, stop)
    value, place = 0, start
    while place < stop and ZERO <= load(place) <= NINE and place - start <= MAX_DIGITS:
        value = value * 10 + load(place) - ZERO
        place += 1
    if place == start:
        if place < stop and load(place) == DASH:
            if cell(s, FLAGS) & DASH_IS_ZERO:
                set_number(k, row, cell(s, SLOT_A), 0)
            else:
                set_null_number(k, row, cell(s, SLOT_A))
            return dash_end(s, start, stop)
        return _put_no_number(k, row, s, start, stop)
    if place - start > cell(s, SCALE):
        return fail(k, BAD_NUMBER, start, PART_VALUE)
    set_number(k, row, cell(s, SLOT_A), value)
    return place


@inlined
def dash_end(s: int, start: int, stop: int) -> int:
    """Return the end of "-", or of "-1" where that stands for an absent number too."""
    place = start + 1
    if cell(s, FLAGS) & NEGATIVE_IS_NULL:
        while place < stop and (ZERO <= load(place) <= NINE or load(place) == DOT):
            place += 1
    return place


@inlined
def _after_plus(s: int, start: int, stop: int) -> int:
    """Step over HAProxy's mark of a request that was logged before it was over."""
    marked = cell(s, FLAGS) & NEGATIVE_IS_NULL and start < stop and load(start) == PLUS
    return start + 1 if marked else start


@inlined
def read_decimal(start: int, stop: int, scale: int) -> tuple[float, int]:
    """Read digits with an optional fraction and exponent, divided by 10 ** scale.

    Without an exponent there is one rounding, the last.

    Returns:
        The number and where it ends: `start` if there is none, -1 if it is not well-formed.
    """
    value, place, point, left_out = 0, start, 0, 0
    while place < stop:
        byte = load(place)
        if byte == DOT and point == 0 and place > start:
            point = place
        elif ZERO <= byte <= NINE:
            if value < _FULL:
                value = value * 10 + byte - ZERO
            elif point != 0:
                left_out += 1  # beyond what a double can hold
            else:
                return 0.0, -1
        else:
            break
        place += 1
    if place == start:
        return 0.0, start
    if point == place - 1:
        return 0.0, -1
    down = scale + (place - point - 1 - left_out if point != 0 else 0)
    if place < stop and load(place) | 0x20 == _E:
        up, end = read_exponent(place, stop)
        if end == place or up < -_STEEPEST or up > _STEEPEST:
            return 0.0, -1
        down, place = down - up, end
    if down < 0:
        return value * power_of_ten(-down), place
    return value / power_of_ten(down), place


@inlined
def put_decimal(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Write digits with an optional fraction, divided by 10 ** scale."""
    start = _after_plus(s, start, stop)
    value, place = read_decimal(start, stop, cell(s, SCALE))
    if place == start:
        if place < stop and load(place) == DASH:
            set_null_number(k, row, cell(s, SLOT_A))
            return dash_end(s, start, stop)
        return _put_no_number(k, row, s, start, stop)
    if place < 0:
        return fail(k, BAD_NUMBER, start, PART_VALUE)
    set_real(k, row, cell(s, SLOT_A), value)
    return place


@helper
def put_addend(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Write a decimal into its column, if it has one, into `extra`, and add it to the sum.

    The first of a line begins the sum; it is null where any of its parts is.
    """
    value, place = read_decimal(start, stop, 0)
    own, whole = cell(s, SLOT_A), cell(s, SLOT_B)
    if place == start and place < stop and load(place) == DASH:
        if own >= 0:
            set_null_number(k, row, own)
        set_null_number(k, row, whole)
        return dash_end(s, start, stop)
    if place <= start:
        return fail_value(k, BAD_NUMBER, start, stop)
    if own >= 0:
        set_real(k, row, own, value)
    if cell(s, KEY_SIZE) > 0:
        set_extra(k, s, start, place)
    total = row_of(cell(k, NUMBERS), whole, SLOT_WIDTH)
    if cell(s, SCALE) == 1:
        set_real(k, row, whole, value)
    elif load(cell(total, NUM_OK) + row) != 0:
        set_real(k, row, whole, value + load_real(cell(total, REALS) + 8 * row))
    return place


@helper
def put_duration(k: int, row: int, s: int, start: int, stop: int) -> None:
    """Write a number with a unit of time as seconds; null where it is none."""
    value, known = read_duration(start, stop)
    if known == 0:
        set_null_number(k, row, cell(s, SLOT_A))
        return
    last = load(stop - 1)
    bare = ZERO <= last <= NINE and find_byte(start, stop, COLON) == stop
    scaled = value / power_of_ten(cell(s, SCALE)) if bare else value
    set_real(k, row, cell(s, SLOT_A), scaled)
