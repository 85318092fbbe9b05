"""Writes a Parquet file, a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa

from etl.parquet.chunks import Leaf, leaf
from etl.parquet.footer import (
    MAGIC,
    PLAIN,
    RLE,
    RLE_DICTIONARY,
    ColumnChunk,
    data_page_header,
    dictionary_page_header,
    footer,
    leaves,
    physical_type,
    row_group,
)
from etl.parquet.pages import Encoder, Page
from etl.parquet.thrift import Value


class File(Protocol):
    """What a file is written to."""

    def write(self, data: bytes) -> object:
        """Append bytes."""
        ...


class FileWriter:
    """Writes one file.

    Args:
        file: Where it goes; closed by whoever opened it.
        schema: Flat columns and structs of them; dictionaries are written as what they stand for.
        encoder: May serve other files of the same thread.
        bounded: Columns of instants whose bounds are kept, for readers that prune by them.
    """

    def __init__(
        self, file: File, schema: pa.Schema, encoder: Encoder, *, bounded: Sequence[str] = ()
    ) -> None:
        self._file, self._schema, self._encoder = file, schema, encoder
        self._bounded = frozenset(bounded)
        self._codec = pa.Codec("zstd", compression_level=1)
        self._leaves = [(path, physical_type(type_)) for path, type_ in leaves(schema)]
        self._single: set[tuple[str, ...]] = set()  # columns whose values did not repeat
        self._groups: list[Value] = []
        self._rows = self._at = 0
        self._write(MAGIC)

    def write(self, batches: Sequence[pa.RecordBatch]) -> None:
        """Write batches of the file's schema as one row group."""
        rows = sum(batch.num_rows for batch in batches)
        if rows == 0:
            return
        filled = [batch for batch in batches if batch.num_rows]
        columns = zip(self._leaves, _leaves_of(filled), strict=True)
        chunks = [self._chunk(path, physical, column) for (path, physical), column in columns]
        self._groups.append(row_group(chunks, rows, len(self._groups)))
        self._rows += rows

    def close(self) -> None:
        """Write the footer; without it the file is none."""
        self._write(footer(self._schema, self._rows, self._groups))

    def _chunk(self, path: tuple[str, ...], physical: int, column: Leaf) -> ColumnChunk:
        page = self._encoder.encode(column, repeats=path not in self._single)
        if page.dictionary is None and column.values:
            self._single.add(path)
        start, plain, dictionary_at = self._at, 0, None
        encodings: tuple[int, ...] = (RLE, page.encoding)
        if page.dictionary is not None:
            dictionary_at, encodings = self._at, (RLE, PLAIN, RLE_DICTIONARY)
            plain += self._write_dictionary(page)
        data_at = self._at
        stored = self._compress(page.data)
        header = data_page_header(column.rows, page.encoding, page.data.size, len(stored))
        self._write(header)
        self._write(stored)
        return ColumnChunk(
            path=path,
            physical=physical,
            encodings=encodings,
            rows=column.rows,
            plain_bytes=plain + len(header) + page.data.size,
            stored_bytes=self._at - start,
            dictionary_at=dictionary_at,
            data_at=data_at,
            bounds=_bounds(column) if path[0] in self._bounded else None,
        )

    def _write_dictionary(self, page: Page) -> int:
        """Write a dictionary page; return its size before compression."""
        stored = self._compress(page.dictionary)
        size = page.dictionary.size if page.dictionary is not None else 0
        header = dictionary_page_header(page.entries, size, len(stored))
        self._write(header)
        self._write(stored)
        return len(header) + size

    def _compress(self, data: pa.Buffer) -> bytes:
        stored: bytes = self._codec.compress(data, asbytes=True)
        return stored

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._at += len(data)


def _leaves_of(batches: Sequence[pa.RecordBatch]) -> Iterator[Leaf]:
    for number, field in enumerate(batches[0].schema):
        arrays = [batch.column(number) for batch in batches]
        if not pa.types.is_struct(field.type):
            yield leaf(arrays)
            continue
        for member in range(field.type.num_fields):
            yield leaf([array.field(member) for array in arrays], arrays)


def _bounds(column: Leaf) -> tuple[int, int] | None:
    """Return the least and the greatest instant, in microseconds; None where one is absent."""
    if column.nulls:
        return None
    found = [array.view(pa.int64()).to_numpy() for array in column.held]
    return min(int(each.min()) for each in found), max(int(each.max()) for each in found)
