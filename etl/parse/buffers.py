"""The kernel's buffers, reused from block to block, and Arrow arrays made out of them."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etl.model import BLOCK_PADDING, Block, Bytes
from etl.native.cells import Ints
from etl.native.jit import load_ahead
from etl.parse import context as c
from etl.parse.clocks import PARTS_WIDTH
from etl.parse.context import Offsets
from etl.parse.kernel import parse_lines
from etl.parse.newlines import FOUND, put_newlines
from etl.parse.program import JSON_TEXT, SPARE, Program
from etl.parse.take import TAKE_ANY
from etl.schema import TEXT

MAX_BLOCK_BYTES = 1 << 28
"""Larger blocks could overflow Arrow's 32-bit offsets."""

MAX_ROOM = (1 << 31) - 1
"""Most bytes of a column's text that these offsets can tell."""

COMMENT = ord("#")

TEXT_GROWTH = 3  # one damaged byte becomes U+FFFD, three bytes
JSON_GROWTH = 6  # one control character becomes \u00XX


class Buffers:
    """Room for the worst case that a block of some size can bring.

    Memory is reserved, not touched: what no block has filled costs nothing.

    Attributes:
        strings: Per text slot its bytes.
        ends: (text slots, lines + 1), Arrow's offsets.
        text_ok: (text slots, lines), 1 where not null; `num_ok` likewise.
        wholes: (number slots, lines); `reals` likewise, one of the two is in use.
        at: (lines,), microseconds that count from what `stamp` says.
        places: (lines,), offset of a record's line in the block.
        lossy: (lines,), 1 where U+FFFD stands for bytes of the line that are not UTF-8.
        rejects: (lines, REJECT_WIDTH), see `context`.
        cells: The context itself.
    """

    def __init__(self, program: Program, size: int, lines: int, timeless: bool = False) -> None:
        self.size, self.lines, self._program = size, lines, program
        texts, numbers = len(program.text), len(program.numbers)
        rooms = [self._room(name) for name in program.text]
        if max(rooms, default=0) > MAX_ROOM:
            raise ValueError(f"a block of {size} bytes and {lines} lines may overflow a column")
        self.strings = [_reserved(room) for room in rooms]
        self.ends = np.zeros((texts, lines + 1), dtype=np.int32)
        self.text_ok = np.empty((texts, lines), dtype=np.uint8)
        self.wholes = np.empty((numbers, lines), dtype=np.int64)
        self.reals = np.empty((numbers, lines), dtype=np.float64)
        self.num_ok = np.empty((numbers, lines), dtype=np.uint8)
        self.at = np.empty(lines, dtype=np.int64)
        self.stamp = np.empty(lines, dtype=np.uint8)
        self.places = np.empty(lines, dtype=np.int64)
        self.lossy = np.empty(lines, dtype=np.uint8)
        self.rejects = np.empty((lines, c.REJECT_WIDTH), dtype=np.int64)
        # A decoded value and a name are no longer than what they were decoded from.
        names = int(program.steps[:, c.NAME_SIZE].max(initial=0))
        self._prefixes = np.zeros(names + 2, dtype=np.int64)  # each has a byte more than its parent
        self._rooms = [_reserved(size + names + SPARE) for _ in range(3)]
        self._parts = np.zeros(PARTS_WIDTH, dtype=np.int64)
        self._texts = slot_table(zip(self.strings, self.ends, self.text_ok, strict=True))
        self._numbers = slot_table(zip(self.wholes, self.reals, self.num_ok, strict=True))
        self.cells = self._context(0 if timeless else 1)

    def _context(self, needs_time: int) -> Ints:
        program, cells = self._program, np.zeros(c.CONTEXT_WIDTH, dtype=np.int64)
        for cell, array in (
            (c.STEPS, program.steps),
            (c.LAYOUTS, program.layouts),
            (c.NULLS, program.nulls),
            (c.TEXTS, self._texts),
            (c.NUMBERS, self._numbers),
            (c.AT, self.at),
            (c.STAMP, self.stamp),
            (c.PLACES, self.places),
            (c.LOSSY, self.lossy),
            (c.REJECTS, self.rejects),
            (c.SCRATCH, self._rooms[0]),
            (c.VALUE, self._rooms[1]),
            (c.PATH, self._rooms[2]),
            (c.PARTS, self._parts),
            (c.PREFIXES, self._prefixes),
        ):
            cells[cell] = array.ctypes.data
        cells[c.LAYOUT_COUNT] = len(program.layouts)
        cells[c.TAKE] = TAKE_ANY.address
        cells[c.EXTRA_SLOT] = program.extra_slot
        cells[c.NEEDS_TIME] = needs_time
        cells[c.COMMENT] = COMMENT if program.line_format.header is not None else -1
        return cells

    def fits(self, size: int, lines: int) -> bool:
        """Tell whether a block of `size` bytes and `lines` lines may be parsed into these."""
        return size <= self.size and lines <= self.lines

    def run(self, block: Block, ends: Ints, longest: int) -> None:
        """Parse a block that fits, whose lines end at `ends`."""
        if len(block.data) < block.size + BLOCK_PADDING:
            raise ValueError(f"a block needs {BLOCK_PADDING} spare bytes behind its data")
        data = np.ascontiguousarray(block.data, dtype=np.uint8)
        self.cells[c.DATA], self.cells[c.LINE_ENDS] = data.ctypes.data, ends.ctypes.data
        self.cells[c.LINES], self.cells[c.LONGEST] = len(ends), longest
        parse_lines(self.cells.ctypes.data)

    def _room(self, name: str) -> int:
        if name not in JSON_TEXT:
            return TEXT_GROWTH * self.size + SPARE
        growth = JSON_GROWTH + self._program.name_growth
        return growth * self.size + self.lines * self._program.extra_overhead + SPARE


