"""A Parquet file's metadata: schema, pages, column chunks, row groups.

https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

import struct as binary_struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

import etl
from etl.parquet.thrift import Value, array, binary, boolean, i16, i32, i64, struct

PLAIN, RLE, DELTA_BINARY_PACKED, RLE_DICTIONARY = 0, 3, 5, 8
"""Encodings."""

MAGIC = b"PAR1"

_BOOLEAN, _INT32, _INT64, _DOUBLE, _BYTE_ARRAY = 0, 1, 2, 5, 6
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_OPTIONAL, _ZSTD, _FORMAT_VERSION = 1, 6, 2
_EMPTY = struct({})


@dataclass(frozen=True, slots=True)
class ColumnChunk:
    """A column of a row group, as it was written.

    Attributes:
        path: Names from the root to the leaf.
        encodings: Of its values and levels.
        rows: Values and nulls.
        plain_bytes: Size of its pages with their headers, before compression.
        stored_bytes: The same after it.
        dictionary_at: Place of the dictionary page in the file, or None.
        data_at: Place of the data page.
        bounds: Least and greatest value, where readers prune by them.
    """

    path: tuple[str, ...]
    physical: int
    encodings: tuple[int, ...]
    rows: int
    plain_bytes: int
    stored_bytes: int
    dictionary_at: int | None
    data_at: int
    bounds: tuple[int, int] | None = None


def leaves(schema: pa.Schema) -> Iterator[tuple[tuple[str, ...], pa.DataType]]:
    """Yield the path and type of each leaf, in the order of their column chunks."""
    for field in schema:
        if pa.types.is_struct(field.type):
            for member in field.type:
                yield (field.name, member.name), member.type
        else:
            yield (field.name,), field.type


def physical_type(type_: pa.DataType) -> int:
    """Return the number of the physical type that values are written as."""
    if pa.types.is_boolean(type_):
        return _BOOLEAN
    if pa.types.is_float64(type_):
        return _DOUBLE
    if pa.types.is_int32(type_) or pa.types.is_date32(type_):
        return _INT32
    if pa.types.is_int64(type_) or (pa.types.is_timestamp(type_) and type_.unit == "us"):
        return _INT64
    if pa.types.is_dictionary(type_):
        return physical_type(type_.value_type)
    if pa.types.is_string(type_) or pa.types.is_binary(type_):
        return _BYTE_ARRAY
    raise TypeError(f"part files have no columns of type {type_}")


def data_page_header(rows: int, encoding: int, plain: int, stored: int) -> bytes:
    """Return what stands before a data page of `stored` bytes, `plain` uncompressed."""
    page = struct({1: i32(rows), 2: i32(encoding), 3: i32(RLE), 4: i32(RLE)})
    return struct({1: i32(_DATA_PAGE), 2: i32(plain), 3: i32(stored), 5: page}).data


def dictionary_page_header(entries: int, plain: int, stored: int) -> bytes:
    """Return what stands before a dictionary page."""
    page = struct({1: i32(entries), 2: i32(PLAIN)})
    return struct({1: i32(_DICTIONARY_PAGE), 2: i32(plain), 3: i32(stored), 7: page}).data


def row_group(chunks: Sequence[ColumnChunk], rows: int, number: int) -> Value:
    """Return a row group's metadata."""
    first = chunks[0]
    at = first.data_at if first.dictionary_at is None else first.dictionary_at
    return struct(
        {
            1: array([_chunk(chunk) for chunk in chunks]),
            2: i64(sum(chunk.plain_bytes for chunk in chunks)),
            3: i64(rows),
            5: i64(at),
            6: i64(sum(chunk.stored_bytes for chunk in chunks)),
            7: i16(number) if number < 1 << 15 else None,
        }
    )


def footer(schema: pa.Schema, rows: int, groups: Sequence[Value]) -> bytes:
    """Return the end of a file, from the metadata to the last byte."""
    elements = list(_elements(schema))
    # Bounds are compared as the type says; readers ignore them where this is not told.
    order = struct({1: _EMPTY})
    fields = {
        1: i32(_FORMAT_VERSION),
        2: array(elements),
        3: i64(rows),
        # A file always has its schema; one of no rows has no group, and an empty list no type.
        4: array(groups) if groups else Value(array([_EMPTY]).kind, b"\x0c"),
        6: binary(f"daytally version {etl.__version__}".encode()),
        7: array([order for _ in leaves(schema)]),
    }
    data = struct(fields).data
    return data + binary_struct.pack("<I", len(data)) + MAGIC


def _chunk(chunk: ColumnChunk) -> Value:
    bounds = None
    if chunk.bounds is not None:
        least, greatest = (binary(binary_struct.pack("<q", bound)) for bound in chunk.bounds)
        bounds = struct({3: i64(0), 5: greatest, 6: least})
    metadata = struct(
        {
            1: i32(chunk.physical),
            2: array([i32(encoding) for encoding in chunk.encodings]),
            3: array([binary(name.encode()) for name in chunk.path]),
            4: i32(_ZSTD),
            5: i64(chunk.rows),
            6: i64(chunk.plain_bytes),
            7: i64(chunk.stored_bytes),
            9: i64(chunk.data_at),
            11: None if chunk.dictionary_at is None else i64(chunk.dictionary_at),
            12: bounds,
        }
    )
    return struct({2: i64(0), 3: metadata})


def _elements(schema: pa.Schema) -> Iterator[Value]:
    yield struct({4: binary(b"schema"), 5: i32(len(schema))})
    for field in schema:
        if not pa.types.is_struct(field.type):
            yield _element(field)
            continue
        name, members = binary(field.name.encode()), i32(field.type.num_fields)
        yield struct({3: i32(_OPTIONAL), 4: name, 5: members})
        for member in field.type:
            yield _element(member)


def _element(field: pa.Field) -> Value:
    type_ = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    converted, logical = _meaning(type_)
    return struct(
        {
            1: i32(physical_type(type_)),
            3: i32(_OPTIONAL),
            4: binary(field.name.encode()),
            6: converted,
            10: logical,
        }
    )


def _meaning(type_: pa.DataType) -> tuple[Value | None, Value | None]:
    """Return the converted type, for old readers, and the logical type."""
    if pa.types.is_string(type_):
        return i32(0), struct({1: _EMPTY})
    if pa.types.is_date32(type_):
        return i32(6), struct({6: _EMPTY})
    if pa.types.is_timestamp(type_):
        micros = struct({2: _EMPTY})
        return i32(10), struct({8: struct({1: boolean(type_.tz is not None), 2: micros})})
    return None, None
