"""Kernel pieces that put one step's value into its column's row.

Each returns where the value ends, or -1 after noting why in `state`.
"""

from __future__ import annotations

from etl.parse.context import (
    BAD_NUMBER,
    BRACE,
    COLON,
    COMMA,
    CUT_SHORT,
    DASH,
    DASH_IS_NULL,
    DASH_IS_ZERO,
    DOT,
    ESCAPED,
    EXTRA,
    EXTRA_COUNT,
    EXTRA_END,
    EXTRA_SLOT,
    FAIL_PART,
    FAIL_PLACE,
    FAIL_REASON,
    FLAGS,
    KEY_FROM,
    KEY_TO,
    LITERAL_FROM,
    LITERAL_TO,
    NINE,
    NO_MATCH,
    PART_LITERAL,
    PART_VALUE,
    QUOTE,
    QUOTED,
    REQUIRED,
    SCALE,
    SLOT_A,
    SPACE,
    ZERO,
    Context,
)
from etl.parse.context import BACKSLASH as _BACKSLASH
from etl.parse.jit import helper, inlined
from etl.parse.text import (
    copy_plain,
    find,
    find_quoted,
    holds,
    unescape,
    write_json,
    write_text,
)

_MAX_DIGITS = 18
_NANO_DIGITS = 9
_MAX_WHOLE_DIGITS = 8  # of an upstream time in a list: three years


@inlined
def fail(k: Context, reason: int, place: int, part: int) -> int:
    """Note why and where the line stopped matching; return -1."""
    k.state[FAIL_REASON] = reason
    k.state[FAIL_PLACE] = place
    k.state[FAIL_PART] = part
    return -1


@inlined
def fail_value(k: Context, reason: int, place: int, stop: int) -> int:
    """Note that a value is not what it should be, or that the line ends before it."""
    return fail(k, CUT_SHORT if place >= stop else reason, place, PART_VALUE)


@inlined
def set_null_text(k: Context, row: int, slot: int) -> None:
    """Leave a text column null."""
    k.ends[slot, row + 1] = k.ends[slot, row]
    k.text_ok[slot, row] = 0


@inlined
def set_text(k: Context, row: int, slot: int, start: int, stop: int, escaped: int) -> None:
    """Write the bytes of a block as a text column's value."""
    base = k.base[slot]
    place = base + k.ends[slot, row]
    seen = copy_plain(k.data, start, stop, k.text, place)
    end = place + stop - start
    if seen >= 0x80 or (escaped and holds(k.data, start, stop, _BACKSLASH)):
        end = decode(k, start, stop, place, escaped)
    k.ends[slot, row + 1] = end - base
    k.text_ok[slot, row] = 1


@helper
def decode(k: Context, start: int, stop: int, place: int, escaped: int) -> int:
    """Write text with its escapes decoded and made valid UTF-8; return where it ended."""
    if escaped:
        end = unescape(k.data, start, stop, k.scratch, 0)
        return write_text(k.scratch, 0, end, k.text, place)
    return write_text(k.data, start, stop, k.text, place)


@helper
def set_extra(k: Context, row: int, step: int, start: int, stop: int) -> None:
    """Add a value to the row's JSON object of fields without a column."""
    slot = k.state[EXTRA_SLOT]
    place = k.base[slot] + k.state[EXTRA_END]
    k.text[place] = COMMA if k.state[EXTRA_COUNT] else BRACE
    place += 1
    for index in range(k.steps[step, KEY_FROM], k.steps[step, KEY_TO]):
        k.text[place] = k.pool[index]
        place += 1
    k.text[place] = QUOTE
    if k.steps[step, FLAGS] & ESCAPED:
        end = unescape(k.data, start, stop, k.scratch, 0)
        place = write_json(k.scratch, 0, end, k.text, place + 1)
    else:
        place = write_json(k.data, start, stop, k.text, place + 1)
    k.text[place] = QUOTE
    k.state[EXTRA_END] = place + 1 - k.base[slot]
    k.state[EXTRA_COUNT] += 1


@inlined
def is_dash(k: Context, start: int, stop: int) -> bool:
    """Tell whether a value is the single "-" that stands for an absent one."""
    return stop - start == 1 and k.data[start] == DASH


@inlined
def put_text(k: Context, row: int, step: int, start: int, stop: int) -> None:
    """Write a step's text into its column or into `extra`."""
    flags = k.steps[step, FLAGS]
    absent = flags & DASH_IS_NULL and is_dash(k, start, stop)
    if flags & EXTRA:
        if not absent:
            set_extra(k, row, step, start, stop)
    elif absent:
        set_null_text(k, row, k.steps[step, SLOT_A])
    else:
        set_text(k, row, k.steps[step, SLOT_A], start, stop, flags & ESCAPED)


