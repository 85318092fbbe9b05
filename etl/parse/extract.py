"""Kernels that take fields out of messages: logfmt and flat JSON."""

from __future__ import annotations

from etl.parse.context import (
    AT_SIGN,
    BACKSLASH,
    BRACE,
    BRACE_END,
    BRACKET,
    BRACKET_END,
    COLON,
    COMMA,
    EQUALS,
    NEWLINE,
    QUOTE,
    RETURN,
    SPACE,
    TAB,
    cell,
    row_of,
    set_cell,
)
from etl.parse.convert import (
    HARD,
    KIND_BOOLEAN,
    KIND_INTEGER,
    KIND_NUMBER,
    KIND_TEXT,
    is_scalar,
    read_boolean,
    read_integer,
    read_number,
)
from etl.parse.escapes import unescape_json
from etl.parse.jit import helper, inlined, kernel
from etl.parse.memory import load, load32, store, store32, store_real
from etl.parse.text import copy, same

_N = ord("n")

# Cells of an extraction: addresses of the messages' bytes and offsets, of the fields' columns, of
# room for one key.
TEXT, BOUNDS, ROWS, COLUMNS, FIELD_COUNT, SCRATCH = range(6)

# Columns of a field: its name, its type, and addresses of what its values are written to. VALID is
# 0 for null, 1, or HARD; then WHOLES holds the address of the number's text and REALS its length.
NAME, NAME_SIZE, KIND, STRINGS, ENDS, WHOLES, REALS, VALID = range(8)
_COLUMN_WIDTH = 8


@kernel
def extract_logfmt(k: int) -> None:
    """Take fields out of `key=value key="quoted value"`; the last of equal keys counts.

    Words without "=" are skipped, so free text around the pairs does no harm; such a word alone
    makes a boolean true.
    """
    text, bounds = cell(k, TEXT), cell(k, BOUNDS)
    for row in range(cell(k, ROWS)):
        _begin(k, row)
        place, stop = text + load32(bounds + 4 * row), text + load32(bounds + 4 * row + 4)
        while place < stop:
            place = _pair(k, row, place, stop) if load(place) > SPACE else place + 1


@inlined
def _pair(k: int, row: int, start: int, stop: int) -> int:
    place = start
    while place < stop and load(place) > SPACE and load(place) != EQUALS:
        place += 1
    column = _wanted(k, start, place)
    if place >= stop or load(place) != EQUALS:
        if column != 0 and cell(column, KIND) == KIND_BOOLEAN:
            set_cell(cell(column, WHOLES), row, 1)
            store(cell(column, VALID) + row, 1)
        return place
    place += 1
    end = _string_end(place + 1, stop) if place < stop and load(place) == QUOTE else -1
    if end >= 0:
        if column != 0:
            _put(column, row, place + 1, end, True)
        return end + 1
    end = place
    while end < stop and load(end) > SPACE:
        end += 1
    if column != 0:
        _put(column, row, place, end, False)
    return end


@kernel
def extract_json(k: int) -> None:
    """Take fields out of one JSON object per message; all are null if it is not one."""
    text, bounds = cell(k, TEXT), cell(k, BOUNDS)
    for row in range(cell(k, ROWS)):
        _begin(k, row)
        start, stop = text + load32(bounds + 4 * row), text + load32(bounds + 4 * row + 4)
        if not _object(k, row, start, stop):
            _begin(k, row)


@inlined
def _begin(k: int, row: int) -> None:
    for field in range(cell(k, FIELD_COUNT)):
        column = row_of(cell(k, COLUMNS), field, _COLUMN_WIDTH)
        ends = cell(column, ENDS) + 4 * row
        store32(ends + 4, load32(ends))
        store(cell(column, VALID) + row, 0)


@inlined
def _wanted(k: int, start: int, stop: int) -> int:
    """Return the field of that name as its row of COLUMNS, or 0."""
    for field in range(cell(k, FIELD_COUNT)):
        column = row_of(cell(k, COLUMNS), field, _COLUMN_WIDTH)
        size = cell(column, NAME_SIZE)
        if size == stop - start and same(start, cell(column, NAME), size):
            return column
    return 0


@inlined
def _string_end(start: int, stop: int) -> int:
    """Return where the quote is that ends a string, or -1."""
    while start < stop and load(start) != QUOTE:
        start += 2 if load(start) == BACKSLASH else 1
    return start if start < stop else -1


