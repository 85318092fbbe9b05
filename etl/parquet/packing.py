"""Kernels that write a page: definition levels and values in Parquet's encodings.

https://parquet.apache.org/docs/file-format/data-pages/encodings/
"""

from __future__ import annotations

from etl.native.cells import cell, row_of, set_cell
from etl.native.jit import inlined, kernel
from etl.native.memory import load, load32, load64, store, store32, store64
from etl.parquet import chunks as c
from etl.parquet.copying import copy_within
from etl.parquet.indexing import bitmaps, is_present, load_number

# Cells of the table. OUT: room of bytes; what is written begins at OUT_SIZE, which moves on.
# DENSE: room of 64-bit numbers, one a value. NUMBERS: of dictionary entries, 32 bits each.
CHUNKS, CHUNK_COUNT, OUT, OUT_SIZE, WIDTH, VALUES, NUMBERS, DENSE = range(8)
TABLE_WIDTH = 8

DELTA_BLOCK, MINIBLOCKS = 128, 4
_MINI = DELTA_BLOCK // MINIBLOCKS
_HALF = 1 << 31


@kernel
def put_levels(k: int) -> None:
    """Write definition levels of WIDTH bits, 1 for columns and 2 for members of structs."""
    out, width = cell(k, OUT) + cell(k, OUT_SIZE), cell(k, WIDTH)
    bits, filled = 0, 0
    for number in range(cell(k, CHUNK_COUNT)):
        chunk = row_of(cell(k, CHUNKS), number, c.CHUNK_WIDTH)
        maps, row, rows = bitmaps(chunk), 0, cell(chunk, c.ROWS)
        while row < rows:
            if maps[2] == 0 and row + 16 <= rows:  # a look at the next byte is within the bitmap
                bits |= _eight_levels(maps[0], maps[1] + row, width) << filled
                filled += 8 * width
                row += 8
            else:
                bits |= _level(maps, row, width) << filled
                filled += width
                row += 1
            while filled >= 8:
                store(out, bits)
                out += 1
                bits >>= 8
                filled -= 8
    if filled > 0:
        store(out, bits)
        out += 1
    set_cell(k, OUT_SIZE, out - cell(k, OUT))


@inlined
def _eight_levels(bitmap: int, bit: int, width: int) -> int:
    """Return the levels of eight rows whose struct, if they have one, is there."""
    present = 0xFF
    if bitmap != 0:
        byte = bitmap + (bit >> 3)
        present = ((load(byte) | (load(byte + 1) << 8)) >> (bit & 7)) & 0xFF
    if width == 1:
        return present
    spread = (present | (present << 4)) & 0x0F0F
    spread = (spread | (spread << 2)) & 0x3333
    spread = (spread | (spread << 1)) & 0x5555
    return (spread << 1) | (~spread & 0x5555)


@inlined
def _level(maps: tuple[int, int, int, int], row: int, width: int) -> int:
    present = is_present(maps, row)
    if width == 1:
        return 1 if present else 0
    if present:
        return 2
    parent, bit = maps[2], maps[3] + row
    return 1 if parent == 0 else (load(parent + (bit >> 3)) >> (bit & 7)) & 1


