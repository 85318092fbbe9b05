"""The reference's time stamps: regular expressions and datetime."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from etl.formats.fields import Op, Step
from etl.model import RejectReason as R
from tests.parse.reference_walk import Flag, Reader, Refused, Walk

MONTHS = list(calendar.month_abbr)[1:]
TIME_OF_DAY = rb"([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)"
SHORT_TIME = rb"([01]?\d|2[0-3]):([0-5]?\d):([0-5]\d|60|\d(?!\d))"
OFFSET = rb"([+-])([01]\d|2[0-3])(:?)([0-5]\d)"
CLF = re.compile(
    rb"(\d\d)/([A-Za-z]{3})/(\d{4}):" + TIME_OF_DAY + rb" ([+-])([01]\d|2[0-3])([0-5]\d)"
)
ISO = rb"(\d{4})%s(\d\d)%s(\d\d)%s" + TIME_OF_DAY
YEAR = rb"(?:(19[7-9]\d|20\d\d|2100) )"
BSD = re.compile(rb"[*.]?%s?([A-Za-z]{3})  ?(\d\d?) %s?" % (YEAR, YEAR) + SHORT_TIME)

ANY_MONTH = b"(?i:%s)" % b"|".join(name.encode() for name in MONTHS)
SHAPES = {
    Op.CLF_TIME: rb"\d\d/" + ANY_MONTH + rb"/\d{4}:\d\d:\d\d:\d\d",
    Op.ISO_TIME: rb"\d{4}-\d\d-\d\d%s\d\d:\d\d:\d\d",
    Op.BSD_TIME: rb"[*.]?(?:\d{4} )?" + ANY_MONTH + rb"  ?\d\d? (?:\d{4} )?\d\d?:\d\d?:\d\d?",
}
"""What is written as a stamp, whatever its numbers are."""

Finder = Callable[[Walk, int, int], tuple[int, datetime | None] | None]
"""Finds a stamp at a place, told the step's scale; returns its end and the instant."""


def reader(find: Finder) -> Reader:
    def read(walk: Walk, step: Step, start: int) -> int:
        end, instant = find(walk, start, step.scale) or (start, None)
        if instant is None:
            return no_time(walk, step, start)
        if step.flags & Flag.EXTRA:
            walk.put_text(step, walk.line[start:end])
        else:
            walk.record[step.column] = instant.astimezone(UTC)
        return end

    return read


def no_time(walk: Walk, step: Step, start: int) -> int:
    if step.flags & Flag.CONDITIONAL and walk.line[start : start + 1] == b"-":
        return start + 1
    shape = SHAPES.get(step.op, b"(?!)") % (
        () if step.op is not Op.ISO_TIME else re.escape(bytes([step.scale or ord("T")]))
    )
    if re.compile(shape).match(walk.line, start):
        expected = f"a valid {step.what}, 1970 to 2100"
        raise Refused(R.BAD_TIMESTAMP, start, expected, is_value=False, is_stamp=True)
    raise walk.refuse(step, R.BAD_TIMESTAMP, start)


def find_clf(walk: Walk, start: int, _scale: int = 0) -> tuple[int, datetime | None] | None:
    match = CLF.match(walk.line, start)
    if not match or match[2].decode().capitalize() not in MONTHS:
        return None
    month = MONTHS.index(match[2].decode().capitalize()) + 1
    zone = offset_zone(match[7], match[8], match[9])
    date = (int(match[3]), month, int(match[1]))
    return match.end(), moment(date, match.group(4, 5, 6), zone)


def find_iso(
    walk: Walk, start: int, scale: int, mark: bytes = b"-"
) -> tuple[int, datetime | None] | None:
    between = re.escape(bytes([scale or ord("T")]))
    match = re.compile(ISO % (mark, mark, between)).match(walk.line, start)
    if not match:
        return None
    end, micros = match.end(), 0
    zone: tzinfo = walk.zone
    fraction = re.compile(rb"[.,](\d*)").match(walk.line, end)
    if fraction:
        if not 1 <= len(fraction[1]) <= 9:
            return None
        end, micros = fraction.end(), microseconds(fraction[1])
    if walk.line[end : end + 1] in (b"Z", b"z"):
        end, zone = end + 1, UTC
    elif walk.line[end : end + 1] in (b"+", b"-"):
        offset = re.compile(OFFSET).match(walk.line, end)
        if not offset:
            return None
        zone = offset_zone(offset[1], offset[2], offset[4])
        end = offset.end()
    date = tuple(int(part) for part in match.group(1, 2, 3))
    return end, moment(date, match.group(4, 5, 6), zone, micros)


