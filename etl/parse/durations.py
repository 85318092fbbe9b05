"""Kernel pieces that read lengths of time as seconds. All positions are addresses.

A duration is a sum of parts, each digits times a number of seconds divided by a power of ten. The
sum is kept as one whole number over one power of ten as long as a double holds it exactly; one
division then gives the double nearest to what was written.
"""

from __future__ import annotations

from etl.native.jit import helper, inlined
from etl.native.memory import load
from etl.parse.context import COLON, COMMA, DASH, DOT, NINE, SPACE, ZERO
from etl.parse.convert import read_exponent
from etl.parse.values import power_of_ten

_D, _E, _H, _M, _N, _S, _U, _W = b"dehmnsuw"
_DAYS, _HOURS, _MINUTES, _PERIOD, _SECONDS, _TIME, _WEEKS = b"DHMPSTW"
_MICRO_SIGN, _MU = 0xC2B5, 0xCEBC  # U+00B5 and U+03BC as UTF-8

_EXACT = 1 << 53  # a double holds every whole number up to it
_EXACT_POWER = 22  # and every power of ten up to this one
_MOST_DIGITS = 18  # of a part; they fit 64 bits
_MOST_PLACES = 27  # behind the point
_FULL = 10 ** (_MOST_DIGITS - 1)  # a number from here on has no room for a digit more
_LARGEST_EXPONENT = 270
_INEXACT = -1


@helper
def read_duration(start: int, stop: int) -> tuple[float, int]:
    """Read a length of time; return (seconds, 1), or (0, 0) if it is none.

    * Go (https://pkg.go.dev/time#ParseDuration): `1h2m3.5s`, `12ms`, `250us` or `250µs`, `3ns`;
      also `d` for 86,400 s and `w` for seven of them. One blank may stand before a unit, and
      between parts: `1 h 2 m`, `1s 5ms`.
    * ISO 8601: `PT1M1.5S`, `P1DT2H`, `P2W`; not years and months, whose lengths differ. Here,
      and here only, the point may be a comma, as `1,234ms` may well be meant as thousands.
    * Hours, minutes and seconds: `00:00:01.5`; minutes and seconds have two digits.
    * A plain number is seconds: `1.5`, `15e-1`; its exponent may be up to 270.

    A minus sign may stand in front. A part with more than 18 significant digits before its point
    is refused; digits behind the 18th and behind the 27th decimal place are dropped. The result
    is the double nearest to what is written when that is, in units of its last decimal place, a
    whole number up to 2 ** 53 (15 digits; 104 days in nanoseconds) with at most 22 places; else
    each part adds four roundings, and one for each place above 22.
    """
    negative = start < stop and load(start) == DASH
    place = start + 1 if negative else start
    if place < stop and load(place) == _PERIOD:
        seconds, ok = _read_iso(place + 1, stop)
    else:
        seconds, ok = _read_units(place, stop)
    return (-seconds if negative else seconds), ok


@helper
def _read_units(start: int, stop: int) -> tuple[float, int]:
    """Read what begins with a digit: Go's units, a clock's hours, or a plain number."""
    exact, power, rough = 0, 0, 0.0
    place = start
    while place < stop:
        first = place
        digits, places, place = _read_digits(place, stop, DOT)
        if place < 0:
            return 0.0, 0
        if first == start and place < stop and load(place) == COLON and places == 0:
            return _read_clock(digits, place + 1, stop)
        if first == start and (place == stop or load(place) | 32 == _E):
            exponent, end = read_exponent(place, stop)
            if end != stop or exponent > _LARGEST_EXPONENT or exponent < -_LARGEST_EXPONENT:
                return 0.0, 0
            return _plain(digits, places - exponent)
        scale, unit_places, place = _read_unit(place + _is_blank(place, stop), stop)
        if place < 0:
            return 0.0, 0
        if place + 1 < stop:
            place += _is_blank(place, stop)
        places += unit_places
        exact, power = _add(exact, power, digits, scale, places)
        rough += float(digits) * scale / power_of_ten(places)
    if place == start:
        return 0.0, 0
    return _seconds(exact, power, rough), 1


@inlined
def _is_blank(place: int, stop: int) -> int:
    return 1 if place < stop and load(place) == SPACE else 0


@inlined
def _plain(digits: int, places: int) -> tuple[float, int]:
    """Return digits with the point moved."""
    if digits == 0:
        return 0.0, 1
    if places < 0:
        return digits * power_of_ten(-places), 1
    return digits / power_of_ten(places), 1


