"""Kernel pieces that read time stamps by a strptime pattern, whole or in several parts.

Apache's %{…}t writes any strftime text, several times a line if it must; W3C logs have a date and
a time. What a part says is kept in the cells of PARTS until the line's end.
"""

from __future__ import annotations

from etl.formats.fields import EXACT_SECONDS
from etl.native.cells import cell, set_cell
from etl.native.jit import helper, inlined
from etl.native.memory import load
from etl.parse.context import (
    COLON,
    COMMA,
    DASH,
    DOT,
    NAME,
    NAME_SIZE,
    NINE,
    PERCENT,
    PLUS,
    SCALE,
    SPACE,
    STAMP_LOCAL,
    STAMP_NONE,
    STAMP_UTC,
    STAMP_YEARLESS,
    TAB,
    ZERO,
)
from etl.parse.stamps import (
    FIRST_YEAR,
    LAST_EPOCH_SECOND,
    LAST_YEAR,
    days_since_1970,
    fraction,
    month_at,
    month_length,
    offset_seconds,
)

YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MICROS, OFFSET, EPOCH, OF_YEAR, SEEN = range(11)
BEGAN = 11  # address of the line's first part
PARTS_WIDTH = 12

# Bits of SEEN, by cell; PM and AM besides, and whether the hour is one of twelve.
_PM, _AM, _OF_TWELVE = 1 << 12, 1 << 13, 1 << 14

_NO_OFFSET = -100_000
_MICROS_A_SECOND = 1_000_000
_A, _B, _D, _E, _F, _H, _J, _K, _L, _M, _N, _P, _S, _T, _U, _W, _Y, _Z = b"abdefhjklmnpstuwyz"
_UPPER_A, _UPPER_B, _UPPER_G, _UPPER_H, _UPPER_I, _UPPER_M, _UPPER_S, _UPPER_Y, _UPPER_Z = (
    b"ABGHIMSYZ"
)
_CASE = 0x20


@inlined
def begin_clock(parts: int) -> None:
    """Forget the parts of the line before."""
    set_cell(parts, SEEN, 0)


@inlined
def _note(parts: int, part: int, value: int) -> None:
    set_cell(parts, part, value)
    set_cell(parts, SEEN, cell(parts, SEEN) | 1 << part)


@helper
def read_clock(parts: int, s: int, start: int, stop: int) -> int:
    """Read a time stamp, or a part of one, by the step's pattern; return its end, or -1."""
    pattern = cell(s, NAME)
    last = pattern + cell(s, NAME_SIZE)
    place = start
    if cell(parts, SEEN) == 0:
        set_cell(parts, BEGAN, start)
    while pattern < last:
        wanted = load(pattern)
        if wanted == PERCENT and pattern + 1 < last:
            place = _directive(parts, load(pattern + 1), place, stop)
            if place < 0:
                return -1
            if load(pattern + 1) == _UPPER_S and cell(s, SCALE) != EXACT_SECONDS:
                place = _fraction_end(parts, place, stop)
            pattern += 2
        elif place < stop and load(place) == wanted:
            pattern, place = pattern + 1, place + 1
        else:
            return -1
    if cell(s, SCALE) == 1:
        _note(parts, OFFSET, 0)
    return place


@inlined
def _fraction_end(parts: int, place: int, stop: int) -> int:
    """Read the fraction behind a second, if there is one."""
    if place + 1 < stop and load(place) in (DOT, COMMA):
        end, micros = fraction(place + 1, stop)
        if end > 0:
            _note(parts, MICROS, micros)
            return end
    return place


@helper
def _directive(parts: int, letter: int, place: int, stop: int) -> int:
    """Read what a letter of strptime stands for; return its end, or -1."""
    if letter in (_B, _H, _UPPER_B):
        month = month_at(place) if place + 3 <= stop else 0
        if month == 0:
            return -1
        _note(parts, MONTH, month)
        return letters_end(place + 3, stop) if letter == _UPPER_B else place + 3
    if letter in (_A, _UPPER_A):
        end = letters_end(place, stop)
        return end if end > place else -1
    if letter == _P:
        return _half_of_day(parts, place, stop)
    if letter in (_Z, _UPPER_Z):
        return _zone(parts, place, stop)
    if letter == _F:
        end, micros = fraction(place, stop)
        _note(parts, MICROS, micros)
        return end
    if letter in (_N, _T):
        end = place
        while end < stop and load(end) in (SPACE, TAB):
            end += 1
        return end
    if letter == PERCENT:
        return place + 1 if place < stop and load(place) == PERCENT else -1
    return _number(parts, letter, place, stop)


@helper
def _number(parts: int, letter: int, start: int, stop: int) -> int:
    """Read a number of at most as many digits as the letter writes; return its end, or -1."""
    most = 2
    if letter in (_UPPER_Y, _UPPER_G):  # ISO 8601's year of the week says nothing new
        most = 4
    elif letter in (_U, _W):
        most = 1
    elif letter == _J:
        most = 3
    elif letter == _S:
        most = 11
    place = start
    if letter in (_E, _K, _L, _D, _UPPER_H, _UPPER_I) and place < stop and load(place) == SPACE:
        place += 1
    value, first = 0, place
    while place < stop and place - first < most and ZERO <= load(place) <= NINE:
        value = value * 10 + load(place) - ZERO
        place += 1
    if place == first:
        return -1
    part = _part_of(letter)
    if letter in (_UPPER_I, _L):
        set_cell(parts, SEEN, cell(parts, SEEN) | _OF_TWELVE)
    if letter == _Y:  # POSIX: 69 to 99 are of the last century
        value += 1900 if value >= 69 else 2000
    if part >= 0:
        _note(parts, part, value)
    return place


