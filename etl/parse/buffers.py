"""The kernel's buffers, reused from block to block, and Arrow arrays made out of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etl.model import Block, Bytes
from etl.parse import context as c
from etl.parse.context import Context, Ints, Offsets
from etl.parse.program import JSON_TEXT, Program

MAX_BLOCK_BYTES = 1 << 28
"""Larger blocks could overflow Arrow's 32-bit offsets."""

TEXT_GROWTH = 3  # one damaged byte becomes U+FFFD, three bytes
JSON_GROWTH = 6  # one control character becomes \u00XX
SPARE = 64


class Buffers:
    """Room for the worst case that a block of some size can bring.

    Memory is reserved, not touched: what no block has filled costs nothing.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._bytes = self._lines = -1
        self._context: Context | None = None

    def prepare(self, block: Block, lines: int) -> Context:
        """Return the kernel's context for a block of `lines` lines.

        Raises:
            ValueError: The block is larger than `MAX_BLOCK_BYTES`.
        """
        if block.size > MAX_BLOCK_BYTES:
            raise ValueError(f"a block of {block.size} bytes is over {MAX_BLOCK_BYTES}")
        if self._context is None or block.size > self._bytes or lines > self._lines:
            self._bytes = max(block.size, self._bytes)
            self._lines = max(lines + lines // 4, self._lines)
            self._context = self._allocate()
        data = block.data.view()
        data.flags.writeable = False  # one type, whoever made the block: one compiled kernel
        self._context.state[:] = 0
        self._context.state[c.EXTRA_SLOT] = self._program.extra_slot
        return self._context._replace(data=data)

    def _allocate(self) -> Context:
        program, lines = self._program, self._lines
        texts, numbers = len(program.text), max(1, len(program.numbers))
        base = np.zeros(texts + 1, dtype=np.int64)
        np.cumsum([self._room(name) for name in program.text], out=base[1:])
        return Context(
            data=np.empty(0, dtype=np.uint8),
            steps=program.steps,
            layouts=program.layouts,
            nulls=program.nulls,
            pool=program.pool,
            text=np.empty(base[-1] + SPARE, dtype=np.uint8),
            base=base,
            ends=np.zeros((texts, lines + 1), dtype=np.int32),
            text_ok=np.empty((texts, lines), dtype=np.uint8),
            nums=np.empty((numbers, lines), dtype=np.int64),
            reals=np.empty((numbers, lines), dtype=np.float64),
            num_ok=np.empty((numbers, lines), dtype=np.uint8),
            at=np.empty(lines, dtype=np.int64),
            stamp=np.empty(lines, dtype=np.uint8),
            places=np.empty(lines, dtype=np.int64),
            rejects=np.empty((lines, c.REJECT_WIDTH), dtype=np.int64),
            scratch=np.empty(self._bytes + SPARE, dtype=np.uint8),
            state=np.zeros(c.STATE_WIDTH, dtype=np.int64),
        )

    def _room(self, name: str) -> int:
        if name not in JSON_TEXT:
            return TEXT_GROWTH * self._bytes + SPARE
        return JSON_GROWTH * self._bytes + self._lines * self._program.extra_overhead + SPARE


def line_ends(data: Bytes, size: int) -> Ints:
    """Return where the lines of `data[:size]` end, newlines excluded."""
    ends = np.flatnonzero(data[:size] == c.NEWLINE)
    if size and data[size - 1] != c.NEWLINE:
        ends = np.append(ends, size)
    return ends.astype(np.int64, copy=False)


def text_array(text: Bytes, ends: Offsets, valid: Bytes, type_: pa.DataType) -> pa.Array:
    """Return strings whose bytes lie in `text[:ends[-1]]` as an Arrow array of its own memory."""
    rows = len(ends) - 1
    bitmap, nulls = _bitmap(valid)
    data = pa.py_buffer(text[: ends[-1]].copy())
    buffers = [bitmap, pa.py_buffer(ends.copy()), data]
    return pa.Array.from_buffers(type_, rows, buffers, nulls)


def number_array(values: npt.NDArray[np.generic], valid: Bytes, type_: pa.DataType) -> pa.Array:
    """Return numbers as an Arrow array of its own memory."""
    bitmap, nulls = _bitmap(valid)
    if pa.types.is_boolean(type_):
        data = pa.py_buffer(np.packbits(values.astype(np.bool_), bitorder="little"))
    else:
        data = pa.py_buffer(values.astype(type_.to_pandas_dtype(), copy=True))
    return pa.Array.from_buffers(type_, len(values), [bitmap, data], nulls)


def instant_array(micros: Ints) -> pa.Array:
    """Return microseconds since 1970 as instants."""
    data = pa.py_buffer(micros.copy())
    return pa.Array.from_buffers(pa.timestamp("us", tz="UTC"), len(micros), [None, data], 0)


def _bitmap(valid: Bytes) -> tuple[pa.Buffer | None, int]:
    nulls = len(valid) - int(np.count_nonzero(valid))
    if nulls == 0:
        return None, 0
    return pa.py_buffer(np.packbits(valid, bitorder="little")), nulls
