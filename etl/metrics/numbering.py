"""Numbers texts in the order in which they first come: equal ones have the same number.

Ids of objects are many and long; arrays by number do for them what groupings and joins by text
do, in a fraction of the time and memory. A text is found by its hash and compared byte by byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from etl.native.cells import addresses, cell, set_cell
from etl.native.jit import inlined, kernel
from etl.native.memory import load, load32, load64, store, store32, store64
from etl.native.texts import TAG, hash_of, same

Numbers = npt.NDArray[np.int32]

ABSENT = -1
"""Number of a text that is not known, where none is added."""

# Cells of the table. VIEWS: Arrow's string views, 16 bytes each; BUFFERS: addresses of what those
# of more than 12 bytes point into. ROW: the next one, in and out. SLOTS: a hash's upper half above
# a number + 1, or zero. STARTS: where each text stands in TEXTS, and where the last one ends.
VIEWS, BUFFERS, ROW, ROWS, NUMBERS, ADDS = range(6)
SLOTS, SLOT_MASK, STARTS, TEXTS, COUNT, MOST, ROOM = range(6, 13)

_INLINE = 12
_LONGEST_SEARCH = 256
_GIVEN_UP = -1 - (1 << 40)


@kernel
def number_texts(k: int) -> None:
    """Write each row's number, up to a row for which there is no room or no slot."""
    views, buffers, row, rows = cell(k, VIEWS), cell(k, BUFFERS), cell(k, ROW), cell(k, ROWS)
    slots, mask, starts, texts = cell(k, SLOTS), cell(k, SLOT_MASK), cell(k, STARTS), cell(k, TEXTS)
    numbers, count, adds = cell(k, NUMBERS), cell(k, COUNT), cell(k, ADDS)
    most, used, room = cell(k, MOST), load64(starts + 8 * count), cell(k, ROOM)
    while row < rows:
        view = views + 16 * row
        start, size = view + 4, load32(view)
        if size > _INLINE:
            start = load64(buffers + 8 * load32(view + 8)) + load32(view + 12)
        hashed = hash_of(start, start + size)
        number = _find(slots, mask, starts, texts, start, size, hashed)
        if number == _GIVEN_UP:
            break
        if number < 0:
            if adds == 0:
                number = ABSENT
            elif count == most or used + size > room:
                break
            else:
                store64(slots + 8 * (-1 - number), (hashed & TAG) | (count + 1))
                _copy(start, start + size, texts + used)
                number, count, used = count, count + 1, used + size
                store64(starts + 8 * count, used)
        store32(numbers + 4 * row, number)
        row += 1
    set_cell(k, ROW, row)
    set_cell(k, COUNT, count)


@kernel
def fill_slots(k: int) -> None:
    """Copy ROWS old slots from VIEWS on into more of them, up to one for which none is near."""
    old, row, slots, mask = cell(k, VIEWS), cell(k, ROW), cell(k, SLOTS), cell(k, SLOT_MASK)
    while row < cell(k, ROWS):
        kept = load64(old + 8 * row)
        if kept != 0:
            slot, tries = (kept >> 32) & mask, 0
            while load64(slots + 8 * slot) != 0 and tries < _LONGEST_SEARCH:
                slot, tries = (slot + 1) & mask, tries + 1
            if tries == _LONGEST_SEARCH:
                break
            store64(slots + 8 * slot, kept)
        row += 1
    set_cell(k, ROW, row)


@inlined
def _find(  # noqa: PLR0913 - what a loop has read once is not read for each row
    slots: int, mask: int, starts: int, texts: int, start: int, size: int, hashed: int
) -> int:
    """Return a text's number, or -1 minus the slot that it can have."""
    slot = (hashed >> 32) & mask
    for _ in range(_LONGEST_SEARCH):
        kept = load64(slots + 8 * slot)
        if kept == 0:
            return -1 - slot
        if kept & TAG == hashed & TAG:
            number = (kept & 0xFFFF_FFFF) - 1
            place = load64(starts + 8 * number)
            if load64(starts + 8 * number + 8) - place == size and same(
                start, start + size, texts + place
            ):
                return number
        slot = (slot + 1) & mask
    return _GIVEN_UP


@inlined
def _copy(start: int, end: int, target: int) -> None:
    """Copy bytes, and touch none beyond them."""
    while start + 8 <= end:
        store64(target, load64(start))
        start += 8
        target += 8
    while start < end:
        store(target, load(start))
        start += 1
        target += 1


