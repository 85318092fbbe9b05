"""Kernel pieces that read time stamps. Each returns (end, microseconds, kind); end -1 is bad.

Second 60 (a leap second) is taken as the first moment of the next minute: UTC as computers keep
it has no name for it. Hour 24 is refused.
"""

from __future__ import annotations

from etl.native.jit import inlined
from etl.native.memory import load
from etl.parse.context import (
    COLON,
    COMMA,
    DASH,
    DOT,
    NINE,
    PLUS,
    SPACE,
    STAMP_LOCAL,
    STAMP_UTC,
    STAMP_YEARLESS,
    ZERO,
)

FIRST_YEAR, LAST_YEAR = 1970, 2100
"""Years that a stamp may name; anything else is a damaged line."""
LAST_EPOCH_SECOND = 4_133_980_799
"""The last second of 2100 in UTC."""
_MICROS = 1_000_000
_MAX_FRACTION = 9
_T, _Z, _SMALL_Z, _STAR = b"TZz*"


def _packed(name: str) -> int:
    return ord(name[0]) << 16 | ord(name[1]) << 8 | ord(name[2])


_JAN, _FEB, _MAR, _APR = _packed("Jan"), _packed("Feb"), _packed("Mar"), _packed("Apr")
_MAY, _JUN, _JUL, _AUG = _packed("May"), _packed("Jun"), _packed("Jul"), _packed("Aug")
_SEP, _OCT, _NOV, _DEC = _packed("Sep"), _packed("Oct"), _packed("Nov"), _packed("Dec")


@inlined
def month_at(place: int) -> int:
    """Return the month whose English abbreviation stands at `place` in any case, or 0."""
    name = (load(place) & 0xDF) << 16 | (load(place + 1) | 32) << 8 | load(place + 2) | 32
    if name <= _FEB:
        return (
            2
            if name == _FEB
            else 4
            if name == _APR
            else 8
            if name == _AUG
            else (12 if name == _DEC else 0)
        )
    if name <= _JUN:
        return 1 if name == _JAN else 7 if name == _JUL else 6 if name == _JUN else 0
    if name <= _MAY:
        return 3 if name == _MAR else 5 if name == _MAY else 0
    return 11 if name == _NOV else 10 if name == _OCT else 9 if name == _SEP else 0


@inlined
def two_digits(place: int) -> int:
    """Return the number of two digits at `place`, or a large negative one."""
    high, low = load(place) - ZERO, load(place + 1) - ZERO
    if high < 0 or high > 9 or low < 0 or low > 9:
        return -100_000
    return high * 10 + low


@inlined
def days_since_1970(year: int, month: int, day: int) -> int:
    """Return the number of a proleptic Gregorian date's day; 0 is 1970-01-01."""
    if month <= 2:
        year -= 1
        month += 12
    return (
        365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day - 719469
    )


@inlined
def month_length(year: int, month: int) -> int:
    """Return the number of days of a month."""
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if (month == 4 or month == 6 or month == 9 or month == 11) else 31


@inlined
def _valid(year: int, month: int, day: int) -> bool:
    if year < FIRST_YEAR or year > LAST_YEAR or month < 1 or month > 12 or day < 1:
        return False
    return day <= month_length(year, month)


@inlined
def clock(place: int) -> int:
    """Return the second of the day out of hh:mm:ss at `place`, or -1."""
    hour, minute = two_digits(place), two_digits(place + 3)
    second = two_digits(place + 6)
    if load(place + 2) != COLON or load(place + 5) != COLON:
        return -1
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 60:
        return -1
    return hour * 3600 + minute * 60 + second


@inlined
def offset_seconds(place: int, colon: int) -> int:
    """Return the seconds of an offset ±hhmm (or ±hh:mm with colon=1), or a number below -90000."""
    hours, minutes = two_digits(place + 1), two_digits(place + 3 + colon)
    sign = load(place)
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59 or (sign != PLUS and sign != DASH):
        return -100_000
    seconds = hours * 3600 + minutes * 60
    return -seconds if sign == DASH else seconds


@inlined
def clf_time(start: int, stop: int) -> tuple[int, int, int]:
    """Read `10/Oct/2000:13:55:36 -0700`, as %t and $time_local write it."""
    if stop - start < 26 or load(start + 2) != 47 or load(start + 6) != 47:
        return -1, 0, 0
    day, month = two_digits(start), month_at(start + 3)
    year = two_digits(start + 7) * 100 + two_digits(start + 9)
    second, offset = clock(start + 12), offset_seconds(start + 21, 0)
    if load(start + 11) != COLON or load(start + 20) != SPACE or second < 0 or offset < -90_000:
        return -1, 0, 0
    if not _valid(year, month, day):
        return -1, 0, 0
    micros = (days_since_1970(year, month, day) * 86400 + second - offset) * _MICROS
    return start + 26, micros, STAMP_UTC


@inlined
def fraction(start: int, stop: int) -> tuple[int, int]:
    """Read the digits of a fraction; return (end, microseconds), cut, not rounded.

    The end is -1 with no digit or more than nine.
    """
    micros = 0
    place = start
    while place < stop and ZERO <= load(place) <= NINE:
        if place - start < 6:
            micros = micros * 10 + load(place) - ZERO
        place += 1
    digits = place - start
    if digits == 0 or digits > _MAX_FRACTION:
        return -1, 0
    for _ in range(digits, 6):
        micros *= 10
    return place, micros


