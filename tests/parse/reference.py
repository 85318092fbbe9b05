"""A slow, obvious parser to hold the kernel to: one regular expression per value, datetime, json.

It reads the same steps as the kernel and shares none of its code.
"""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from etl.formats.fields import Flag, LineFormat, Op, Step, table_schema
from etl.model import RejectReason as R

MONTHS = list(calendar.month_abbr)[1:]
SIMPLE_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"v": b"\v", b"f": b"\f"}
SIMPLE_ESCAPES |= {b"a": b"\a", b'"': b'"', b"\\": b"\\"}
TIME_OF_DAY = rb"([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)"
OFFSET = rb"([+-])([01]\d|2[0-3])(:?)([0-5]\d)"
CLF = re.compile(
    rb"(\d\d)/([A-Z][a-z][a-z])/(\d{4}):" + TIME_OF_DAY + rb" ([+-])([01]\d|2[0-3])([0-5]\d)"
)
ISO = re.compile(rb"(\d{4})-(\d\d)-(\d\d)T" + TIME_OF_DAY)
BSD = re.compile(rb"([A-Z][a-z][a-z])  ?(\d\d?) " + TIME_OF_DAY)
REQUEST = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) (.+) (HTTP/\d(?:\.\d)?)", re.DOTALL)
SIMPLE_REQUEST = re.compile(rb"(GET) (/[^ ]*)", re.DOTALL)
TAG = re.compile(rb"([^ :\[]+)(?:\[([^ \]]*)\]:(?: ?(.*))|:(?: (.*)|))", re.DOTALL)
SD_NAME = rb'[^\x00-\x20="\]]+'
SD_PARAM = re.compile(rb" (" + SD_NAME + rb')="((?:\\.|[^"\\])*)"', re.DOTALL)
LIST_SEPARATOR = re.compile(rb", | : ")


class Refused(Exception):
    """A value or literal is not there; `place` is an index in the line."""

    def __init__(self, reason: R, place: int, expected: str) -> None:
        self.reason, self.place, self.expected = reason, place, expected
        self.is_value = not expected.startswith("'") and expected != "the end of the line"


@dataclass
class Outcome:
    records: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[tuple[str, str, bytes, int]] = field(default_factory=list)
    blank: int = 0


@dataclass
class Parser:
    line_format: LineFormat
    zone: ZoneInfo
    reference: datetime
    longest: int = 1 << 20

    def parse(self, data: bytes, offset: int = 0) -> Outcome:
        outcome = Outcome()
        lines = data.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        for raw in lines:
            line = raw.removesuffix(b"\r")
            if not line:
                outcome.blank += 1
            elif len(raw) > self.longest:
                detail = f"line of {len(raw)} bytes, limit {self.longest}; raw holds the first "
                kept = raw[: 1 << 16]
                outcome.rejects.append((R.TOO_LONG, detail + str(len(kept)), kept, offset))
            else:
                self._line(line, raw, offset, outcome)
            offset += len(raw) + 1
        return outcome

    def _line(self, line: bytes, raw: bytes, offset: int, outcome: Outcome) -> None:
        furthest = -1
        tied: list[Refused] = []
        for layout in self.line_format.layouts:
            walk = Walk(line, self.zone, self.reference)
            try:
                walk.take_all(layout.steps)
            except Refused as refused:
                if walk.begin > furthest:
                    furthest, tied = walk.begin, [refused]
                elif walk.begin == furthest and refused.place == tied[0].place:
                    tied.append(refused)
                continue
            outcome.records.append(self._record(walk, offset))
            return
        first = tied[0]
        words = dict.fromkeys(one.expected for one in tied if one.is_value == first.is_value)
        expected = " or ".join(words) if first.is_value else first.expected
        why = f"column {first.place + 1}: expected {expected}"
        outcome.rejects.append((first.reason.value, why, raw, offset))

    def _record(self, walk: Walk, offset: int) -> dict[str, Any]:
        names = self.line_format.columns
        assert set(walk.record) <= set(names) - {"offset", "extra"}
        record = dict.fromkeys(names) | walk.record | {"offset": offset}
        if walk.extra:
            record["extra"] = walk.extra
        return record


