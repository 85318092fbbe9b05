"""The reference's syslog: priority, structured data, tag and message."""

from __future__ import annotations

import re

from etl.formats.fields import Step
from etl.model import RejectReason as R
from tests.parse.reference_walk import Flag, Refused, Walk, lossy

NAME = rb"([^ :\[]+)"
TAG = re.compile(NAME + rb"(?:\[([^ \]]*)\]:|\[(\d+)\](?= |$)|:(?= |$)) ?(.*)", re.DOTALL)
SD_NAME = rb'[^\x00-\x20="\]]+'
SD_PARAM = re.compile(rb" (" + SD_NAME + rb')="((?:\\.|[^"\\])*)"', re.DOTALL)


def read_priority(walk: Walk, step: Step, start: int) -> int:
    match = re.compile(rb"<(\d{1,3})>").match(walk.line, start)
    if not match or int(match[1]) > 191:
        begun = re.compile(rb"<\d{0,3}").match(walk.line, start)
        raise walk.refuse(step, R.NO_MATCH, begun.end() if begun else start)
    walk.record["facility"], walk.record["severity"] = divmod(int(match[1]), 8)
    return match.end()


def read_version(walk: Walk, step: Step, start: int) -> int:
    match = re.compile(rb"[1-9]\d{0,2}(?= )").match(walk.line, start)
    if not match:
        raise walk.refuse(step, R.NO_MATCH, start)
    return match.end()


def read_structured(walk: Walk, step: Step, start: int) -> int:
    if walk.line[start : start + 1] == b"-":
        walk.record[step.column] = None
        return start + 1
    elements = []
    place = start
    while True:
        opening = re.compile(rb"\[").match(walk.line, place)
        if not opening:
            if not elements:
                raise walk.refuse(step, R.NO_MATCH, place)
            walk.record[step.column] = elements
            return place
        name, place = sd_name(walk, step, opening.end())
        params = []
        while walk.line[place : place + 1] == b" ":
            param = SD_PARAM.match(walk.line, place)
            if not param:
                _, end = sd_name(walk, step, place + 1)
                if walk.line[end : end + 2] != b'="':
                    raise walk.refuse(step, R.NO_MATCH, end)
                raise Refused(R.CUT_SHORT, len(walk.line), step.what)
            value = re.sub(rb'\\(["\\\]])', rb"\1", param[2])
            params.append((lossy(param[1]), lossy(value)))
            place = param.end()
        if walk.line[place : place + 1] != b"]":
            raise walk.refuse(step, R.NO_MATCH, place)
        elements.append((name, params))
        place += 1


def sd_name(walk: Walk, step: Step, start: int) -> tuple[str, int]:
    match = re.compile(SD_NAME).match(walk.line, start)
    if not match:
        raise walk.refuse(step, R.NO_MATCH, start)
    return lossy(match[0]), match.end()


def read_optional(walk: Walk, step: Step, start: int) -> int:
    rest = walk.line[start:]
    if rest and not rest.startswith(b" "):
        raise walk.refuse(step, R.NO_MATCH, start)
    text = rest[1:].removeprefix(b"\xef\xbb\xbf")
    walk.record[step.column] = lossy(text) if rest else None
    return len(walk.line)


def read_host(walk: Walk, step: Step, start: int) -> int:
    """A word, and the space behind it; a tag is left to the next step."""
    rest = walk.line[start:]
    relayed = re.compile(rb"Message forwarded from ([^ ]+): ").match(rest)
    if relayed:
        walk.record[step.column] = None if relayed[1] == b"-" else lossy(relayed[1])
        return start + relayed.end()
    if rest.startswith(b"last message repeated "):
        walk.record[step.column] = None
        return start
    word, space, following = rest.partition(b" ")
    if not word:
        raise walk.refuse(step, R.NO_MATCH, start)
    if word.endswith(b":") and following.startswith(b"%"):
        host = word[:-1]
    elif TAG.fullmatch(rest) and (word.endswith(b":") or b"[" in word):
        walk.record[step.column] = None
        return start
    elif space:
        host = word
    else:
        raise Refused(R.CUT_SHORT, len(walk.line), step.what)
    walk.record[step.column] = None if host == b"-" else lossy(host)
    return start + len(word) + 1


def read_tagged(walk: Walk, step: Step, start: int) -> int:
    rest = walk.line[start:]
    match = TAG.fullmatch(rest)
    if not match and step.flags & Flag.REQUIRED:
        raise walk.refuse(step, R.NO_MATCH, start)
    app, some, digits, message = match.groups() if match else (None, None, None, b"")
    procid = some or digits
    walk.record["app"] = lossy(app) if app else None
    walk.record["procid"] = lossy(procid) if procid else None
    walk.record["message"] = lossy(message if match else re.sub(rb"\A ", b"", rest))
    return len(walk.line)
