"""Columns of requests as kernels read them: where Arrow holds their values, texts as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from etl.metrics.numbering import ABSENT, Numbering, Numbers
from etl.native.cells import cell
from etl.native.jit import inlined
from etl.native.memory import load, load32, load64, load_real

TEXTS = ("remote_addr", "remote_user", "method", "route", "user_agent")
"""Columns that are wanted as dictionaries."""

NUMBERS = ("at", "status", "body_bytes_sent", "bytes_sent", "request_bytes", "request_time_s")

ADDR, USER, METHOD, ROUTE, AGENT, AT, STATUS, BODY, SENT, RECEIVED, TIME = range(11)
"""Columns of a table of cells, by their place in `TEXTS` and `NUMBERS`."""

VALUES, KNOWN, START, OF_INDEX, WIDTH = range(5)
"""Cells of a column. VALUES: of texts, indices of a dictionary. KNOWN: a bit for each row, the
first one START bits on; zero where all rows have a value. OF_INDEX: numbers of the dictionary's
texts, before them `ABSENT`."""

_KINDS: dict[str, pa.DataType] = {
    "at": pa.timestamp("us", "UTC"),
    "status": pa.int32(),
    "body_bytes_sent": pa.int64(),
    "bytes_sent": pa.int64(),
    "request_bytes": pa.int64(),
    "request_time_s": pa.float64(),
}


class RowGroup(Protocol):
    """Some rows of a source."""

    @property
    def source(self) -> str:
        """Return the source's name."""
        ...

    @property
    def rows(self) -> int:
        """Return how many there are."""
        ...

    def read(self, names: Sequence[str]) -> pa.Table:
        """Return those of some columns that are not null for want of any value."""
        ...


@inlined
def known(columns: int, column: int, row: int) -> int:
    """Return one where a row has a value, else zero."""
    bits = cell(columns, WIDTH * column + KNOWN)
    if bits == 0:
        return 1
    place = cell(columns, WIDTH * column + START) + row
    return (load(bits + (place >> 3)) >> (place & 7)) & 1


@inlined
def text(columns: int, column: int, row: int) -> int:
    """Return the number of a row's text, or `ABSENT`."""
    # Which rows have one follows no rule that a processor could foresee: no branch asks for it.
    index = load32(cell(columns, WIDTH * column + VALUES) + 4 * row) + 1
    place = index & -known(columns, column, row)
    return load32(cell(columns, WIDTH * column + OF_INDEX) + 4 * place)


@inlined
def narrow(columns: int, column: int, row: int) -> int:
    """Return a row's value of 32 bits, whatever it is where there is none."""
    return load32(cell(columns, WIDTH * column + VALUES) + 4 * row)


@inlined
def wide(columns: int, column: int, row: int) -> int:
    """Return the bits of a row's value of 64, whatever they are where there is none."""
    return load64(cell(columns, WIDTH * column + VALUES) + 8 * row)


@inlined
def real(columns: int, column: int, row: int) -> float:
    """Return a row's double, whatever it is where there is none."""
    return load_real(cell(columns, WIDTH * column + VALUES) + 8 * row)


class Columns:
    """The columns that are counted by, of some rows.

    Attributes:
        rows: How many.
        cells: What kernels read, as long as this lives.
    """

    def __init__(self, table: pa.Table, numberings: Mapping[str, Numbering]) -> None:
        """Look at a table.

        Args:
            table: Rows; columns may be missing, and are null then.
            numberings: Of the texts of each of `TEXTS`, which new ones are added to.
        """
        self.rows = table.num_rows
        self._held: list[Any] = []
        texts = [self._text(table, name, numberings[name]) for name in TEXTS]
        numbers = [self._number(table, name) for name in NUMBERS]
        self.cells = np.array([*texts, *numbers], dtype=np.int64)

    def _text(self, table: pa.Table, name: str, numbering: Numbering) -> list[int]:
        column = _column(table, name, pa.dictionary(pa.int32(), pa.string()))
        if not pa.types.is_dictionary(column.type):
            column = pc.dictionary_encode(column.cast(pa.string()))
        texts = pl.Series(pl.from_arrow(column.dictionary), dtype=pl.String)
        of_index = np.append(np.int32(ABSENT), numbering.add(texts))
        self._held.append(of_index)
        return self._cells(column.indices.cast(pa.int32()), of_index.ctypes.data)

    def _number(self, table: pa.Table, name: str) -> list[int]:
        return self._cells(_column(table, name, _KINDS[name]).cast(_KINDS[name]), 0)

    def _cells(self, column: pa.Array, of_index: int) -> list[int]:
        self._held.append(column)
        return cells_of(column, of_index)


def cells_of(column: pa.Array, of_index: int) -> list[int]:
    """Return the cells of a column of numbers, which has to live as long as they are used."""
    bits, values = column.buffers()
    start = values.address + column.offset * column.type.bit_width // 8
    return [start, bits.address if column.null_count else 0, column.offset, of_index]


def text_of(texts: pl.Series, numbers: Numbers) -> pl.Series:
    """Return texts by their numbers, null where there is none."""
    with_null = pl.concat([texts, pl.Series([None], dtype=pl.String)])
    return with_null.gather(np.where(numbers == ABSENT, len(texts), numbers))


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, kind)
    return whole(table[name])


def whole(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
