"""Takes the rows of some inputs out of a table: part files go, and come again without them."""

from __future__ import annotations

from collections.abc import Collection
from secrets import token_hex

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from etl.store.encode import Part, PartWriter
from etl.store.parts import read_part
from etl.store.place import Place


def replacement(
    place: Place, opened: DeltaTable, table: str, source: str, inputs: Collection[str]
) -> tuple[list[Part], list[Part]]:
    """Write what is left of the files that hold rows of some inputs.

    Args:
        place: The warehouse's.
        opened: The table, at the version that the files are of.
        table: Its name.
        source: The inputs' source.
        inputs: Their ids.

    Returns:
        The new files, and those whose place they take.
    """
    adds: list[Part] = []
    removes: list[Part] = []
    replaced = pa.array(inputs)
    for old in _parts_of(opened, table, source):
        batches = read_part(place, old, ["input_id"])
        held = sum(_held(batch, replaced).true_count for batch in batches)
        if not held:
            continue
        removes.append(old)
        if held < old.rows:
            adds.append(_write_rest(place, old, replaced))
    return adds, removes


def _held(batch: pa.RecordBatch, inputs: pa.Array) -> pa.BooleanArray:
    return pc.is_in(batch["input_id"], inputs)


def _write_rest(place: Place, old: Part, replaced: pa.Array) -> Part:
    """Write the rows of a part that are not of the inputs `replaced`."""
    # Another run may do the same at this moment: each writes a file of its own.
    writer = PartWriter(place, old.table, old.day, old.source, f"rest-{token_hex(8)}")
    for batch in read_part(place, old):
        rest = batch.filter(pc.invert(_held(batch, replaced)))
        if rest.num_rows:
            writer.add(rest)
    return writer.close()


def _parts_of(opened: DeltaTable, table: str, source: str) -> list[Part]:
    actions = pa.table(opened.get_add_actions(flatten=True))
    if not actions.num_rows:
        return []
    columns = ("partition.source", "path", "partition.day", "num_records", "size_bytes")
    rows = zip(*(actions.column(name).to_pylist() for name in columns), strict=True)
    return [
        Part(table, day, source, path, rows_, size)
        for of, path, day, rows_, size in sorted(rows, key=lambda row: str(row[1]))
        if of == source
    ]
