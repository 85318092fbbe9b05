"""Kernel pieces for syslog: priority, structured data, tag and message; positions are addresses."""

from __future__ import annotations

from etl.native.cells import cell
from etl.native.jit import inlined
from etl.native.memory import load, load32, load64
from etl.parse.context import (
    BRACKET,
    BRACKET_END,
    COLON,
    CUT_SHORT,
    FLAGS,
    GREATER,
    LESS,
    NINE,
    NO_MATCH,
    PART_VALUE,
    PERCENT,
    REQUIRED,
    SLOT_A,
    SLOT_B,
    SLOT_C,
    SPACE,
    ZERO,
)
from etl.parse.numbers import set_number
from etl.parse.text import find_byte
from etl.parse.values import fail, fail_value, put_text, set_null_text, set_text

_MARK = int.from_bytes(b"\xef\xbb\xbf", "little")  # numba runs on little-endian machines only
_MAX_PRIORITY = 191  # facility 23, severity 7


def _words(text: bytes) -> tuple[int, int, int, int]:
    """Return a text of 16 to 24 bytes as `_says` compares it: its bytes by eights, and its size."""
    first, second, last = (
        int.from_bytes(text[at : at + 8], "little") for at in (0, 8, len(text) - 8)
    )
    return first, second, last, len(text)


_FORWARDED = _words(b"Message forwarded from ")
_REPEATED = _words(b"last message repeated ")


@inlined
def _says(start: int, stop: int, words: tuple[int, int, int, int]) -> bool:
    """Tell whether a text begins with words."""
    if stop - start < words[3] or load64(start) != words[0]:
        return False
    return load64(start + 8) == words[1] and load64(start + words[3] - 8) == words[2]


@inlined
def put_priority(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Write facility and severity out of `<PRI>` (RFC 5424, 6.2.1)."""
    if start >= stop or load(start) != LESS:
        return fail_value(k, NO_MATCH, start, stop)
    value, place = 0, start + 1
    while place < stop and ZERO <= load(place) <= NINE and place - start <= 3:
        value = value * 10 + load(place) - ZERO
        place += 1
    if place == start + 1 or place >= stop or load(place) != GREATER or value > _MAX_PRIORITY:
        return fail_value(k, NO_MATCH, place, stop)
    set_number(k, row, cell(s, SLOT_A), value >> 3)
    set_number(k, row, cell(s, SLOT_B), value & 7)
    return place + 1


@inlined
def read_version(k: int, start: int, stop: int) -> int:
    """Step over VERSION: one to three digits before a space, the first not zero."""
    place = start
    while place < stop and ZERO <= load(place) <= NINE and place - start < 3:
        place += 1
    if place in (start, stop) or load(start) == ZERO or load(place) != SPACE:
        return fail_value(k, NO_MATCH, start, stop)
    return place


@inlined
def put_optional_message(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Write what follows the structured data after a space, without its byte-order mark."""
    if start == stop:
        set_null_text(k, row, cell(s, SLOT_A))
        return stop
    if load(start) != SPACE:
        return fail_value(k, NO_MATCH, start, stop)
    first = start + 1
    if stop - first >= 3 and load32(first) & 0xFFFFFF == _MARK:
        first += 3
    set_text(k, row, cell(s, SLOT_A), first, stop, 0)
    return stop


@inlined
def put_host(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Write the word that is the host, and step over the space behind it.

    Where the tag stands at once, nothing is taken and the host is null: brackets or a colon at
    its end show a tag, for no name or address has them. Cisco's firewalls write that colon behind
    the host as well, before a word with a percent sign. AIX's syslogd puts words before the host of
    what it relays; Solaris's and BSD's say without a host that the last message came again.
    """
    if _says(start, stop, _FORWARDED):
        name = start + _FORWARDED[3]
        end = find_byte(name, stop, SPACE)
        if name + 1 < end < stop and load(end - 1) == COLON:
            put_text(k, row, s, name, end - 1)
            return end + 1
    if _says(start, stop, _REPEATED):
        set_null_text(k, row, cell(s, SLOT_A))
        return start
    end = find_byte(start, stop, SPACE)
    if end == start:
        return fail_value(k, NO_MATCH, start, stop)
    last = load(end - 1)
    if last == COLON and end + 1 < stop and load(end + 1) == PERCENT:
        put_text(k, row, s, start, end - 1)
        return end + 1
    if last == COLON or find_byte(start, end, BRACKET) < end:
        _, _, place = _tag_ends(start, stop)
        if place > 0:
            set_null_text(k, row, cell(s, SLOT_A))
            return start
    if end == stop:
        return fail(k, CUT_SHORT, stop, PART_VALUE)
    put_text(k, row, s, start, end)
    return end + 1


@inlined
def put_tagged_message(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Write app, process id and message out of `app[pid]: message`.

    Without a tag there is no telling it from the message's first word, so all is message and app
    is null. One space after the tag belongs to it; rsyslog writes it behind an empty tag, too.
    """
    name_end, id_end, place = _tag_ends(start, stop)
    if place < 0:
        if cell(s, FLAGS) & REQUIRED:
            return fail_value(k, NO_MATCH, start, stop)
        set_null_text(k, row, cell(s, SLOT_A))
        set_null_text(k, row, cell(s, SLOT_B))
        if start < stop and load(start) == SPACE:
            start += 1
        set_text(k, row, cell(s, SLOT_C), start, stop, 0)
        return stop
    set_text(k, row, cell(s, SLOT_A), start, name_end, 0)
    if id_end > name_end + 1:
        set_text(k, row, cell(s, SLOT_B), name_end + 1, id_end, 0)
    else:
        set_null_text(k, row, cell(s, SLOT_B))
    if place < stop and load(place) == SPACE:
        place += 1
    set_text(k, row, cell(s, SLOT_C), place, stop, 0)
    return stop


@inlined
def _tag_ends(start: int, stop: int) -> tuple[int, int, int]:
    """Return where the name, the id and the whole of a tag end; the last is -1 where there is none.

    A tag is a word that a colon ends, with or without an id in brackets before it; after an id of
    digits that colon may be missing. The space behind may be missing only where an id stands,
    since `http://host` and `12:30` are no tags.
    """
    name_end = start
    while name_end < stop and not _ends_tag(load(name_end)):
        name_end += 1
    if name_end in (start, stop) or load(name_end) == SPACE:
        return name_end, name_end, -1
    place = name_end + 1
    if load(name_end) == COLON:
        closed = place == stop or load(place) == SPACE
        return name_end, name_end, (place if closed else -1)
    digits = 0
    while place < stop and load(place) != SPACE and load(place) != BRACKET_END:
        digits += ZERO <= load(place) <= NINE
        place += 1
    if place >= stop or load(place) == SPACE:
        return name_end, name_end, -1
    if place + 1 < stop and load(place + 1) == COLON:
        return name_end, place, place + 2
    bare = 0 < digits == place - name_end - 1
    bare = bare and (place + 1 == stop or load(place + 1) == SPACE)
    return name_end, place, (place + 1 if bare else -1)


@inlined
def _ends_tag(byte: int) -> bool:
    return byte in (SPACE, COLON, BRACKET)
