"""Columns of requests as arrays: numbers of texts, and what is added up of each row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from etl.metrics.numbering import ABSENT, Numbering, Numbers
from etl.metrics.pairs import Ints

Figures = dict[str, Ints | None]
"""What is added up of each row, by name; None where it is one for all."""

Known = npt.NDArray[np.bool_] | None
"""Which rows have a value; None where all have."""


def text_of(texts: pl.Series, numbers: Numbers) -> pl.Series:
    """Return texts by their numbers, null where there is none."""
    with_null = pl.concat([texts, pl.Series([None], dtype=pl.String)])
    return with_null.gather(np.where(numbers == ABSENT, len(texts), numbers))


def numbers_of(table: pa.Table, name: str, numbering: Numbering) -> Numbers:
    """Return the number of each row's text, `ABSENT` where there is none."""
    if name not in table.column_names:
        return np.full(table.num_rows, ABSENT, dtype=np.int32)
    column = table[name].combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column.cast(pa.string()))
    texts = pl.Series(pl.from_arrow(column.dictionary), dtype=pl.String)
    numbers = np.append(numbering.add(texts), np.int32(ABSENT))
    of_rows: Numbers = numbers.take(_filled(column.indices, len(texts)), mode="clip")
    return of_rows


def integers(table: pa.Table, *names: str) -> tuple[Ints, Known]:
    """Return the first of some columns that is not null, else zero; and where one is not."""
    columns = [table[name].combine_chunks() for name in names if name in table.column_names]
    if not columns:
        return np.zeros(table.num_rows, np.int64), np.zeros(table.num_rows, np.bool_)
    column = pc.coalesce(*columns) if len(columns) > 1 else columns[0]
    values = column if column.type == pa.int64() else column.cast(pa.int64())
    return _filled(values, 0), _known(column)


def seconds_of(table: pa.Table) -> tuple[npt.NDArray[np.float64], Known]:
    """Return how long each request took, else zero; and where that is known."""
    if "request_time_s" not in table.column_names:
        return np.zeros(table.num_rows), np.zeros(table.num_rows, np.bool_)
    column = table["request_time_s"].combine_chunks()
    return _filled(column, 0.0) + 0.0, _known(column)  # zero is zero, whatever its sign


def figures_of(table: pa.Table) -> Figures:
    """Return what is added up of each row."""
    sent, is_sized = integers(table, "bytes_sent", "body_bytes_sent")
    received, is_received = integers(table, "request_bytes")
    return {
        "requests": None,
        "bytes": sent,
        "sized": ones_of(is_sized),
        "bytes_received": received,
        "received": ones_of(is_received),
    }


def _filled(column: pa.Array, value: float) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = (column.fill_null(value) if column.null_count else column).to_numpy()
    return values


def _known(column: pa.Array) -> Known:
    if not column.null_count:
        return None
    known: npt.NDArray[np.bool_] = column.is_valid().to_numpy(zero_copy_only=False)
    return known


def ones_of(known: Known) -> Ints | None:
    """Return one for each row that has a value, to be added up."""
    return None if known is None else known.astype(np.int64)
