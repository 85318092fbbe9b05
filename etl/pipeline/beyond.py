"""What reading a span needs from elsewhere in its input: the lines before it, and the last ones."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from etl.decode.blocks import cut_blocks
from etl.decode.decompress import read_plain
from etl.parse.batch import BlockParser
from etl.pipeline.looking import read_fully
from etl.store.ledger import TO_END, Span

TAIL_BYTES = 1 << 16


def last_stamp(stream: BinaryIO, span: Span, parser: BlockParser, latest: datetime) -> datetime:
    """Return the date that yearless stamps of an input lie before: that of its last record.

    A log is written in order, so no line is younger than the last one, whenever the file itself
    was touched. Of a compressed input only `latest` is known: its end cannot be reached cheaply.

    Args:
        stream: The input's stored bytes; left anywhere.
        span: Of the input.
        parser: Made with `latest`.
        latest: When the input was last changed, or the date in its name.
    """
    if span.to_offset == TO_END:
        return latest
    size = stream.seek(0, io.SEEK_END)
    start = max(size - TAIL_BYTES, 0)
    stream.seek(start)
    tail = read_fully(stream, TAIL_BYTES)
    whole = tail if start == 0 else tail[tail.find(b"\n") + 1 :]
    last = None
    for block in cut_blocks([whole[: whole.rfind(b"\n") + 1]], offset=max(start, 1)):
        records = parser.parse(block).records
        if records.num_rows:
            last = records.column("at")[-1].as_py()
    return latest if last is None else min(latest, last)


def follow_directives(stream: BinaryIO, span: Span, parser: BlockParser) -> None:
    """Show a parser all lines before a span, so that it knows the directives in force.

    Args:
        stream: The input's stored bytes; left anywhere.
        span: Of the input.
        parser: Of its format.
    """
    left, line = span.from_offset, b""
    stream.seek(0)
    for chunk in _chunks(stream, span):
        text = line + chunk[:left]
        left -= len(chunk[:left])
        cut = text.rfind(b"\n") + 1
        parser.follow(text[:cut])
        line = text[cut:]
        if left == 0:
            return


def _chunks(stream: BinaryIO, span: Span) -> Iterator[bytes]:
    if span.to_offset == TO_END:
        yield from read_plain(stream)
        return
    while chunk := stream.read(1 << 20):
        yield chunk
