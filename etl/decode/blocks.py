"""Cuts plain bytes into blocks of whole lines with their offsets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from etl.model import BLOCK_PADDING, Block

BLOCK_BYTES = 1 << 21
"""Aim of a block's size: what is done once a block has to be little beside its lines."""

NEWLINE = b"\n"


def cut_blocks(
    chunks: Iterable[bytes],
    *,
    offset: int = 0,
    block_bytes: int = BLOCK_BYTES,
    keep_tail: bool = True,
) -> Iterator[Block]:
    """Yield blocks of about `block_bytes`, cut behind newlines.

    A line longer than a block makes its block longer; nothing is ever cut inside a line.

    Args:
        chunks: Plain bytes in order.
        offset: Place of the first chunk's first byte in the input.
        block_bytes: Aim of a block's size.
        keep_tail: Whether a last line without newline is handed on; if not, it is left out.
    """
    pending: list[bytes | memoryview] = []
    size = 0
    for chunk in chunks:
        pending.append(chunk)
        size += len(chunk)
        if size < block_bytes or (end := chunk.rfind(NEWLINE) + 1) == 0:
            continue
        rest = memoryview(chunk)[end:]
        pending[-1] = memoryview(chunk)[:end]
        size -= len(rest)
        yield _block(pending, size, offset)
        offset += size
        pending, size = [rest], len(rest)
    if not keep_tail:
        joined = b"".join(pending)
        pending = [joined[: joined.rfind(NEWLINE) + 1]]
        size = len(pending[0])
    if size:
        yield _block(pending, size, offset)


def _block(parts: list[bytes | memoryview], size: int, offset: int) -> Block:
    data = np.frombuffer(b"".join([*parts, bytes(BLOCK_PADDING)]), dtype=np.uint8)
    return Block(data=data, size=size, offset=offset)
