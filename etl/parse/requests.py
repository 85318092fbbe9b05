"""Kernel pieces that split request lines and URIs."""

from __future__ import annotations

from etl.parse.context import (
    DASH_IS_NULL,
    DOT,
    ESCAPED,
    FLAGS,
    NINE,
    QUESTION,
    SLASH,
    SLOT_A,
    SLOT_B,
    SLOT_C,
    SLOT_D,
    SPACE,
    ZERO,
    Context,
)
from etl.parse.jit import inlined
from etl.parse.values import is_dash, put_text, set_extra, set_null_text, set_text



@inlined
def put_uri(k: Context, row: int, slots: tuple[int, int], bounds: tuple[int, int], esc: int) -> None:
    """Write path and query, which the first question mark parts."""
    start, stop = bounds
    mark = start
    while mark < stop and k.data[mark] != QUESTION:
        mark += 1
    set_text(k, row, slots[0], start, mark, esc)
    if mark < stop:
        set_text(k, row, slots[1], mark + 1, stop, esc)
    else:
        set_null_text(k, row, slots[1])


@inlined
def put_whole_uri(k: Context, row: int, step: int, start: int, stop: int) -> None:
    """Write a URI that stands alone."""
    slots = k.steps[step, SLOT_A], k.steps[step, SLOT_B]
    if is_dash(k, start, stop):
        set_null_text(k, row, slots[0])
        set_null_text(k, row, slots[1])
    else:
        put_uri(k, row, slots, (start, stop), k.steps[step, FLAGS] & ESCAPED)


@inlined
def put_query(k: Context, row: int, step: int, start: int, stop: int) -> None:
    """Write a query, without the "?" that Apache's %q begins with; null if there is none."""
    if start == stop:
        set_null_text(k, row, k.steps[step, SLOT_A])
    elif k.data[start] == QUESTION:
        set_text(k, row, k.steps[step, SLOT_A], start + 1, stop, k.steps[step, FLAGS] & ESCAPED)
    else:
        put_text(k, row, step, start, stop)


@inlined
def put_request(k: Context, row: int, step: int, start: int, stop: int) -> None:
    """Write method, path, query and protocol, or keep what is no request line in `extra`.

    METHOD URI PROTOCOL: a token (RFC 9110, 5.6.2), anything, `HTTP/` and a number. The URI may
    hold spaces, since servers have let them through. HTTP/0.9 is `GET /path` and nothing else.
    """
    data, esc = k.data, k.steps[step, FLAGS] & ESCAPED
    uri = start
    while uri < stop and data[uri] != SPACE:
        uri += 1
    last = stop - 1
    while last > uri and data[last] != SPACE:
        last -= 1
    slots = k.steps[step, SLOT_B], k.steps[step, SLOT_C]
    whole = last > uri + 1 and _is_protocol(k, last + 1, stop) and _is_token(k, start, uri)
    if whole:
        set_text(k, row, k.steps[step, SLOT_D], last + 1, stop, esc)
    else:
        last = stop
        set_null_text(k, row, k.steps[step, SLOT_D])
        if not (k.steps[step, FLAGS] & DASH_IS_NULL and is_dash(k, start, stop)):
            set_extra(k, row, step, start, stop)
    if whole or _is_simple(k, start, uri, stop):
        set_text(k, row, k.steps[step, SLOT_A], start, uri, esc)
        put_uri(k, row, slots, (uri + 1, last), esc)
    else:
        set_null_text(k, row, k.steps[step, SLOT_A])
        set_null_text(k, row, slots[0])
        set_null_text(k, row, slots[1])


@inlined
def _is_token(k: Context, start: int, stop: int) -> bool:
    if start == stop:
        return False
    for index in range(start, stop):
        byte = int(k.data[index])
        letter = 65 <= (byte & 0xDF) <= 90
        if not letter and not ZERO <= byte <= NINE and not _is_mark(byte):
            return False
    return True


@inlined
def _is_mark(byte: int) -> bool:
    return byte in (33, 35, 36, 37, 38, 39, 42, 43, 45, 46, 94, 95, 96, 124, 126)


@inlined
def _is_protocol(k: Context, start: int, stop: int) -> bool:
    data = k.data
    if stop - start < 6 or stop - start > 8 or data[start + 4] != SLASH:
        return False
    if data[start] != 72 or data[start + 1] != 84 or data[start + 2] != 84 or data[start + 3] != 80:
        return False
    if stop - start == 7 or not ZERO <= data[start + 5] <= NINE:
        return False
    return stop - start == 6 or (data[start + 6] == DOT and ZERO <= data[start + 7] <= NINE)


@inlined
def _is_simple(k: Context, start: int, uri: int, stop: int) -> bool:
    """Tell whether it is HTTP/0.9's `GET /path`."""
    data = k.data
    if uri - start != 3 or data[start] != 71 or data[start + 1] != 69 or data[start + 2] != 84:
        return False
    if stop - uri < 2 or data[uri + 1] != SLASH:
        return False
    for index in range(uri + 1, stop):
        if data[index] == SPACE:
            return False
    return True
