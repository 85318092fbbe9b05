"""Rows of a day as they lie in the data files: row group by row group, texts as dictionaries."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.store.tables import Warehouse
from etl.store.trouble import store_errors
from etl.store.upkeep import parts_in


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Some tens of thousands of rows of one source.

    Attributes:
        source: The source.
        table: Columns of them.
    """

    source: str
    table: pa.Table

    @property
    def rows(self) -> int:
        """Number of the rows."""
        return int(self.table.num_rows)

    def read(self, names: Sequence[str]) -> pa.Table:
        """Return some columns; those that the file lacks, which are null, are left out."""
        return self.table.select([name for name in names if name in self.table.column_names])


def row_groups(
    warehouse: Warehouse, table: str, day: date, names: Collection[str], *, texts: Collection[str]
) -> Iterator[RowGroup]:
    """Yield the rows of a day.

    Args:
        warehouse: The tables.
        table: One that is partitioned by day and source.
        day: The day.
        names: Columns to read; `params.x` is a member of the column `params`.
        texts: Those that are wanted as dictionaries, as most are stored.
    """
    opened = warehouse.reading(table)
    if opened is None:
        return
    with store_errors(table):
        parts = [part for part in parts_in(opened, table) if part.day == day]
        for part in parts:
            path = warehouse.place.open(f"{table}/{part.path}")
            footer = pq.read_metadata(path)
            known = {footer.schema.column(place).path for place in range(footer.num_columns)}
            present, told = sorted(known.intersection(names)), known.intersection(texts)
            with pq.ParquetFile(
                path, metadata=footer, read_dictionary=sorted(told), pre_buffer=True
            ) as file:
                for number in range(file.num_row_groups):
                    read = file.read_row_group(number, columns=present)
                    yield RowGroup(part.source, _flat(read, present))


def _flat(read: pa.Table, names: Sequence[str]) -> pa.Table:
    """Return columns, members of structs among them, by their names."""
    if not names:
        return read
    parted = [(name, *name.partition(".")[::2]) for name in names]
    return pa.table(
        {n: pc.struct_field(read[of], member) if member else read[of] for n, of, member in parted}
    )
