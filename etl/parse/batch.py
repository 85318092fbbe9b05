"""Blocks of lines to record batches: the parser's public entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from etl import schema
from etl.errors import ConfigError
from etl.formats.fields import LineFormat
from etl.formats.message import MessageFormat
from etl.formats.routes import RouteTable
from etl.model import BLOCK_PADDING, Block, Counts, ParsedBlock
from etl.parse.headed import HeadedParser
from etl.parse.messages import MessageExtractor
from etl.parse.rejects import reject_of_beginning
from etl.parse.routing import Router
from etl.parse.walk import Walker

if TYPE_CHECKING:
    from etl.parse.rewritten import NestedParser, PatternParser

MAX_LINE_BYTES = 1 << 20

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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
        self._longest = max_line_bytes
        stored = line_format.stored
        for wanted, column in ((message, "message"), (routes, "path")):
            if wanted is not None and column not in stored.columns:
                raise ConfigError(f"format '{stored.name}' does not fill {column}")

        def make_walker(one: LineFormat, timeless: bool = False) -> Walker:
            return Walker(one, zone, reference, max_line_bytes, timeless)

        self._parser: Walker | HeadedParser | NestedParser | PatternParser
        if line_format.inner is not None:
            from etl.parse.rewritten import NestedParser  # rare, and loads pyarrow.compute

            self._parser = NestedParser(line_format, make_walker)
        elif line_format.pattern:
            from etl.parse.rewritten import PatternParser

            self._parser = PatternParser(line_format, make_walker, max_line_bytes)
        elif line_format.header is not None:
            self._parser = HeadedParser(line_format, make_walker)
        else:
            self._parser = make_walker(line_format)
        self._extractor = MessageExtractor(message) if message else None
        self._router = Router(routes) if routes and routes.templates else None
        fields = dict(message.fields) if message else {}
        if stored.table == "events":
            self._schema = schema.events_schema(fields)
        else:
            self._schema = schema.requests_schema(list(routes.params) if routes else [])

    def follow(self, text: bytes) -> None:
        """Take note of what stands before the next block, where formats depend on it."""
        if isinstance(self._parser, HeadedParser):
            self._parser.follow(text)

    def parse(self, block: Block) -> ParsedBlock:
        """Parse a block; the result owns its memory.

        Raises:
            CountMismatchError: Lines are not records + rejects + blank: a bug.
            ValueError: The block is larger than 256 MiB or lacks its padding.
        """
        whole = not block.left_out
        parsed = self._parser.parse(_without_mark(block)) if whole else self._refuse(block)
        if self._extractor is None and self._router is None:
            return parsed
        records = parsed.records
        columns = dict(zip(records.schema.names, records.columns, strict=True))
        if self._extractor:
            columns.update(self._extractor.extract(columns["message"]))
        if self._router:
            columns.update(self._router.match(columns["path"]))
        names = [name for name in self._schema.names if name in columns]
        arrays = [columns[name] for name in names]
        return replace(parsed, records=pa.RecordBatch.from_arrays(arrays, names=names))

    def _refuse(self, block: Block) -> ParsedBlock:
        """Refuse a line whose end was not even kept."""
        nothing = Block(np.zeros(BLOCK_PADDING, dtype=np.uint8), 0, block.offset)
        rejects = reject_of_beginning(block, self._longest)
        return replace(self._parser.parse(nothing), rejects=rejects, counts=Counts(1, rejects=1))


def _without_mark(block: Block) -> Block:
    """Return an input's first block without the byte-order mark that some editors write."""
    size = len(BYTE_ORDER_MARK)
    if block.offset > 0 or block.size < size:
        return block
    if block.data[:size].tobytes() != BYTE_ORDER_MARK:
        return block
    if block.size == size:  # the mark alone is a line that says nothing
        return Block(np.frombuffer(b"\n" + bytes(BLOCK_PADDING), dtype=np.uint8), 1, 0)
    return Block(block.data[size:], block.size - size, size)
