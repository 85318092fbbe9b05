"""What the kernels that take fields out of messages share: their columns, and writing a value."""

from __future__ import annotations

from etl.native.cells import cell, row_of, set_cell
from etl.native.jit import helper, inlined, kernel
from etl.native.memory import load32, store, store32, store_real
from etl.parse.convert import (
    HARD,
    KIND_DURATION,
    KIND_INTEGER,
    KIND_NUMBER,
    KIND_TEXT,
    read_boolean,
    read_integer,
    read_number,
)
from etl.parse.durations import read_duration
from etl.parse.escapes import unescape_json
from etl.parse.text import copy, same

# Cells of an extraction: addresses of the messages' bytes and offsets, of the fields' columns, of
# room for one key or path, and of the frames of open JSON values.
TEXT, BOUNDS, ROWS, COLUMNS, FIELD_COUNT, SCRATCH, STACK = range(7)

# Columns of a field: its key, its type, and addresses of what its values are written to. VALID is
# 0 for null, 1, or HARD; then WHOLES holds the address of the number's text and REALS its length.
NAME, NAME_SIZE, KIND, STRINGS, ENDS, WHOLES, REALS, VALID = range(8)
COLUMN_WIDTH = 8


@kernel
def extract_whole(k: int) -> None:
    """Take each text as it is for the value of every field."""
    text, bounds = cell(k, TEXT), cell(k, BOUNDS)
    for row in range(cell(k, ROWS)):
        begin(k, row)
        start, stop = text + load32(bounds + 4 * row), text + load32(bounds + 4 * row + 4)
        for field in range(cell(k, FIELD_COUNT)):
            put(row_of(cell(k, COLUMNS), field, COLUMN_WIDTH), row, start, stop, False)


@inlined
def begin(k: int, row: int) -> None:
    """Leave all fields of a row null."""
    for field in range(cell(k, FIELD_COUNT)):
        set_null(row_of(cell(k, COLUMNS), field, COLUMN_WIDTH), row)


@inlined
def set_null(column: int, row: int) -> None:
    """Leave a field null."""
    ends = cell(column, ENDS) + 4 * row
    store32(ends + 4, load32(ends))
    store(cell(column, VALID) + row, 0)


@inlined
def wanted(k: int, start: int, stop: int) -> int:
    """Return the field of that key as its row of COLUMNS, or 0."""
    for field in range(cell(k, FIELD_COUNT)):
        column = row_of(cell(k, COLUMNS), field, COLUMN_WIDTH)
        size = cell(column, NAME_SIZE)
        if size == stop - start and same(start, cell(column, NAME), size):
            return column
    return 0


@helper
def put(column: int, row: int, start: int, stop: int, quoted: bool) -> None:
    """Write a value; null if it does not convert. Escapes are decoded in quoted text alone."""
    kind, valid, number = cell(column, KIND), 0, 0
    if kind == KIND_TEXT:
        _put_text(column, row, start, stop, quoted)
        return
    if kind == KIND_INTEGER:
        number, valid = read_integer(start, stop)
        set_cell(cell(column, WHOLES), row, number)
    elif kind in (KIND_NUMBER, KIND_DURATION):
        real, valid = read_number(start, stop)
        if valid == 0 and kind == KIND_DURATION:
            real, valid = read_duration(start, stop)
        if valid == HARD:
            set_cell(cell(column, WHOLES), row, start)
            real = float(stop - start)
        store_real(cell(column, REALS) + 8 * row, real)
    else:
        number, valid = read_boolean(start, stop)
        set_cell(cell(column, WHOLES), row, number)
    store(cell(column, VALID) + row, valid)


@inlined
def _put_text(column: int, row: int, start: int, stop: int, quoted: bool) -> None:
    strings, ends = cell(column, STRINGS), cell(column, ENDS) + 4 * row
    target = strings + load32(ends)
    if quoted:
        end = unescape_json(start, stop, target)
    else:
        copy(start, stop, target)
        end = target + stop - start
    store32(ends + 4, end - strings)
    store(cell(column, VALID) + row, 1)
