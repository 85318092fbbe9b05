"""Rows of a day as they lie in the data files: row group by row group, texts as dictionaries."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from etl.store.tables import Warehouse
from etl.store.trouble import store_errors
from etl.store.upkeep import parts_in


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Some tens of thousands of rows of one source.

    Attributes:
        source: The source.
    """

    source: str
    _file: pq.ParquetFile
    _number: int

    def read(self, names: Sequence[str]) -> pa.Table:
        """Return some columns; those that the file lacks, which are null, are left out."""
        present = [name for name in names if name in self._file.schema_arrow.names]
        return self._file.read_row_group(self._number, columns=present)


def row_groups(
    warehouse: Warehouse, table: str, day: date, *, texts: Collection[str]
) -> Iterator[RowGroup]:
    """Yield the rows of a day.

    Args:
        warehouse: The tables.
        table: One that is partitioned by day and source.
        day: The day.
        texts: Columns that are wanted as dictionaries, as most are stored.
    """
    opened = warehouse.reading(table)
    if opened is None:
        return
    with store_errors(table):
        parts = [part for part in parts_in(opened, table) if part.day == day]
        for part in parts:
            path = warehouse.place.open(f"{table}/{part.path}")
            footer = pq.read_metadata(path)
            known = [name for name in texts if name in footer.schema.names]
            with pq.ParquetFile(
                path, metadata=footer, read_dictionary=known, pre_buffer=True
            ) as file:
                for number in range(file.num_row_groups):
                    yield RowGroup(part.source, file, number)
