"""Encodes a column of a row group: a dictionary where values repeat, else what suits the type."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from etl.native.cells import Ints, addresses
from etl.parquet import chunks, indexing, packing
from etl.parquet.chunks import Leaf
from etl.parquet.footer import DELTA_BINARY_PACKED, PLAIN, RLE_DICTIONARY
from etl.parquet.thrift import varint

MOST_ENTRIES = 1 << 14
MOST_BYTES = 1 << 20
"""Largest dictionary: more does not fit the cache, nor pay for the rows of a row group."""

KERNELS = (
    *(indexing.index_values, packing.pack_numbers, packing.put_levels, packing.put_strings),
    *(packing.put_deltas, packing.put_numbers, packing.put_bits),
)
"""What is called to encode."""

_SPARE = 64  # bytes that kernels may write past what they were asked for
_SLOTS = 2 * MOST_ENTRIES
_WIDTH_BYTES = 4  # of a length before levels and strings
_HEADS = 64  # more than headers of runs and of deltas take


@dataclass(frozen=True, slots=True)
class Page:
    """A column's values, encoded and not compressed; a view of memory that the next one reuses.

    Attributes:
        data: Levels and values.
        encoding: Of the values.
        dictionary: Its entries, or None.
        entries: Number of them.
    """

    data: pa.Buffer
    encoding: int
    dictionary: pa.Buffer | None = None
    entries: int = 0


class Encoder:
    """Encodes columns, one after the other, in memory that it keeps: one per thread."""

    def __init__(self) -> None:
        self._out = np.empty(0, dtype=np.uint8)
        self._numbers = np.empty(0, dtype=np.int32)
        self._dense = np.empty(0, dtype=np.int64)
        self._seen = np.empty(0, dtype=np.int32)
        self._slots = np.zeros(_SLOTS, dtype=np.int64)
        self._places = np.empty((2, MOST_ENTRIES), dtype=np.int32)
        self._entries = np.empty(MOST_BYTES + _SPARE, dtype=np.uint8)

    def encode(self, leaf: Leaf, *, repeats: bool) -> Page:
        """Encode a column.

        Args:
            leaf: The column.
            repeats: Whether to try a dictionary.
        """
        self._reserve(leaf)
        size = self._put_levels(leaf)
        if leaf.values == 0:
            return self._page(size, PLAIN)
        if repeats and leaf.kind != chunks.BITS:
            found = self._index(leaf)
            if found is not None:
                entries, entries_size = found
                size = self._put_numbers(leaf.values, entries, size)
                dictionary = pa.py_buffer(self._entries[:entries_size])
                return self._page(size, RLE_DICTIONARY, dictionary, entries)
        kernel, encoding = packing.put_strings, PLAIN
        if leaf.kind == chunks.BITS:
            kernel = packing.put_bits
        elif leaf.kind == chunks.NUMBERS:
            kernel = packing.put_numbers
            if not pa.types.is_floating(leaf.held[0].type):
                kernel, encoding = packing.put_deltas, DELTA_BINARY_PACKED
        elif leaf.kind == chunks.CODES:
            words = [array.cast(array.type.value_type) for array in leaf.held]
            return self.encode(chunks.leaf(words), repeats=False)
        table = self._table(leaf, size)
        kernel(table.ctypes.data)
        return self._page(int(table[packing.OUT_SIZE]), encoding)

    def _page(
        self, size: int, encoding: int, dictionary: pa.Buffer | None = None, entries: int = 0
    ) -> Page:
        return Page(pa.py_buffer(self._out[:size]), encoding, dictionary, entries)

    def _reserve(self, leaf: Leaf) -> None:
        """Make room for the worst case of a column."""
        # A delta has up to 64 bits, and each block of them a minimum and widths.
        blocks = leaf.values // packing.DELTA_BLOCK + 1
        values = max(
            (8 * packing.DELTA_BLOCK + 16) * blocks,
            _text_bytes(leaf) + _WIDTH_BYTES * leaf.values,
        )
        room = leaf.rows // 4 + values + _HEADS + 2 * _SPARE
        if len(self._out) < room:
            self._out = np.empty(room + room // 4, dtype=np.uint8)
        if len(self._numbers) < leaf.rows:
            self._numbers = np.empty(leaf.rows + leaf.rows // 4, dtype=np.int32)
            self._dense = np.empty(leaf.rows + leaf.rows // 4 + 8, dtype=np.int64)
        words = int(leaf.cells[:, chunks.WORD_COUNT].max())
        if len(self._seen) < words:
            self._seen = np.empty(words, dtype=np.int32)

    def _table(self, leaf: Leaf, size: int, width: int = 0) -> Ints:
        batches = (leaf.cells, len(leaf.cells), self._out, size, width, leaf.values)
        return addresses([*batches, self._numbers, self._dense])

    def _put_levels(self, leaf: Leaf) -> int:
        """Write definition levels behind their length; return where they end."""
        width = 2 if leaf.nested else 1
        if leaf.nulls == 0:
            size = self._put(_WIDTH_BYTES, varint(leaf.rows << 1) + bytes([width]))
        else:
            groups = (leaf.rows + 7) // 8
            size = self._put(_WIDTH_BYTES, varint(groups << 1 | 1))
            table = self._table(leaf, size, width)
            packing.put_levels(table.ctypes.data)
            end = int(table[packing.OUT_SIZE])
            size += groups * width
            self._out[end:size] = 0
        self._put(0, (size - _WIDTH_BYTES).to_bytes(_WIDTH_BYTES, "little"))
        return size

    def _put_numbers(self, values: int, entries: int, size: int) -> int:
        """Write numbers of entries behind their width; return where they end."""
        width = (entries - 1).bit_length()
        if width == 0:
            return self._put(size, b"\0" + varint(values << 1))
        size = self._put(size, bytes([width]) + varint((values + 7) // 8 << 1 | 1))
        table = addresses([0, 0, self._out, size, width, values, self._numbers, 0])
        packing.pack_numbers(table.ctypes.data)
        return int(table[packing.OUT_SIZE])

    def _put(self, place: int, data: bytes) -> int:
        end = place + len(data)
        self._out[place:end] = np.frombuffer(data, dtype=np.uint8)
        return end

    def _index(self, leaf: Leaf) -> tuple[int, int] | None:
        """Look all values up; return the dictionary's entries and bytes, or None if it pays not."""
        batches = (leaf.cells, len(leaf.cells), self._numbers, 0)
        slots = (self._slots, _SLOTS - 1, *self._places, 0, MOST_ENTRIES)
        table = addresses([*batches, *slots, self._entries, 0, MOST_BYTES, self._seen, 0])
        indexing.index_values(table.ctypes.data)
        entries = int(table[indexing.ENTRY_COUNT])
        # Codes stay codes, however few: to spell them out loads more than it saves.
        pays = leaf.kind == chunks.CODES or 2 * entries <= leaf.values
        if table[indexing.FULL] or not pays:
            return None
        return entries, int(table[indexing.ENTRIES_SIZE])


def _text_bytes(leaf: Leaf) -> int:
    """Return how many bytes the strings of a column have."""
    if leaf.kind != chunks.STRINGS:
        return 0
    total = 0
    for array in leaf.held:
        _, ends, _ = array.buffers()
        if ends is not None:
            bounds = np.frombuffer(ends, dtype=np.int32, count=array.offset + len(array) + 1)
            total += int(bounds[-1] - bounds[array.offset])
    return total
