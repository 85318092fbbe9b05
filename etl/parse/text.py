"""Kernel pieces that find, decode and write strings. All positions are addresses."""

from __future__ import annotations

from etl.native.cells import set_cell
from etl.native.jit import helper, inlined
from etl.native.memory import CHUNK, copy_chunk, load, lowest_bit, mask_of, store
from etl.parse.context import BACKSLASH, DAMAGED, QUOTE, SPACE

_U = ord("u")


@inlined
def same(start: int, other: int, length: int) -> bool:
    """Tell whether two strings of a length are equal."""
    index = 0
    while index < length and load(start + index) == load(other + index):
        index += 1
    return index == length


@inlined
def find(start: int, stop: int, literal: int, length: int) -> int:
    """Return where a literal first stands in `start..stop`, or -1."""
    first, last = load(literal), stop - length
    place = start
    while place <= last:
        mask = mask_of(place, first)
        while mask != 0:
            found = place + lowest_bit(mask)
            if found > last:
                return -1
            if same(found + 1, literal + 1, length - 1):
                return found
            mask &= mask - 1
        place += CHUNK
    return -1


@inlined
def find_quoted(start: int, stop: int, literal: int, length: int) -> int:
    """Like `find`, but a backslash takes the byte after it out of the search."""
    first, last = load(literal), stop - length
    place = start
    while place <= last:
        mask = mask_of(place, first)
        slashes = mask_of(place, BACKSLASH)
        if slashes != 0 and (mask == 0 or lowest_bit(slashes) < lowest_bit(mask)):
            place += lowest_bit(slashes) + 2
            continue
        if mask == 0:
            place += CHUNK
            continue
        place += lowest_bit(mask)
        if place > last:
            return -1
        if same(place + 1, literal + 1, length - 1):
            return place
        place += 1
    return -1


@inlined
def holds(start: int, stop: int, byte: int) -> bool:
    """Tell whether a byte occurs in `start..stop`."""
    place = start
    while place < stop:
        mask = mask_of(place, byte)
        if mask != 0:
            return place + lowest_bit(mask) < stop
        place += CHUNK
    return False


@inlined
def find_byte(start: int, stop: int, byte: int) -> int:
    """Return where a byte first stands in `start..stop`, or `stop`."""
    place = start
    while place < stop:
        mask = mask_of(place, byte)
        if mask != 0:
            return min(place + lowest_bit(mask), stop)
        place += CHUNK
    return stop


@inlined
def copy(start: int, stop: int, target: int) -> bool:
    """Copy bytes, up to 31 more than asked for; tell whether all that was asked for is ASCII."""
    foreign = 0
    while start + CHUNK <= stop:
        foreign |= copy_chunk(start, target)
        start += CHUNK
        target += CHUNK
    if start < stop:
        foreign |= copy_chunk(start, target) & ((1 << (stop - start)) - 1)
    return foreign == 0


@helper
def sequence_length(start: int, stop: int) -> int:
    """Return the length of the UTF-8 sequence at `start`, or minus that of its damaged beginning.

    The Unicode Standard, table 3-7; the damaged part is the maximal one (section 3.9), so that
    one U+FFFD stands where Python's decoder would put one.
    """
    lead = load(start)
    low, high, length = 0x80, 0xBF, 1
    if lead < 0x80:
        return 1
    if 0xC2 <= lead <= 0xDF:
        length = 2
    elif 0xE0 <= lead <= 0xEF:
        length = 3
        low = 0xA0 if lead == 0xE0 else 0x80
        high = 0x9F if lead == 0xED else 0xBF
    elif 0xF0 <= lead <= 0xF4:
        length = 4
        low = 0x90 if lead == 0xF0 else 0x80
        high = 0x8F if lead == 0xF4 else 0xBF
    else:
        return -1
    for index in range(1, length):
        if start + index >= stop or load(start + index) < low or load(start + index) > high:
            return -index
        low, high = 0x80, 0xBF
    return length


@inlined
def _write_sequence(k: int, start: int, length: int, target: int) -> int:
    """Write a sequence, or U+FFFD for a damaged one; return where the writing ended."""
    if length < 0:
        set_cell(k, DAMAGED, 1)
        store(target, 0xEF)
        store(target + 1, 0xBF)
        store(target + 2, 0xBD)
        return target + 3
    for index in range(length):
        store(target + index, load(start + index))
    return target + length


@helper
def write_text(k: int, start: int, stop: int, target: int) -> int:
    """Copy text, U+FFFD for what is not UTF-8; return where the writing ended."""
    while start < stop:
        length = sequence_length(start, stop)
        target = _write_sequence(k, start, length, target)
        start += abs(length)
    return target


@helper
def write_json(k: int, start: int, stop: int, target: int) -> int:
    """Copy text as the inside of a JSON string; return where the writing ended."""
    while start < stop:
        byte = load(start)
        if byte < SPACE:
            target = _write_control(byte, target)
            start += 1
            continue
        if byte in (QUOTE, BACKSLASH):
            store(target, BACKSLASH)
            target += 1
        length = sequence_length(start, stop)
        target = _write_sequence(k, start, length, target)
        start += abs(length)
    return target


@inlined
def _write_control(byte: int, target: int) -> int:
    r"""Write \u00XX."""
    low = byte & 15
    store(target, BACKSLASH)
    store(target + 1, _U)
    store(target + 2, 48)
    store(target + 3, 48)
    store(target + 4, 48 + (byte >> 4))
    store(target + 5, 48 + low if low < 10 else 87 + low)
    return target + 6
