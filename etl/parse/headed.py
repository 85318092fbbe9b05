"""Logs that name their fields themselves: W3C's `#Fields:`, which may change in mid-file."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from etl.errors import LogFormatError
from etl.formats.fields import LineFormat, table_schema
from etl.formats.w3c import DIRECTIVE
from etl.model import BLOCK_PADDING, Block, Counts, ParsedBlock
from etl.parse.walk import Walker, in_order

# An input may begin with a byte-order mark.
_DIRECTIVES = re.compile(rb"(?:^|\A\xef\xbb\xbf)(" + DIRECTIVE + rb"[^\n]*)", re.MULTILINE)

ADDED_LATER = frozenset({"day", "source", "input_id", "route", "params"})
"""Columns that other stages add."""


class HeadedParser:
    """Parses blocks, each part of a block by the directive before it.

    A directive that cannot be understood leaves the one before it in force, so that its lines
    become rejects and are not lost.

    Args:
        line_format: Its `header` makes the formats.
        make_walker: Makes the parser of a format.
    """

    def __init__(
        self, line_format: LineFormat, make_walker: Callable[[LineFormat], Walker]
    ) -> None:
        self._line_format, self._make_walker = line_format, make_walker
        self._walkers: dict[str, Walker] = {}
        self._walker = make_walker(line_format)

    def follow(self, text: bytes) -> None:
        """Take note of the directives in a text that comes before the next block.

        All of them, in their order: the last one may not be understood.
        """
        for line in _DIRECTIVES.findall(text):
            self._switch(line)

    def parse(self, block: Block) -> ParsedBlock:
        """Parse a block; see `BlockParser.parse`."""
        data = block.data[: block.size].tobytes()
        parts: list[ParsedBlock] = []
        start = 0
        while start < block.size:
            if data.startswith(DIRECTIVE, start):
                self._switch(data[start:].split(b"\n", 1)[0])
            following = data.find(b"\n" + DIRECTIVE, start)
            end = block.size if following < 0 else following + 1
            parts.append(self._walker.parse(_part(block, data[start:end], start)))
            start = end
        return _joined(parts or [self._walker.parse(block)], self._line_format.table)

    def _switch(self, line: bytes) -> None:
        fields = line.rstrip(b"\r").removeprefix(DIRECTIVE).decode(errors="replace").strip()
        if fields not in self._walkers:
            make = self._line_format.header
            assert make is not None  # noqa: S101 - the parser is for formats that have one
            try:
                self._walkers[fields] = self._make_walker(make(fields))
            except LogFormatError:
                return
        self._walker = self._walkers[fields]


def _part(block: Block, text: bytes, start: int) -> Block:
    data = np.frombuffer(text + bytes(BLOCK_PADDING), dtype=np.uint8)
    return Block(data, len(text), block.offset + start)


def _joined(parts: list[ParsedBlock], table: str) -> ParsedBlock:
    """Return parts one after the other, with all columns of the table: all blocks are alike."""
    records = pa.concat_tables([_complete(part.records, table) for part in parts])
    rejects = pa.Table.from_batches([part.rejects for part in parts])
    counts = sum((part.counts for part in parts), Counts())
    return ParsedBlock(
        one_batch(records.combine_chunks()), one_batch(rejects.combine_chunks()), counts
    )


def _complete(records: pa.RecordBatch, table: str) -> pa.Table:
    columns = dict(zip(records.schema.names, records.columns, strict=True))
    schema = table_schema(table)
    fields = [field for field in schema if field.name not in ADDED_LATER]
    for field in fields:
        if field.name not in columns:
            columns[field.name] = pa.nulls(records.num_rows, field.type)
    return pa.Table.from_batches([in_order(columns, table)])


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """Return a table of at most one chunk a column as a batch."""
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)
