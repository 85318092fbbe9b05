"""Kernel pieces for RFC 5424's STRUCTURED-DATA; positions are addresses."""

from __future__ import annotations

from etl.native.cells import cell, row_of
from etl.native.jit import helper, inlined
from etl.native.memory import load, load32, store, store32
from etl.parse.context import (
    BACKSLASH,
    BRACE,
    BRACE_END,
    BRACKET,
    BRACKET_END,
    COLON,
    COMMA,
    CUT_SHORT,
    DASH,
    ENDS,
    EQUALS,
    NO_MATCH,
    PART_VALUE,
    QUOTE,
    SCRATCH,
    SLOT_A,
    SLOT_WIDTH,
    SPACE,
    STRINGS,
    TEXT_OK,
    TEXTS,
)
from etl.parse.text import write_json
from etl.parse.values import fail, fail_value, set_null_text


@helper
def put_structured(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Write STRUCTURED-DATA (RFC 5424, 6.3) as JSON text: {"id": {"name": "value"}}.

    A name that comes twice in an element comes twice in the object, as it was sent.
    """
    if start < stop and load(start) == DASH:
        set_null_text(k, row, cell(s, SLOT_A))
        return start + 1
    if start >= stop or load(start) != BRACKET:
        return fail_value(k, NO_MATCH, start, stop)
    column = row_of(cell(k, TEXTS), cell(s, SLOT_A), SLOT_WIDTH)
    ends = cell(column, ENDS) + 4 * row
    first = cell(column, STRINGS) + load32(ends)
    target = first
    while start < stop and load(start) == BRACKET:
        store(target, COMMA if target > first else BRACE)
        start, target = _element(k, start + 1, stop, target + 1)
        if start < 0:
            return -1
    store(target, BRACE_END)
    store32(ends + 4, load32(ends) + target + 1 - first)
    store(cell(column, TEXT_OK) + row, 1)
    return start


@helper
def _element(k: int, start: int, stop: int, target: int) -> tuple[int, int]:
    """Write one SD-ELEMENT; return where it ends (or -1) and where the writing ended."""
    end = _word_end(k, start, stop)
    if end < 0:
        return -1, target
    target = _write_name(k, start, end, target)
    store(target, BRACE)
    target += 1
    start, first = end, target
    while start < stop and load(start) == SPACE:
        if target > first:
            store(target, COMMA)
            target += 1
        end = _word_end(k, start + 1, stop)
        if end < 0:
            return -1, target
        if end + 1 >= stop or load(end) != EQUALS or load(end + 1) != QUOTE:
            return fail_value(k, NO_MATCH, end, stop), target
        target = _write_name(k, start + 1, end, target)
        start = end + 2
        while start < stop and load(start) != QUOTE:
            start += 2 if load(start) == BACKSLASH else 1
        if start >= stop:
            return fail(k, CUT_SHORT, stop, PART_VALUE), target
        target = _write_value(k, end + 2, start, target)
        start += 1
    if start >= stop or load(start) != BRACKET_END:
        return fail_value(k, NO_MATCH, start, stop), target
    store(target, BRACE_END)
    return start + 1, target + 1


@inlined
def _word_end(k: int, start: int, stop: int) -> int:
    """Return the end of an SD-ID or PARAM-NAME, which is not empty."""
    place = start
    while place < stop and not _ends_word(load(place)):
        place += 1
    return place if place > start else fail_value(k, NO_MATCH, place, stop)


@inlined
def _ends_word(byte: int) -> bool:
    return byte <= SPACE or byte in (EQUALS, QUOTE, BRACKET_END)


@helper
def _write_name(k: int, start: int, stop: int, target: int) -> int:
    """Write a name, its quotes and a colon."""
    store(target, QUOTE)
    target = write_json(k, start, stop, target + 1)
    store(target, QUOTE)
    store(target + 1, COLON)
    return target + 2


@helper
def _write_value(k: int, start: int, stop: int, target: int) -> int:
    r"""Write a PARAM-VALUE and its quotes; a backslash protects only `"`, `\` and `]`."""
    scratch = cell(k, SCRATCH)
    end = scratch
    while start < stop:
        byte = load(start)
        if byte == BACKSLASH and start + 1 < stop:
            following = load(start + 1)
            if following in (QUOTE, BACKSLASH, BRACKET_END):
                start += 1
                byte = following
        store(end, byte)
        end += 1
        start += 1
    store(target, QUOTE)
    target = write_json(k, scratch, end, target + 1)
    store(target, QUOTE)
    return target + 1
