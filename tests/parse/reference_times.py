"""The reference's time stamps: regular expressions and datetime."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from etl.formats.fields import Flag, Step
from etl.model import RejectReason as R
from tests.parse.reference_walk import Refused, Walk

MONTHS = list(calendar.month_abbr)[1:]
TIME_OF_DAY = rb"([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)"
SHORT_TIME = rb"([01]?\d|2[0-3]):([0-5]?\d):([0-5]?\d|60)"
OFFSET = rb"([+-])([01]\d|2[0-3])(:?)([0-5]\d)"
CLF = re.compile(
    rb"(\d\d)/([A-Za-z]{3})/(\d{4}):" + TIME_OF_DAY + rb" ([+-])([01]\d|2[0-3])([0-5]\d)"
)
ISO = rb"(\d{4})-(\d\d)-(\d\d)%s" + TIME_OF_DAY
YEAR = rb"(?:(19[7-9]\d|20\d\d|2100) )"
BSD = re.compile(rb"[*.]?%s?([A-Za-z]{3})  ?(\d\d?) %s?" % (YEAR, YEAR) + SHORT_TIME)


def put_instant(walk: Walk, step: Step, start: int, end: int, instant: datetime | None) -> int:
    if instant is None:
        raise walk.refuse(step, R.BAD_TIMESTAMP, start)
    if step.flags & Flag.EXTRA:
        walk._put_text(step, walk.line[start:end])
    else:
        walk.record[step.column] = instant.astimezone(UTC)
    return end


def read_clf(walk: Walk, step: Step, start: int) -> int:
    match = CLF.match(walk.line, start)
    if not match or match[2].decode().capitalize() not in MONTHS:
        raise walk.refuse(step, R.BAD_TIMESTAMP, start)
    day, month, year = (
        int(match[1]),
        MONTHS.index(match[2].decode().capitalize()) + 1,
        int(match[3]),
    )
    delta = timedelta(hours=int(match[8]), minutes=int(match[9]))
    zone = timezone(-delta if match[7] == b"-" else delta)
    instant = moment((year, month, day), match.group(4, 5, 6), zone)
    return put_instant(walk, step, start, match.end(), instant)


def read_iso(walk: Walk, step: Step, start: int) -> int:
    between = re.escape(bytes([step.scale or ord("T")]))
    match = re.compile(ISO % between).match(walk.line, start)
    if not match:
        raise walk.refuse(step, R.BAD_TIMESTAMP, start)
    end, micros = match.end(), 0
    zone: Any = walk.zone
    fraction = re.compile(rb"[.,](\d*)").match(walk.line, end)
    if fraction:
        if not 1 <= len(fraction[1]) <= 9:
            raise walk.refuse(step, R.BAD_TIMESTAMP, start)
        end, micros = fraction.end(), int(fraction[1].ljust(6, b"0")[:6])
    if walk.line[end : end + 1] in (b"Z", b"z"):
        end, zone = end + 1, UTC
    elif walk.line[end : end + 1] in (b"+", b"-"):
        offset = re.compile(OFFSET).match(walk.line, end)
        if not offset:
            raise walk.refuse(step, R.BAD_TIMESTAMP, start)
        delta = timedelta(hours=int(offset[2]), minutes=int(offset[4]))
        zone = timezone(-delta if offset[1] == b"-" else delta)
        end = offset.end()
    date = tuple(int(part) for part in match.group(1, 2, 3))
    instant = moment(date, match.group(4, 5, 6), zone, micros)
    return put_instant(walk, step, start, end, instant)


def read_epoch(walk: Walk, step: Step, start: int) -> int:
    pattern = rb"\d{1,18}(?:\.(\d*))?" if step.scale == 0 else rb"\d{1,18}"
    match = re.compile(pattern).match(walk.line, start)
    if not match:
        raise walk.refuse(step, R.BAD_TIMESTAMP, start)
    whole, _, part = match[0].partition(b".")
    micros = int(whole) * 10 ** (6 - step.scale)
    if micros >= 4_133_980_800 * 10**6 or (b"." in match[0] and not 1 <= len(part) <= 9):
        raise walk.refuse(step, R.BAD_TIMESTAMP, start)
    micros += int(part.ljust(6, b"0")[:6]) if part else 0
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return put_instant(walk, step, start, match.end(), instant)


def read_bsd(walk: Walk, step: Step, start: int) -> int:
    match = BSD.match(walk.line, start)
    if not match or match[2].decode().capitalize() not in MONTHS or (match[1] and match[4]):
        raise walk.refuse(step, R.BAD_TIMESTAMP, start)
    month, day = MONTHS.index(match[2].decode().capitalize()) + 1, int(match[3])
    end, micros, year = match.end(), 0, match[1] or match[4]
    fraction = re.compile(rb"[.,](?=.)(\d*)", re.DOTALL).match(walk.line, end)
    if fraction:
        if not 1 <= len(fraction[1]) <= 9:
            raise walk.refuse(step, R.BAD_TIMESTAMP, start)
        end, micros = fraction.end(), int(fraction[1].ljust(6, b"0")[:6])
    last = None if year else re.compile(rb" (?=%s)(....)" % YEAR, re.DOTALL).match(walk.line, end)
    if last:
        end, year = last.end(), last[2]
    if walk.line[end : end + 2] == b": ":
        end += 1
    clock = match.group(5, 6, 7)
    if moment((int(year or 2000), month, day), clock, UTC) is None:
        raise walk.refuse(step, R.BAD_TIMESTAMP, start)
    if year:
        instant = moment((int(year), month, day), clock, walk.zone, micros)
        return put_instant(walk, step, start, end, instant)
    candidate = walk.reference.astimezone(walk.zone).year + 1
    while True:
        instant = moment((candidate, month, day), clock, walk.zone, micros)
        if instant and instant <= walk.reference + timedelta(days=1):
            return put_instant(walk, step, start, end, instant)
        candidate -= 1


def moment(
    date: tuple[int, ...], clock: tuple[bytes, ...], zone: Any, micros: int = 0
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


_PARTS = {
    "Y": r"(?P<Y>\d{4})", "m": r"(?P<m>\d\d?)", "d": r"(?P<d> ?\d\d?)", "e": r"(?P<d> ?\d\d?)",
    "H": r"(?P<H> ?\d\d?)", "M": r"(?P<M>\d\d?)", "S": r"(?P<S>\d\d?)", "f": r"(?P<f>\d{1,9})",
    "b": r"(?P<b>(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))", "a": r"[A-Za-z\x80-\xff]+",
    "z": r"(?P<z>[+-]\d\d:?\d\d|[A-Za-z]+)", "s": r"(?P<s>\d{1,11})", "%": "%",
}  # fmt: skip
"""What the patterns of built-in formats and of tests are made of."""


def read_clock(walk: Walk, step: Step, start: int) -> int:
    pattern = re.sub(r"[^%]+|%(.)", lambda m: _PARTS[m[1]] if m[1] else re.escape(m[0]), step.name)
    if step.scale != 2:  # a fraction may stand behind the seconds
        pattern = pattern.replace(_PARTS["S"], _PARTS["S"] + r"(?:[.,](?P<f>\d{1,9})(?!\d))?")
    match = re.compile(pattern.encode("latin-1")).match(walk.line, start)
    if not match:
        raise walk.refuse(step, R.BAD_TIMESTAMP, start)
    walk.parts |= {k: v.decode("latin-1") for k, v in match.groupdict().items() if v is not None}
    if step.scale == 1:
        walk.parts["z"] = "Z"
    if step.flags & Flag.EXTRA:
        walk.extra.append((step.key, match[0].decode("utf-8", "replace")))
    return match.end()


def join_parts(walk: Walk) -> None:
    """Make one time stamp of what the CLOCK steps of a line have found."""
    if "at" in walk.record or not walk.parts:
        return
    parts, instant = walk.parts, None
    zone: Any = walk.zone
    micros = int(parts.get("f", "0").ljust(6, "0")[:6])
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", parts.get("z", ""))
    if offset:
        delta = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        zone = timezone(-delta if offset[1] == "-" else delta)
    elif parts.get("z", "").upper() in ("Z", "UTC", "GMT"):
        zone = UTC
    dated = {"Y", "d", "H"} <= set(parts) and ("m" in parts or "b" in parts)
    if "s" in parts and int(parts["s"]) < 4_133_980_800:
        instant = datetime.fromtimestamp(int(parts["s"]), UTC) + timedelta(microseconds=micros)
    elif "s" not in parts and dated:
        month = int(parts["m"]) if "m" in parts else 1 + MONTHS.index(parts["b"].title())
        clock = tuple(parts.get(letter, "0").encode() for letter in "HMS")
        if all(int(n) <= most for n, most in zip(clock, (23, 59, 60), strict=True)):
            instant = moment((int(parts["Y"]), month, int(parts["d"])), clock, zone, micros)
    if instant is None:
        raise Refused(R.BAD_TIMESTAMP, len(walk.line), "a time stamp before the end")
    walk.record["at"] = instant
