"""When each of numbered objects was first seen at a step, and what of it was on the day."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from etl.days import to_micros
from etl.metrics.numbering import Numbers
from etl.native.cells import addresses, cell, set_cell
from etl.native.jit import kernel
from etl.native.memory import load32, load64, store, store32, store64

Ints = npt.NDArray[np.int64]

LATEST = np.iinfo(np.int64).max
EARLIEST = np.iinfo(np.int64).min
"""In the place of instants that there are none of."""

OBJECTS, TIMES, ROWS, START, END, FIRST, SEEN, IS_TODAY, ROWS_TODAY = range(9)
"""Cells of the table: the rows' objects (32 bits) and times, the day, and figures by object. The
last one is written by the kernel."""


@kernel
def see_objects(k: int) -> None:
    """Let rows that show objects into the figures of these."""
    objects, times, start, end = cell(k, OBJECTS), cell(k, TIMES), cell(k, START), cell(k, END)
    first, seen, is_today = cell(k, FIRST), cell(k, SEEN), cell(k, IS_TODAY)
    today = 0
    for row in range(cell(k, ROWS)):
        number, at = load32(objects + 4 * row), load64(times + 8 * row)
        place, often = first + 8 * number, seen + 4 * number
        if at < load64(place):
            store64(place, at)
        if at < end:
            store32(often, load32(often) + 1)
            if at >= start:
                store(is_today + number, 1)
                today += 1
    set_cell(k, ROWS_TODAY, today)


class Firsts:
    """Figures of one step, by object.

    Attributes:
        first: The first time, or `LATEST`.
        seen: How often before the day's end.
        is_today: Whether on the day.
        rows_today: The rows of the day that were let in.
    """

    def __init__(self, objects: int, start: datetime, end: datetime) -> None:
        """Begin with none seen.

        Args:
            objects: How many there are.
            start: Midnight that begins the day.
            end: Midnight that ends it.
        """
        self._start, self._end = to_micros(start), to_micros(end)
        self.first: Ints = np.full(objects, LATEST, dtype=np.int64)
        self.seen: Numbers = np.zeros(objects, dtype=np.int32)
        self.is_today: npt.NDArray[np.bool_] = np.zeros(objects, dtype=np.bool_)
        self.rows_today = 0

    def see(self, objects: Numbers, at: Ints) -> None:
        """Let rows in: the number of each one's object, and its time in microseconds."""
        figures = (self.first, self.seen, self.is_today)
        day = (self._start, self._end)
        table = addresses((objects, at, len(objects), *day, *figures, 0))
        see_objects(table.ctypes.data)
        self.rows_today += int(table[ROWS_TODAY])

    def see_before(self, objects: Numbers, first: Ints, seen: Numbers) -> None:
        """Let in what is known of the time before the day, a row for each object."""
        self.first[objects] = np.minimum(self.first[objects], first)
        self.seen[objects] += seen


def instants(name: str, micros: Ints, absent: int) -> pl.Series:
    """Return instants as a column, null where they are `absent`."""
    valid = np.packbits(micros != absent, bitorder="little")
    buffers = [pa.py_buffer(valid), pa.py_buffer(micros)]
    arrow = pa.Array.from_buffers(pa.timestamp("us", tz="UTC"), len(micros), buffers)
    return pl.Series(name, pl.from_arrow(arrow))
