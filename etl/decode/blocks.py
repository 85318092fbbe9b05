"""Cuts plain bytes into blocks of whole lines with their offsets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from etl.model import BLOCK_PADDING, LINE_LIMIT, RAW_LIMIT, Block

BLOCK_BYTES = 1 << 22
"""Aim of a block's size: what is done once a block has to be little beside its lines."""

NEWLINE = b"\n"


def cut_blocks(
    chunks: Iterable[bytes],
    *,
    offset: int = 0,
    block_bytes: int = BLOCK_BYTES,
    line_bytes: int = LINE_LIMIT,
    keep_tail: bool = True,
) -> Iterator[Block]:
    """Yield blocks of about `block_bytes`, cut behind newlines.

    A line longer than a block makes its block longer; nothing is ever cut inside a line. One of
    more than `line_bytes` is a block of its own that holds its beginning, so that a file without
    newlines fills no memory.

    Args:
        chunks: Plain bytes in order.
        offset: Place of the first chunk's first byte in the input.
        block_bytes: Aim of a block's size.
        line_bytes: Most bytes of a line that are held.
        keep_tail: Whether a last line without newline is handed on; if not, it is left out.
    """
    cutter = _Cutter(offset, block_bytes, line_bytes)
    for chunk in chunks:
        yield from cutter.add(chunk)
    yield from cutter.finish(keep_tail)


class _Cutter:
    """Collects bytes until they are worth a block.

    Attributes:
        pending: What was not handed on yet; where `left_out` is set, the beginning of a line.
        left_out: Bytes of that line that were dropped.
    """

    def __init__(self, offset: int, block_bytes: int, line_bytes: int) -> None:
        self._offset, self._block_bytes, self._line_bytes = offset, block_bytes, line_bytes
        self._pending: list[bytes | memoryview] = []
        self._size = self._left_out = 0

    def add(self, chunk: bytes) -> Iterator[Block]:
        """Take more bytes; yield the blocks that they complete."""
        if self._left_out:
            end = chunk.find(NEWLINE)
            self._left_out += len(chunk) if end < 0 else end
            if end < 0:
                return
            yield self._block([*self._pending, NEWLINE], self._size + 1)
            chunk = chunk[end + 1 :]
        self._pending.append(chunk)
        self._size += len(chunk)
        if self._size < self._block_bytes:
            return
        end = chunk.rfind(NEWLINE) + 1
        if end:
            rest = memoryview(chunk)[end:]
            self._pending[-1] = memoryview(chunk)[:end]
            yield self._block(self._pending, self._size - len(rest))
            self._pending, self._size = [rest], len(rest)
        if self._size > self._line_bytes:
            yield from self._shorten()

    def finish(self, keep_tail: bool) -> Iterator[Block]:
        """Yield what is left."""
        if keep_tail and self._size:
            yield self._block(self._pending, self._size)
        elif not keep_tail and not self._left_out:
            joined = b"".join(self._pending)
            whole = joined.rfind(NEWLINE) + 1
            if whole:
                yield self._block([joined[:whole]], whole)

    def _shorten(self) -> Iterator[Block]:
        """Hand on whole lines; of the unfinished one keep the beginning, if it is too long."""
        joined = b"".join(self._pending)
        whole = joined.rfind(NEWLINE) + 1
        if whole:
            yield self._block([joined[:whole]], whole)
        line = joined[whole:]
        self._pending, self._size = [line], len(line)
        if len(line) > self._line_bytes:
            kept = min(RAW_LIMIT, self._line_bytes)
            self._left_out = len(line) - kept
            self._pending, self._size = [line[:kept]], kept

    def _block(self, parts: list[bytes | memoryview], size: int) -> Block:
        data = np.frombuffer(b"".join([*parts, bytes(BLOCK_PADDING)]), dtype=np.uint8)
        block = Block(data=data, size=size, offset=self._offset, left_out=self._left_out)
        self._offset = block.end
        self._pending, self._size, self._left_out = [], 0, 0
        return block
