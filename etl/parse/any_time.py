"""Kernel piece that reads a time stamp whose kind only the value itself tells."""

from __future__ import annotations

from etl.native.jit import helper
from etl.native.memory import load
from etl.parse.context import BRACKET, BRACKET_END, DASH, DOT, NINE, SLASH, SPACE, ZERO
from etl.parse.stamps import bsd_time, clf_time, epoch_time, iso_time

_MILLISECOND_DIGITS, _MICROSECOND_DIGITS, _NANOSECOND_DIGITS = 13, 16, 19


@helper
def any_time(start: int, stop: int) -> tuple[int, int, int]:
    """Read ISO 8601, the Common Log Format's (in brackets or not), an epoch, or syslog's stamp.

    ISO's date may have slashes, as nginx's error log and Go's package log write it.
    An epoch counts seconds, or with 13 digits milliseconds, with 16 micro-, with 19 nanoseconds.

    Returns:
        The end (-1: none of them), microseconds and what they count from, as in `stamps`.
    """
    if start < stop and load(start) == BRACKET:
        place, micros, kind = clf_time(start + 1, stop)
        closed = 0 <= place < stop and load(place) == BRACKET_END
        return place + 1 if closed else -1, micros, kind
    place = start
    while place < stop and ZERO <= load(place) <= NINE:
        place += 1
    digits = place - start
    if digits == 4 and place < stop and load(place) in (DASH, SLASH) and stop - start > 10:
        separator = SPACE if load(start + 10) == SPACE else 0
        return iso_time(start, stop, separator, load(place))
    if digits == 2 and place < stop and load(place) == SLASH:
        return clf_time(start, stop)
    if digits == 0 or (digits == 4 and place < stop and load(place) == SPACE):
        return bsd_time(start, stop)
    if digits == _NANOSECOND_DIGITS:
        _, micros, kind = epoch_time(start, start + _MICROSECOND_DIGITS, 6)
        return place, micros, kind
    scale = 6 if digits == _MICROSECOND_DIGITS else 3 if digits == _MILLISECOND_DIGITS else 0
    end, micros, kind = epoch_time(start, stop, scale)
    if scale == 3 and 0 <= end < stop and load(end) == DOT:  # JavaScript's performance clock
        end += 1
        while end < stop and ZERO <= load(end) <= NINE:
            end += 1
    return end, micros, kind