def find_epoch(walk: Walk, start: int, scale: int) -> tuple[int, datetime | None] | None:
    pattern = rb"(\d{1,18})(?:\.(\d*))?" if scale == 0 else rb"(\d{1,18})()"
    match = re.compile(pattern).match(walk.line, start)
    if not match:
        return None
    part = match[2] or b""
    if b"." in match[0] and not 1 <= len(part) <= 9:
        return None
    return match.end(), since_1970(int(match[1]) * 10 ** (6 - scale) + microseconds(part))


def find_bsd(walk: Walk, start: int, _scale: int = 0) -> tuple[int, datetime | None] | None:
    match = BSD.match(walk.line, start)
    if not match or match[2].decode().capitalize() not in MONTHS or (match[1] and match[4]):
        return None
    month, day = MONTHS.index(match[2].decode().capitalize()) + 1, int(match[3])
    end, micros, year = match.end(), 0, match[1] or match[4]
    fraction = re.compile(rb"[.,](?=.)(\d*)", re.DOTALL).match(walk.line, end)
    if fraction:
        if not 1 <= len(fraction[1]) <= 9:
            return None
        end, micros = fraction.end(), microseconds(fraction[1])
    last = None if year else re.compile(rb" (?=%s)(....)" % YEAR, re.DOTALL).match(walk.line, end)
    if last:
        end, year = last.end(), last[2]
    if walk.line[end : end + 2] == b": ":
        end += 1
    clock = match.group(5, 6, 7)
    if year:
        return end, moment((int(year), month, day), clock, walk.zone, micros)
    return end, latest(walk, (month, day), clock, micros)


def find_any(walk: Walk, start: int, _scale: int = 0) -> tuple[int, datetime | None] | None:
    """Whatever the first bytes look like."""
    line = walk.line[start:]
    if line.startswith(b"["):
        end, instant = find_clf(walk, start + 1) or (start, None)
        return (end + 1, instant) if walk.line[end : end + 1] == b"]" else None
    if re.match(rb"\d{4}[-/].{6}", line, re.DOTALL):
        return find_iso(walk, start, ord(" ") if line[10:11] == b" " else 0, line[4:5])
    if re.match(rb"\d\d/", line):
        return find_clf(walk, start)
    if re.match(rb"\d{4} |\D|\Z", line):
        return find_bsd(walk, start)
    digits = re.match(rb"\d*", line)
    assert digits
    if digits.end() == 19:  # nanoseconds are cut to microseconds
        return start + 19, since_1970(int(digits[0]) // 1000)
    found = find_epoch(walk, start, {13: 3, 16: 6}.get(digits.end(), 0))
    clock = re.compile(rb"\.\d*").match(walk.line, start + 13) if digits.end() == 13 else None
    return (clock.end(), found[1]) if clock and found else found


read_clf, read_iso, read_epoch = reader(find_clf), reader(find_iso), reader(find_epoch)
read_bsd, read_any = reader(find_bsd), reader(find_any)


def microseconds(fraction: bytes) -> int:
    return int(fraction.ljust(6, b"0")[:6])


def since_1970(micros: int) -> datetime | None:
    if micros >= 4_133_980_800 * 10**6:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def offset_zone(sign: bytes, hours: bytes, minutes: bytes) -> timezone:
    delta = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-delta if sign == b"-" else delta)


def latest(
    walk: Walk, day: tuple[int, int], clock: tuple[bytes, ...], micros: int
) -> datetime | None:
    """Return a yearless stamp in the latest year that does not put it into the future."""
    if moment((2000, *day), clock, UTC) is None:
        return None
    year = walk.reference.astimezone(walk.zone).year + 1
    while True:
        instant = moment((year, *day), clock, walk.zone, micros)
        if instant and instant <= walk.reference + timedelta(days=1):
            return instant
        year -= 1


def moment(
    date: tuple[int, ...], clock: tuple[bytes, ...], zone: tzinfo, micros: int = 0
) -> datetime | None:
    """Second 60 is the next minute's first; a day that does not exist is None."""
    if not 1970 <= date[0] <= 2100:
        return None
    hour, minute, second = (int(part) for part in clock)
    try:
        local = datetime(*date, hour, minute, min(second, 59), micros)  # noqa: DTZ001
    except ValueError:
        return None
    return (local + timedelta(seconds=second == 60)).replace(tzinfo=zone).astimezone(UTC)
