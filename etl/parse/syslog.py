"""Kernel pieces for syslog: priority, structured data, tag and message."""

from __future__ import annotations

from etl.parse.context import (
    BACKSLASH,
    BRACE,
    BRACE_END,
    BRACKET,
    BRACKET_END,
    COLON,
    COMMA,
    CUT_SHORT,
    DASH,
    EQUALS,
    GREATER,
    LESS,
    NINE,
    NO_MATCH,
    PART_VALUE,
    QUOTE,
    SLOT_A,
    SLOT_B,
    SLOT_C,
    SPACE,
    ZERO,
    Context,
)
from etl.parse.jit import helper, inlined
from etl.parse.text import write_json
from etl.parse.values import fail, fail_value, set_null_text, set_text

_MAX_PRIORITY = 191  # facility 23, severity 7


@inlined
def put_priority(k: Context, row: int, step: int, start: int, stop: int) -> int:
    """Write facility and severity out of `<PRI>` (RFC 5424, 6.2.1)."""
    if start >= stop or k.data[start] != LESS:
        return fail_value(k, NO_MATCH, start, stop)
    value, place = 0, start + 1
    while place < stop and ZERO <= k.data[place] <= NINE and place - start <= 3:
        value = value * 10 + int(k.data[place]) - ZERO
        place += 1
    if place == start + 1 or place >= stop or k.data[place] != GREATER or value > _MAX_PRIORITY:
        return fail_value(k, NO_MATCH, place, stop)
    facility, severity = k.steps[step, SLOT_A], k.steps[step, SLOT_B]
    k.nums[facility, row], k.num_ok[facility, row] = value >> 3, 1
    k.nums[severity, row], k.num_ok[severity, row] = value & 7, 1
    return place + 1


@inlined
def read_version(k: Context, start: int, stop: int) -> int:
    """Step over VERSION: one to three digits, the first not zero."""
    place = start
    while place < stop and ZERO <= k.data[place] <= NINE and place - start < 3:
        place += 1
    if place == start or k.data[start] == ZERO:
        return fail_value(k, NO_MATCH, start, stop)
    return place


@inlined
def put_optional_message(k: Context, row: int, step: int, start: int, stop: int) -> int:
    """Write what follows the structured data after a space, without its byte-order mark."""
    slot, data = k.steps[step, SLOT_A], k.data
    if start == stop:
        set_null_text(k, row, slot)
        return stop
    if data[start] != SPACE:
        return fail_value(k, NO_MATCH, start, stop)
    first = start + 1
    if stop - first >= 3 and data[first] == 0xEF and data[first + 1] == 0xBB and data[first + 2] == 0xBF:
        first += 3
    set_text(k, row, slot, first, stop, 0)
    return stop


@inlined
def put_tagged_message(k: Context, row: int, step: int, start: int, stop: int) -> int:
    """Write app, process id and message out of `app[pid]: message`.

    The tag is a word that a colon ends, with or without an id in brackets before it. Without that
    colon there is no telling it from the message's first word, so all is message and app is null.
    One space after the colon belongs to the tag.
    """
    data = k.data
    app, procid, message = k.steps[step, SLOT_A], k.steps[step, SLOT_B], k.steps[step, SLOT_C]
    place = start
    while place < stop and data[place] not in (SPACE, COLON, BRACKET):
        place += 1
    name_end, id_end = place, -1
    if place < stop and data[place] == BRACKET:
        while place < stop and data[place] not in (SPACE, BRACKET_END):
            place += 1
        if place < stop and data[place] == BRACKET_END:
            id_end = place
            place += 1
    if place >= stop or data[place] != COLON or name_end == start:
        set_null_text(k, row, app)
        set_null_text(k, row, procid)
        set_text(k, row, message, start, stop, 0)
        return stop
    if place + 1 < stop and data[place + 1] != SPACE:
        set_null_text(k, row, app)
        set_null_text(k, row, procid)
        set_text(k, row, message, start, stop, 0)
        return stop
    set_text(k, row, app, start, name_end, 0)
    if id_end > name_end + 1:
        set_text(k, row, procid, name_end + 1, id_end, 0)
    else:
        set_null_text(k, row, procid)
    set_text(k, row, message, min(place + 2, stop), stop, 0)
    return stop


