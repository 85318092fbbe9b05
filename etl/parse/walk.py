"""Blocks of lines to columns, by one program of the kernel."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from etl.errors import CountMismatchError
from etl.formats.fields import LineFormat, table_schema
from etl.model import Block, Bytes, Counts, ParsedBlock
from etl.parse import context as c
from etl.parse.buffers import (
    MAX_BLOCK_BYTES,
    Buffers,
    line_ends,
    line_room,
    number_array,
    text_array,
    whole_array,
)
from etl.parse.program import pack
from etl.parse.rejects import reject_batch
from etl.parse.zones import resolve
from etl.schema import INSTANT


class Walker:
    """Parses blocks by a field program. Keeps buffers between calls: one per thread.

    Args:
        line_format: Its layouts are the program.
        zone: Of time stamps without an offset.
        reference: Yearless stamps get the latest year in which they are no more than a day later.
        longest: Most bytes of a line.
        timeless: Whether lines that do not say when are records, whose `at` is null.

    Attributes:
        lossy: Per record of the block parsed last, 1 where U+FFFD stands for bytes that are not
            UTF-8.
    """

    def __init__(
        self,
        line_format: LineFormat,
        zone: ZoneInfo,
        reference: datetime,
        longest: int,
        timeless: bool = False,
    ) -> None:
        self._zone, self._reference, self._longest = zone, reference, longest
        self._program = pack(line_format)
        self._timeless = timeless
        self._room = line_room(0)
        self._buffers = Buffers(self._program, 0, 0, timeless)
        self.lossy: Bytes = np.zeros(0, dtype=np.uint8)

    def parse(self, block: Block) -> ParsedBlock:
        """Parse a block; the result owns its memory.

        Raises:
            CountMismatchError: Lines are not records + rejects + blank: a bug.
            ValueError: The block is larger than 256 MiB or lacks its padding.
        """
        if block.size > MAX_BLOCK_BYTES:
            raise ValueError(f"a block of {block.size} bytes is over {MAX_BLOCK_BYTES}")
        if len(self._room) <= block.size:
            self._room = line_room(block.size)
        ends = line_ends(block.data, block.size, self._room)
        if not self._buffers.fits(block.size, len(ends)):
            self._buffers = Buffers(
                self._program,
                max(block.size, self._buffers.size),
                max(len(ends) + len(ends) // 4, self._buffers.lines),
                self._timeless,
            )
        buffers = self._buffers
        buffers.run(block, ends, self._longest)
        cells = (c.ROWS, c.REFUSED, c.BLANK, c.DRIFTED)
        rows, refused, blank, drifted = (int(buffers.cells[n]) for n in cells)
        self.lossy = buffers.lossy[:rows].copy()
        lossy = int(np.count_nonzero(self.lossy))
        records = self._records(buffers, rows, block.offset)
        split = self._program.line_format.pieces
        pieces = split(records) if split else 0
        counts = Counts(len(ends), rows, refused, blank, drifted, lossy, pieces)
        rejects = reject_batch(block, buffers.rejects[:refused], self._program, self._longest)
        if not counts.balanced or len(records) != rows or len(rejects) != refused:
            raise CountMismatchError(f"block at {block.offset}: {counts}")
        return ParsedBlock(records, rejects, counts)

    def _records(self, buffers: Buffers, rows: int, offset: int) -> pa.RecordBatch:
        at, stamp = buffers.at[:rows], buffers.stamp[:rows]
        resolve(at, stamp, self._zone, self._reference)
        instants = whole_array(at.copy(), INSTANT)
        if self._timeless:
            known = (stamp != c.STAMP_NONE).astype(np.uint8)
            instants = number_array(at, known, pa.int64()).cast(instants.type)
        columns: dict[str, pa.Array] = {
            "at": instants,
            "offset": whole_array(buffers.places[:rows] + offset, pa.int64()),
        }
        for slot, name in enumerate(self._program.text):
            ends, valid = buffers.ends[slot, : rows + 1], buffers.text_ok[slot, :rows]
            columns[name] = text_array(buffers.strings[slot], ends, valid)
        for slot, (name, type_) in enumerate(self._program.numbers):
            values = buffers.reals if pa.types.is_floating(type_) else buffers.wholes
            columns[name] = number_array(values[slot, :rows], buffers.num_ok[slot, :rows], type_)
        return in_order(columns, self._program.line_format.table)


def in_order(columns: dict[str, pa.Array], table: str) -> pa.RecordBatch:
    """Return columns as a batch, in the table's order."""
    ordered = _schema_of(table, frozenset(columns))
    return pa.RecordBatch.from_arrays([columns[name] for name in ordered.names], schema=ordered)


@cache
def _schema_of(table: str, names: frozenset[str]) -> pa.Schema:
    return pa.schema([field for field in table_schema(table) if field.name in names])
