"""Numbers keys of three numbers as they first come, and keeps figures of each.

What several columns hold in a row is packed into a key, so that a row is found among those that
are counted together by one search, which costs a few nanoseconds whatever the columns hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from etl.metrics.numbering import Numbers
from etl.native.cells import addresses, cell, set_cell
from etl.native.jit import inlined, kernel
from etl.native.memory import load32, load64, store32, store64
from etl.native.texts import mixed, multiplied

Ints = npt.NDArray[np.int64]

WORDS = 3
"""Numbers of 64 bits that a key has."""

SLOTS, SLOT_MASK, RECORDS, WIDTH, COUNT, MOST = range(6)
"""Cells of a tally. SLOTS: a number + 1 of 32 bits, or zero, each. RECORDS: by number, each WIDTH
numbers of 64 bits: the key, and figures."""

# Odd ones, of the fractions of the square roots of 2, 3 and 5. Their products alone would leave
# times of whole milliseconds, which are evenly spaced, near each other.
_FIRST, _SECOND, _THIRD = (
    np.uint64(factor)
    for factor in (0x6A09_E667_F3BC_C909, 0xBB67_AE85_84CA_A73B, 0x3C6E_F372_FE94_F82B)
)


@inlined
def paired(high: int, low: int) -> int:
    """Return two numbers of 32 bits as one of 64."""
    return (high << 32) | (low & 0xFFFF_FFFF)


@inlined
def figures_of(tally: int, width: int, a: int, b: int, c: int) -> int:
    """Return the address of a key's figures; a new key gets the next number.

    Args:
        tally: Address of the cells; there must be room.
        width: Of the tally's records, once more: a constant costs less.
        a: The key's first number.
        b: Its second one.
        c: Its third one.
    """
    slot = _find(tally, width, a, b, c)
    number = load32(slot) - 1
    if number < 0:
        number = cell(tally, COUNT)
        store32(slot, number + 1)
        record = cell(tally, RECORDS) + 8 * width * number
        store64(record, a)
        store64(record + 8, b)
        store64(record + 16, c)
        set_cell(tally, COUNT, number + 1)
    return cell(tally, RECORDS) + 8 * width * number + 8 * WORDS


@inlined
def add(figures: int, index: int, value: int) -> None:
    """Add to one of the figures at an address."""
    place = figures + 8 * index
    store64(place, load64(place) + value)


@inlined
def room(tally: int) -> int:
    """Return how many new keys there is room for."""
    return cell(tally, MOST) - cell(tally, COUNT)


@kernel
def fill_slots(tally: int) -> None:
    """Put the numbers of all keys that are known into empty slots."""
    width = cell(tally, WIDTH)
    for number in range(cell(tally, COUNT)):
        key = cell(tally, RECORDS) + 8 * width * number
        slot = _find(tally, width, load64(key), load64(key + 8), load64(key + 16))
        store32(slot, number + 1)


@inlined
def _find(tally: int, width: int, a: int, b: int, c: int) -> int:
    """Return the address of a key's slot, or of the one that it can have: most are empty."""
    slots, mask, records = cell(tally, SLOTS), cell(tally, SLOT_MASK), cell(tally, RECORDS)
    added = np.uint64(a) * _FIRST + np.uint64(b) * _SECOND + np.uint64(c) * _THIRD
    slot = (multiplied(mixed(int(np.int64(added)))) >> 32) & mask
    while True:
        place = slots + 4 * slot
        number = load32(place) - 1
        if number < 0:
            return place
        key = records + 8 * width * number
        if ((load64(key) ^ a) | (load64(key + 8) ^ b) | (load64(key + 16) ^ c)) == 0:
            return place
        slot = (slot + 1) & mask


class Tally:
    """Different keys, their numbers from 0 on, and figures of each.

    Attributes:
        cells: What kernels read and write; another array after `make_room`.
    """

    def __init__(self, blank: Sequence[int], expected: int = 1 << 12) -> None:
        """Begin with none.

        Args:
            blank: The figures that a key begins with.
            expected: How many to make room for; more are made room for when they are needed.
        """
        self._blank = np.array([*[0] * WORDS, *blank], dtype=np.int64)
        self._records: Ints = np.empty((0, len(self._blank)), dtype=np.int64)
        self._hold(0, expected)

    def __len__(self) -> int:
        """Return how many keys there are."""
        return int(self.cells[COUNT])

    def make_room(self) -> None:
        """Make room for twice as many keys where there is none left."""
        if len(self) == len(self._records):
            self._hold(len(self), 2 * len(self))
            fill_slots(self.cells.ctypes.data)

    def word(self, index: int) -> Ints:
        """Return one of the numbers of each key, in their order."""
        return self._records[: len(self), index].copy()

    def high(self, index: int) -> Numbers:
        """Return the first of two numbers that one of each key's is a pair of."""
        return self.word(index).view(np.int32)[1::2]

    def low(self, index: int) -> Numbers:
        """Return the second of two numbers that one of each key's is a pair of."""
        return self.word(index).view(np.int32)[::2]

    def figures(self) -> Ints:
        """Return a row of figures for each key, in their order."""
        return self._records[: len(self), WORDS:]

    def _hold(self, count: int, most: int) -> None:
        more = np.tile(self._blank, (most - count, 1))
        self._records = np.concatenate([self._records, more])
        self._slots: Numbers = np.zeros(1 << (4 * most - 1).bit_length(), dtype=np.int32)
        width = len(self._blank)
        own = (self._slots, len(self._slots) - 1, self._records, width, count, most)
        self.cells = addresses(own)
