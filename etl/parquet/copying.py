"""Kernel piece that copies strings between memories of others."""

from __future__ import annotations

from etl.native.jit import inlined
from etl.native.memory import CHUNK, copy_chunk, load, store


@inlined
def copy_within(start: int, end: int, target: int, stop: int) -> None:
    """Copy bytes; what is read ends at `stop`, what is written up to 31 bytes behind them."""
    while start + CHUNK <= end:
        copy_chunk(start, target)
        start += CHUNK
        target += CHUNK
    if start < end and start + CHUNK <= stop:
        copy_chunk(start, target)
        return
    while start < end:
        store(target, load(start))
        start += 1
        target += 1