@helper
def _put(column: int, row: int, start: int, stop: int, quoted: bool) -> None:
    """Write a value; null if it does not convert."""
    kind, valid, number = cell(column, KIND), 0, 0
    if kind == KIND_TEXT:
        strings, ends = cell(column, STRINGS), cell(column, ENDS) + 4 * row
        target = strings + load32(ends)
        if quoted:
            end = unescape_json(start, stop, target)
        else:
            copy(start, stop, target)
            end = target + stop - start
        store32(ends + 4, end - strings)
        valid = 1
    elif kind == KIND_NUMBER:
        real, valid = read_number(start, stop)
        store_real(cell(column, REALS) + 8 * row, real)
        if valid == HARD:
            set_cell(cell(column, WHOLES), row, start)
            store_real(cell(column, REALS) + 8 * row, float(stop - start))
    else:
        if kind == KIND_INTEGER:
            number, valid = read_integer(start, stop)
        else:
            number, valid = read_boolean(start, stop)
        set_cell(cell(column, WHOLES), row, number)
    store(cell(column, VALID) + row, valid)


@inlined
def _skip_blank(start: int, stop: int) -> int:
    while start < stop and _is_blank(load(start)):
        start += 1
    return start


@inlined
def _is_blank(byte: int) -> bool:
    return byte in (SPACE, TAB, NEWLINE, RETURN)


@helper
def _object(k: int, row: int, start: int, stop: int) -> bool:
    """Read `{"key": value, ...}`; the last of equal keys counts."""
    place = _skip_blank(start, stop)
    if stop - place >= 5 and load(place) == AT_SIGN and load(place + 4) == COLON:
        place = _skip_blank(place + 5, stop)  # the @cee: cookie
    if place >= stop or load(place) != BRACE:
        return False
    place = _skip_blank(place + 1, stop)
    if place < stop and load(place) == BRACE_END:
        return _skip_blank(place + 1, stop) == stop
    while place < stop and load(place) == QUOTE:
        end = _string_end(place + 1, stop)
        if end < 0:
            return False
        scratch = cell(k, SCRATCH)
        column = _wanted(k, scratch, unescape_json(place + 1, end, scratch))
        place = _skip_blank(end + 1, stop)
        if place >= stop or load(place) != COLON:
            return False
        place = _value(row, column, _skip_blank(place + 1, stop), stop)
        if place < 0:
            return False
        place = _skip_blank(place, stop)
        if place < stop and load(place) == BRACE_END:
            return _skip_blank(place + 1, stop) == stop
        if place >= stop or load(place) != COMMA:
            return False
        place = _skip_blank(place + 1, stop)
    return False


@helper
def _value(row: int, column: int, start: int, stop: int) -> int:
    """Read any JSON value and keep it if it is wanted; return where it ends, or -1."""
    if start >= stop:
        return -1
    if load(start) == QUOTE:
        end = _string_end(start + 1, stop)
        if end < 0:
            return -1
        if column != 0:
            _put(column, row, start + 1, end, True)
        return end + 1
    if load(start) == BRACE or load(start) == BRACKET:
        end = _nested_end(start, stop)
    else:
        end = start
        while end < stop and not _ends_scalar(load(end)):
            end += 1
        if not is_scalar(start, end):
            return -1
    if end >= 0 and column != 0:
        if load(start) == _N:  # null
            ends = cell(column, ENDS) + 4 * row
            store32(ends + 4, load32(ends))
            store(cell(column, VALID) + row, 0)
        else:
            _put(column, row, start, end, False)  # of nested values, text gets the JSON as it is
    return end


@inlined
def _ends_scalar(byte: int) -> bool:
    return byte <= SPACE or byte in (COMMA, BRACE_END, BRACKET_END)


@inlined
def _nested_end(start: int, stop: int) -> int:
    depth, place = 0, start
    while place < stop:
        byte = load(place)
        if byte == QUOTE:
            place = _string_end(place + 1, stop)
            if place < 0:
                return -1
        elif byte in (BRACE, BRACKET):
            depth += 1
        elif byte in (BRACE_END, BRACKET_END):
            depth -= 1
            if depth == 0:
                return place + 1
        place += 1
    return -1
