"""Kernel pieces that put one step's text into its column's row, or into `extra`.

`k` is the context, `s` the step's row of the program, positions are addresses. What may fail
returns where the value ends, or -1 after noting why in the context.
"""

from __future__ import annotations

from etl.native.cells import cell, row_of, set_cell
from etl.native.jit import helper, inlined
from etl.native.memory import load, load32, store, store32
from etl.parse.context import (
    ANY_ESCAPES,
    BACKSLASH,
    BRACE,
    COMMA,
    CUT_SHORT,
    DASH,
    DASH_IS_NULL,
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
    NO_MATCH,
    PART_UP_TO,
    PART_VALUE,
    QUOTE,
    QUOTED,
    QUOTES_ARE_EMPTY,
    REQUIRED,
    SCRATCH,
    SLOT_A,
    SLOT_WIDTH,
    SPACE,
    STRINGS,
    TEXT_OK,
    TEXTS,
    URL_ESCAPES,
    WORD,
)
from etl.parse.escapes import unescape, unescape_json, unescape_url
from etl.parse.text import copy, find, find_byte, find_quoted, holds, write_json, write_text


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
    if not copy(start, stop, target) or (escaped != 0 and _is_escaped(start, stop, escaped)):
        length = _decode(k, start, stop, target, escaped) - target
    store32(ends + 4, before + length)
    store(cell(column, TEXT_OK) + row, 1)


@inlined
def _is_escaped(start: int, stop: int, escaped: int) -> bool:
    return escaped & URL_ESCAPES != 0 or holds(start, stop, BACKSLASH)


@helper
def _decode(k: int, start: int, stop: int, target: int, escaped: int) -> int:
    """Write text with its escapes decoded and made valid UTF-8; return where it ended."""
    if escaped != 0:
        scratch = cell(k, SCRATCH)
        return write_text(k, scratch, _unescape(start, stop, scratch, escaped), target)
    return write_text(k, start, stop, target)


@inlined
def _unescape(start: int, stop: int, target: int, escaped: int) -> int:
    if escaped & URL_ESCAPES:
        return unescape_url(start, stop, target, escaped)
    if escaped & JSON_ESCAPED:
        return unescape_json(start, stop, target)
    return unescape(start, stop, target)


@helper
def set_extra(k: int, s: int, start: int, stop: int) -> None:
    """Add a value to the row's JSON object of fields without a column."""
    target = open_extra(k)
    key, size = cell(s, KEY), cell(s, KEY_SIZE)
    copy(key, key + size, target)
    close_extra(k, write_value(k, target + size, start, stop, cell(s, FLAGS) & ANY_ESCAPES))


@inlined
def open_extra(k: int) -> int:
    """Begin another member of the row's JSON object; return where its key is to be written."""
    target = cell(k, EXTRA_END)
    store(target, BRACE if cell(k, EXTRA_COUNT) == 0 else COMMA)
    return target + 1


@inlined
def close_extra(k: int, target: int) -> None:
    """Note where the member ends that was begun last."""
    set_cell(k, EXTRA_END, target)
    set_cell(k, EXTRA_COUNT, cell(k, EXTRA_COUNT) + 1)


@helper
def write_value(k: int, target: int, start: int, stop: int, escaped: int) -> int:
    """Write text as a JSON string, quotes and all; return where the writing ended."""
    store(target, QUOTE)
    if escaped:
        scratch = cell(k, SCRATCH)
        target = write_json(k, scratch, _unescape(start, stop, scratch, escaped), target + 1)
    else:
        target = write_json(k, start, stop, target + 1)
    store(target, QUOTE)
    return target + 1


@inlined
def is_dash(start: int, stop: int) -> bool:
    """Tell whether a value is the single "-" that stands for an absent one."""
    return stop - start == 1 and load(start) == DASH


@inlined
def is_absent(s: int, start: int, stop: int) -> bool:
    """Tell whether a text stands for an absent one."""
    if stop - start > 1:
        return False
    flags = cell(s, FLAGS)
    if start == stop:
        return flags & EMPTY_IS_NULL != 0
    return flags & DASH_IS_NULL != 0 and is_dash(start, stop)


@inlined
def put_text(k: int, row: int, s: int, start: int, stop: int) -> None:
    """Write a step's text into its column or into `extra`."""
    flags = cell(s, FLAGS)
    absent = is_absent(s, start, stop)
    if flags & QUOTES_ARE_EMPTY and stop - start == 2:
        stop = start if load(start) == QUOTE and load(start + 1) == QUOTE else stop
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
        return find_byte(start, stop, SPACE) if flags & WORD else stop
    if flags & QUOTED:
        end = find_quoted(start, stop, literal, size)
    else:
        end = find(start, stop, literal, size)
    if end < 0:
        return fail(k, CUT_SHORT, start, PART_UP_TO)
    if flags & WORD and find_byte(start, end, SPACE) < end:
        return fail(k, NO_MATCH, start, PART_UP_TO)
    if end == start and flags & REQUIRED:
        return fail(k, NO_MATCH, start, PART_VALUE)
    return end


@inlined
def power_of_ten(exponent: int) -> float:
    """Return 10.0 ** exponent, exact up to 22."""
    power = 1.0
    for _ in range(exponent):
        power *= 10.0
    return power
