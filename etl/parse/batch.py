"""Blocks of lines to record batches: the parser's public entry."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

from etl import schema
from etl.errors import ConfigError, CountMismatchError
from etl.formats.fields import LineFormat
from etl.formats.message import MessageFormat
from etl.formats.routes import RouteTable
from etl.model import Block, Counts, ParsedBlock
from etl.parse import context as c
from etl.parse.buffers import (
    MAX_BLOCK_BYTES,
    Buffers,
    instant_array,
    line_ends,
    number_array,
    text_array,
)
from etl.parse.messages import MessageExtractor
from etl.parse.program import pack
from etl.parse.rejects import reject_batch
from etl.parse.routing import Router
from etl.parse.zones import resolve

MAX_LINE_BYTES = 1 << 20


class BlockParser:
    """Parses blocks of one format. Keeps buffers between calls: one parser per thread.

    Args:
        line_format: What the lines look like.
        zone: Of time stamps without an offset.
        reference: Yearless stamps get the latest year in which they are no more than a day later.
        message: What is taken out of the column `message`.
        routes: What the column `path` is matched with.
        max_line_bytes: Longer lines are rejects.

    Raises:
        ConfigError: The format has no message to take fields from, or no path to route by.
    """

    def __init__(
        self,
        line_format: LineFormat,
        *,
        zone: ZoneInfo,
        reference: datetime,
        message: MessageFormat | None = None,
        routes: RouteTable | None = None,
        max_line_bytes: int = MAX_LINE_BYTES,
    ) -> None:
        for wanted, column in ((message, "message"), (routes, "path")):
            if wanted is not None and column not in line_format.columns:
                raise ConfigError(f"format '{line_format.name}' does not fill {column}")
        self._zone, self._reference, self._longest = zone, reference, max_line_bytes
        self._program = pack(line_format)
        self._buffers = Buffers(self._program, 0, 0)
        self._extractor = MessageExtractor(message) if message else None
        self._router = Router(routes) if routes and routes.templates else None
        fields = dict(message.fields) if message else {}
        if line_format.table == "events":
            self._schema = schema.events_schema(fields)
        else:
            self._schema = schema.requests_schema(list(routes.params) if routes else [])

    def parse(self, block: Block) -> ParsedBlock:
        """Parse a block; the result owns its memory.

        Raises:
            CountMismatchError: Lines are not records + rejects + blank: a bug.
            ValueError: The block is larger than 256 MiB or lacks its padding.
        """
        if block.size > MAX_BLOCK_BYTES:
            raise ValueError(f"a block of {block.size} bytes is over {MAX_BLOCK_BYTES}")
        ends = line_ends(block.data, block.size)
        if not self._buffers.fits(block.size, len(ends)):
            self._buffers = Buffers(
                self._program,
                max(block.size, self._buffers.size),
                max(len(ends) + len(ends) // 4, self._buffers.lines),
            )
        buffers = self._buffers
        buffers.run(block, ends, self._longest)
        rows, refused, blank = (int(buffers.cells[n]) for n in (c.ROWS, c.REFUSED, c.BLANK))
        counts = Counts(len(ends), rows, refused, blank)
        records = self._records(buffers, rows, block.offset)
        rejects = reject_batch(block, buffers.rejects[:refused], self._program, self._longest)
        if not counts.balanced or len(records) != rows or len(rejects) != refused:
            raise CountMismatchError(f"block at {block.offset}: {counts}")
        return ParsedBlock(records, rejects, counts)

    def _records(self, buffers: Buffers, rows: int, offset: int) -> pa.RecordBatch:
        at = buffers.at[:rows]
        resolve(at, buffers.stamp[:rows], self._zone, self._reference)
        columns: dict[str, pa.Array] = {
            "at": instant_array(at),
            "offset": pa.array(buffers.places[:rows] + offset),
        }
        for slot, name in enumerate(self._program.text):
            ends, valid = buffers.ends[slot, : rows + 1], buffers.text_ok[slot, :rows]
            columns[name] = text_array(buffers.strings[slot], ends, valid)
        for slot, (name, type_) in enumerate(self._program.numbers):
            values = buffers.reals if pa.types.is_floating(type_) else buffers.wholes
            columns[name] = number_array(values[slot, :rows], buffers.num_ok[slot, :rows], type_)
        if self._extractor:
            columns.update(self._extractor.extract(columns["message"]))
        if self._router:
            columns.update(self._router.match(columns["path"]))
        names = [name for name in self._schema.names if name in columns]
        return pa.RecordBatch.from_arrays([columns[name] for name in names], names=names)
