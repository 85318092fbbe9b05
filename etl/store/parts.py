"""Reads part files back, and rewrites several as one.

Apart from `encode`: pyarrow's own reader takes as long to import as 20 MB of a log take to be read,
and what only encodes has no need of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from etl.store.encode import ROW_GROUP_ROWS, Part, PartWriter
from etl.store.place import Place


def read_part(
    place: Place, part: Part, columns: list[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield a part file's rows as they were written, without its partition's columns.

    A compacted part holds more rows than memory should.
    """
    with pq.ParquetFile(place.open(f"{part.table}/{part.path}")) as file:
        yield from file.iter_batches(batch_size=ROW_GROUP_ROWS, columns=columns)


def rewrite_parts(place: Place, parts: Sequence[Part], schema: pa.Schema, name: str) -> Part:
    """Write the rows of parts of one table, day and source into one new part, in their order.

    Args:
        place: The warehouse's.
        parts: At least one.
        schema: The table's: its types are those of the new part's columns.
        name: Start of the new file's name.
    """
    first = parts[0]
    footers = [pq.read_schema(place.open(f"{part.table}/{part.path}")) for part in parts]
    names = {name for footer in footers for name in footer.names}
    columns = pa.schema([field for field in schema if field.name in names])
    writer = PartWriter(place, first.table, first.day, first.source, name)
    try:
        for part in parts:
            for batch in read_part(place, part):
                writer.add(_as(batch, columns))
        return writer.close()
    except BaseException:
        writer.abort()
        raise


def _as(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch with the columns of `schema`; those that it lacks are null."""
    columns = [
        _fill(batch.column(field.name), field.type)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _fill(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Return values as `wanted`: structs get the fields that they lack."""
    if not pa.types.is_struct(wanted):
        return values.cast(wanted)
    have = {field.name: number for number, field in enumerate(values.type)}
    fields = [
        _fill(values.field(have[field.name]), field.type)
        if field.name in have
        else pa.nulls(len(values), field.type)
        for field in wanted
    ]
    mask = values.is_null() if values.null_count else None
    return pa.StructArray.from_arrays(fields, fields=list(wanted), mask=mask)
