"""The reference's way through one line by one layout, and its texts and numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from etl.formats import fields
from etl.formats.fields import Layout, Op, Step, Trailing
from etl.model import RejectReason as R

Flag = SimpleNamespace(**{flag.name: flag.value for flag in fields.Flag}, NONE=0)
"""Plain numbers: the operators of an enum would be a third of the time that all of this takes."""

SIMPLE_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"v": b"\v", b"f": b"\f"}
SIMPLE_ESCAPES |= {b"a": b"\a", b'"': b'"', b"\\": b"\\"}
REQUEST = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) (.+) (HTTP/\d(?:\.\d)?)", re.DOTALL)
ABSENT = {b"-": Flag.DASH_IS_NULL, b"": Flag.EMPTY_IS_NULL}
SIMPLE_REQUEST = re.compile(rb"(GET) (/[^ ]*)", re.DOTALL)


END, TIME = "the end of the line", "a time stamp before the end"
EXISTING = "a valid date and time, 1970 to 2100"


class Refused(Exception):
    """A value or literal is not there; `place` is an index in the line.

    A value that is written as a time stamp shows what kind of line it is.
    """

    def __init__(
        self,
        reason: R,
        place: int,
        expected: str,
        *,
        is_value: bool | None = None,
        is_stamp: bool = False,
    ) -> None:
        self.reason, self.place, self.expected = reason, place, expected
        self.is_stamp = is_stamp
        known = not expected.startswith("'") and expected not in (END, TIME, EXISTING)
        self.is_value = known if is_value is None else is_value


class Walk:
    """One layout's way through one line."""

    def __init__(
        self, line: bytes, zone: ZoneInfo, reference: datetime, readers: Mapping[Op, Reader]
    ) -> None:
        self.line, self.zone, self.reference = line, zone, reference
        self.readers = readers
        self.begin = 0
        self.record: dict[str, Any] = {}
        self.extra: list[tuple[str, Any]] = []
        self.drifted = False
        self.parts: dict[str, bytes] = {}
        self.began = 0
        self.addends: list[float | None] = []

    def take_all(self, layout: Layout) -> None:
        for step in layout.steps:
            self.begin = self._literal(step, self.value(step, self.begin))
        rest = self.line[self.begin :]
        if rest in (b"", b" "):
            return
        if not layout.trailing or rest[:1] not in (b" ", b"\t", b","):
            raise Refused(R.TRAILING_TEXT, self.begin, END)
        self.extra.append(("trailing", lossy(rest[1:])))
        self.drifted = layout.trailing is Trailing.DRIFT

    def _literal(self, step: Step, place: int) -> int:
        for index, byte in enumerate(step.literal):
            if place + index >= len(self.line):
                raise Refused(R.CUT_SHORT, len(self.line), repr(step.literal.decode()))
            if self.line[place + index] != byte:
                raise Refused(R.NO_MATCH, place + index, repr(step.literal.decode()))
        return place + len(step.literal)

    def value(self, step: Step, start: int) -> int:
        if step.op in (Op.TEXT, Op.REQUEST, Op.URI, Op.QUERY):
            end = self.text_end(step, start)
            begin = start - step.scale if step.op is Op.URI else start
            self.put_text(step, self.line[begin:end])
            return end
        return self.readers[step.op](self, step, start)

    def refuse(self, step: Step, reason: R, place: int) -> Refused:
        return Refused(R.CUT_SHORT if place >= len(self.line) else reason, place, step.what)

    def text_end(self, step: Step, start: int) -> int:
        if not step.literal:
            blank = self.line.find(b" ", start)
            return blank if step.flags & Flag.WORD and blank >= 0 else len(self.line)
        match = up_to_literal(step.literal, step.flags & Flag.QUOTED).match(self.line, start)
        up_to = f"{step.what} up to {step.literal.decode()!r}"
        if not match:
            raise Refused(R.CUT_SHORT, start, up_to, is_value=False)
        end = match.end() - len(step.literal)
        if step.flags & Flag.WORD and b" " in self.line[start:end]:
            raise Refused(R.NO_MATCH, start, up_to, is_value=False)
        if end == start and step.flags & Flag.REQUIRED:
            raise self.refuse(step, R.NO_MATCH, start)
        return end

    def put_text(self, step: Step, value: bytes) -> None:
        absent = bool(step.flags & ABSENT.get(value, Flag.NONE))
        if step.flags & Flag.QUOTES_ARE_EMPTY and value == b'""':
            value = b""
        text = decode(value, step.flags)
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

    def _put_uri(self, uri: bytes | None, flags: int) -> None:
        if uri and flags & Flag.NO_ORIGIN:
            uri = re.sub(rb"\A[A-Za-z]{1,6}://[^/?]*", b"", uri)
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

    def read_list(self, step: Step, start: int) -> int:
        end = self._list_end(step, start)
        self.put_text(step, self.line[start:end])
        return end

    def _list_end(self, step: Step, start: int) -> int:
        stop = rb"(?!%s)" % re.escape(step.literal[:1]) if step.literal else b""
        unit = rb"(?:, | : |%s[^ ])*" % stop
        match = re.compile(unit, re.DOTALL).match(self.line, start)
        assert match
        return match.end()

    def read_sum(self, step: Step, start: int) -> int:
        end = self._list_end(step, start)
        if end == start and step.flags & Flag.EMPTY_IS_NULL:
            self.record[step.column] = None
            return end
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
            if sum(nanos) >= 1 << 63:
                raise Refused(R.BAD_NUMBER, place, step.what)
            place = word.end()
        self.record[step.column] = sum(nanos) / 1e9 if nanos else None
        return end


@cache
def up_to_literal(literal: bytes, quoted: int) -> re.Pattern[bytes]:
    """Anything, and the literal; in quotes a backslash protects the byte after it."""
    literal = re.escape(literal)
    unit = rb"(?:\\.|(?!%s)[^\\])" if quoted else rb"(?:(?!%s).)"
    return re.compile(unit % literal + b"*" + literal, re.DOTALL)


Reader: TypeAlias = Callable[[Walk, Step, int], int]
"""Reads a step's value at a place and returns where it ends."""


def lossy(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def decode(value: bytes, flags: int) -> str:
    if flags & Flag.JSON_ESCAPED:
        return lossy(json_bytes(value))
    if flags & Flag.PLUS_IS_SPACE:
        value = value.replace(b"+", b" ")
    if flags & Flag.PERCENT_ENCODED:
        value = unquote_to_bytes(value)
    if not flags & Flag.ESCAPED:
        return lossy(value)

    def meant(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes([int(match[1], 16)])
        return SIMPLE_ESCAPES.get(match[2], b"\\" + match[2])

    return lossy(re.sub(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", meant, value, flags=re.DOTALL))


def json_bytes(value: bytes) -> bytes:
    """Each escape as json reads it, surrogates in pairs; a backslash before anything else stays."""
    escape = rb'(?:\\u[0-9A-Fa-f]{4})+|\\["\\/bfnrt]'

    def meant(match: re.Match[bytes]) -> bytes:
        text: str = json.loads(b'"' + match[0] + b'"')
        return re.sub("[\ud800-\udfff]", "\ufffd", text).encode()

    return re.sub(escape, meant, value)
