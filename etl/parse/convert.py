"""Kernel pieces that convert fields of messages. Each returns (value, 1), or (0, 0) for null."""

from __future__ import annotations

from etl.model import Bytes
from etl.parse.context import BACKSLASH, DASH, DOT, NINE, PLUS, QUOTE, SLASH, ZERO
from etl.parse.jit import helper, inlined
from etl.parse.text import hex_digit
from etl.parse.values import power_of_ten

KIND_TEXT, KIND_INTEGER, KIND_NUMBER, KIND_BOOLEAN = range(4)
HARD = 2
"""Instead of 1: a well-formed number that needs more than one exact multiplication."""

_LARGEST = 9_223_372_036_854_775_807
_EXACT_DIGITS = 15  # a double holds any such number exactly
_EXACT_POWER = 22  # and any such power of ten
_E = ord("e")


@helper
def read_integer(text: Bytes, start: int, stop: int) -> tuple[int, int]:
    """Read a whole number with an optional minus sign that fits 64 bits."""
    sign = 1
    if start < stop and text[start] == DASH:
        sign, start = -1, start + 1
    if start == stop:
        return 0, 0
    value = 0
    for index in range(start, stop):
        digit = int(text[index]) - ZERO
        if digit < 0 or digit > 9 or value > (_LARGEST - digit) // 10:
            return 0, 0
        value = value * 10 + digit
    return sign * value, 1


@helper
def read_number(text: Bytes, start: int, stop: int) -> tuple[float, int]:
    """Read a decimal number: `-12.5e-3`."""
    place, sign = start, 1.0
    if place < stop and text[place] == DASH:
        place, sign = place + 1, -1.0
    value, digits, leading, fraction = 0, 0, 0, 0
    point = False
    while place < stop and (ZERO <= text[place] <= NINE or (text[place] == DOT and not point)):
        if text[place] == DOT:
            if digits == 0:
                return 0.0, 0
            point = True
        else:
            leading += value == 0
            if digits - leading < _EXACT_DIGITS + 1:
                value = value * 10 + int(text[place]) - ZERO
            digits += 1
            fraction += point
        place += 1
    if digits == 0 or text[place - 1] == DOT:
        return 0.0, 0
    exponent = 0
    if place < stop and (int(text[place]) | 32) == _E:
        place += 1
        negative = place < stop and text[place] == DASH
        if place < stop and text[place] in (PLUS, DASH):
            place += 1
        first = place
        while place < stop and ZERO <= text[place] <= NINE:
            exponent = min(exponent * 10 + int(text[place]) - ZERO, 99_999)
            place += 1
        if place == first:
            return 0.0, 0
        exponent = -exponent if negative else exponent
    if place != stop:
        return 0.0, 0
    exponent -= fraction
    if digits - leading > _EXACT_DIGITS - 1 or exponent > _EXACT_POWER or exponent < -_EXACT_POWER:
        return 0.0, HARD
    if exponent < 0:
        return sign * value / power_of_ten(-exponent), 1
    return sign * value * power_of_ten(exponent), 1


@helper
def read_boolean(text: Bytes, start: int, stop: int) -> tuple[int, int]:
    """Read `true` or `false`, in any case of letters."""
    if stop - start == 4 and _spells(text, start, b"true"):
        return 1, 1
    if stop - start == 5 and _spells(text, start, b"false"):
        return 0, 1
    return 0, 0


@inlined
def _spells(text: Bytes, start: int, word: bytes) -> bool:
    for index in range(len(word)):
        if (int(text[start + index]) | 32) != word[index]:
            return False
    return True


@helper
def is_scalar(text: Bytes, start: int, stop: int) -> bool:
    """Tell whether a token is JSON's true, false, null or a number (RFC 8259)."""
    if stop - start == 4 and (text[start] == 116 or text[start] == 110):
        return _same(text, start, b"true") or _same(text, start, b"null")
    if stop - start == 5 and text[start] == 102:
        return _same(text, start, b"false")
    first = start + 1 if start < stop and text[start] == DASH else start
    if first + 1 < stop and text[first] == ZERO and ZERO <= text[first + 1] <= NINE:
        return False
    return read_number(text, start, stop)[1] != 0


@inlined
def _same(text: Bytes, start: int, word: bytes) -> bool:
    for index in range(len(word)):
        if text[start + index] != word[index]:
            return False
    return True


@helper
def unescape_json(text: Bytes, start: int, stop: int, target: Bytes, place: int) -> int:
    """Decode a JSON string's escapes (RFC 8259, 7); return where the writing ended.

    A lone surrogate becomes U+FFFD; a backslash before anything else stands for itself.
    """
    while start < stop:
        byte = int(text[start])
        start += 1
        if byte == BACKSLASH and start < stop:
            mark = int(text[start])
            if mark == 117:
                code = _code_unit(text, start + 1, stop)
                if code >= 0:
                    start += 5
                    if 0xD800 <= code <= 0xDBFF and _escape_follows(text, start, stop):
                        low = _code_unit(text, start + 2, stop)
                        if 0xDC00 <= low <= 0xDFFF:
                            code = 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00
                            start += 6
                    place = _encode(code, target, place)
                    continue
            else:
                plain = _letter(mark)
                if plain:
                    byte = plain
                    start += 1
        target[place] = byte
        place += 1
    return place


@inlined
def _escape_follows(text: Bytes, start: int, stop: int) -> bool:
    return start + 1 < stop and text[start] == BACKSLASH and text[start + 1] == 117


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
def _code_unit(text: Bytes, start: int, stop: int) -> int:
    if start + 4 > stop:
        return -1
    code = 0
    for index in range(4):
        digit = hex_digit(text[start + index])
        if digit < 0:
            return -1
        code = code * 16 + digit
    return code


@inlined
def _encode(code: int, target: Bytes, place: int) -> int:
    """Write a code point as UTF-8; return where the writing ended."""
    if 0xD800 <= code <= 0xDFFF:
        code = 0xFFFD
    if code < 0x80:
        target[place] = code
        return place + 1
    if code < 0x800:
        target[place] = 0xC0 | (code >> 6)
        target[place + 1] = 0x80 | (code & 63)
        return place + 2
    if code < 0x10000:
        target[place] = 0xE0 | (code >> 12)
        target[place + 1] = 0x80 | ((code >> 6) & 63)
        target[place + 2] = 0x80 | (code & 63)
        return place + 3
    target[place] = 0xF0 | (code >> 18)
    target[place + 1] = 0x80 | ((code >> 12) & 63)
    target[place + 2] = 0x80 | ((code >> 6) & 63)
    target[place + 3] = 0x80 | (code & 63)
    return place + 4
