"""Kernel pieces that convert fields of messages. Each returns (value, 1), or (0, 0) for null."""

from __future__ import annotations

import sys

from etl.native.jit import helper, inlined
from etl.native.memory import load, load32
from etl.parse.context import DASH, DOT, NINE, PLUS, ZERO
from etl.parse.values import power_of_ten

KIND_TEXT, KIND_INTEGER, KIND_NUMBER, KIND_BOOLEAN, KIND_DURATION = range(5)
HARD = 2
"""Instead of 1: a well-formed number that needs more than one exact multiplication."""

_LARGEST = 9_223_372_036_854_775_807
_EXACT_DIGITS = 15  # a double holds any such number exactly
_EXACT_POWER = 22  # and any such power of ten
_E = ord("e")
_TRUE, _FALS, _NULL = (int.from_bytes(word, sys.byteorder) for word in (b"true", b"fals", b"null"))
_LOWER = 0x2020_2020


@helper
def read_integer(start: int, stop: int) -> tuple[int, int]:
    """Read a whole number with an optional minus sign that fits 64 bits."""
    sign = 1
    if start < stop and load(start) == DASH:
        sign, start = -1, start + 1
    if start == stop:
        return 0, 0
    value = 0
    for index in range(start, stop):
        digit = load(index) - ZERO
        if digit < 0 or digit > 9 or value > (_LARGEST - digit) // 10:
            return 0, 0
        value = value * 10 + digit
    return sign * value, 1


@helper
def read_number(start: int, stop: int) -> tuple[float, int]:
    """Read a decimal number: `-12.5e-3`."""
    place, sign = start, 1.0
    if place < stop and load(place) == DASH:
        place, sign = place + 1, -1.0
    value, digits, leading, fraction = 0, 0, 0, 0
    point = False
    while place < stop and (ZERO <= load(place) <= NINE or (load(place) == DOT and not point)):
        if load(place) == DOT:
            if digits == 0:
                return 0.0, 0
            point = True
        else:
            leading += value == 0
            if digits - leading < _EXACT_DIGITS + 1:
                value = value * 10 + load(place) - ZERO
            digits += 1
            fraction += point
        place += 1
    if digits == 0 or load(place - 1) == DOT:
        return 0.0, 0
    exponent, place = read_exponent(place, stop)
    if place != stop:
        return 0.0, 0
    exponent -= fraction
    if digits - leading > _EXACT_DIGITS - 1 or exponent > _EXACT_POWER or exponent < -_EXACT_POWER:
        return 0.0, HARD
    if exponent < 0:
        return sign * value / power_of_ten(-exponent), 1
    return sign * value * power_of_ten(exponent), 1


@inlined
def read_exponent(place: int, stop: int) -> tuple[int, int]:
    """Read an exponent if there is one; return it and where it ends (before itself if bad)."""
    start, value = place, 0
    if place >= stop or load(place) | 32 != _E:
        return 0, place
    place += 1
    negative = place < stop and load(place) == DASH
    if place < stop and (load(place) == PLUS or load(place) == DASH):
        place += 1
    first = place
    while place < stop and ZERO <= load(place) <= NINE:
        value = min(value * 10 + load(place) - ZERO, 99_999)
        place += 1
    if place == first:
        return 0, start
    return -value if negative else value, place


@helper
def read_boolean(start: int, stop: int) -> tuple[int, int]:
    """Read `true` or `false`, in any case of letters."""
    if stop - start == 4 and _word(start, _LOWER) == _TRUE:
        return 1, 1
    if stop - start == 5 and _word(start, _LOWER) == _FALS and load(start + 4) | 32 == _E:
        return 0, 1
    return 0, 0


@inlined
def _word(start: int, mask: int) -> int:
    """Return four bytes as a number, with the bits of `mask` set."""
    return (load32(start) & 0xFFFF_FFFF) | mask


@helper
def is_scalar(start: int, stop: int) -> bool:
    """Tell whether a token is JSON's true, false, null or a number (RFC 8259)."""
    if start == stop:
        return False
    if stop - start == 4 and (_word(start, 0) == _TRUE or _word(start, 0) == _NULL):
        return True
    if stop - start == 5 and _word(start, 0) == _FALS:
        return load(start + 4) == _E
    first = start + 1 if load(start) == DASH else start
    if first + 1 < stop and load(first) == ZERO and ZERO <= load(first + 1) <= NINE:
        return False
    return read_number(start, stop)[1] != 0
