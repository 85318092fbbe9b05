"""The reference's strptime: one regular expression a directive, and datetime."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from etl.formats.fields import EXACT_SECONDS, Step, expand_pattern
from etl.model import RejectReason as R
from tests.parse.reference_times import (
    MONTHS,
    latest,
    microseconds,
    moment,
    no_time,
    offset_zone,
    since_1970,
)
from tests.parse.reference_walk import EXISTING, TIME, Flag, Refused, Walk

MONTH = rb"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
WORD = rb"[A-Za-z\x80-\xff]+"
ZONE = rb"[+-](?:[01]\d|2[0-3]):?[0-5]\d|" + WORD
DIRECTIVES: dict[str, tuple[str, bytes]] = {
    "Y": ("year", rb"\d{1,4}"), "y": ("short year", rb"\d\d?"), "m": ("month", rb"\d\d?"),
    "b": ("month", MONTH), "h": ("month", MONTH), "B": ("month", MONTH + rb"[A-Za-z\x80-\xff]*"),
    "d": ("day", rb" ?\d\d?"), "e": ("day", rb" ?\d\d?"), "j": ("of year", rb"\d{1,3}"),
    "H": ("hour", rb" ?\d\d?"), "k": ("hour", rb" ?\d\d?"), "I": ("hour", rb" ?\d\d?"),
    "l": ("hour", rb" ?\d\d?"), "p": ("half", rb"[AaPp][Mm]|(?![AaPp])"),
    "M": ("minute", rb"\d\d?"),
    "S": ("second", rb"\d\d?"), "f": ("fraction", rb"\d{1,9}(?!\d)"), "s": ("epoch", rb"\d{1,11}"),
    "z": ("zone", ZONE), "Z": ("zone", ZONE), "a": ("", WORD), "A": ("", WORD),
    "n": ("", rb"[ \t]*"), "t": ("", rb"[ \t]*"), "%": ("", b"%"), "u": ("", rb"\d"),
    "w": ("", rb"\d"), "G": ("", rb"\d{1,4}"), "g": ("", rb"\d\d?"), "V": ("", rb"\d\d?"),
    "U": ("", rb"\d\d?"), "W": ("", rb"\d\d?"), "C": ("", rb"\d\d?"),
}  # fmt: skip
FRACTION = re.compile(rb"[.,](\d{1,9})(?!\d)")


def read_clock(walk: Walk, step: Step, start: int) -> int:
    place = start
    if not walk.parts:
        walk.began = start
    for directive, literal in re.findall(r"%(.)|([^%])", expand_pattern(step.name), re.DOTALL):
        name, pattern = DIRECTIVES[directive] if directive else ("", re.escape(literal.encode()))
        match = re.compile(pattern).match(walk.line, place)
        if not match:
            return no_time(walk, step, start)
        place = match.end()
        if name == "zone" and match[0][:1] not in b"+-":
            walk.parts |= {name: b"Z"} if match[0].upper() in (b"Z", b"UTC", b"GMT") else {}
        elif name == "short year":
            walk.parts["year"] = b"%d" % (int(match[0]) + (1900 if int(match[0]) > 68 else 2000))
        elif name and match[0]:
            walk.parts[name] = match[0]
        if directive in ("I", "l"):
            walk.parts["twelve"] = b""
        part = FRACTION.match(walk.line, place) if directive == "S" else None
        if part and step.scale != EXACT_SECONDS:
            walk.parts["fraction"], place = part[1], part.end()
    if step.scale == 1:
        walk.parts["zone"] = b"Z"
    if step.flags & Flag.EXTRA:
        walk.put_text(step, walk.line[start:place])
    return place


def join_parts(walk: Walk) -> None:
    """Make one time stamp of what the CLOCK steps of a line have found."""
    if "at" in walk.record or not walk.parts:
        return
    parts = walk.parts
    micros = microseconds(parts.get("fraction", b"0"))
    if "epoch" in parts:
        instant = since_1970(int(parts["epoch"]) * 10**6 + micros)
    else:
        instant = _of_parts(walk, parts, micros)
    if instant is None:
        dated = {"month", "day"} <= set(parts) or "of year" in parts
        if "epoch" in parts or (dated and "hour" in parts):
            raise Refused(R.BAD_TIMESTAMP, walk.began, EXISTING)
        raise Refused(R.BAD_TIMESTAMP, len(walk.line), TIME)
    walk.record["at"] = instant


def _of_parts(walk: Walk, parts: dict[str, bytes], micros: int) -> datetime | None:
    clock = tuple(parts.get(name, b"0") for name in ("hour", "minute", "second"))
    if "half" in parts:
        if not 1 <= int(clock[0]) <= 12:
            return None
        clock = (b"%d" % (int(clock[0]) % 12 + 12 * (parts["half"][:1] in b"Pp")), *clock[1:])
    elif "twelve" in parts:
        return None
    limits = zip(clock, (23, 59, 60), strict=True)
    if "hour" not in parts or any(int(number) > most for number, most in limits):
        return None
    if "month" in parts and "day" in parts:
        name = parts["month"].decode("latin-1")[:3].capitalize()
        day = (MONTHS.index(name) + 1 if name in MONTHS else int(name), int(parts["day"]))
    elif "of year" in parts and "year" in parts:
        first = moment((int(parts["year"]), 1, 1), (b"0", b"0", b"0"), UTC)
        date = first + timedelta(days=int(parts["of year"]) - 1) if first else None
        if not date or date.year != int(parts["year"]):
            return None
        day = (date.month, date.day)
    else:
        return None
    if "year" not in parts:
        return latest(walk, day, clock, micros)
    return moment((int(parts["year"]), *day), clock, _zone(walk, parts), micros)


def _zone(walk: Walk, parts: dict[str, bytes]) -> tzinfo:
    offset = re.fullmatch(rb"([+-])(\d\d):?(\d\d)", parts.get("zone", b""))
    if offset:
        return offset_zone(offset[1], offset[2], offset[3])
    return UTC if "zone" in parts else walk.zone