class Numbering:
    """Different texts and their numbers, from 0 on.

    Whoever writes ids whose hashes collide gains little: one that is not found among `SLOTS` in a
    short search is looked for in a dictionary.
    """

    def __init__(self, expected: int = 1 << 12) -> None:
        """Begin with none.

        Args:
            expected: How many to make room for; more are made room for when they come.
        """
        self._count, self._apart = 0, dict[bytes, int]()
        self._starts: npt.NDArray[np.int64] = np.zeros(expected + 1, dtype=np.int64)
        self._texts: npt.NDArray[np.uint8] = np.empty(16 * expected, dtype=np.uint8)
        self._slots = self._empty_slots()

    def __len__(self) -> int:
        """Return how many texts there are."""
        return self._count

    def add(self, texts: pl.Series) -> Numbers:
        """Return the number of each text; one that is new gets the next. None is null."""
        return self._of(texts, adds=True)

    def find(self, texts: pl.Series) -> Numbers:
        """Return the number of each text, or `ABSENT`. None is null."""
        return self._of(texts, adds=False)

    def texts(self, numbers: Numbers | None = None) -> pl.Series:
        """Return the texts of some numbers, or of all in their order."""
        buffers = [None, pa.py_buffer(self._starts), pa.py_buffer(self._texts)]
        arrow = pa.Array.from_buffers(pa.large_string(), self._count, buffers)
        if numbers is not None:
            arrow = arrow.take(pa.array(numbers))
        return pl.Series(pl.from_arrow(arrow), dtype=pl.String)

    def _of(self, texts: pl.Series, *, adds: bool) -> Numbers:
        numbers = np.empty(len(texts), dtype=np.int32)
        done = 0
        for chunk in texts.get_chunks():
            arrow = chunk.to_arrow(compat_level=pl.CompatLevel.newest())
            self._number(arrow, numbers[done : done + len(arrow)], adds=adds)
            done += len(arrow)
        return numbers

    def _number(self, texts: pa.Array, numbers: Numbers, *, adds: bool) -> None:
        _, views, *data = texts.buffers()
        buffers = np.array([buffer.address for buffer in data], dtype=np.int64)
        address, row = views.address + 16 * texts.offset, 0
        while row < len(texts):
            given = [address, buffers, row, len(texts), numbers, int(adds)]
            row = self._run(number_texts, given)
            if row == len(texts):
                return
            text = texts[row].as_py().encode()
            if not self._is_full(len(text)):
                numbers[row] = self._number_apart(text, adds=adds)
                row += 1
            else:
                self._grow(len(text))

    def _run(self, entry: Any, given: list[Any]) -> int:
        """Run a kernel; return the row at which it stopped."""
        own: list[Any] = [self._slots, len(self._slots) - 1, self._starts, self._texts, self._count]
        table = addresses([*given, *own, len(self._starts) - 1, len(self._texts)])
        entry(table.ctypes.data)
        self._count = int(table[COUNT])
        return int(table[ROW])

    def _is_full(self, size: int) -> bool:
        used = int(self._starts[self._count])
        return self._count == len(self._starts) - 1 or used + size > len(self._texts)

    def _number_apart(self, text: bytes, *, adds: bool) -> int:
        known = self._apart.get(text, ABSENT)
        if known == ABSENT and adds:
            known = self._apart[text] = self._count
            start = int(self._starts[known])
            self._texts[start : start + len(text)] = np.frombuffer(text, dtype=np.uint8)
            self._starts[known + 1] = start + len(text)
            self._count += 1
        return known

    def _grow(self, size: int) -> None:
        """Make room for twice as many texts and bytes, and for a text of `size` bytes."""
        used = int(self._starts[self._count])
        if self._count == len(self._starts) - 1:
            self._starts = np.concatenate([self._starts, *[np.zeros_like(self._starts)] * 3])
            old, self._slots = self._slots, self._empty_slots()
            self._fill_slots(old)
        if used + size > len(self._texts):
            grown = np.empty(2 * (len(self._texts) + size), dtype=np.uint8)
            grown[:used] = self._texts[:used]
            self._texts = grown

    def _fill_slots(self, old: npt.NDArray[np.int64]) -> None:
        row = 0
        while (row := self._run(fill_slots, [old, 0, row, len(old), 0, 0])) < len(old):
            number = (int(old[row]) & 0xFFFF_FFFF) - 1
            text = self._texts[self._starts[number] : self._starts[number + 1]]
            self._apart[text.tobytes()] = number
            row += 1

    def _empty_slots(self) -> npt.NDArray[np.int64]:
        return np.zeros(1 << len(self._starts).bit_length(), dtype=np.int64)
