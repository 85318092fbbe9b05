"""Tables of 64-bit cells: what Python hands to a kernel, and how the kernel reads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from etl.native.jit import inlined
from etl.native.memory import load64, store64

Ints = npt.NDArray[np.int64]


@inlined
def cell(table: int, index: int) -> int:
    """Return a cell of a table."""
    return load64(table + 8 * index)


@inlined
def set_cell(table: int, index: int, value: int) -> None:
    """Write a cell of a table."""
    store64(table + 8 * index, value)


@inlined
def row_of(table: int, index: int, width: int) -> int:
    """Return the address of a table's row."""
    return table + 8 * index * width


def call_kernel(entry: Callable[[int], None], parts: Sequence[int | npt.NDArray[Any]]) -> None:
    """Call a kernel with the address of a table of numbers and of arrays' addresses.

    The table and the arrays live until the kernel returns: it runs without the GIL, and another
    thread would be given their memory at once.
    """
    table = addresses(parts)
    entry(table.ctypes.data)


def addresses(parts: Sequence[int | npt.NDArray[Any]]) -> Ints:
    """Return a table of numbers and of arrays' addresses; keep all of them as long as it."""
    cells = [part if isinstance(part, int) else part.ctypes.data for part in parts]
    return np.array(cells, dtype=np.int64)