@inlined
def _read_digits(start: int, stop: int, comma: int) -> tuple[int, int, int]:
    """Read `12.5`, or with another byte for the point; return 125, 1, and where it ends or -1."""
    value, places, place = 0, 0, start
    while place < stop and ZERO <= load(place) <= NINE:
        if value >= _FULL:
            return 0, 0, -1
        value = value * 10 + load(place) - ZERO
        place += 1
    if place == start:
        return 0, 0, -1
    if place < stop and (load(place) == DOT or load(place) == comma):
        place += 1
        point = place
        while place < stop and ZERO <= load(place) <= NINE:
            if value < _FULL and places < _MOST_PLACES:
                value = value * 10 + load(place) - ZERO
                places += 1
            place += 1
        if place == point:
            return 0, 0, -1
    return value, places, place


@inlined
def _read_unit(start: int, stop: int) -> tuple[int, int, int]:
    """Return a unit as seconds over a power of ten, and where it ends, or -1."""
    if start >= stop:
        return 0, 0, -1
    byte = load(start)
    then = load(start + 1) if start + 1 < stop else 0
    if byte == _S:
        return 1, 0, start + 1
    if then == _S and byte in (_N, _U, _M):
        return 1, 9 if byte == _N else 6 if byte == _U else 3, start + 2
    if byte << 8 | then in (_MICRO_SIGN, _MU) and start + 2 < stop and load(start + 2) == _S:
        return 1, 6, start + 3
    if byte == _M:
        return 60, 0, start + 1
    if byte == _H:
        return 3600, 0, start + 1
    if byte == _D:
        return 86_400, 0, start + 1
    if byte == _W:
        return 604_800, 0, start + 1
    return 0, 0, -1


@inlined
def _read_clock(hours: int, start: int, stop: int) -> tuple[float, int]:
    """Read `mm:ss` with an optional fraction behind the hours' colon."""
    if stop - start < 5 or load(start + 2) != COLON:
        return 0.0, 0
    if stop > start + 5 and load(start + 5) != DOT:
        return 0.0, 0
    minutes, _, minutes_end = _read_digits(start, start + 2, DOT)
    seconds, _, seconds_end = _read_digits(start + 3, start + 5, DOT)
    digits, places, end = _read_digits(start + 3, stop, DOT)
    if minutes_end != start + 2 or seconds_end != start + 5 or end != stop:
        return 0.0, 0
    if minutes > 59 or seconds > 59:
        return 0.0, 0
    exact, power = _add(0, 0, hours, 3600, 0)
    exact, power = _add(exact, power, minutes, 60, 0)
    exact, power = _add(exact, power, digits, 1, places)
    rough = hours * 3600.0 + minutes * 60.0 + digits / power_of_ten(places)
    return _seconds(exact, power, rough), 1


@helper
def _read_iso(start: int, stop: int) -> tuple[float, int]:
    """Read `nWnDTnHnMnS`, any of these left out but in this order (ISO 8601, 5.5.2.4)."""
    exact, power, rough = 0, 0, 0.0
    place, last, time, parts = start, 1_000_000, False, 0
    while place < stop:
        if load(place) == _TIME and not time:
            time, parts, place = True, 0, place + 1
            continue
        digits, places, place = _read_digits(place, stop, COMMA)
        if place < 0 or place >= stop:
            return 0.0, 0
        scale = _iso_scale(load(place), time)
        if scale == 0 or scale >= last:
            return 0.0, 0
        exact, power = _add(exact, power, digits, scale, places)
        rough += float(digits) * scale / power_of_ten(places)
        last, parts, place = scale, parts + 1, place + 1
    if parts == 0:
        return 0.0, 0
    return _seconds(exact, power, rough), 1


@inlined
def _iso_scale(letter: int, time: bool) -> int:
    if time:
        return 3600 * (letter == _HOURS) + 60 * (letter == _MINUTES) + (letter == _SECONDS)
    return 604_800 * (letter == _WEEKS) + 86_400 * (letter == _DAYS)


@helper
def _add(exact: int, power: int, digits: int, scale: int, places: int) -> tuple[int, int]:
    """Add `digits * scale / 10 ** places` to `exact / 10 ** power`, or give up: (_INEXACT, 0)."""
    if exact == _INEXACT or digits > _EXACT // scale:
        return _INEXACT, 0
    digits *= scale
    while power < places:
        if exact > _EXACT // 10:
            return _INEXACT, 0
        exact, power = exact * 10, power + 1
    while places < power:
        if digits > _EXACT // 10:
            return _INEXACT, 0
        digits, places = digits * 10, places + 1
    if exact + digits > _EXACT or power > _EXACT_POWER:
        return _INEXACT, 0
    return exact + digits, power


@inlined
def _seconds(exact: int, power: int, rough: float) -> float:
    return rough if exact == _INEXACT else exact / power_of_ten(power)
