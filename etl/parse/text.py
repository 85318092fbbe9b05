"""Kernel pieces that find, decode and write strings."""

from __future__ import annotations

from etl.model import Bytes
from etl.parse.context import BACKSLASH, QUOTE, SPACE
from etl.parse.jit import helper, inlined

_A, _N, _R, _T, _U, _V, _X, _B, _F = (ord(letter) for letter in "anrtuvxbf")
_PLAIN_LIMIT = 0x80


@inlined
def find(data: Bytes, start: int, stop: int, literal: Bytes, low: int, high: int) -> int:
    """Return where `literal[low:high]` first stands in `data[start:stop]`, or -1."""
    first = literal[low]
    last = stop - (high - low)
    place = start
    while place <= last:
        if data[place] == first:
            length = 1
            while low + length < high and data[place + length] == literal[low + length]:
                length += 1
            if low + length == high:
                return place
        place += 1
    return -1


@inlined
def find_quoted(data: Bytes, start: int, stop: int, literal: Bytes, low: int, high: int) -> int:
    """Like `find`, but a backslash takes the byte after it out of the search."""
    first = literal[low]
    last = stop - (high - low)
    place = start
    while place <= last:
        byte = data[place]
        if byte == BACKSLASH:
            place += 1
        elif byte == first:
            length = 1
            while low + length < high and data[place + length] == literal[low + length]:
                length += 1
            if low + length == high:
                return place
        place += 1
    return -1


@inlined
def copy_plain(data: Bytes, start: int, stop: int, target: Bytes, place: int) -> int:
    """Copy bytes and return all of them or-ed together."""
    seen = 0
    for index in range(stop - start):
        byte = data[start + index]
        target[place + index] = byte
        seen |= byte
    return seen


@inlined
def holds(data: Bytes, start: int, stop: int, wanted: int) -> bool:
    """Tell whether a byte occurs in `data[start:stop]`."""
    found = 0
    for index in range(start, stop):
        found |= data[index] == wanted
    return found != 0


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
def unescape(data: Bytes, start: int, stop: int, target: Bytes, place: int) -> int:
    """Decode nginx's and Apache's escapes; return where the writing ended.

    nginx writes \\xHH (ngx_http_log_escape); Apache \\xhh, \\", \\\\ and C's letters
    (ap_escape_logitem). A backslash before anything else stands for itself.
    """
    while start < stop:
        byte = int(data[start])
        start += 1
        if byte == BACKSLASH and start < stop:
            mark = int(data[start])
            if mark == _X and start + 2 < stop:
                high, low = hex_digit(data[start + 1]), hex_digit(data[start + 2])
                if high >= 0 and low >= 0:
                    byte = high * 16 + low
                    start += 3
            elif mark in (BACKSLASH, QUOTE):
                byte = mark
                start += 1
            else:
                control = _control(mark)
                if control:
                    byte = control
                    start += 1
        target[place] = byte
        place += 1
    return place


@inlined
def _control(letter: int) -> int:
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
def sequence_length(data: Bytes, start: int, stop: int) -> int:
    """Return the length of the UTF-8 sequence at `start`, or minus that of its damaged beginning.

    The Unicode Standard, table 3-7; the damaged part is the maximal one (section 3.9), so that
    one U+FFFD stands where Python's decoder would put one.
    """
    lead = int(data[start])
    low, high = 0x80, 0xBF
    if 0xC2 <= lead <= 0xDF:
        length = 2
    elif 0xE0 <= lead <= 0xEF:
        length = 3
        if lead == 0xE0:
            low = 0xA0
        elif lead == 0xED:
            high = 0x9F
    elif 0xF0 <= lead <= 0xF4:
        length = 4
        if lead == 0xF0:
            low = 0x90
        elif lead == 0xF4:
            high = 0x8F
    else:
        return -1
    for index in range(1, length):
        if start + index >= stop or not low <= data[start + index] <= high:
            return -index
        low, high = 0x80, 0xBF
    return length


@helper
def write_text(data: Bytes, start: int, stop: int, target: Bytes, place: int) -> int:
    """Copy text, U+FFFD for what is not UTF-8; return where the writing ended."""
    while start < stop:
        if data[start] < _PLAIN_LIMIT:
            target[place] = data[start]
            start += 1
            place += 1
            continue
        length = sequence_length(data, start, stop)
        if length < 0:
            place = _replacement(target, place)
        for index in range(length):
            target[place] = data[start + index]
            place += 1
        start += abs(length)
    return place


@helper
def write_json(data: Bytes, start: int, stop: int, target: Bytes, place: int) -> int:
    """Copy text as the inside of a JSON string; return where the writing ended."""
    while start < stop:
        byte = int(data[start])
        if byte < SPACE:
            target[place], target[place + 1] = BACKSLASH, _U
            target[place + 2], target[place + 3] = 48, 48
            target[place + 4] = 48 + (byte >> 4)
            low = byte & 15
            target[place + 5] = 48 + low if low < 10 else 87 + low
            start += 1
            place += 6
        elif byte < _PLAIN_LIMIT:
            if byte in (QUOTE, BACKSLASH):
                target[place] = BACKSLASH
                place += 1
            target[place] = byte
            start += 1
            place += 1
        else:
            length = sequence_length(data, start, stop)
            if length < 0:
                place = _replacement(target, place)
            for index in range(length):
                target[place] = data[start + index]
                place += 1
            start += abs(length)
    return place


@inlined
def _replacement(target: Bytes, place: int) -> int:
    target[place], target[place + 1], target[place + 2] = 0xEF, 0xBF, 0xBD
    return place + 3
