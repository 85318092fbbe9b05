"""Kernel pieces that put one step's value into its column's row.

`k` is the context, `s` the step's row of the program, positions are addresses. What may fail
returns where the value ends, or -1 after noting why in the context.
"""

from __future__ import annotations

from etl.parse.context import (
    ANY_ESCAPES,
    BACKSLASH,
    BAD_NUMBER,
    BRACE,
    COMMA,
    CUT_SHORT,
    DASH,
    DASH_IS_NULL,
    DASH_IS_ZERO,
    DOT,
    EMPTY_IS_NULL,
    ENDS,
    EXTRA,
    EXTRA_COUNT,
    EXTRA_END,
    FAIL_PART,
    FAIL_PLACE,
    FAIL_REASON,
    FLAGS,
    JSON_ESCAPED,
    KEY,
    KEY_SIZE,
    LITERAL,
    LITERAL_SIZE,
    NINE,
    NO_MATCH,
    NUM_OK,
    NUMBERS,
    PART_LITERAL,
    PART_VALUE,
    QUOTE,
    QUOTED,
    REALS,
    REQUIRED,
    SCALE,
    SCRATCH,
    SLOT_A,
    SLOT_WIDTH,
    STRINGS,
    TEXT_OK,
    TEXTS,
    WHOLES,
    ZERO,
    cell,
    row_of,
    set_cell,
)
from etl.parse.escapes import unescape, unescape_json
from etl.parse.jit import helper, inlined
from etl.parse.memory import load, load32, store, store32, store64, store_real
from etl.parse.text import copy, find, find_quoted, holds, write_json, write_text

MAX_DIGITS = 18


@inlined
def fail(k: int, reason: int, place: int, part: int) -> int:
    """Note why and where the line stopped matching; return -1."""
    set_cell(k, FAIL_REASON, reason)
    set_cell(k, FAIL_PLACE, place)
    set_cell(k, FAIL_PART, part)
    return -1


@inlined
def fail_value(k: int, reason: int, place: int, stop: int) -> int:
    """Note that a value is not what it should be, or that the line ends before it."""
    return fail(k, CUT_SHORT if place >= stop else reason, place, PART_VALUE)


@inlined
def set_null_text(k: int, row: int, slot: int) -> None:
    """Leave a text column null."""
    column = row_of(cell(k, TEXTS), slot, SLOT_WIDTH)
    ends = cell(column, ENDS) + 4 * row
    store32(ends + 4, load32(ends))
    store(cell(column, TEXT_OK) + row, 0)


@inlined
def set_text(k: int, row: int, slot: int, start: int, stop: int, escaped: int) -> None:
    """Write bytes of the block as a text column's value."""
    column = row_of(cell(k, TEXTS), slot, SLOT_WIDTH)
    ends = cell(column, ENDS) + 4 * row
    before = load32(ends)
    target = cell(column, STRINGS) + before
    length = stop - start
    if not copy(start, stop, target) or (escaped != 0 and holds(start, stop, BACKSLASH)):
        length = _decode(k, start, stop, target, escaped) - target
    store32(ends + 4, before + length)
    store(cell(column, TEXT_OK) + row, 1)


@helper
def _decode(k: int, start: int, stop: int, target: int, escaped: int) -> int:
    """Write text with its escapes decoded and made valid UTF-8; return where it ended."""
    if escaped != 0:
        scratch = cell(k, SCRATCH)
        return write_text(scratch, _unescape(start, stop, scratch, escaped), target)
    return write_text(start, stop, target)


@inlined
def _unescape(start: int, stop: int, target: int, escaped: int) -> int:
    if escaped & JSON_ESCAPED:
        return unescape_json(start, stop, target)
    return unescape(start, stop, target)


@helper
def set_extra(k: int, s: int, start: int, stop: int) -> None:
    """Add a value to the row's JSON object of fields without a column."""
    target = cell(k, EXTRA_END)
    store(target, BRACE if cell(k, EXTRA_COUNT) == 0 else COMMA)
    key, size = cell(s, KEY), cell(s, KEY_SIZE)
    copy(key, key + size, target + 1)
    target += size + 1
    store(target, QUOTE)
    escaped = cell(s, FLAGS) & ANY_ESCAPES
    if escaped:
        scratch = cell(k, SCRATCH)
        target = write_json(scratch, _unescape(start, stop, scratch, escaped), target + 1)
    else:
        target = write_json(start, stop, target + 1)
    store(target, QUOTE)
    set_cell(k, EXTRA_END, target + 1)
    set_cell(k, EXTRA_COUNT, cell(k, EXTRA_COUNT) + 1)


@inlined
def is_dash(start: int, stop: int) -> bool:
    """Tell whether a value is the single "-" that stands for an absent one."""
    return stop - start == 1 and load(start) == DASH


@inlined
def is_absent(s: int, start: int, stop: int) -> bool:
    """Tell whether a text stands for an absent one."""
    flags = cell(s, FLAGS)
    if start == stop:
        return flags & EMPTY_IS_NULL != 0
    return flags & DASH_IS_NULL != 0 and is_dash(start, stop)


@inlined
def put_text(k: int, row: int, s: int, start: int, stop: int) -> None:
    """Write a step's text into its column or into `extra`."""
    flags = cell(s, FLAGS)
    absent = is_absent(s, start, stop)
    if flags & EXTRA:
        if not absent:
            set_extra(k, s, start, stop)
    elif absent:
        set_null_text(k, row, cell(s, SLOT_A))
    else:
        set_text(k, row, cell(s, SLOT_A), start, stop, flags & ANY_ESCAPES)


@inlined
def value_end(k: int, s: int, start: int, stop: int) -> int:
    """Return where a value ends that its literal bounds, or -1."""
    literal, size, flags = cell(s, LITERAL), cell(s, LITERAL_SIZE), cell(s, FLAGS)
    if size == 0:
        return stop
    if flags & QUOTED:
        end = find_quoted(start, stop, literal, size)
    else:
        end = find(start, stop, literal, size)
    if end < 0:
        return fail(k, CUT_SHORT, stop, PART_LITERAL)
    if end == start and flags & REQUIRED:
        return fail(k, NO_MATCH, start, PART_VALUE)
    return end


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
            return start + 1
        return _put_no_number(k, row, s, start, stop)
    if place - start > cell(s, SCALE):
        return fail(k, BAD_NUMBER, start, PART_VALUE)
    set_number(k, row, cell(s, SLOT_A), value)
    return place


@inlined
def power_of_ten(exponent: int) -> float:
    """Return 10.0 ** exponent, exact up to 22."""
    power = 1.0
    for _ in range(exponent):
        power *= 10.0
    return power


@inlined
def put_decimal(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Write digits with an optional fraction, divided by 10 ** scale: one rounding, the last."""
    value, place, point = 0, start, 0
    while place < stop and place - start <= MAX_DIGITS:
        byte = load(place)
        if byte == DOT and point == 0 and place > start:
            point = place
        elif ZERO <= byte <= NINE:
            value = value * 10 + byte - ZERO
        else:
            break
        place += 1
    if place == start:
        if place < stop and load(place) == DASH:
            set_null_number(k, row, cell(s, SLOT_A))
            return start + 1
        return _put_no_number(k, row, s, start, stop)
    if place - start > MAX_DIGITS or point == place - 1:
        return fail(k, BAD_NUMBER, start, PART_VALUE)
    digits = place - point - 1 if point != 0 else 0
    set_real(k, row, cell(s, SLOT_A), value / power_of_ten(digits + cell(s, SCALE)))
    return place
