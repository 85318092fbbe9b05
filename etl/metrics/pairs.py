"""Numbers pairs of numbers as they first come, and adds figures up by such numbers.

Rows are grouped by several columns so: the first two give a number, this and the third another
one. Each step costs a few nanoseconds a row, whatever the columns hold.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from etl.metrics.numbering import Numbers
from etl.native.cells import addresses, call_kernel, cell, set_cell
from etl.native.jit import inlined, kernel
from etl.native.memory import load32, load64, store32, store64
from etl.native.texts import TAG, hash_of_number

Ints = npt.NDArray[np.int64]

# Cells of the table. HIGH, LOW: 32-bit numbers that stand STEP bytes apart. ROW: the next one, in
# and out. SLOTS: a hash's upper half above a number + 1, or zero. KEYS: the pairs by number.
HIGH, LOW, STEP, ROW, ROWS, NUMBERS, SLOTS, SLOT_MASK, KEYS, COUNT, MOST = range(11)

TALLIED, VALUES, TALLIED_ROWS, SUMS, LASTS = range(5)
"""Cells of the other tables: numbers of rows, their values, how many; figures by number."""


@kernel
def number_pairs(k: int) -> None:
    """Write each row's number, up to a row for which there is no room."""
    high, low, step, numbers = cell(k, HIGH), cell(k, LOW), cell(k, STEP), cell(k, NUMBERS)
    slots, mask, keys = cell(k, SLOTS), cell(k, SLOT_MASK), cell(k, KEYS)
    row, rows, count, most = cell(k, ROW), cell(k, ROWS), cell(k, COUNT), cell(k, MOST)
    while row < rows:
        key = (load32(high + step * row) << 32) | (load32(low + step * row) & 0xFFFF_FFFF)
        number = _find(slots, mask, keys, key)
        if number < 0:
            if count == most:
                break
            store64(slots + 8 * (-1 - number), (hash_of_number(key) & TAG) | (count + 1))
            store64(keys + 8 * count, key)
            number, count = count, count + 1
        store32(numbers + 4 * row, number)
        row += 1
    set_cell(k, ROW, row)
    set_cell(k, COUNT, count)


@kernel
def fill_slots(k: int) -> None:
    """Put all pairs that are known into empty slots."""
    slots, mask, keys = cell(k, SLOTS), cell(k, SLOT_MASK), cell(k, KEYS)
    for number in range(cell(k, COUNT)):
        key = load64(keys + 8 * number)
        slot = -1 - _find(slots, mask, keys, key)
        store64(slots + 8 * slot, (hash_of_number(key) & TAG) | (number + 1))


@inlined
def _find(slots: int, mask: int, keys: int, key: int) -> int:
    """Return a pair's number, or -1 minus the slot that it can have: at least half are empty."""
    hashed = hash_of_number(key)
    slot = (hashed >> 32) & mask
    while True:
        kept = load64(slots + 8 * slot)
        if kept == 0:
            return -1 - slot
        number = (kept & 0xFFFF_FFFF) - 1
        if kept & TAG == hashed & TAG and load64(keys + 8 * number) == key:
            return number
        slot = (slot + 1) & mask


@kernel
def add_up(k: int) -> None:
    """Add each row's value, or one where there are no values, to the sum of its number."""
    numbers, values, sums = cell(k, TALLIED), cell(k, VALUES), cell(k, SUMS)
    for row in range(cell(k, TALLIED_ROWS)):
        place = sums + 8 * load32(numbers + 4 * row)
        value = 1
        if values != 0:
            value = load64(values + 8 * row)
        store64(place, load64(place) + value)


@kernel
def see_times(k: int) -> None:
    """Keep the first and the last time by number."""
    numbers, times = cell(k, TALLIED), cell(k, VALUES)
    first, last = cell(k, SUMS), cell(k, LASTS)
    for row in range(cell(k, TALLIED_ROWS)):
        place, at = 8 * load32(numbers + 4 * row), load64(times + 8 * row)
        if at < load64(first + place):
            store64(first + place, at)
        if at > load64(last + place):
            store64(last + place, at)


class Pairs:
    """Different pairs and their numbers, from 0 on."""

    def __init__(self) -> None:
        """Begin with none."""
        self._count = 0
        self._keys: Ints = np.zeros(1 << 10, dtype=np.int64)
        self._slots: Ints = np.zeros(1 << 11, dtype=np.int64)

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return self._count

    def of(self, high: Numbers, low: Numbers) -> Numbers:
        """Return the number of each pair of numbers."""
        numbers = np.empty(len(high), dtype=np.int32)
        self._number(high.ctypes.data, low.ctypes.data, 4, numbers)
        return numbers

    def of_reals(self, reals: npt.NDArray[np.float64]) -> Numbers:
        """Return the number of each double; a pair is the halves of one."""
        numbers = np.empty(len(reals), dtype=np.int32)
        self._number(reals.ctypes.data + 4, reals.ctypes.data, 8, numbers)
        return numbers

    def high(self) -> Numbers:
        """Return the first of each pair, in the order of their numbers."""
        return self._halves()[1::2]

    def low(self) -> Numbers:
        """Return the second of each pair, in the order of their numbers."""
        return self._halves()[::2]

    def reals(self) -> npt.NDArray[np.float64]:
        """Return the doubles that were numbered, in the order of their numbers."""
        return self._keys[: self._count].view(np.float64)

    def _halves(self) -> Numbers:
        return self._keys[: self._count].view(np.int32)

    def _number(self, high: int, low: int, step: int, numbers: Numbers) -> None:
        row = 0
        while (row := self._run(number_pairs, high, low, step, row, numbers)) < len(numbers):
            self._keys = np.concatenate([self._keys, np.zeros_like(self._keys)])
            self._slots = np.zeros(2 * len(self._keys), dtype=np.int64)
            self._run(fill_slots, 0, 0, 0, row, numbers)

    def _run(
        self,
        entry: Callable[[int], None],
        high: int,
        low: int,
        step: int,
        row: int,
        numbers: Numbers,
    ) -> int:
        """Run a kernel; return the row at which it stopped."""
        known = (self._slots, len(self._slots) - 1, self._keys, self._count, len(self._keys))
        table = addresses((high, low, step, row, len(numbers), numbers, *known))
        entry(table.ctypes.data)
        self._count = int(table[COUNT])
        return int(table[ROW])


class Sums:
    """A figure that is added up by number."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sums: Ints = np.zeros(1 << 10, dtype=np.int64)

    def add(self, numbers: Numbers, values: Ints | None, count: int) -> None:
        """Add each row's value, or one.

        Args:
            numbers: Of the rows, all below `count`.
            values: Of the rows; None where rows are counted.
            count: How many different numbers there are.
        """
        self._sums = grown(self._sums, count, 0)
        call_kernel(add_up, (numbers, 0 if values is None else values, len(numbers), self._sums))

    def of(self, count: int) -> Ints:
        """Return the sums of the first so many numbers."""
        self._sums = grown(self._sums, count, 0)
        return self._sums[:count]


def grown(figures: Ints, count: int, value: int) -> Ints:
    """Return figures with room for `count` of them, the new ones being `value`."""
    if count <= len(figures):
        return figures
    new = np.full(max(count, 2 * len(figures)) - len(figures), value, dtype=np.int64)
    return np.concatenate([figures, new])
