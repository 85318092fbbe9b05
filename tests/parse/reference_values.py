"""The reference's numbers, addresses, levels and lengths of time."""

from __future__ import annotations

import re

from etl.formats.fields import Step
from etl.model import RejectReason as R
from tests.parse import reference_durations
from tests.parse.reference_walk import Flag, Walk, decode, lossy

NUMBER = re.compile(rb"(\d+)(\.\d*)?([eE](?:[+-]?\d+)?)?")
WORDS = [
    "emerg emergency panic", "alert", "crit critical fatal", "err error severe", "warn warning",
    "notice", "info informational information", "debug trace verbose fine finer finest config",
]  # fmt: skip
LETTERS = {"f": 2, "e": 3, "w": 4, "i": 6, "d": 7, "v": 7}
NUMBERS = {str(level): level for level in range(8)}
NUMBERS |= {"10": 7, "20": 7, "30": 6, "40": 4, "50": 3, "60": 2}
LEVELS = {word: level for level, words in enumerate(WORDS) for word in words.split()}
LEVELS |= LETTERS | NUMBERS


def read_integer(walk: Walk, step: Step, start: int) -> int:
    start = _after_plus(walk, step, start)
    match = re.compile(rb"\d+").match(walk.line, start)
    if not match:
        return _no_number(walk, step, start)
    if len(match[0]) > step.scale:
        raise walk.refuse(step, R.BAD_NUMBER, start)
    walk.record[step.column] = int(match[0])
    return match.end()


def read_decimal(walk: Walk, step: Step, start: int) -> int:
    start = _after_plus(walk, step, start)
    found = decimal(walk.line, start, step.scale)
    if found is None:
        return _no_number(walk, step, start)
    walk.record[step.column], end = found
    if end < 0:
        raise walk.refuse(step, R.BAD_NUMBER, start)
    return end


def read_digits(walk: Walk, step: Step, start: int) -> int:
    match = re.compile(rb"\d+").match(walk.line, start)
    if not match:
        raise walk.refuse(step, R.NO_MATCH, start)
    walk.put_text(step, match[0])
    return match.end()


def read_addend(walk: Walk, step: Step, start: int) -> int:
    """A decimal of its own, whose value is also a part of a sum."""
    dash = _dash(walk, step, start)
    if dash is not None:
        if step.column:
            walk.record[step.column] = None
        walk.addends.append(None)
        walk.record["request_time_s"] = None
        return dash
    value, end = decimal(walk.line, start, 0) or (0.0, -1)
    if end < 0:
        raise walk.refuse(step, R.BAD_NUMBER, start)
    if step.column:
        walk.record[step.column] = value
    if step.key:
        walk.extra.append((step.key, walk.line[start:end].decode()))
    walk.addends.append(value)
    known = [each for each in walk.addends if each is not None]
    walk.record["request_time_s"] = sum(known) if known == walk.addends else None
    return end


def _after_plus(walk: Walk, step: Step, start: int) -> int:
    """HAProxy marks with a plus what was logged before the request was over."""
    marked = step.flags & Flag.NEGATIVE_IS_NULL and walk.line[start : start + 1] == b"+"
    return start + 1 if marked else start


def _dash(walk: Walk, step: Step, start: int) -> int | None:
    digits = rb"-[\d.]*" if step.flags & Flag.NEGATIVE_IS_NULL else b"-"
    match = re.compile(digits).match(walk.line, start)
    return match.end() if match else None


def _no_number(walk: Walk, step: Step, start: int) -> int:
    dash = _dash(walk, step, start)
    if dash is None and not step.flags & Flag.EMPTY_IS_NULL:
        raise walk.refuse(step, R.BAD_NUMBER, start)
    is_zero = dash is not None and step.flags & Flag.DASH_IS_ZERO
    walk.record[step.column] = 0 if is_zero else None
    return start if dash is None else dash


def decimal(line: bytes, start: int, scale: int) -> tuple[float, int] | None:
    """Return a number and its end, which is -1 where it is malformed or far too large."""
    match = NUMBER.match(line, start)
    if not match:
        return None
    whole, fraction, exponent = match.groups()
    up = int(exponent[1:] or 1000) if exponent else 0
    if fraction == b"." or len(whole.lstrip(b"0")) > 18 or abs(up) > 99:
        return 0.0, -1
    return exact((whole + (fraction or b"")).decode(), scale - up), match.end()


def exact(digits: str, scale: int) -> float:
    """Digits beyond the eighteenth are cut off; what is left is divided once."""
    whole, _, part = digits.partition(".")
    significant = (whole + part).lstrip("0")
    cut = max(len(significant) - 18, 0)
    down = len(part) + scale - cut
    number, power = int(significant[: len(significant) - cut] or "0"), 1.0
    for _ in range(abs(down)):
        power *= 10.0
    return number * power if down < 0 else number / power


def read_duration(walk: Walk, step: Step, start: int) -> int:
    end = walk.text_end(step, start)
    text = lossy(walk.line[start:end])
    length = reference_durations.seconds(text)
    if length is not None and reference_durations.NUMBER.fullmatch(text.removeprefix("-")):
        length /= 10**step.scale
    walk.record[step.column] = None if length is None else float(length)
    return end


def read_severity(walk: Walk, step: Step, start: int) -> int:
    """Words, letters and numbers are known or not; a word may have a digit behind it."""
    if step.scale == 1:
        end = start + 1
        level = LEVELS.get(lossy(walk.line[start:end]).lower())
        if level is None:
            raise walk.refuse(step, R.NO_MATCH, start)
    else:
        end = walk.text_end(step, start)
        word = walk.line[start:end].decode("latin-1")
        lowered = re.sub("[A-Z]", lambda m: m[0].lower(), word)
        level = LEVELS.get(re.sub(r"\A([a-z]{4,})[1-9]\Z", r"\1", lowered))
    walk.record[step.column] = level
    return end


def read_address(walk: Walk, step: Step, start: int) -> int:
    """host, host:port, [v6], [v6]:port; v6:port only where there always is a port."""
    end = walk.text_end(step, start)
    host, port = walk.line[start:end], b""
    colons = host.count(b":")
    parted = re.fullmatch(rb"\[.*\]:[^:]*", host, re.DOTALL)
    if colons == 1 or (colons and step.scale == 1) or parted:
        host, _, port = host.rpartition(b":")
    if port and step.key:
        walk.extra.append((step.key, decode(port, step.flags)))
    if len(host) > 1 and host.startswith(b"[") and host.endswith(b"]"):
        host = host[1:-1]
    walk.record[step.column] = None if host in (b"", b"-") else lossy(host)
    return end


def read_forwarded(walk: Walk, step: Step, start: int) -> int:
    end = walk.text_end(step, start)
    addresses = walk.line[start:end].split(b",")
    if len(addresses) > 1:
        walk.extra.append((step.key, decode(walk.line[start:end], step.flags)))
    walk.put_text(step, addresses[0].strip(b" "))
    return end


def read_pad(walk: Walk, _step: Step, start: int) -> int:
    match = re.compile(b" *").match(walk.line, start)
    assert match
    return match.end()