@inlined
def iso_time(start: int, stop: int, separator: int, mark: int) -> tuple[int, int, int]:
    """Read `2000-10-10T13:55:36[.123456789][Z|±hh:mm|±hhmm]` (RFC 3339, ISO 8601 basic offset).

    The separator stands between date and time, 0 means "T"; the mark between the date's parts.
    """
    if stop - start < 19 or load(start + 4) != mark or load(start + 7) != mark:
        return -1, 0, 0
    year = two_digits(start) * 100 + two_digits(start + 2)
    month, day = two_digits(start + 5), two_digits(start + 8)
    second = clock(start + 11)
    between = separator if separator > 0 else _T
    if load(start + 10) != between or second < 0 or not _valid(year, month, day):
        return -1, 0, 0
    place, micros, kind, offset = start + 19, 0, STAMP_LOCAL, 0
    if place < stop and (load(place) == DOT or load(place) == COMMA):
        place, micros = fraction(place + 1, stop)
        if place < 0:
            return -1, 0, 0
    if place < stop and (load(place) == _Z or load(place) == _SMALL_Z):
        place, kind = place + 1, STAMP_UTC
    elif place < stop and (load(place) == PLUS or load(place) == DASH):
        colon = 1 if stop - place >= 6 and load(place + 3) == COLON else 0
        if stop - place < 5 + colon:
            return -1, 0, 0
        offset = offset_seconds(place, colon)
        if offset < -90_000:
            return -1, 0, 0
        place, kind = place + 5 + colon, STAMP_UTC
    seconds = days_since_1970(year, month, day) * 86400 + second - offset
    return place, seconds * _MICROS + micros, kind


@inlined
def epoch_time(start: int, stop: int, scale: int) -> tuple[int, int, int]:
    """Read seconds since 1970 with a fraction (scale 0), milliseconds (3), microseconds (6)."""
    value, place, micros = 0, start, 0
    while place < stop and ZERO <= load(place) <= NINE and place - start < 18:
        value = value * 10 + load(place) - ZERO
        place += 1
    if place == start:
        return -1, 0, 0
    for _ in range(scale, 6):
        if value > LAST_EPOCH_SECOND * _MICROS // 10:
            return -1, 0, 0
        value *= 10
    if scale == 0 and place < stop and load(place) == DOT:
        place, micros = fraction(place + 1, stop)
        if place < 0:
            return -1, 0, 0
    if value // _MICROS > LAST_EPOCH_SECOND:
        return -1, 0, 0
    return place, value + micros, STAMP_UTC


@inlined
def year_at(place: int) -> int:
    """Return the year that stands at `place` before a space, or 0."""
    if load(place + 4) != SPACE or load(place) > NINE:  # most stamps have none
        return 0
    year = two_digits(place) * 100 + two_digits(place + 2)
    return year if FIRST_YEAR <= year <= LAST_YEAR else 0


@inlined
def bsd_time(start: int, stop: int) -> tuple[int, int, int]:
    """Read `Oct 10 13:55:36` (RFC 3164), and what devices and daemons make of it.

    A day below ten is padded with a space, a zero or not; the clock's parts may lack their zero.
    The year may stand before the month, after the day (Cisco ASA) or after the clock (some
    routers), a fraction after the clock. Cisco IOS begins with `*` or `.` where its clock is not
    in step, and ends with a colon.
    """
    place = start + 1 if load(start) == _STAR or load(start) == DOT else start
    year, micros = year_at(place), 0
    if year > 0:
        place += 5
    month, place = month_at(place), place + 3
    day, place = _day_at(place)
    if year == 0:
        year = year_at(place)
        if year > 0:
            place += 5
    second, place = _loose_clock(place, stop)
    if month == 0 or second < 0 or place > stop:
        return -1, 0, 0
    if place + 1 < stop and (load(place) == DOT or load(place) == COMMA):
        place, micros = fraction(place + 1, stop)
    # A leap year stands for the unknown one, so that 29 February passes here.
    if place < 0 or not _valid(year if year > 0 else 2000, month, day):
        return -1, 0, 0
    if year == 0 and place + 5 < stop and load(place) == SPACE:
        year = year_at(place + 1)
        if year > 0:
            place += 5
    if place + 1 < stop and load(place) == COLON and load(place + 1) == SPACE:
        place += 1
    kind = STAMP_LOCAL if year > 0 else STAMP_YEARLESS
    seconds = days_since_1970(year if year > 0 else 2000, month, day) * 86400 + second
    return place, seconds * _MICROS + micros, kind


@inlined
def _loose_clock(place: int, stop: int) -> tuple[int, int]:
    """Read hh:mm:ss whose parts may lack their zero; return the second (-1: bad) and the end."""
    second = clock(place) if place + 8 <= stop else -1
    if second >= 0:
        return second, place + 8
    hour, place = _short_number(place, stop)
    minute, after = _short_number(place + 1, stop)
    second, end = _short_number(after + 1, stop)
    if load(place) != COLON or load(after) != COLON:
        return -1, end
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 60:
        return -1, end
    return hour * 3600 + minute * 60 + second, end


@inlined
def _short_number(place: int, stop: int) -> tuple[int, int]:
    """Read one or two digits; return the number (-1: none) and its end."""
    number = load(place) - ZERO
    if number < 0 or number > 9:
        return -1, place
    low = load(place + 1) - ZERO
    if low < 0 or low > 9 or place + 1 >= stop:  # what stands behind the value is none of it
        return number, place + 1
    return number * 10 + low, place + 2


@inlined
def _day_at(place: int) -> tuple[int, int]:
    """Read a day between spaces, two of them before it at most; return it (0: bad) and its end."""
    if load(place) != SPACE:
        return 0, place
    place += 2 if load(place + 1) == SPACE else 1
    day, place = load(place) - ZERO, place + 1
    if day < 0 or day > 9:
        return 0, place
    if ZERO <= load(place) <= NINE:
        day, place = day * 10 + load(place) - ZERO, place + 1
    return (day if load(place) == SPACE else 0), place + 1