@kernel
def pack_numbers(k: int) -> None:
    """Write numbers of dictionary entries with WIDTH bits each, in groups of eight."""
    out, width = cell(k, OUT) + cell(k, OUT_SIZE), cell(k, WIDTH)
    numbers, values = cell(k, NUMBERS), cell(k, VALUES)
    first, bits, filled = out, 0, 0
    for index in range(values):
        bits |= load32(numbers + 4 * index) << filled
        filled += width
        if filled >= 32:
            store32(out, bits)
            out += 4
            bits = (bits >> 32) & 0xFFFF_FFFF
            filled -= 32
    store64(out, bits)
    store64(out + 8, 0)
    store64(out + 16, 0)
    store64(out + 24, 0)
    set_cell(k, OUT_SIZE, first - cell(k, OUT) + (values + 7) // 8 * width)


@kernel
def put_strings(k: int) -> None:
    """Write strings, each behind its length."""
    out = cell(k, OUT) + cell(k, OUT_SIZE)
    for number in range(cell(k, CHUNK_COUNT)):
        chunk = row_of(cell(k, CHUNKS), number, c.CHUNK_WIDTH)
        ends, text, stop = cell(chunk, c.DATA), cell(chunk, c.TEXT), cell(chunk, c.STOP)
        maps = bitmaps(chunk)
        for row in range(cell(chunk, c.ROWS)):
            if not is_present(maps, row):
                continue
            start, end = load32(ends + 4 * row), load32(ends + 4 * row + 4)
            store32(out, end - start)
            copy_within(text + start, text + end, out + 4, stop)
            out += 4 + end - start
    set_cell(k, OUT_SIZE, out - cell(k, OUT))


@kernel
def put_numbers(k: int) -> None:
    """Write numbers of 4 or 8 bytes."""
    out = cell(k, OUT) + cell(k, OUT_SIZE)
    for number in range(cell(k, CHUNK_COUNT)):
        chunk = row_of(cell(k, CHUNKS), number, c.CHUNK_WIDTH)
        data, width = cell(chunk, c.DATA), cell(chunk, c.WIDTH)
        maps = bitmaps(chunk)
        for row in range(cell(chunk, c.ROWS)):
            if is_present(maps, row):
                if width == 8:
                    store64(out, load64(data + 8 * row))
                else:
                    store32(out, load32(data + 4 * row))
                out += width
    set_cell(k, OUT_SIZE, out - cell(k, OUT))


@kernel
def put_bits(k: int) -> None:
    """Write truth values, a bit each; a chunk's WIDTH is the place of its first bit."""
    out = cell(k, OUT) + cell(k, OUT_SIZE)
    bits, filled = 0, 0
    for number in range(cell(k, CHUNK_COUNT)):
        chunk = row_of(cell(k, CHUNKS), number, c.CHUNK_WIDTH)
        maps = bitmaps(chunk)
        for row in range(cell(chunk, c.ROWS)):
            if is_present(maps, row):
                bit = cell(chunk, c.WIDTH) + row
                bits |= ((load(cell(chunk, c.DATA) + (bit >> 3)) >> (bit & 7)) & 1) << filled
                filled += 1
                if filled == 8:
                    store(out, bits)
                    out += 1
                    bits, filled = 0, 0
    store(out, bits)
    set_cell(k, OUT_SIZE, out - cell(k, OUT) + (1 if filled > 0 else 0))


@kernel
def put_deltas(k: int) -> None:
    """Write whole numbers as DELTA_BINARY_PACKED: at least one value."""
    dense = cell(k, DENSE)
    values = _gather(k, dense)
    out = cell(k, OUT) + cell(k, OUT_SIZE)
    out = _put_varint(out, DELTA_BLOCK)
    out = _put_varint(out, MINIBLOCKS)
    out = _put_varint(out, values)
    out = _put_zigzag(out, load64(dense))
    narrow = cell(cell(k, CHUNKS), c.WIDTH) == 4
    for index in range(values - 1, 0, -1):  # each becomes its distance from the one before
        place = dense + 8 * index
        distance = load64(place) - load64(place - 8)
        if narrow:  # 32-bit numbers wrap around at 32 bits
            distance = ((distance + _HALF) & 0xFFFF_FFFF) - _HALF
        store64(place, distance)
    first = 1
    while first < values:
        last = min(first + DELTA_BLOCK, values)
        out = _put_block(dense, first, last, out)
        first = last
    set_cell(k, OUT_SIZE, out - cell(k, OUT))


@inlined
def _gather(k: int, dense: int) -> int:
    """Put the values that are there one behind the other; return how many."""
    place = dense
    for number in range(cell(k, CHUNK_COUNT)):
        chunk = row_of(cell(k, CHUNKS), number, c.CHUNK_WIDTH)
        data, width = cell(chunk, c.DATA), cell(chunk, c.WIDTH)
        maps = bitmaps(chunk)
        for row in range(cell(chunk, c.ROWS)):
            if is_present(maps, row):
                store64(place, load_number(data + width * row, width))
                place += 8
    return (place - dense) >> 3


@inlined
def _put_block(dense: int, first: int, last: int, out: int) -> int:
    least = load64(dense + 8 * first)
    for index in range(first + 1, last):
        least = min(least, load64(dense + 8 * index))
    out = _put_zigzag(out, least)
    widths = out
    out += MINIBLOCKS
    for mini in range(MINIBLOCKS):
        start = first + mini * _MINI
        stop = min(start + _MINI, last)
        used = 0
        for index in range(start, stop):
            used |= load64(dense + 8 * index) - least
        width = _bit_length(used)
        store(widths + mini, width)
        if width > 0:
            _pack_mini(dense, start, stop, least, width, out)
            out += _MINI // 8 * width
    return out


@inlined
def _pack_mini(dense: int, start: int, stop: int, least: int, width: int, out: int) -> None:
    """Write up to 32 distances of a width of 1 to 64 bits; the rest of the miniblock is zero."""
    end = out + _MINI // 8 * width
    bits, filled = 0, 0
    for index in range(start, stop):
        value = load64(dense + 8 * index) - least
        bits |= value << filled
        filled += width
        if filled >= 64:
            store64(out, bits)
            out += 8
            filled -= 64
            bits = _upper(value, width - filled)
    while out < end:
        store64(out, bits)
        out += 8
        bits = 0


@inlined
def _upper(value: int, shift: int) -> int:
    """Shift a number of 64 bits without a sign right by 1 to 64 bits."""
    return (((value >> 1) & 0x7FFF_FFFF_FFFF_FFFF) >> (shift - 1)) if shift < 64 else 0


@inlined
def _bit_length(number: int) -> int:
    if number < 0:
        return 64
    length = 0
    while number > 0:
        number >>= 1
        length += 1
    return length


@inlined
def _put_varint(out: int, number: int) -> int:
    while number & ~0x7F != 0:
        store(out, (number & 0x7F) | 0x80)
        number = (number >> 7) & 0x01FF_FFFF_FFFF_FFFF
        out += 1
    store(out, number)
    return out + 1


@inlined
def _put_zigzag(out: int, number: int) -> int:
    return _put_varint(out, (number << 1) ^ (number >> 63))