@helper
def put_structured(k: Context, row: int, step: int, start: int, stop: int) -> int:
    """Write STRUCTURED-DATA (RFC 5424, 6.3) as JSON text: {"id": {"name": "value"}}.

    A name that comes twice in an element comes twice in the object, as it was sent.
    """
    slot, data = k.steps[step, SLOT_A], k.data
    if start < stop and data[start] == DASH:
        set_null_text(k, row, slot)
        return start + 1
    if start >= stop or data[start] != BRACKET:
        return fail_value(k, NO_MATCH, start, stop)
    base = k.base[slot]
    place = base + k.ends[slot, row]
    while start < stop and data[start] == BRACKET:
        k.text[place] = COMMA if place > base + k.ends[slot, row] else BRACE
        end = _word_end(k, start + 1, stop)
        if end < 0:
            return end
        place = _write_name(k, start + 1, end, place + 1)
        k.text[place] = BRACE
        first, start = place, end
        while start < stop and data[start] == SPACE:
            if place > first:
                k.text[place] = COMMA
            end = _word_end(k, start + 1, stop)
            if end < 0:
                return end
            if end + 1 >= stop or data[end] != EQUALS or data[end + 1] != QUOTE:
                return fail_value(k, NO_MATCH, end, stop)
            place = _write_name(k, start + 1, end, place + 1)
            start = end + 2
            end = _quoted_end(k, start, stop)
            if end < 0:
                return fail(k, CUT_SHORT, stop, PART_VALUE)
            place = _write_value(k, start, end, place)
            start = end + 1
        if start >= stop or data[start] != BRACKET_END:
            return fail_value(k, NO_MATCH, start, stop)
        if place == first:
            place += 1
        k.text[place] = BRACE_END
        place += 1
        start += 1
    k.text[place] = BRACE_END
    k.ends[slot, row + 1] = place + 1 - base
    k.text_ok[slot, row] = 1
    return start


@inlined
def _word_end(k: Context, start: int, stop: int) -> int:
    """Return the end of an SD-ID or PARAM-NAME, which is not empty."""
    place = start
    while place < stop and k.data[place] > SPACE and k.data[place] not in (EQUALS, QUOTE, BRACKET_END):
        place += 1
    return place if place > start else fail_value(k, NO_MATCH, place, stop)


@inlined
def _quoted_end(k: Context, start: int, stop: int) -> int:
    place = start
    while place < stop and k.data[place] != QUOTE:
        place += 2 if k.data[place] == BACKSLASH else 1
    return place if place < stop else -1


@helper
def _write_name(k: Context, start: int, stop: int, place: int) -> int:
    """Write a name, its quotes and a colon."""
    k.text[place] = QUOTE
    place = write_json(k.data, start, stop, k.text, place + 1)
    k.text[place], k.text[place + 1] = QUOTE, COLON
    return place + 2


@helper
def _write_value(k: Context, start: int, stop: int, place: int) -> int:
    """Write a PARAM-VALUE and its quotes; a backslash protects only `"`, `\\` and `]`."""
    end = 0
    while start < stop:
        byte = k.data[start]
        if byte == BACKSLASH and start + 1 < stop:
            following = k.data[start + 1]
            if following in (QUOTE, BACKSLASH, BRACKET_END):
                start += 1
                byte = following
        k.scratch[end] = byte
        end += 1
        start += 1
    k.text[place] = QUOTE
    place = write_json(k.scratch, 0, end, k.text, place + 1)
    k.text[place] = QUOTE
    return place + 1