@inlined
def value_end(k: Context, step: int, start: int, stop: int) -> int:
    """Return where a value ends that its literal bounds, or -1."""
    low, high = k.steps[step, LITERAL_FROM], k.steps[step, LITERAL_TO]
    if low == high:
        return stop
    if k.steps[step, FLAGS] & QUOTED:
        end = find_quoted(k.data, start, stop, k.pool, low, high)
    else:
        end = find(k.data, start, stop, k.pool, low, high)
    if end < 0:
        return fail(k, CUT_SHORT, stop, PART_LITERAL)
    if end == start and k.steps[step, FLAGS] & REQUIRED:
        return fail(k, NO_MATCH, start, PART_VALUE)
    return end


@inlined
def list_end(k: Context, step: int, start: int, stop: int) -> int:
    """Return the end of nginx's upstream list: words joined by ", " or " : "."""
    low = k.steps[step, LITERAL_FROM]
    mark = int(k.pool[low]) if low < k.steps[step, LITERAL_TO] else -1
    place = start
    while place < stop:
        byte = int(k.data[place])
        if byte == COMMA and place + 1 < stop and k.data[place + 1] == SPACE:
            place += 2
        elif byte == SPACE:
            if place + 2 >= stop or k.data[place + 1] != COLON or k.data[place + 2] != SPACE:
                break
            place += 3
        elif byte == mark:
            break
        else:
            place += 1
    return place


@inlined
def put_integer(k: Context, row: int, step: int, start: int, stop: int) -> int:
    """Write a whole number without a sign."""
    slot = k.steps[step, SLOT_A]
    value, place = 0, start
    while place < stop and ZERO <= k.data[place] <= NINE and place - start <= _MAX_DIGITS:
        value = value * 10 + int(k.data[place]) - ZERO
        place += 1
    if place == start:
        return _dash_number(k, row, step, start, stop)
    if place - start > k.steps[step, SCALE]:
        return fail_value(k, BAD_NUMBER, start, stop)
    k.nums[slot, row] = value
    k.num_ok[slot, row] = 1
    return place


@inlined
def _dash_number(k: Context, row: int, step: int, start: int, stop: int) -> int:
    if start >= stop or k.data[start] != DASH:
        return fail_value(k, BAD_NUMBER, start, stop)
    slot = k.steps[step, SLOT_A]
    k.nums[slot, row] = 0
    k.reals[slot, row] = 0.0
    k.num_ok[slot, row] = 1 if k.steps[step, FLAGS] & DASH_IS_ZERO else 0
    return start + 1


@inlined
def power_of_ten(exponent: int) -> float:
    """Return 10.0 ** exponent, exact up to 22."""
    power = 1.0
    for _ in range(exponent):
        power *= 10.0
    return power


@inlined
def put_decimal(k: Context, row: int, step: int, start: int, stop: int) -> int:
    """Write digits with an optional fraction, divided by 10 ** scale: one rounding, the last."""
    slot = k.steps[step, SLOT_A]
    value, place, point = 0, start, -1
    while place < stop and place - start <= _MAX_DIGITS:
        byte = int(k.data[place])
        if byte == DOT and point < 0 and place > start:
            point = place
        elif ZERO <= byte <= NINE:
            value = value * 10 + byte - ZERO
        else:
            break
        place += 1
    if place == start:
        return _dash_number(k, row, step, start, stop)
    if place - start > _MAX_DIGITS or point == place - 1:
        return fail_value(k, BAD_NUMBER, start, stop)
    digits = place - point - 1 if point >= 0 else 0
    k.reals[slot, row] = value / power_of_ten(digits + k.steps[step, SCALE])
    k.num_ok[slot, row] = 1
    return place


@inlined
def put_sum(k: Context, row: int, step: int, start: int, stop: int) -> int:
    """Write the sum of an upstream list of seconds, null if it holds dashes only."""
    slot = k.steps[step, SLOT_A]
    end = list_end(k, step, start, stop)
    total, numbers, place = 0, 0, start
    while place < end:
        byte = int(k.data[place])
        if byte in (COMMA, SPACE, COLON):
            place += 1
        elif byte == DASH:
            place += 1
        else:
            first, value, digits, point = place, 0, 0, -1
            while place < end and k.data[place] not in (COMMA, SPACE):
                byte = int(k.data[place])
                if byte == DOT and point < 0 and digits > 0:
                    point = digits
                elif ZERO <= byte <= NINE:
                    value = value * 10 + byte - ZERO
                    digits += 1
                else:
                    return fail_value(k, BAD_NUMBER, place, stop)
                place += 1
            whole = point if point >= 0 else digits
            if whole > _MAX_WHOLE_DIGITS or digits - whole > _NANO_DIGITS:
                return fail_value(k, BAD_NUMBER, first, stop)
            for _ in range(digits - whole, _NANO_DIGITS):
                value *= 10
            total += value
            numbers += 1
    if end == start:
        return fail_value(k, BAD_NUMBER, start, stop)
    k.reals[slot, row] = total / 1e9
    k.num_ok[slot, row] = 1 if numbers else 0
    return end