def load_parsers() -> None:
    """Load what parses, before it is needed."""
    load_ahead((put_newlines, parse_lines, TAKE_ANY))


def slot_table(columns: Iterable[tuple[npt.NDArray[Any], ...]]) -> Ints:
    """Return the addresses of the arrays of each slot, as `TEXTS` or `NUMBERS` in `context`."""
    rows = [[array.ctypes.data for array in arrays] for arrays in columns]
    return np.array(rows, dtype=np.int64).reshape(-1, c.SLOT_WIDTH)


def _reserved(size: int) -> Bytes:
    """Return bytes that cost nothing until they are written.

    NumPy asks for huge pages, of which the first byte of each column would take a whole one.
    """
    return np.frombuffer(mmap.mmap(-1, size), dtype=np.uint8)


def line_room(size: int) -> Ints:
    """Return room for the ends of all lines that `size` bytes can have."""
    return _reserved(8 * (size + 1)).view(np.int64)


def line_ends(data: Bytes, size: int, room: Ints) -> Ints:
    """Return where the lines of `data[:size]` end, newlines excluded.

    Args:
        data: A block's bytes.
        size: How many of them count.
        room: From `line_room`, for this size or a larger one.
    """
    whole = np.ascontiguousarray(data[:size], dtype=np.uint8)
    table = np.array([whole.ctypes.data, size, room.ctypes.data, 0], dtype=np.int64)
    put_newlines(table.ctypes.data)
    found = int(table[FOUND])
    if size and whole[-1] != c.NEWLINE:
        room[found] = size
        found += 1
    return room[:found].copy()


def text_array(text: Bytes, ends: Offsets, valid: Bytes) -> pa.Array:
    """Return strings whose bytes lie in `text[:ends[-1]]` as an Arrow array of its own memory.

    Spare bytes behind them come along, for kernels that read the array.
    """
    rows = len(ends) - 1
    bitmap, nulls = _bitmap(valid)
    data = pa.py_buffer(text[: ends[-1] + SPARE].copy())
    buffers = [bitmap, pa.py_buffer(ends.copy()), data]
    return pa.Array.from_buffers(TEXT, rows, buffers, nulls)


def number_array(values: npt.NDArray[np.generic], valid: Bytes, type_: pa.DataType) -> pa.Array:
    """Return numbers as an Arrow array of its own memory."""
    bitmap, nulls = _bitmap(valid)
    if pa.types.is_boolean(type_):
        data = pa.py_buffer(np.packbits(values.astype(np.bool_), bitorder="little"))
    else:
        data = pa.py_buffer(values.astype(type_.to_pandas_dtype(), copy=True))
    return pa.Array.from_buffers(type_, len(values), [bitmap, data], nulls)


def whole_array(values: Ints, type_: pa.DataType) -> pa.Array:
    """Return 64-bit numbers, none of which is absent, as an Arrow array of the same memory.

    `pa.array` looks whether they are masked, for which NumPy loads a module.
    """
    return pa.Array.from_buffers(type_, len(values), [None, pa.py_buffer(values)], 0)


def _bitmap(valid: Bytes) -> tuple[pa.Buffer | None, int]:
    nulls = len(valid) - int(np.count_nonzero(valid))
    if nulls == 0:
        return None, 0
    return pa.py_buffer(np.packbits(valid, bitorder="little")), nulls
