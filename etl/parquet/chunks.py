"""What kernels see of a column of a row group: a row of cells for each of its batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from etl.native.cells import Ints

# Cells of a chunk. Addresses of bitmaps are 0 where nothing is null; PARENT is the struct's that
# a member lies in. DATA: numbers of WIDTH bytes, offsets of strings, or codes of a dictionary,
# whose strings WORD_ENDS and WORDS hold. STOP: end of the text's memory.
ROWS, BITMAP, FIRST_BIT, PARENT, PARENT_BIT, KIND, DATA, WIDTH = range(8)
TEXT, STOP, WORD_ENDS, WORDS, WORD_COUNT, WORDS_STOP = range(8, 14)
CHUNK_WIDTH = 14

NUMBERS, STRINGS, CODES, BITS = range(4)
"""Kinds of a chunk."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column of a row group, as it lies in several batches.

    Attributes:
        cells: (batches, CHUNK_WIDTH).
        rows: Of all batches.
        nulls: How many of them have no value.
        nested: Whether it is a member of a struct.
        held: Keeps the memory that `cells` has addresses of.
    """

    cells: Ints
    rows: int
    nulls: int
    nested: bool
    held: list[pa.Array]

    @property
    def values(self) -> int:
        """Number of values."""
        return self.rows - self.nulls

    @property
    def kind(self) -> int:
        """Kind of its chunks."""
        return int(self.cells[0, KIND])


def leaf(arrays: Sequence[pa.Array], parents: Sequence[pa.Array] | None = None) -> Leaf:
    """Describe a column.

    Args:
        arrays: Its batches, of one type.
        parents: The structs that the arrays are members of.

    Raises:
        TypeError: The type is none of those that part files have.
    """
    if parents is not None and pa.types.is_dictionary(arrays[0].type):
        raise TypeError("part files have no dictionaries in structs")
    cells = np.zeros((len(arrays), CHUNK_WIDTH), dtype=np.int64)
    nulls = 0
    for number, array in enumerate(arrays):
        row = cells[number]
        row[ROWS] = len(array)
        row[BITMAP], row[FIRST_BIT] = _bitmap(array)
        absent = array.null_count
        if parents is not None:
            row[PARENT], row[PARENT_BIT] = _bitmap(parents[number])
            if row[PARENT]:  # null where either is
                absent = len(array) - int(np.count_nonzero(_valid(array, parents[number])))
        nulls += absent
        _describe(row, array)
    return Leaf(cells, int(cells[:, ROWS].sum()), nulls, parents is not None, list(arrays))


def _valid(array: pa.Array, parent: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    both: np.ndarray[tuple[int], np.dtype[np.bool_]] = array.is_valid().to_numpy(
        zero_copy_only=False
    ) & parent.is_valid().to_numpy(zero_copy_only=False)
    return both


def _bitmap(array: pa.Array) -> tuple[int, int]:
    bitmap = array.buffers()[0]
    return (0, 0) if bitmap is None or array.null_count == 0 else (bitmap.address, array.offset)


def _describe(row: Ints, array: pa.Array) -> None:
    """Write what depends on the type."""
    type_ = array.type
    if pa.types.is_dictionary(type_):
        words = array.dictionary
        row[KIND], row[WIDTH] = CODES, type_.index_type.bit_width // 8
        row[DATA] = array.buffers()[1].address + array.offset * row[WIDTH]
        row[WORD_ENDS], row[WORDS], row[WORDS_STOP] = _strings(words)
        row[WORD_COUNT] = len(words)
        return
    if pa.types.is_string(type_) or pa.types.is_binary(type_):
        row[KIND] = STRINGS
        row[DATA], row[TEXT], row[STOP] = _strings(array)
        return
    data = array.buffers()[1]
    address = 0 if data is None else data.address
    if pa.types.is_boolean(type_):
        row[KIND], row[DATA], row[WIDTH] = BITS, address, array.offset
    elif type_.bit_width in (32, 64):
        row[KIND], row[WIDTH] = NUMBERS, type_.bit_width // 8
        row[DATA] = address + array.offset * row[WIDTH]
    else:
        raise TypeError(f"part files have no columns of type {type_}")


def _strings(array: pa.Array) -> tuple[int, int, int]:
    """Return the addresses of offsets and bytes, and of the end of the bytes' memory."""
    _, ends, text = array.buffers()
    if ends is None:  # an array without rows
        return 0, 0, 0
    if text is None or text.size == 0:
        return ends.address + 4 * array.offset, 0, 0
    return ends.address + 4 * array.offset, text.address, text.address + text.size
