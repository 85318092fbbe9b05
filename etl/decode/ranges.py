"""Reads a plain range straight into the memory of its blocks: no byte of it is copied again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np

from etl.decode.blocks import BLOCK_BYTES, NEWLINE, cut_blocks
from etl.model import BLOCK_PADDING, Block

FRONT = 1 << 16
"""Room for the line that the block before left unfinished; longer ones are put together."""

Fill = Callable[[memoryview], int]
"""Puts the next bytes of a range into memory, and tells how many: one at least."""


def read_blocks(
    fill: Fill, size: int, *, offset: int = 0, block_bytes: int = BLOCK_BYTES, front: int = FRONT
) -> Iterator[Block]:
    """Yield a range as blocks of whole lines, as `cut_blocks` would, each good until the next.

    Args:
        fill: Asked for the range's bytes in order, and never for more than there are.
        size: Of the range; its last line may lack the newline.
        offset: Place of the range's first byte in the input.
        block_bytes: Most bytes that are asked for at a time.
        front: Longest unfinished line that is carried over.
    """
    most = min(size, block_bytes)
    room = np.empty(front + most + BLOCK_PADDING, dtype=np.uint8)
    view, rest, left = room.data, b"", size
    while left:
        end = front + fill(view[front : front + min(left, most)])
        left -= end - front
        start = front - len(rest)
        view[start:front] = rest
        cut = _behind_newline(view, front, end) if left else end
        if not cut:  # a long line: whatever comes is put together from here on
            pieces = chain([bytes(view[start:end])], _pieces(fill, left, most))
            yield from cut_blocks(pieces, offset=offset, block_bytes=block_bytes)
            return
        yield Block(room[start:], cut - start, offset)
        offset += cut - start
        rest = bytes(view[cut:end])


def _behind_newline(view: memoryview, front: int, end: int) -> int:
    """Return the place behind the last newline before `end`; 0 if none is near."""
    start = max(front, end - front)
    found = bytes(view[start:end]).rfind(NEWLINE)
    return start + found + 1 if found >= 0 else 0


def _pieces(fill: Fill, left: int, most: int) -> Iterator[bytes]:
    while left:
        piece = bytearray(min(left, most))
        got = fill(memoryview(piece))
        left -= got
        yield bytes(piece[:got])
