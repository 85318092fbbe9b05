"""Kernel pieces that take the members of a JSON object (RFC 8259), nested ones by dotted name.

What no step wants goes into `extra`, as it was sent: numbers stay numbers, objects objects. So
does an object whose name a step wants, unless the step takes it whole, and an array of more than
the one element that the step takes. Inside an object that is entered for one of its members, the
others get names with dots. Leniency: escapes that JSON does not know and control characters in
strings are taken as they are.
"""

from __future__ import annotations

from etl.native.cells import cell, set_cell
from etl.native.jit import helper, inlined
from etl.native.memory import load, store
from etl.parse.context import (
    BACKSLASH,
    BRACE,
    BRACE_END,
    BRACKET,
    BYTES,
    COLON,
    COMMA,
    DOT,
    JSON_ESCAPED,
    NO_MATCH,
    PATH,
    PREFIXES,
    QUOTE,
    VALUE,
    WHOLE,
)
from etl.parse.convert import is_scalar
from etl.parse.escapes import unescape_json
from etl.parse.json_text import (
    is_strict,
    nested_end,
    read_bytes,
    scalar_end,
    skip_blank,
    string_end,
)
from etl.parse.members import (
    flags_of,
    leads_on,
    put_member,
    put_spare,
    put_spare_json,
    taker,
    wanted,
)
from etl.parse.text import holds
from etl.parse.values import fail_value

_N = ord("n")


@helper
def put_object(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Take an object's members; return where it ends, or -1. The last of equal names counts."""
    place = skip_blank(start, stop)
    if place >= stop or load(place) != BRACE:
        return fail_value(k, NO_MATCH, place, stop)
    path, prefixes = cell(k, PATH), cell(k, PREFIXES)
    depth, prefix, guess, first = 1, 0, -1, True
    place = skip_blank(place + 1, stop)
    while True:
        if place < stop and load(place) == BRACE_END:
            place, depth, first = skip_blank(place + 1, stop), depth - 1, False
            if depth == 0:
                return place
            prefix = cell(prefixes, depth)
            continue
        if not first:
            if place >= stop or load(place) != COMMA:
                return fail_value(k, NO_MATCH, place, stop)
            place = skip_blank(place + 1, stop)
        first = False
        end = _key_end(k, place, stop)
        if end < 0:
            return end
        size = unescape_json(place + 1, end, path + prefix) - path
        place = _value_start(k, end + 1, stop)
        if place < 0:
            return place
        number = wanted(k, s, path, size, guess)
        guess = number + 1 if number >= 0 else guess
        if place < stop and load(place) == BRACE and leads_on(k, s, path, size):
            store(path + size, DOT)
            set_cell(prefixes, depth, prefix)
            prefix, depth, first = size + 1, depth + 1, True
            place = skip_blank(place + 1, stop)
            continue
        place = _put_value(k, row, taker(k, row, number), size, place, stop)
        if place < 0:
            return place
        place = skip_blank(place, stop)


@inlined
def _key_end(k: int, start: int, stop: int) -> int:
    """Return the quote that ends the key at `start`, or -1."""
    if start >= stop or load(start) != QUOTE:
        return fail_value(k, NO_MATCH, start, stop)
    end = string_end(start + 1, stop)
    return end if end >= 0 else fail_value(k, NO_MATCH, stop, stop)


@inlined
def _value_start(k: int, start: int, stop: int) -> int:
    """Return where the value behind a key and its colon begins, or -1."""
    place = skip_blank(start, stop)
    if place >= stop or load(place) != COLON:
        return fail_value(k, NO_MATCH, place, stop)
    return skip_blank(place + 1, stop)


@helper
def _put_value(k: int, row: int, number: int, size: int, start: int, stop: int) -> int:
    """Put any JSON value where it belongs; return where it ends, or -1."""
    if start >= stop:
        return fail_value(k, NO_MATCH, start, stop)
    first = load(start)
    if first == QUOTE:
        end = string_end(start + 1, stop)
        if end < 0:
            return fail_value(k, NO_MATCH, stop, stop)
        if not _put_string(k, row, number, size, start + 1, end):
            return -1
        return end + 1
    if first in (BRACE, BRACKET):
        end = nested_end(start, stop)
        if end < 0:
            return fail_value(k, NO_MATCH, stop, stop)
        return end if _put_nested(k, row, number, size, start, end) else -1
    end = scalar_end(start, stop)
    if not is_scalar(start, end):
        return fail_value(k, NO_MATCH, start, stop)
    if number < 0:
        put_spare_json(k, cell(k, PATH), size, start, end)
    elif first != _N and not put_member(k, row, number, start, end, start):
        return -1
    return end


@helper
def _put_string(k: int, row: int, number: int, size: int, start: int, stop: int) -> bool:
    """Put the inside of a string where it belongs."""
    if number < 0:
        put_spare(k, cell(k, PATH), size, start, stop, JSON_ESCAPED)
        return True
    if not holds(start, stop, BACKSLASH):
        return put_member(k, row, number, start, stop, start)
    value = cell(k, VALUE)
    return put_member(k, row, number, value, unescape_json(start, stop, value), start)


@helper
def _put_nested(k: int, row: int, number: int, size: int, start: int, stop: int) -> bool:
    """Put an object or an array where it belongs: in `extra` what a column could not hold."""
    if number >= 0:
        if load(start) == BRACE and flags_of(k, number) & WHOLE:
            return put_member(k, row, number, start, stop, start)
        if load(start) == BRACKET:
            if _put_bytes(k, row, number, start, stop):
                return True
            more = _put_first(k, row, number, start, stop)
            if more <= 0:
                return more == 0
    if is_strict(start, stop):
        put_spare_json(k, cell(k, PATH), size, start, stop)
    else:
        put_spare(k, cell(k, PATH), size, start, stop, 0)
    return True


@helper
def _put_bytes(k: int, row: int, number: int, start: int, stop: int) -> bool:
    """Put an array as the text whose bytes it lists, if it is one and the step takes it so."""
    if flags_of(k, number) & BYTES == 0:
        return False
    value = cell(k, VALUE)
    end = read_bytes(start, stop, value)
    return end >= 0 and put_member(k, row, number, value, end, start)


@helper
def _put_first(k: int, row: int, number: int, start: int, stop: int) -> int:
    """Put an array's first element; return -1 if it is wrong, 1 if there is more, else 0."""
    place = skip_blank(start + 1, stop)
    if load(place) == QUOTE:
        end = string_end(place + 1, stop)
        if not _put_string(k, row, number, 0, place + 1, end):
            return -1
        end += 1
    elif load(place) == BRACKET:
        end = nested_end(place, stop)
        if end < 0 or not _put_bytes(k, row, number, place, end):
            return 1
    else:
        end = scalar_end(place, stop)
        if end == place or not is_scalar(place, end):
            return 0 if place == stop - 1 else 1  # empty, or an object
        if load(place) != _N and not put_member(k, row, number, place, end, place):
            return -1
    return 0 if skip_blank(end, stop) == stop - 1 else 1
