"""Kernel pieces that find the ends of JSON's blanks, strings and values (RFC 8259)."""

from __future__ import annotations

from etl.native.jit import helper, inlined
from etl.native.memory import load, lowest_bit, mask_of, store
from etl.parse.context import (
    BACKSLASH,
    BRACE,
    BRACE_END,
    BRACKET,
    BRACKET_END,
    COLON,
    COMMA,
    NEWLINE,
    NINE,
    QUOTE,
    RETURN,
    SLASH,
    SPACE,
    TAB,
    ZERO,
)
from etl.parse.convert import is_scalar
from etl.parse.escapes import hex_digit
from etl.parse.text import sequence_length

_DEEPEST = 60
_U = ord("u")
_CHUNK = 32
_LARGEST_BYTE = 255


@inlined
def skip_blank(start: int, stop: int) -> int:
    """Return the next byte that is no blank of JSON's."""
    while start < stop and load(start) in (SPACE, TAB, NEWLINE, RETURN):
        start += 1
    return start


@inlined
def scalar_end(start: int, stop: int) -> int:
    """Return where a number or a word ends."""
    while start < stop:
        byte = load(start)
        if byte <= SPACE or byte in (COMMA, BRACE_END, BRACKET_END):
            break
        start += 1
    return start


@inlined
def string_end(start: int, stop: int) -> int:
    """Return where the quote is that ends a string, or -1."""
    while start < stop:
        quotes, slashes = mask_of(start, QUOTE), mask_of(start, BACKSLASH)
        if slashes != 0 and (quotes == 0 or lowest_bit(slashes) < lowest_bit(quotes)):
            start += lowest_bit(slashes) + 2
        elif quotes != 0:
            start += lowest_bit(quotes)
            return start if start < stop else -1
        else:
            start += _CHUNK
    return -1


@helper
def nested_end(start: int, stop: int) -> int:
    """Return the end of the object or array that begins at `start`, by its brackets, or -1."""
    depth, place = 0, start
    while place < stop:
        byte = load(place)
        if byte == QUOTE:
            place = string_end(place + 1, stop)
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


@helper
def read_bytes(start: int, stop: int, target: int) -> int:
    """Write the bytes that an array of whole numbers 0 to 255 lists; return the end of them.

    Returns:
        -1 where `start..stop` is no such array, or an empty one.
    """
    place = skip_blank(start + 1, stop)
    while place < stop:
        byte, first = 0, place
        while place < first + 3 and place < stop and ZERO <= load(place) <= NINE:
            byte, place = byte * 10 + load(place) - ZERO, place + 1
        if place == first or byte > _LARGEST_BYTE:
            return -1
        store(target, byte)
        target, place = target + 1, skip_blank(place, stop)
        if place == stop - 1:
            return target if load(place) == BRACKET_END else -1
        if place >= stop or load(place) != COMMA:
            return -1
        place = skip_blank(place + 1, stop)
    return -1


# What may come next: a value, a key, or what stands behind a value. FIRST: or the closing bracket.
_VALUE, _KEY, _BEHIND, _FIRST_VALUE, _FIRST_KEY, _BAD = range(6)


@helper
def is_strict(start: int, stop: int) -> bool:
    """Tell whether a nested value is JSON to the letter, so that it may stand inside other JSON."""
    kinds, depth, place, state = 0, 0, start, _VALUE  # kinds: a bit per open bracket, 1: object
    while place < stop and state != _BAD:
        byte = load(place)
        if byte in (SPACE, TAB, RETURN):
            place += 1
        elif byte in (BRACE, BRACKET, BRACE_END, BRACKET_END, COMMA):
            state, kinds, depth = _punctuation(byte, state, kinds, depth)
            place += 1
        elif state in (_KEY, _FIRST_KEY):
            place = _strict_string(place + 1, stop) if byte == QUOTE else -1
            while 0 <= place < stop and load(place) in (SPACE, TAB, RETURN):
                place += 1
            if place < 0 or place >= stop or load(place) != COLON:
                return False
            place, state = place + 1, _VALUE
        elif state in (_VALUE, _FIRST_VALUE):
            place = _strict_scalar(place, stop)
            if place < 0:
                return False
            state = _BEHIND
        else:
            return False
    return depth == 0 and state == _BEHIND


@helper
def _punctuation(byte: int, state: int, kinds: int, depth: int) -> tuple[int, int, int]:
    """Return the state behind a bracket or a comma, the kinds of open brackets and the depth."""
    if byte in (BRACE, BRACKET):
        if state not in (_VALUE, _FIRST_VALUE) or depth == _DEEPEST:
            return _BAD, kinds, depth
        is_object = byte == BRACE
        return _FIRST_KEY if is_object else _FIRST_VALUE, kinds << 1 | is_object, depth + 1
    if depth == 0:
        return _BAD, kinds, depth
    in_object = kinds & 1 == 1
    if byte == COMMA:
        if state != _BEHIND:
            return _BAD, kinds, depth
        return _KEY if in_object else _VALUE, kinds, depth
    if in_object != (byte == BRACE_END) or state in (_VALUE, _KEY):
        return _BAD, kinds, depth
    return _BEHIND, kinds >> 1, depth - 1


@helper
def _strict_scalar(start: int, stop: int) -> int:
    if load(start) == QUOTE:
        return _strict_string(start + 1, stop)
    end = scalar_end(start, stop)
    return end if is_scalar(start, end) else -1


@helper
def _strict_string(start: int, stop: int) -> int:
    """Return the byte behind a string's closing quote; -1 if anything in it is not JSON."""
    while start < stop:
        byte = load(start)
        if byte == QUOTE:
            return start + 1
        if byte < SPACE:
            return -1
        if byte == BACKSLASH:
            start = _escape_end(start + 1, stop)
            if start < 0:
                return -1
            continue
        length = sequence_length(start, stop)
        if length < 0:
            return -1
        start += length
    return -1


@inlined
def _escape_end(start: int, stop: int) -> int:
    if start >= stop:
        return -1
    mark = load(start)
    if mark in (QUOTE, BACKSLASH, SLASH, 98, 102, 110, 114, 116):
        return start + 1
    if mark != _U or start + 5 > stop:
        return -1
    for index in range(1, 5):
        if hex_digit(load(start + index)) < 0:
            return -1
    return start + 5
