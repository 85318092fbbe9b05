"""Kernel pieces that take named values which stand one after the other in a line."""

from __future__ import annotations

from etl.native.cells import cell
from etl.native.jit import helper, inlined
from etl.native.memory import load, store
from etl.parse.context import (
    BACKSLASH,
    COLON,
    EQUALS,
    JSON_ESCAPED,
    NO_MATCH,
    PAIRS_CEF,
    PAIRS_LOGFMT,
    PAIRS_LTSV,
    QUOTE,
    SCALE,
    SPACE,
    TAB,
    VALUE,
)
from etl.parse.escapes import unescape_json
from etl.parse.json_text import string_end
from etl.parse.members import put_member, put_spare, put_true, taker, wanted
from etl.parse.text import find_byte
from etl.parse.values import fail_value

_UNIT, _RECORD = 0x1F, 0x1E
_N, _R, _PIPE = b"nr|"


@helper
def put_pairs(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Take the named values from `start` to the line's end; return that end, or -1."""
    kind = cell(s, SCALE)
    if kind == PAIRS_LOGFMT:
        return _put_logfmt(k, row, s, start, stop)
    if kind == PAIRS_CEF:
        return _put_cef(k, row, s, start, stop)
    between, behind = (TAB, COLON) if kind == PAIRS_LTSV else (_RECORD, _UNIT)
    place, guess = start, -1
    while place < stop:
        end = find_byte(place, stop, between)
        mark = find_byte(place, end, behind)
        if mark == end and end > place:
            return fail_value(k, NO_MATCH, place, stop)
        if end > place:
            number = wanted(k, s, place, mark - place, guess)
            guess = number + 1
            number = taker(k, row, number)
            if number < 0:
                if end > mark + 1:
                    put_spare(k, place, mark - place, mark + 1, end, 0)
            elif not put_member(k, row, number, mark + 1, end, mark + 1):
                return -1
        place = end + 1
    return stop if stop > start else fail_value(k, NO_MATCH, start, stop)


@helper
def _put_logfmt(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Take key=value and key="quoted value" with JSON's escapes.

    A key alone, also one right behind a closing quote, and a word that begins with "=" go into
    `extra` as true, whatever the step of that name: no column could hold it. A line of nothing
    else is no logfmt.
    """
    place, guess, pairs = start, -1, 0
    while place < stop:
        if load(place) <= SPACE:
            place += 1
            continue
        name, place = place, _word_end(place, stop, EQUALS)
        size = place - name
        if size == 0 or place == stop or load(place) != EQUALS:
            place = _word_end(place, stop, -1)
            put_true(k, name, place - name)
            continue
        place += 1
        first, quoted = place, place < stop and load(place) == QUOTE
        if quoted:
            end = string_end(place + 1, stop)
            if end < 0:
                return fail_value(k, NO_MATCH, stop, stop)
            first, place = place + 1, end + 1
        else:
            end = place = _word_end(place, stop, -1)
        number, pairs = wanted(k, s, name, size, guess), pairs + 1
        guess = number + 1
        number = taker(k, row, number)
        if number < 0:
            put_spare(k, name, size, first, end, JSON_ESCAPED if quoted else 0)
        elif not _put_logfmt_member(k, row, number, first, end, quoted):
            return -1
    return stop if pairs > 0 else fail_value(k, NO_MATCH, start, stop)


@inlined
def _word_end(start: int, stop: int, mark: int) -> int:
    """Return where a blank or a mark first stands, or `stop`."""
    while start < stop and load(start) > SPACE and load(start) != mark:
        start += 1
    return start


@inlined
def _put_logfmt_member(k: int, row: int, number: int, start: int, stop: int, quoted: bool) -> bool:
    if not quoted:
        return put_member(k, row, number, start, stop, start)
    value = cell(k, VALUE)
    return put_member(k, row, number, value, unescape_json(start, stop, value), start)


@helper
def _put_cef(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Take CEF's extension: a value goes on until a blank, a key and an equals sign."""
    name, guess = start, -1
    while name < stop and load(name) == SPACE:
        name += 1
    while name < stop:
        mark = _key_end(name, stop)
        if mark < 0:
            return fail_value(k, NO_MATCH, name, stop)
        end, following = mark + 1, stop
        while end < stop:
            if load(end) == BACKSLASH:
                end += 2
            elif load(end) == SPACE and _key_end(end + 1, stop) >= 0:
                following = end + 1
                break
            else:
                end += 1
        end = min(end, stop)
        number = wanted(k, s, name, mark - name, guess)
        guess = number + 1
        number = taker(k, row, number)
        value = cell(k, VALUE)
        size = _unescape_cef(mark + 1, end, value) - value
        if number < 0:
            put_spare(k, name, mark - name, value, value + size, 0)
        elif not put_member(k, row, number, value, value + size, mark + 1):
            return -1
        name = following
    return stop


@inlined
def _key_end(start: int, stop: int) -> int:
    """Return the equals sign behind the key at `start`, or -1 where no key stands."""
    place = start
    while place < stop and load(place) != EQUALS:
        byte = load(place)
        if byte <= SPACE or byte in (BACKSLASH, QUOTE):
            return -1
        place += 1
    return place if start < place < stop else -1


@inlined
def _unescape_cef(start: int, stop: int, target: int) -> int:
    r"""Decode `\=`, `\\`, `\|`, `\n` and `\r`; return where the writing ended.

    A backslash before anything else stands for itself: many devices leave paths as they are.
    """
    while start < stop:
        byte = load(start)
        start += 1
        if byte == BACKSLASH and start < stop:
            plain = _meant(load(start))
            if plain != 0:
                byte = plain
                start += 1
        store(target, byte)
        target += 1
    return target


@inlined
def _meant(mark: int) -> int:
    if mark == _N:
        return 10
    if mark == _R:
        return 13
    return mark if mark in (EQUALS, BACKSLASH, _PIPE) else 0
