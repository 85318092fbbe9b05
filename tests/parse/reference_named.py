"""The reference's named values: JSON objects, LTSV, logfmt, CEF and a pattern's groups."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from etl.formats.fields import TIMES, Pairs, Step
from etl.model import RejectReason as R
from tests.parse.reference_walk import Flag, Refused, Walk, json_bytes, lossy

BLANK = re.compile(rb"[ \t\n\r]*")
STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
TOKEN = re.compile(rb"[^\x00-\x20,}\]]*")
BYTES = re.compile(rb"\[[ \t\n\r]*\d{1,3}(?:[ \t\n\r]*,[ \t\n\r]*\d{1,3})*[ \t\n\r]*\]")
SCALAR = re.compile(rb"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
LOGFMT = re.compile(rb"([^\x00-\x20=]+)=(?:(\")|([^\x00-\x20]*))|([^\x00-\x20]+)|[\x00-\x20]")
CEF_KEY = rb'[^\x00-\x20=\\"]+='
CEF = re.compile(
    rb"(%s)((?:\\.|[^\\]|\\\Z)*?)(?:\Z| (?=%s))" % (CEF_KEY, CEF_KEY), re.DOTALL
)  # fmt: skip
CEF_ESCAPES = {b"n": b"\n", b"r": b"\r", b"=": b"=", b"\\": b"\\", b"|": b"|"}
DEEPEST = 60


def read_object(walk: Walk, step: Step, start: int) -> int:
    return _blank(walk, _object(walk, step, _blank(walk, start), b""))


def _object(walk: Walk, step: Step, place: int, prefix: bytes) -> int:
    place = _blank(walk, _expect(walk, step, place, b"{"))
    if walk.line[place : place + 1] == b"}":
        return place + 1
    while True:
        if walk.line[place : place + 1] != b'"':
            raise walk.refuse(step, R.NO_MATCH, place)
        end = _value_end(walk, step, place)
        name = prefix + json_bytes(walk.line[place + 1 : end - 1])
        place = _blank(walk, _expect(walk, step, _blank(walk, end), b":"))
        place = _blank(walk, _value(walk, step, place, name))
        if walk.line[place : place + 1] == b"}":
            return place + 1
        place = _blank(walk, _expect(walk, step, place, b","))


def _value(walk: Walk, step: Step, place: int, name: bytes) -> int:
    enter = any(each.name.encode().startswith(name + b".") for each in step.members)
    if enter and walk.line[place : place + 1] == b"{":
        return _object(walk, step, place, name + b".")
    member = _member(walk, step, name)
    end = _value_end(walk, step, place)
    written = walk.line[place:end]
    if member is None or not _take(walk, member, written, place):
        walk.extra.append((lossy(name), _as_sent(written)))
    return end


def _take(walk: Walk, member: Step, written: bytes, place: int) -> bool:
    """Give a step what it takes of a value: of an array the first; tell if nothing is left over."""
    if written.startswith(b"{") and not member.flags & Flag.WHOLE:
        return False
    if not written.startswith(b"["):
        _take_one(walk, member, written, place)
        return True
    start = _after_blanks(written, 1)
    if member.flags & Flag.BYTES:
        for begin in (0, start):  # all of it, or its first element
            end = BYTES.match(written, begin)
            numbers = [int(each) for each in re.findall(rb"\d+", end[0])] if end else [256]
            if end and max(numbers) <= 255:
                take_member(walk, member, bytes(numbers), place)
                return end.end() == len(written) or (
                    _after_blanks(written, end.end()) == len(written) - 1
                )
    first = STRING.match(written, start) or TOKEN.match(written, start)
    assert first
    if first.re is TOKEN and not SCALAR.fullmatch(first[0]):
        return start == len(written) - 1
    _take_one(walk, member, first[0], place + start)
    return _after_blanks(written, first.end()) == len(written) - 1


def _take_one(walk: Walk, member: Step, written: bytes, place: int) -> None:
    if written.startswith(b'"'):
        take_member(walk, member, json_bytes(written[1:-1]), place + 1)
    elif written != b"null":
        take_member(walk, member, written, place)


def _value_end(walk: Walk, step: Step, place: int) -> int:
    """Return where any JSON value ends; a nested one by its brackets."""
    first = walk.line[place : place + 1]
    cut = Refused(R.CUT_SHORT, len(walk.line), step.what)
    if first == b'"':
        string = STRING.match(walk.line, place)
        if not string:
            raise cut
        return string.end()
    if first and first in b"{[":
        depth = 0
        for part in re.compile(STRING.pattern + rb'|[{}\[\]"]', re.DOTALL).finditer(
            walk.line, place
        ):
            if part[0] == b'"':
                break
            depth += (part[0] in (b"{", b"[")) - (part[0] in (b"}", b"]"))
            if depth == 0:
                return part.end()
        raise cut
    token = TOKEN.match(walk.line, place)
    assert token
    if not SCALAR.fullmatch(token[0]):
        raise walk.refuse(step, R.NO_MATCH, place)
    return token.end()


def _as_sent(written: bytes) -> Any:
    """What stands in the column of spare fields: JSON where it is that, else text."""
    if written.startswith(b'"'):
        return lossy(json_bytes(written[1:-1]))
    depths, depth = [0], 0
    for mark in re.findall(rb"[{}\[\]]", STRING.sub(b"", written)):
        depth += 1 if mark in (b"{", b"[") else -1
        depths.append(depth)
    try:
        return load_json(written.decode()) if max(depths) <= DEEPEST else lossy(written)
    except ValueError:
        return lossy(written)


def load_json(text: str) -> Any:
    """Objects as lists of pairs, numbers as they are written: order, names and digits count."""

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    def number(digits: str) -> Any:
        return {"number": digits}

    return json.loads(
        text,
        object_pairs_hook=list,
        parse_int=number,
        parse_float=number,
        parse_constant=refuse,
    )


def read_pairs(walk: Walk, step: Step, start: int) -> int:
    if start == len(walk.line) and step.scale != Pairs.CEF:
        raise walk.refuse(step, R.NO_MATCH, start)
    for name, value, place, is_spare in PAIRS[Pairs(step.scale)](walk, step, start):
        member = _member(walk, step, name)
        if member:
            take_member(walk, member, value, place)
        elif is_spare:
            walk.extra.append((lossy(name), lossy(value)))
    return len(walk.line)


Pair = tuple[bytes, bytes, int, bool]
"""A name, its decoded value, where that stands, and whether it is worth a spare field."""


def _labels(walk: Walk, step: Step, start: int) -> Iterator[Pair]:
    between, behind = (b"\t", b":") if step.scale == Pairs.LTSV else (b"\x1e", b"\x1f")
    for part in walk.line[start:].split(between):
        name, mark, value = part.partition(behind)
        if part and not mark:
            raise walk.refuse(step, R.NO_MATCH, start)
        if part:
            yield name, value, start + len(name) + 1, value != b""
        start += len(part) + 1


def _logfmt(walk: Walk, step: Step, start: int) -> Iterator[Pair]:
    place, found = start, False
    while place < len(walk.line):
        match = LOGFMT.match(walk.line, place)
        assert match
        place = match.end()
        if match[2]:
            string = STRING.match(walk.line, match.start(2))
            if not string:
                raise Refused(R.CUT_SHORT, len(walk.line), step.what)
            place, found = string.end(), True
            yield match[1], json_bytes(string[1]), string.start(1), True
        elif match[3] is not None:
            found = True
            yield match[1], match[3], match.start(3), True
        elif match[4]:
            walk.extra.append((lossy(match[4]), True))
    if not found:
        raise walk.refuse(step, R.NO_MATCH, start)


def _cef(walk: Walk, step: Step, start: int) -> Iterator[Pair]:
    blanks = re.compile(b" *").match(walk.line, start)
    assert blanks
    place = blanks.end()
    while place < len(walk.line):
        match = CEF.match(walk.line, place)
        if not match:
            raise walk.refuse(step, R.NO_MATCH, place)
        place = match.end()
        value = re.sub(rb"\\(.)", lambda m: CEF_ESCAPES.get(m[1], m[0]), match[2], flags=re.DOTALL)
        yield match[1][:-1], value, match.start(2), True


PAIRS = {Pairs.LTSV: _labels, Pairs.GROUPS: _labels, Pairs.LOGFMT: _logfmt, Pairs.CEF: _cef}


def _member(walk: Walk, step: Step, name: bytes) -> Step | None:
    """Return what wants a name; a later one wants it only where its column is still empty."""
    member = next((each for each in step.members if each.name.encode() == name), None)
    if member and member.flags & Flag.LATE and walk.record.get(member.column) is not None:
        return None
    return member


def take_member(walk: Walk, member: Step, value: bytes, place: int) -> None:
    """Read a value as if it were a line; all of it has to be read."""
    inner = Walk(value, walk.zone, walk.reference, walk.readers)
    inner.record, inner.extra, inner.parts = walk.record, walk.extra, walk.parts
    try:
        end = inner.value(member, 0)
    except Refused:
        end = -1
    if end != len(value):
        reason = R.BAD_TIMESTAMP if member.op in TIMES else R.BAD_NUMBER
        raise Refused(reason, place, member.what)


def _blank(walk: Walk, place: int) -> int:
    return _after_blanks(walk.line, place)


def _after_blanks(text: bytes, place: int) -> int:
    match = BLANK.match(text, place)
    assert match
    return match.end()


def _expect(walk: Walk, step: Step, place: int, mark: bytes) -> int:
    if walk.line[place : place + 1] != mark:
        raise walk.refuse(step, R.NO_MATCH, place)
    return place + 1
