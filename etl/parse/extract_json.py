"""Kernel that takes fields out of JSON objects, out of nested ones by dotted keys."""

from __future__ import annotations

from etl.native.cells import cell, row_of, set_cell
from etl.native.jit import helper, inlined, kernel
from etl.native.memory import load, load32, store
from etl.parse.context import (
    AT_SIGN,
    BRACE,
    BRACE_END,
    BRACKET,
    BRACKET_END,
    COLON,
    COMMA,
    DOT,
    QUOTE,
    ZERO,
)
from etl.parse.convert import is_scalar
from etl.parse.escapes import unescape_json
from etl.parse.extract import (
    BOUNDS,
    COLUMN_WIDTH,
    COLUMNS,
    FIELD_COUNT,
    NAME,
    NAME_SIZE,
    ROWS,
    SCRATCH,
    STACK,
    TEXT,
    begin,
    put,
    set_null,
    wanted,
)
from etl.parse.json_text import nested_end, scalar_end, skip_blank, string_end
from etl.parse.text import same

_N = ord("n")

# Columns of STACK, the frames of the values around the current one that hold something wanted:
# where in SCRATCH the name of a member goes, behind those of the frames around; and the number of
# the array's next element, or IN_OBJECT.
PATH, NEXT = range(2)
FRAME_WIDTH = 2
_IN_OBJECT = -1


@kernel
def extract_json(k: int) -> None:
    """Take fields out of one JSON object per message; all are null if it is not one.

    The key `a.b.0` is that of a flat member, or of member `b` in `a` and element 0 in that, as
    is any other way to join names with points to it. The last of equal keys counts. Values in
    which nothing is wanted are skipped by their brackets and strings alone.
    """
    text, bounds = cell(k, TEXT), cell(k, BOUNDS)
    for row in range(cell(k, ROWS)):
        begin(k, row)
        start, stop = text + load32(bounds + 4 * row), text + load32(bounds + 4 * row + 4)
        if not _message(k, row, start, stop):
            begin(k, row)


@helper
def _message(k: int, row: int, start: int, stop: int) -> bool:
    """Read `{"key": value, ...}`; tell whether it is that."""
    place = skip_blank(start, stop)
    if stop - place >= 5 and load(place) == AT_SIGN and load(place + 4) == COLON:
        place = skip_blank(place + 5, stop)  # the @cee: cookie
    if place >= stop or load(place) != BRACE:
        return False
    depth = _open(k, -1, cell(k, SCRATCH), False)
    place = skip_blank(place + 1, stop)
    opened = True  # nothing stands before this place in its object or array
    while depth >= 0 and 0 <= place < stop:
        array = cell(row_of(cell(k, STACK), depth, FRAME_WIDTH), NEXT) != _IN_OBJECT
        ended = load(place) == (BRACKET_END if array else BRACE_END)
        if ended:
            depth, place = depth - 1, skip_blank(place + 1, stop)
        if not (ended or opened):
            if load(place) != COMMA:
                return False
            place = skip_blank(place + 1, stop)
        opened = False
        if not ended:
            depth, place, opened = _member(k, row, depth, place, stop)
    return depth < 0 and place == stop


@helper
def _member(k: int, row: int, depth: int, start: int, stop: int) -> tuple[int, int, bool]:
    """Read a member or element; return the depth behind it, its end or -1, and if it was opened."""
    path_end, place = _name(k, depth, start, stop)
    if place < 0 or place >= stop:
        return depth, -1, False
    column = wanted(k, cell(k, SCRATCH), path_end)
    if load(place) in (BRACE, BRACKET) and _leads(k, path_end):
        if column != 0:
            end = nested_end(place, stop)
            if end < 0:
                return depth, -1, False
            put(column, row, place, end, False)
        store(path_end, DOT)
        depth = _open(k, depth, path_end + 1, load(place) == BRACKET)
        return depth, skip_blank(place + 1, stop), True
    place = _value(row, column, place, stop)
    return depth, skip_blank(place, stop) if place >= 0 else -1, False


@inlined
def _open(k: int, depth: int, path: int, array: bool) -> int:
    frame = row_of(cell(k, STACK), depth + 1, FRAME_WIDTH)
    set_cell(frame, PATH, path)
    set_cell(frame, NEXT, 0 if array else _IN_OBJECT)
    return depth + 1


@inlined
def _name(k: int, depth: int, start: int, stop: int) -> tuple[int, int]:
    """Write a member's path to SCRATCH; return where it ends, and where the value is, or -1."""
    frame = row_of(cell(k, STACK), depth, FRAME_WIDTH)
    path, number = cell(frame, PATH), cell(frame, NEXT)
    if number != _IN_OBJECT:
        set_cell(frame, NEXT, number + 1)
        return _write_number(number, path), start
    end = string_end(start + 1, stop) if start < stop and load(start) == QUOTE else -1
    if end < 0:
        return path, -1
    path = unescape_json(start + 1, end, path)
    place = skip_blank(end + 1, stop)
    if place >= stop or load(place) != COLON:
        return path, -1
    return path, skip_blank(place + 1, stop)


@inlined
def _write_number(number: int, target: int) -> int:
    """Write a number that is not negative in decimal digits; return where the writing ended."""
    end, rest = target + 1, number // 10
    while rest > 0:
        end, rest = end + 1, rest // 10
    place = end - 1
    while place >= target:
        store(place, ZERO + number % 10)
        place, number = place - 1, number // 10
    return end


@inlined
def _leads(k: int, path_end: int) -> bool:
    """Tell whether the path in SCRATCH with a point behind it begins a wanted key."""
    path = cell(k, SCRATCH)
    length = path_end - path
    for field in range(cell(k, FIELD_COUNT)):
        column = row_of(cell(k, COLUMNS), field, COLUMN_WIDTH)
        name, longer = cell(column, NAME), cell(column, NAME_SIZE) > length
        if longer and load(name + length) == DOT and same(path, name, length):
            return True
    return False


@helper
def _value(row: int, column: int, start: int, stop: int) -> int:
    """Read any JSON value and keep it if it is wanted; return where it ends, or -1."""
    if load(start) == QUOTE:
        end = string_end(start + 1, stop)
        if end < 0:
            return -1
        if column != 0:
            put(column, row, start + 1, end, True)
        return end + 1
    if load(start) == BRACE or load(start) == BRACKET:
        end = nested_end(start, stop)
    else:
        end = scalar_end(start, stop)
        if not is_scalar(start, end):
            return -1
    if end >= 0 and column != 0:
        if load(start) == _N:  # null
            set_null(column, row)
        else:
            put(column, row, start, end, False)  # of nested values, text gets the JSON as it is
    return end
