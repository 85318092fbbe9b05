"""Kernel piece that tells an impossible time stamp, such as 30 February, from what is none."""

from __future__ import annotations

from etl.native.cells import cell
from etl.native.jit import helper, inlined
from etl.native.memory import load
from etl.parse.context import (
    COLON,
    DASH,
    DOT,
    NINE,
    OP,
    OP_BSD_TIME,
    OP_CLF_TIME,
    OP_ISO_TIME,
    SCALE,
    SLASH,
    SPACE,
    ZERO,
)
from etl.parse.stamps import month_at

_STAR, _T = b"*T"
_ISO_BYTES, _CLF_BYTES, _BSD_BYTES = 19, 20, 12  # the shortest of each


@helper
def is_written_as_stamp(s: int, start: int, stop: int) -> bool:
    """Tell whether digits and marks stand as in a step's stamp, whatever the numbers are."""
    op = cell(s, OP)
    if op == OP_BSD_TIME:
        return stop - start >= _BSD_BYTES and _is_bsd(start, stop)
    if op == OP_ISO_TIME:
        between = cell(s, SCALE) if cell(s, SCALE) > 0 else _T
        dated = stop - start >= _ISO_BYTES and _are_digits(start, 4) and _are_digits(start + 5, 2)
        dated = dated and load(start + 4) == DASH and load(start + 7) == DASH
        dated = dated and _are_digits(start + 8, 2) and load(start + 10) == between
        return dated and _is_clock(start + 11)
    if op != OP_CLF_TIME or stop - start < _CLF_BYTES:
        return False
    dated = _are_digits(start, 2) and load(start + 2) == SLASH and month_at(start + 3) > 0
    dated = dated and load(start + 6) == SLASH and _are_digits(start + 7, 4)
    return dated and load(start + 11) == COLON and _is_clock(start + 12)


@inlined
def _are_digits(place: int, count: int) -> bool:
    found = 0
    while found < count and ZERO <= load(place + found) <= NINE:
        found += 1
    return found == count


@inlined
def _is_clock(place: int) -> bool:
    if load(place + 2) != COLON or load(place + 5) != COLON:
        return False
    return _are_digits(place, 2) and _are_digits(place + 3, 2) and _are_digits(place + 6, 2)


@inlined
def _behind_number(place: int) -> int:
    """Return the end of one or two digits; `place` if there is none."""
    end = place
    while end < place + 2 and ZERO <= load(end) <= NINE:
        end += 1
    return end


@inlined
def _behind_year(place: int) -> int:
    return place + 5 if _are_digits(place, 4) and load(place + 4) == SPACE else place


@inlined
def _is_bsd(start: int, stop: int) -> bool:
    """Tell whether a month, a day and a clock stand there, with a year before, between or not."""
    place = start + 1 if load(start) in (_STAR, DOT) else start
    place = _behind_year(place)
    if month_at(place) == 0 or load(place + 3) != SPACE:
        return False
    place += 5 if load(place + 4) == SPACE else 4
    day_end = _behind_number(place)
    if day_end == place or load(day_end) != SPACE:
        return False
    hour = _behind_year(day_end + 1)
    minute = _behind_number(hour) + 1
    second = _behind_number(minute) + 1
    end = _behind_number(second)
    marked = load(minute - 1) == COLON and load(second - 1) == COLON
    return marked and minute > hour + 1 and second > minute + 1 and second < end <= stop
