"""Kernel pieces that undo the escapes of servers and of JSON. All positions are addresses."""

from __future__ import annotations

from etl.native.jit import helper, inlined
from etl.native.memory import load, store
from etl.parse.context import (
    BACKSLASH,
    PERCENT,
    PERCENT_ENCODED,
    PLUS,
    PLUS_IS_SPACE,
    QUOTE,
    SLASH,
    SPACE,
)

_A, _N, _R, _T, _U, _V, _X, _B, _F = b"anrtuvxbf"


@inlined
def hex_digit(byte: int) -> int:
    """Return the value of a hexadecimal digit, or -1."""
    if 48 <= byte <= 57:
        return byte - 48
    if 97 <= byte <= 102:
        return byte - 87
    if 65 <= byte <= 70:
        return byte - 55
    return -1


@helper
def unescape(start: int, stop: int, target: int) -> int:
    r"""Decode nginx's and Apache's escapes; return where the writing ended.

    nginx writes \xHH (ngx_http_log_escape); Apache \xhh, \", \\ and C's letters
    (ap_escape_logitem). A backslash before anything else stands for itself.
    """
    while start < stop:
        byte = load(start)
        start += 1
        if byte == BACKSLASH and start < stop:
            mark = load(start)
            if mark == _X and start + 2 < stop:
                high, low = hex_digit(load(start + 1)), hex_digit(load(start + 2))
                if high >= 0 and low >= 0:
                    byte = high * 16 + low
                    start += 3
            else:
                plain = _meant(mark)
                if plain != 0:
                    byte = plain
                    start += 1
        store(target, byte)
        target += 1
    return target


@helper
def unescape_url(start: int, stop: int, target: int, flags: int) -> int:
    """Decode %HH, or "+" for a space, as the flags say; return where the writing ended."""
    while start < stop:
        byte = load(start)
        start += 1
        if byte == PLUS and flags & PLUS_IS_SPACE:
            byte = SPACE
        elif byte == PERCENT and flags & PERCENT_ENCODED and start + 1 < stop:
            high, low = hex_digit(load(start)), hex_digit(load(start + 1))
            if high >= 0 and low >= 0:
                byte = high * 16 + low
                start += 2
        store(target, byte)
        target += 1
    return target


@inlined
def _meant(letter: int) -> int:
    if letter in (BACKSLASH, QUOTE):
        return letter
    if letter == _N:
        return 10
    if letter == _T:
        return 9
    if letter == _R:
        return 13
    if letter == _B:
        return 8
    if letter == _V:
        return 11
    if letter == _F:
        return 12
    return 7 if letter == _A else 0


@helper
def unescape_json(start: int, stop: int, target: int) -> int:
    """Decode a JSON string's escapes (RFC 8259, 7); return where the writing ended.

    A lone surrogate becomes U+FFFD; a backslash before anything else stands for itself.
    """
    while start < stop:
        byte = load(start)
        start += 1
        if byte == BACKSLASH and start < stop:
            mark = load(start)
            if mark == _U:
                code = _code_unit(start + 1, stop)
                if code >= 0:
                    start += 5
                    if 0xD800 <= code <= 0xDBFF and _escape_follows(start, stop):
                        low = _code_unit(start + 2, stop)
                        if 0xDC00 <= low <= 0xDFFF:
                            code = 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00
                            start += 6
                    target = _encode(code, target)
                    continue
            else:
                plain = _letter(mark)
                if plain:
                    byte = plain
                    start += 1
        store(target, byte)
        target += 1
    return target


@inlined
def _escape_follows(start: int, stop: int) -> bool:
    return start + 1 < stop and load(start) == BACKSLASH and load(start + 1) == _U


@inlined
def _letter(mark: int) -> int:
    if mark in (QUOTE, BACKSLASH, SLASH):
        return mark
    if mark == 110:
        return 10
    if mark == 116:
        return 9
    if mark == 114:
        return 13
    if mark == 98:
        return 8
    return 12 if mark == 102 else 0


@inlined
def _code_unit(start: int, stop: int) -> int:
    if start + 4 > stop:
        return -1
    code = 0
    for index in range(4):
        digit = hex_digit(load(start + index))
        if digit < 0:
            return -1
        code = code * 16 + digit
    return code


@inlined
def _encode(code: int, target: int) -> int:
    """Write a code point as UTF-8; return where the writing ended."""
    if 0xD800 <= code <= 0xDFFF:
        code = 0xFFFD
    if code < 0x80:
        store(target, code)
        return target + 1
    if code < 0x800:
        store(target, 0xC0 | (code >> 6))
        store(target + 1, 0x80 | (code & 63))
        return target + 2
    if code < 0x10000:
        store(target, 0xE0 | (code >> 12))
        store(target + 1, 0x80 | ((code >> 6) & 63))
        store(target + 2, 0x80 | (code & 63))
        return target + 3
    store(target, 0xF0 | (code >> 18))
    store(target + 1, 0x80 | ((code >> 12) & 63))
    store(target + 2, 0x80 | ((code >> 6) & 63))
    store(target + 3, 0x80 | (code & 63))
    return target + 4
