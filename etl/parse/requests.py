"""Kernel pieces that split request lines and URIs. All positions are addresses."""

from __future__ import annotations

from etl.native.cells import cell
from etl.native.jit import helper, inlined
from etl.native.memory import load
from etl.parse.context import (
    ANY_ESCAPES,
    COLON,
    DOT,
    FLAGS,
    NINE,
    NO_ORIGIN,
    QUESTION,
    SLASH,
    SLOT_A,
    SLOT_B,
    SLOT_C,
    SLOT_D,
    SPACE,
    ZERO,
)
from etl.parse.text import find_byte
from etl.parse.values import is_absent, put_text, set_extra, set_null_text, set_text

_G, _E, _T, _H, _P = b"GETHP"
_LONGEST_SCHEME = 6
_LOWEST_MARKS = sum(1 << (byte - 32) for byte in b"!#$%&'*+-.")
_HIGHEST_MARKS = sum(1 << (byte - 94) for byte in b"^_`|~")


@inlined
def _put_path(k: int, row: int, s: int, start: int, stop: int) -> None:
    """Write path and query (slots B and C), which the first question mark parts."""
    escaped = cell(s, FLAGS) & ANY_ESCAPES
    if cell(s, FLAGS) & NO_ORIGIN:
        start = _after_origin(start, stop)
    mark = find_byte(start, stop, QUESTION)
    set_text(k, row, cell(s, SLOT_B), start, mark, escaped)
    if mark < stop:
        set_text(k, row, cell(s, SLOT_C), mark + 1, stop, escaped)
    else:
        set_null_text(k, row, cell(s, SLOT_C))


@helper
def _after_origin(start: int, stop: int) -> int:
    """Return where the path of a URL, or its query, begins: behind `scheme://host:port`."""
    place, last = start, min(stop, start + _LONGEST_SCHEME)
    while place < last and 97 <= load(place) | 0x20 <= 122:
        place += 1
    if place == start or place + 3 > stop or load(place) != COLON or load(place + 1) != SLASH:
        return start
    if load(place + 2) != SLASH:
        return start
    return find_byte(place + 3, find_byte(place + 3, stop, QUESTION), SLASH)


@helper
def put_uri(k: int, row: int, s: int, start: int, stop: int) -> None:
    """Write a URI that stands alone."""
    if is_absent(s, start, stop):
        set_null_text(k, row, cell(s, SLOT_B))
        set_null_text(k, row, cell(s, SLOT_C))
    else:
        _put_path(k, row, s, start, stop)


@helper
def put_query(k: int, row: int, s: int, start: int, stop: int) -> None:
    """Write a query, without the "?" that Apache's %q begins with; null if there is none."""
    if start == stop:
        set_null_text(k, row, cell(s, SLOT_A))
    elif load(start) == QUESTION:
        set_text(k, row, cell(s, SLOT_A), start + 1, stop, cell(s, FLAGS) & ANY_ESCAPES)
    else:
        put_text(k, row, s, start, stop)


@inlined
def put_request(k: int, row: int, s: int, start: int, stop: int) -> None:
    """Write method, path, query and protocol, or keep what is no request line in `extra`.

    METHOD URI PROTOCOL: a token (RFC 9110, 5.6.2), anything, `HTTP/` and a number. The URI may
    hold spaces, since servers have let them through. HTTP/0.9 is `GET /path` and nothing else.
    """
    uri = find_byte(start, stop, SPACE)
    last = stop - 1
    while last > uri and load(last) != SPACE:
        last -= 1
    if last > uri + 1 and _is_protocol(last + 1, stop) and _is_token(start, uri):
        set_text(k, row, cell(s, SLOT_A), start, uri, 0)
        _put_path(k, row, s, uri + 1, last)
        set_text(k, row, cell(s, SLOT_D), last + 1, stop, 0)
    else:
        _put_odd_request(k, row, s, start, stop)


@helper
def _put_odd_request(k: int, row: int, s: int, start: int, stop: int) -> None:
    set_null_text(k, row, cell(s, SLOT_D))
    if not is_absent(s, start, stop):
        set_extra(k, s, start, stop)
    if _is_simple(start, stop):
        set_text(k, row, cell(s, SLOT_A), start, start + 3, 0)
        _put_path(k, row, s, start + 4, stop)
    else:
        set_null_text(k, row, cell(s, SLOT_A))
        set_null_text(k, row, cell(s, SLOT_B))
        set_null_text(k, row, cell(s, SLOT_C))


@inlined
def _is_token(start: int, stop: int) -> bool:
    for place in range(start, stop):
        byte = load(place)
        if not (65 <= (byte & 0xDF) <= 90 or ZERO <= byte <= NINE or _is_mark(byte)):
            return False
    return stop > start


@inlined
def _is_mark(byte: int) -> bool:
    if 32 <= byte < 64:
        return (_LOWEST_MARKS >> (byte - 32)) & 1 != 0
    return 94 <= byte <= 126 and (_HIGHEST_MARKS >> (byte - 94)) & 1 != 0


@inlined
def _is_protocol(start: int, stop: int) -> bool:
    length = stop - start
    if length != 8 and length != 6:
        return False
    if load(start) != _H or load(start + 1) != _T or load(start + 2) != _T:
        return False
    if load(start + 3) != _P or load(start + 4) != SLASH or not ZERO <= load(start + 5) <= NINE:
        return False
    return length == 6 or (load(start + 6) == DOT and ZERO <= load(start + 7) <= NINE)


@inlined
def _is_simple(start: int, stop: int) -> bool:
    """Tell whether it is HTTP/0.9's `GET /path`."""
    if stop - start < 5 or load(start) != _G or load(start + 1) != _E or load(start + 2) != _T:
        return False
    if load(start + 3) != SPACE or load(start + 4) != SLASH:
        return False
    return find_byte(start + 4, stop, SPACE) == stop
