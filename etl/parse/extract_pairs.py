"""Kernels that take fields out of `key=value`: alone (logfmt), or inside of free text."""

from __future__ import annotations

from etl.native.cells import cell, set_cell
from etl.native.jit import helper, inlined, kernel
from etl.native.memory import load, load32, store
from etl.parse.context import (
    BRACE,
    BRACE_END,
    BRACKET,
    BRACKET_END,
    COMMA,
    DASH,
    DOT,
    EQUALS,
    NINE,
    QUOTE,
    SPACE,
    ZERO,
)
from etl.parse.convert import KIND_BOOLEAN
from etl.parse.extract import (
    BOUNDS,
    KIND,
    ROWS,
    TEXT,
    VALID,
    WHOLES,
    begin,
    put,
    wanted,
)
from etl.parse.json_text import string_end
from etl.parse.text import find_byte

_A, _Z = b"az"
_APOSTROPHE, _PARENTHESIS, _PARENTHESIS_END, _SEMICOLON, _UNDERSCORE = b"'();_"
_NOT_ASCII = 0x80


@kernel
def extract_logfmt(k: int) -> None:
    """Take fields out of `key=value key="quoted value"`; the last of equal keys counts.

    Words without "=" are skipped, so free text around the pairs does no harm; such a word alone
    makes a boolean true.
    """
    text, bounds = cell(k, TEXT), cell(k, BOUNDS)
    for row in range(cell(k, ROWS)):
        begin(k, row)
        place, stop = text + load32(bounds + 4 * row), text + load32(bounds + 4 * row + 4)
        while place < stop:
            place = _logfmt(k, row, place, stop) if load(place) > SPACE else place + 1


@inlined
def _logfmt(k: int, row: int, start: int, stop: int) -> int:
    place = start
    while place < stop and load(place) > SPACE and load(place) != EQUALS:
        place += 1
    column = wanted(k, start, place)
    if place >= stop or load(place) != EQUALS:
        if column != 0 and cell(column, KIND) == KIND_BOOLEAN:
            set_cell(cell(column, WHOLES), row, 1)
            store(cell(column, VALID) + row, 1)
        return place
    place += 1
    end = string_end(place + 1, stop) if place < stop and load(place) == QUOTE else -1
    if end >= 0:
        if column != 0:
            put(column, row, place + 1, end, True)
        return end + 1
    end = place
    while end < stop and load(end) > SPACE:
        end += 1
    if column != 0:
        put(column, row, place, end, False)
    return end


@kernel
def extract_pairs(k: int) -> None:
    """Take fields out of `closed (user=bob, ip=10.0.0.1; why='by peer')`; the last key counts.

    A key is a whole word of letters, digits, `_`, `-`, `.` and what is not ASCII, with "=" right
    behind. Its value ends at a blank, comma, semicolon, or a closing bracket `)]}` that was not
    opened inside of the value. Double quotes hold JSON's escapes, single ones none.
    """
    text, bounds = cell(k, TEXT), cell(k, BOUNDS)
    for row in range(cell(k, ROWS)):
        begin(k, row)
        place, stop = text + load32(bounds + 4 * row), text + load32(bounds + 4 * row + 4)
        while place < stop:
            start = place
            while place < stop and _in_key(load(place)):
                place += 1
            if place in (start, stop) or load(place) != EQUALS:
                place = max(place, start + 1)
            else:
                place = _pair(k, row, start, place, stop)


@helper
def _pair(k: int, row: int, start: int, equals: int, stop: int) -> int:
    """Read the value behind the key `start..equals`; return where the pair ends."""
    column, place, end = wanted(k, start, equals), equals + 1, -1
    mark = load(place) if place < stop else 0
    if mark == QUOTE:
        end = string_end(place + 1, stop)
    elif mark == _APOSTROPHE:
        end = find_byte(place + 1, stop, _APOSTROPHE)
        end = end if end < stop else -1
    if end >= 0:
        if column != 0:
            put(column, row, place + 1, end, mark == QUOTE)
        return end + 1
    end = _bare_end(place, stop)
    if column != 0:
        put(column, row, place, end, False)
    return end


@inlined
def _bare_end(start: int, stop: int) -> int:
    place, depth = start, 0
    while place < stop:
        byte = load(place)
        if byte <= SPACE or byte in (COMMA, _SEMICOLON):
            break
        if byte in (_PARENTHESIS, BRACKET, BRACE):
            depth += 1
        elif byte in (_PARENTHESIS_END, BRACKET_END, BRACE_END):
            if depth == 0:
                break
            depth -= 1
        place += 1
    return place


@inlined
def _in_key(byte: int) -> bool:
    letter = _A <= byte | 32 <= _Z or ZERO <= byte <= NINE
    return letter or byte in (_UNDERSCORE, DASH, DOT) or byte >= _NOT_ASCII