class Walk:
    """One layout's way through one line."""

    def __init__(self, line: bytes, zone: ZoneInfo, reference: datetime) -> None:
        self.line, self.zone, self.reference = line, zone, reference
        self.begin = 0
        self.record: dict[str, Any] = {}
        self.extra: list[tuple[str, str]] = []

    def take_all(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            self.begin = self._literal(step, self._value(step, self.begin))
        if self.line[self.begin :] not in (b"", b" "):
            raise Refused(R.TRAILING_TEXT, self.begin, "the end of the line")

    def _literal(self, step: Step, place: int) -> int:
        for index, byte in enumerate(step.literal):
            if place + index >= len(self.line):
                raise Refused(R.CUT_SHORT, len(self.line), repr(step.literal.decode()))
            if self.line[place + index] != byte:
                raise Refused(R.NO_MATCH, place + index, repr(step.literal.decode()))
        return place + len(step.literal)

    def _value(self, step: Step, start: int) -> int:
        if step.op in (Op.TEXT, Op.REQUEST, Op.URI, Op.QUERY):
            end = self._text_end(step, start)
            self._put_text(step, self.line[start:end])
            return end
        return READERS[step.op](self, step, start)

    def refuse(self, step: Step, reason: R, place: int) -> Refused:
        return Refused(R.CUT_SHORT if place >= len(self.line) else reason, place, step.what)

    def _text_end(self, step: Step, start: int) -> int:
        if not step.literal:
            return len(self.line)
        literal = re.escape(step.literal)
        unit = rb"(?:\\.|(?!%s)[^\\])" if step.flags & Flag.QUOTED else rb"(?:(?!%s).)"
        match = re.compile(unit % literal + b"*" + literal, re.DOTALL).match(self.line, start)
        if not match:
            raise Refused(R.CUT_SHORT, len(self.line), repr(step.literal.decode()))
        end = match.end() - len(step.literal)
        if end == start and step.flags & Flag.REQUIRED:
            raise self.refuse(step, R.NO_MATCH, start)
        return end

    def _put_text(self, step: Step, value: bytes) -> None:
        text = decode(value, step.flags)
        absent = value == b"-" and bool(step.flags & Flag.DASH_IS_NULL)
        if step.flags & Flag.EXTRA:
            if not absent:
                self.extra.append((step.key, text))
        elif step.op is Op.REQUEST:
            self._put_request(step, value, absent)
        elif step.op is Op.URI:
            self._put_uri(None if absent else value, step.flags)
        elif step.op is Op.QUERY:
            known = value not in (b"", b"-")
            self.record["query"] = decode(value.removeprefix(b"?"), step.flags) if known else None
        else:
            self.record[step.column] = None if absent else text

    def _put_uri(self, uri: bytes | None, flags: Flag) -> None:
        path, mark, query = (uri or b"").partition(b"?")
        self.record["path"] = None if uri is None else decode(path, flags)
        self.record["query"] = decode(query, flags) if mark else None

    def _put_request(self, step: Step, value: bytes, absent: bool) -> None:
        match = REQUEST.fullmatch(value)
        if not match and not absent:
            self.extra.append(("request", decode(value, step.flags)))
        parts = match or SIMPLE_REQUEST.fullmatch(value)
        self.record["method"] = parts[1].decode() if parts else None
        self._put_uri(parts[2] if parts else None, step.flags)
        self.record["protocol"] = match[3].decode() if match else None

    def read_integer(self, step: Step, start: int) -> int:
        match = re.compile(rb"\d+|-").match(self.line, start)
        if not match:
            raise self.refuse(step, R.BAD_NUMBER, start)
        if match[0] == b"-":
            self.record[step.column] = 0 if step.flags & Flag.DASH_IS_ZERO else None
            return match.end()
        if len(match[0]) > step.scale:
            raise self.refuse(step, R.BAD_NUMBER, start)
        self.record[step.column] = int(match[0])
        return match.end()

    def read_decimal(self, step: Step, start: int) -> int:
        match = re.compile(rb"\d+\.?\d*|-").match(self.line, start)
        if not match:
            raise self.refuse(step, R.BAD_NUMBER, start)
        if match[0] == b"-":
            self.record[step.column] = None
            return match.end()
        if match[0].endswith(b".") or len(match[0]) > 18:
            raise self.refuse(step, R.BAD_NUMBER, start)
        self.record[step.column] = exact(match[0].decode(), step.scale)
        return match.end()

    def read_list(self, step: Step, start: int) -> int:
        end = self._list_end(step, start)
        self._put_text(step, self.line[start:end])
        return end

    def _list_end(self, step: Step, start: int) -> int:
        stop = rb"(?!%s)" % re.escape(step.literal[:1]) if step.literal else b""
        unit = rb"(?:, | : |%s[^ ])*" % stop
        match = re.compile(unit, re.DOTALL).match(self.line, start)
        assert match
        return match.end()

    def read_sum(self, step: Step, start: int) -> int:
        end = self._list_end(step, start)
        if end == start:
            raise self.refuse(step, R.BAD_NUMBER, start)
        nanos: list[int] = []
        place = start
        while place < end:
            if self.line[place] in b", :-":
                place += 1
                continue
            word = re.compile(rb"[^, ]*").match(self.line, place, end)
            assert word
            whole, _, part = word[0].partition(b".")
            digits = re.fullmatch(rb"\d+\.?\d*", word[0])
            if not digits or len(whole) > 8 or len(part) > 9:
                raise Refused(R.BAD_NUMBER, place, step.what)
            nanos.append(int(whole) * 10**9 + int(part.ljust(9, b"0")))
            place = word.end()
        self.record[step.column] = sum(nanos) / 1e9 if nanos else None
        return end

    def put_instant(self, step: Step, start: int, end: int, instant: datetime | None) -> int:
        if instant is None:
            raise self.refuse(step, R.BAD_TIMESTAMP, start)
        if step.flags & Flag.EXTRA:
            self._put_text(step, self.line[start:end])
        else:
            self.record[step.column] = instant.astimezone(UTC)
        return end

    def read_clf(self, step: Step, start: int) -> int:
        match = CLF.match(self.line, start)
        if not match or match[2].decode() not in MONTHS:
            raise self.refuse(step, R.BAD_TIMESTAMP, start)
        day, month, year = int(match[1]), MONTHS.index(match[2].decode()) + 1, int(match[3])
        delta = timedelta(hours=int(match[8]), minutes=int(match[9]))
        zone = timezone(-delta if match[7] == b"-" else delta)
        instant = moment((year, month, day), match.group(4, 5, 6), zone)
        return self.put_instant(step, start, match.end(), instant)

    def read_iso(self, step: Step, start: int) -> int:
        match = ISO.match(self.line, start)
        if not match:
            raise self.refuse(step, R.BAD_TIMESTAMP, start)
        end, micros = match.end(), 0
        zone: Any = self.zone
        fraction = re.compile(rb"[.,](\d*)").match(self.line, end)
        if fraction:
            if not 1 <= len(fraction[1]) <= 9:
                raise self.refuse(step, R.BAD_TIMESTAMP, start)
            end, micros = fraction.end(), int(fraction[1].ljust(6, b"0")[:6])
        if self.line[end : end + 1] in (b"Z", b"z"):
            end, zone = end + 1, UTC
        elif self.line[end : end + 1] in (b"+", b"-"):
            offset = re.compile(OFFSET).match(self.line, end)
            if not offset:
                raise self.refuse(step, R.BAD_TIMESTAMP, start)
            delta = timedelta(hours=int(offset[2]), minutes=int(offset[4]))
            zone = timezone(-delta if offset[1] == b"-" else delta)
            end = offset.end()
        date = tuple(int(part) for part in match.group(1, 2, 3))
        instant = moment(date, match.group(4, 5, 6), zone, micros)
        return self.put_instant(step, start, end, instant)

    def read_epoch(self, step: Step, start: int) -> int:
        pattern = rb"\d{1,18}(?:\.(\d*))?" if step.scale == 0 else rb"\d{1,18}"
        match = re.compile(pattern).match(self.line, start)
        if not match:
            raise self.refuse(step, R.BAD_TIMESTAMP, start)
        whole, _, part = match[0].partition(b".")
        micros = int(whole) * 10 ** (6 - step.scale)
        if micros >= 4_133_980_800 * 10**6 or (b"." in match[0] and not 1 <= len(part) <= 9):
            raise self.refuse(step, R.BAD_TIMESTAMP, start)
        micros += int(part.ljust(6, b"0")[:6]) if part else 0
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
        return self.put_instant(step, start, match.end(), instant)

    def read_bsd(self, step: Step, start: int) -> int:
        match = BSD.match(self.line, start)
        if not match or match[1].decode() not in MONTHS:
            raise self.refuse(step, R.BAD_TIMESTAMP, start)
        month, day = MONTHS.index(match[1].decode()) + 1, int(match[2])
        if moment((2000, month, day), match.group(3, 4, 5), UTC) is None:
            raise self.refuse(step, R.BAD_TIMESTAMP, start)
        year = self.reference.astimezone(self.zone).year + 1
        while True:
            instant = moment((year, month, day), match.group(3, 4, 5), self.zone)
            if instant and instant <= self.reference + timedelta(days=1):
                return self.put_instant(step, start, match.end(), instant)
            year -= 1

    def read_priority(self, step: Step, start: int) -> int:
        match = re.compile(rb"<(\d{1,3})>").match(self.line, start)
        if not match or int(match[1]) > 191:
            begun = re.compile(rb"<\d{0,3}").match(self.line, start)
            raise self.refuse(step, R.NO_MATCH, begun.end() if begun else start)
        self.record["facility"], self.record["severity"] = divmod(int(match[1]), 8)
        return match.end()

    def read_version(self, step: Step, start: int) -> int:
        match = re.compile(rb"[1-9]\d{0,2}").match(self.line, start)
        if not match:
            raise self.refuse(step, R.NO_MATCH, start)
        return match.end()

    def read_structured(self, step: Step, start: int) -> int:
        if self.line[start : start + 1] == b"-":
            self.record[step.column] = None
            return start + 1
        elements = []
        place = start
        while True:
            opening = re.compile(rb"\[").match(self.line, place)
            if not opening:
                if not elements:
                    raise self.refuse(step, R.NO_MATCH, place)
                self.record[step.column] = elements
                return place
            name, place = self._sd_name(step, opening.end())
            params = []
            while self.line[place : place + 1] == b" ":
                param = SD_PARAM.match(self.line, place)
                if not param:
                    _, end = self._sd_name(step, place + 1)
                    if self.line[end : end + 2] != b'="':
                        raise self.refuse(step, R.NO_MATCH, end)
                    raise Refused(R.CUT_SHORT, len(self.line), step.what)
                value = re.sub(rb'\\(["\\\]])', rb"\1", param[2])
                params.append((lossy(param[1]), lossy(value)))
                place = param.end()
            if self.line[place : place + 1] != b"]":
                raise self.refuse(step, R.NO_MATCH, place)
            elements.append((name, params))
            place += 1

    def _sd_name(self, step: Step, start: int) -> tuple[str, int]:
        match = re.compile(SD_NAME).match(self.line, start)
        if not match:
            raise self.refuse(step, R.NO_MATCH, start)
        return lossy(match[0]), match.end()

    def read_optional(self, step: Step, start: int) -> int:
        rest = self.line[start:]
        if rest and not rest.startswith(b" "):
            raise self.refuse(step, R.NO_MATCH, start)
        text = rest[1:].removeprefix(b"\xef\xbb\xbf")
        self.record[step.column] = lossy(text) if rest else None
        return len(self.line)

    def read_tagged(self, step: Step, start: int) -> int:
        rest = self.line[start:]
        match = TAG.fullmatch(rest)
        app, procid, first, second = match.groups() if match else (None, None, rest, None)
        message = second if first is None else first
        self.record["app"] = lossy(app) if app else None
        self.record["procid"] = lossy(procid) if procid else None
        self.record["message"] = lossy(message or b"")
        return len(self.line)


READERS: dict[Op, Callable[[Walk, Step, int], int]] = {
    Op.LITERAL: lambda walk, step, start: start,
    Op.LIST: Walk.read_list,
    Op.INTEGER: Walk.read_integer,
    Op.DECIMAL: Walk.read_decimal,
    Op.SUM: Walk.read_sum,
    Op.CLF_TIME: Walk.read_clf,
    Op.ISO_TIME: Walk.read_iso,
    Op.EPOCH_TIME: Walk.read_epoch,
    Op.BSD_TIME: Walk.read_bsd,
    Op.PRIORITY: Walk.read_priority,
    Op.VERSION: Walk.read_version,
    Op.STRUCTURED: Walk.read_structured,
    Op.OPTIONAL_MESSAGE: Walk.read_optional,
    Op.TAGGED_MESSAGE: Walk.read_tagged,
}


def lossy(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def decode(value: bytes, flags: Flag) -> str:
    if not flags & Flag.ESCAPED:
        return lossy(value)

    def meant(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes([int(match[1], 16)])
        return SIMPLE_ESCAPES.get(match[2], b"\\" + match[2])

    return lossy(re.sub(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", meant, value, flags=re.DOTALL))


def exact(digits: str, scale: int) -> float:
    whole, _, part = digits.partition(".")
    return int(whole + part) / 10 ** (len(part) + scale)


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


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    """JSON columns as lists of pairs, so that order and repeated names count."""
    return {
        name: plain(json.loads(value, object_pairs_hook=list)) if name in JSON and value else value
        for name, value in record.items()
    }


JSON = ("extra", "structured_data")


def plain(value: Any) -> Any:
    """Tuples to lists, as JSON has them."""
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def columns(line_format: LineFormat) -> list[str]:
    return [n for n in table_schema(line_format.table).names if n in line_format.columns]
