"""Loads, stores and a 32-byte scan on raw addresses, for compiled code only.

Arrays would cost the kernel a descriptor of seven words each at every call, minutes of
compilation, and a test of the sign of every index. Why bare addresses are safe here:

* Reads: a position moves forward through a block only after a comparison with the line's end.
  A scan may read up to 31 bytes and a time stamp about as many past that end; a block has
  `BLOCK_PADDING` (64) spare bytes, and the kernel's own buffers have `SPARE` (64).
* Writes: a column's room is its worst case for the size of the block (`buffers.py`), and a chunk
  that is copied whole overshoots by at most 31 bytes into the column's own spare room.
* Only `buffers.py`, `routing.py` and `extract.py` turn arrays into addresses; each keeps its
  arrays alive until the kernel returns.

Tests run the kernel between guard bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

CHUNK = 32
"""Bytes that the scan compares at a time."""


class Primitive:
    """A function that exists in compiled code only; `primitives` says what it becomes there."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        """Return what tells it from the others."""
        return f"primitive {self._name}"

    @property
    def _numba_type_(self) -> Any:  # what Numba asks objects for that kernels refer to
        from etl.native.primitives import type_of

        return type_of(self._name)


def _primitive(name: str) -> Any:
    return cast("Any", Primitive(name))


load: Callable[[int], int] = _primitive("load")
"""Return the byte at an address."""
load32: Callable[[int], int] = _primitive("load32")
"""Return the 32-bit number at an address."""
load64: Callable[[int], int] = _primitive("load64")
"""Return the 64-bit number at an address."""
load_real: Callable[[int], float] = _primitive("load_real")
"""Return the double at an address."""
store: Callable[[int, int], None] = _primitive("store")
"""Write a byte."""
store32: Callable[[int, int], None] = _primitive("store32")
"""Write a 32-bit number."""
store64: Callable[[int, int], None] = _primitive("store64")
"""Write a 64-bit number."""
store_real: Callable[[int, float], None] = _primitive("store_real")
"""Write a double."""
mask_of: Callable[[int, int], int] = _primitive("mask_of")
"""Return a bit for each of the 32 bytes from an address on that equals a byte."""
copy_chunk: Callable[[int, int], int] = _primitive("copy_chunk")
"""Copy 32 bytes; return a bit for each of them that is not ASCII."""
call5: Callable[[int, int, int, int, int, int], int] = _primitive("call5")
"""Call the function at an address, as Numba calls, with five numbers; return its result."""
lowest_bit: Callable[[int], int] = _primitive("lowest_bit")
"""Return the number of the lowest bit that is set; the mask is not zero."""
bit_count: Callable[[int], int] = _primitive("bit_count")
"""Return how many bits of a mask are set."""
