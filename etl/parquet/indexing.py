"""Kernel that looks values up in a row group's dictionary, and puts new ones in.

Strings hash by all of their bytes, eight at a time. Whoever writes lines that collide gains
little: a search that gets long, like a dictionary that gets large, ends in plain values.
"""

from __future__ import annotations

from etl.native.cells import cell, row_of, set_cell
from etl.native.jit import helper, inlined, kernel
from etl.native.memory import load, load32, load64, store32, store64
from etl.native.texts import SLOT_SHIFT, TAG, hash_of, hash_of_number, same
from etl.parquet import chunks as c
from etl.parquet.copying import copy_within

# Cells of the table. SLOTS: 64-bit hash table, a value's hash above its number + 1, all zero
# before and after. PLACES: where an entry's value stands in ENTRIES; OWN_SLOTS: in SLOTS; 32 bits
# each. ENTRIES: values as a dictionary page holds them. SEEN: per word of a chunk's own dictionary,
# its number here + 1. FULL: whether a dictionary does not pay.
CHUNKS, CHUNK_COUNT, NUMBERS_OUT, VALUES = range(4)
SLOTS, SLOT_MASK, PLACES, OWN_SLOTS, ENTRY_COUNT, MOST_ENTRIES = range(4, 10)
ENTRIES, ENTRIES_SIZE, MOST_BYTES, SEEN, FULL = range(10, 15)

SAMPLE, SHARE = 4096, 4
"""A dictionary pays where the first so many values hold no more than a fourth of different ones."""

NO_SLOT = 1 << 40
"""Where a search was given up."""

_LONGEST_SEARCH = 64


@kernel
def index_values(k: int) -> None:
    """Write each value's number in the dictionary; FULL tells where that was given up."""
    for number in range(cell(k, CHUNK_COUNT)):
        chunk = row_of(cell(k, CHUNKS), number, c.CHUNK_WIDTH)
        kind = cell(chunk, c.KIND)
        if kind == c.STRINGS:
            fits = _index_strings(k, chunk)
        elif kind == c.CODES:
            fits = _index_codes(k, chunk)
        else:
            fits = _index_numbers(k, chunk)
        values = cell(k, VALUES)
        if not fits or (values >= SAMPLE and cell(k, ENTRY_COUNT) * SHARE > values):
            set_cell(k, FULL, 1)
            break
    for entry in range(cell(k, ENTRY_COUNT)):
        store64(cell(k, SLOTS) + 8 * load32(cell(k, OWN_SLOTS) + 4 * entry), 0)


@inlined
def bitmaps(chunk: int) -> tuple[int, int, int, int]:
    """Return where a chunk's bitmaps are; a loop that asked for each row would load all again."""
    return (
        cell(chunk, c.BITMAP),
        cell(chunk, c.FIRST_BIT),
        cell(chunk, c.PARENT),
        cell(chunk, c.PARENT_BIT),
    )


@inlined
def is_present(maps: tuple[int, int, int, int], row: int) -> bool:
    """Tell whether a row has a value."""
    return _is_set(maps[0], maps[1] + row) and _is_set(maps[2], maps[3] + row)


@inlined
def _is_set(bitmap: int, bit: int) -> bool:
    return bitmap == 0 or (load(bitmap + (bit >> 3)) >> (bit & 7)) & 1 != 0


@inlined
def load_number(address: int, width: int) -> int:
    """Return a number of 1 (without sign), 4 or 8 bytes."""
    if width == 8:
        return load64(address)
    if width == 4:
        return load32(address)
    return load(address)


@inlined
def _index_strings(k: int, chunk: int) -> bool:
    ends, text = cell(chunk, c.DATA), cell(chunk, c.TEXT)
    out, stop = cell(k, NUMBERS_OUT) + 4 * cell(k, VALUES), cell(chunk, c.STOP)
    slots, mask = cell(k, SLOTS), cell(k, SLOT_MASK)  # stores would make a compiler ask again
    places, entries = cell(k, PLACES), cell(k, ENTRIES)
    maps = bitmaps(chunk)
    for row in range(cell(chunk, c.ROWS)):
        if not is_present(maps, row):
            continue
        start, end = text + load32(ends + 4 * row), text + load32(ends + 4 * row + 4)
        hashed = hash_of(start, end)
        entry = _find_string(slots, mask, places, entries, start, end, hashed)
        if entry < 0:
            entry = _add_string(k, start, end, stop, -1 - entry, hashed)
        if entry < 0:
            return False
        store32(out, entry)
        out += 4
    set_cell(k, VALUES, (out - cell(k, NUMBERS_OUT)) >> 2)
    return True