@inlined
def _part_of(letter: int) -> int:
    """Return the cell that a letter's number belongs into, or -1 for what says nothing new."""
    if letter in (_Y, _UPPER_Y):
        return YEAR
    if letter == _M:
        return MONTH
    if letter in (_D, _E):
        return DAY
    if letter in (_UPPER_H, _K, _UPPER_I, _L):
        return HOUR
    if letter == _UPPER_M:
        return MINUTE
    if letter == _UPPER_S:
        return SECOND
    if letter == _S:
        return EPOCH
    return OF_YEAR if letter == _J else -1


@inlined
def letters_end(place: int, stop: int) -> int:
    """Return the end of a word of letters; what is not ASCII counts as one."""
    while place < stop and (65 <= (load(place) & ~_CASE) <= 90 or load(place) >= 128):
        place += 1
    return place


@helper
def _half_of_day(parts: int, place: int, stop: int) -> int:
    """Read AM or PM; a language that has no words for them writes nothing."""
    first = load(place) | _CASE if place < stop else 0
    if first not in (_A, _P):
        return place
    if place + 2 > stop or load(place + 1) | _CASE != _M:
        return -1
    set_cell(parts, SEEN, cell(parts, SEEN) | (_PM if first == _P else _AM))
    return place + 2


@helper
def _zone(parts: int, place: int, stop: int) -> int:
    """Read an offset, `Z`, or a zone's abbreviation, of which only UTC and GMT say something."""
    if place < stop and load(place) in (PLUS, DASH):
        colon = 1 if stop - place >= 6 and load(place + 3) == COLON else 0
        offset = offset_seconds(place, colon) if stop - place >= 5 + colon else _NO_OFFSET
        if offset <= _NO_OFFSET:
            return -1
        _note(parts, OFFSET, offset)
        return place + 5 + colon
    end = letters_end(place, stop)
    if end == place:
        return -1
    first, second = load(place) | _CASE, load(place + 1) | _CASE
    utc = end - place == 3 and (
        (first == ord("u") and second == _T) or (first == ord("g") and second == _M)
    )
    if utc or (end - place == 1 and first == _Z):
        _note(parts, OFFSET, 0)
    return end


@helper
def clock_stamp(parts: int) -> tuple[int, int]:
    """Return what the parts of a line say: microseconds, and from what they count (or NONE)."""
    seen = cell(parts, SEEN)
    micros = cell(parts, MICROS) if seen >> MICROS & 1 else 0
    if seen >> EPOCH & 1:
        seconds = cell(parts, EPOCH)
        kind = STAMP_UTC if seconds <= LAST_EPOCH_SECOND else STAMP_NONE
        return seconds * _MICROS_A_SECOND + micros, kind
    if not is_whole(seen):
        return 0, STAMP_NONE
    yearless = not seen >> YEAR & 1
    year = 2000 if yearless else cell(parts, YEAR)
    month, day = 1, 1
    if seen >> MONTH & 1 and seen >> DAY & 1:
        month, day = cell(parts, MONTH), cell(parts, DAY)
    elif yearless or cell(parts, OF_YEAR) < 1 or cell(parts, OF_YEAR) > 366:
        return 0, STAMP_NONE
    second = _second_of_day(parts, seen)
    valid = FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and second >= 0
    if not valid or day < 1 or day > month_length(year, month):
        return 0, STAMP_NONE
    days = days_since_1970(year, month, day)
    if not (seen >> MONTH & 1 and seen >> DAY & 1):
        days += cell(parts, OF_YEAR) - 1
        if days >= days_since_1970(year + 1, 1, 1):
            return 0, STAMP_NONE
    kind = STAMP_YEARLESS if yearless else STAMP_LOCAL
    if seen >> OFFSET & 1 and not yearless:
        second -= cell(parts, OFFSET)
        kind = STAMP_UTC
    return (days * 86400 + second) * _MICROS_A_SECOND + micros, kind


@inlined
def is_whole(seen: int) -> bool:
    """Tell whether the parts that were seen are those of an instant, if they make sense."""
    if seen >> EPOCH & 1:
        return True
    dated = seen >> OF_YEAR & 1 or (seen >> MONTH & 1 and seen >> DAY & 1)
    return bool(dated and seen >> HOUR & 1)


@inlined
def _second_of_day(parts: int, seen: int) -> int:
    """Return the second of the day, or -1."""
    hour = cell(parts, HOUR)
    if seen & (_PM | _AM):
        if hour < 1 or hour > 12:
            return -1
        hour = hour % 12 + (12 if seen & _PM else 0)
    elif seen & _OF_TWELVE:
        return -1  # it is one of two
    minute = cell(parts, MINUTE) if seen >> MINUTE & 1 else 0
    second = cell(parts, SECOND) if seen >> SECOND & 1 else 0
    if hour > 23 or minute > 59 or second > 60:
        return -1
    return hour * 3600 + minute * 60 + second