@inlined
def _index_codes(k: int, chunk: int) -> bool:
    """Look up each word that a chunk uses once."""
    data, width, seen = cell(chunk, c.DATA), cell(chunk, c.WIDTH), cell(k, SEEN)
    for word in range(cell(chunk, c.WORD_COUNT)):
        store32(seen + 4 * word, 0)
    out = cell(k, NUMBERS_OUT) + 4 * cell(k, VALUES)
    maps = bitmaps(chunk)
    for row in range(cell(chunk, c.ROWS)):
        if not is_present(maps, row):
            continue
        code = load_number(data + width * row, width)
        entry = load32(seen + 4 * code) - 1
        if entry < 0:
            entry = _entry_of_word(k, chunk, code)
            if entry < 0:
                return False
            store32(seen + 4 * code, entry + 1)
        store32(out, entry)
        out += 4
    set_cell(k, VALUES, (out - cell(k, NUMBERS_OUT)) >> 2)
    return True


@helper
def _entry_of_word(k: int, chunk: int, code: int) -> int:
    ends, words = cell(chunk, c.WORD_ENDS) + 4 * code, cell(chunk, c.WORDS)
    start, end = words + load32(ends), words + load32(ends + 4)
    hashed = hash_of(start, end)
    entry = _find_string(
        cell(k, SLOTS), cell(k, SLOT_MASK), cell(k, PLACES), cell(k, ENTRIES), start, end, hashed
    )
    if entry < 0:
        entry = _add_string(k, start, end, cell(chunk, c.WORDS_STOP), -1 - entry, hashed)
    return entry


@inlined
def _index_numbers(k: int, chunk: int) -> bool:
    data, width = cell(chunk, c.DATA), cell(chunk, c.WIDTH)
    out = cell(k, NUMBERS_OUT) + 4 * cell(k, VALUES)
    slots, mask, entries = cell(k, SLOTS), cell(k, SLOT_MASK), cell(k, ENTRIES)
    maps = bitmaps(chunk)
    for row in range(cell(chunk, c.ROWS)):
        if not is_present(maps, row):
            continue
        number = load_number(data + width * row, width)
        hashed = hash_of_number(number)
        entry = _find_number(slots, mask, entries, number, width, hashed)
        if entry < 0:
            entry = _add_number(k, number, width, -1 - entry, hashed)
        if entry < 0:
            return False
        store32(out, entry)
        out += 4
    set_cell(k, VALUES, (out - cell(k, NUMBERS_OUT)) >> 2)
    return True


@inlined
def _find_number(slots: int, mask: int, entries: int, number: int, width: int, hashed: int) -> int:
    """Return a number's entry, or as `_find_string`."""
    slot = (hashed >> SLOT_SHIFT) & mask
    for _ in range(_LONGEST_SEARCH):
        found = (load64(slots + 8 * slot) & 0xFFFF_FFFF) - 1
        if found < 0:
            return -1 - slot
        if load_number(entries + width * found, width) == number:
            return found
        slot = (slot + 1) & mask
    return -1 - NO_SLOT


@helper
def _add_number(k: int, number: int, width: int, slot: int, hashed: int) -> int:
    entry = _new_entry(k, width, slot, hashed)
    if entry >= 0:
        place = cell(k, ENTRIES) + width * entry
        if width == 8:
            store64(place, number)
        else:
            store32(place, number)
    return entry


@inlined
def _find_string(  # noqa: PLR0913 - what a loop has read once is not read for each row
    slots: int, mask: int, places: int, entries: int, start: int, end: int, hashed: int
) -> int:
    """Return a string's entry, or -1 minus the slot that it can have."""
    slot = (hashed >> SLOT_SHIFT) & mask
    for _ in range(_LONGEST_SEARCH):
        kept = load64(slots + 8 * slot)
        if kept == 0:
            return -1 - slot
        if kept & TAG == hashed & TAG:
            found = (kept & 0xFFFF_FFFF) - 1
            stands = entries + load32(places + 4 * found)
            if load32(stands) == end - start and same(start, end, stands + 4):
                return found
        slot = (slot + 1) & mask
    return -1 - NO_SLOT


@helper
def _add_string(k: int, start: int, end: int, stop: int, slot: int, hashed: int) -> int:
    entry = _new_entry(k, 4 + end - start, slot, hashed)
    if entry >= 0:
        place = cell(k, ENTRIES) + load32(cell(k, PLACES) + 4 * entry)
        store32(place, end - start)
        copy_within(start, end, place + 4, stop)
    return entry


@inlined
def _new_entry(k: int, size: int, slot: int, hashed: int) -> int:
    """Make room for a value; return its number, or -1 where the dictionary has grown too large."""
    entry, used = cell(k, ENTRY_COUNT), cell(k, ENTRIES_SIZE)
    if slot == NO_SLOT or entry == cell(k, MOST_ENTRIES) or used + size > cell(k, MOST_BYTES):
        return -1
    store32(cell(k, PLACES) + 4 * entry, used)
    store32(cell(k, OWN_SLOTS) + 4 * entry, slot)
    store64(cell(k, SLOTS) + 8 * slot, (hashed & TAG) | (entry + 1))
    set_cell(k, ENTRY_COUNT, entry + 1)
    set_cell(k, ENTRIES_SIZE, used + size)
    return entry
