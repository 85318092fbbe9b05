"""Encodes record batches into Parquet part files, one per table, day and source of a worker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from etl.native.jit import load_ahead
from etl.parquet.pages import KERNELS, Encoder
from etl.parquet.writer import FileWriter
from etl.store.place import Place
from etl.store.trouble import writing

ROW_GROUP_ROWS = 1 << 17
"""Rows buffered per part before they are encoded as a row group."""

MOST_PENDING = 2 * ROW_GROUP_ROWS
"""Rows buffered by all parts of a worker, about: a log of many days would fill memory with rows of
each."""


@dataclass(frozen=True, slots=True)
class Part:
    """An encoded, not yet committed Parquet file.

    Attributes:
        path: Relative to the table's folder.
    """

    table: str
    day: date
    source: str
    path: str
    rows: int
    size_bytes: int


class PartWriter:
    """Writes one part file; rows are buffered until a row group is full.

    Args:
        place: The warehouse's.
        name: Start of the file's name, unlike that of any other part.
        encoder: May serve other parts of the same thread.

    Attributes:
        pending_rows: Rows that are not encoded yet.
    """

    def __init__(
        self,
        place: Place,
        table: str,
        day: date,
        source: str,
        name: str,
        encoder: Encoder | None = None,
    ) -> None:
        self.table, self.day, self.source = table, day, source
        folder = f"day={day.isoformat()}/source={source}"
        self.path = f"{folder}/{name}.parquet"
        self._file = place.create(f"{table}/{self.path}")
        self._folder = f"{place.uri(table)}/{folder}"
        self._encoder = encoder or Encoder()
        self._writer: FileWriter | None = None
        self._pending: list[pa.RecordBatch] = []
        self.pending_rows = 0
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a batch; all batches of a part have the same schema."""
        self._pending.append(batch)
        self.pending_rows += batch.num_rows
        self.rows += batch.num_rows
        if self.pending_rows >= ROW_GROUP_ROWS:
            self.flush()

    def close(self) -> Part:
        """Write what is left and return the finished part."""
        self.flush()
        with writing(self._folder):
            if self._writer is not None:
                self._writer.close()
            size = self._file.finish()
        return Part(self.table, self.day, self.source, self.path, self.rows, size)

    def abort(self) -> None:
        """Remove the unfinished file."""
        self._file.abort()

    def flush(self) -> None:
        """Encode what is pending as a row group."""
        if not self._pending:
            return
        schema = self._pending[0].schema
        with writing(self._folder):
            if self._writer is None:
                self._writer = FileWriter(self._file, schema, self._encoder, bounded=["at"])
            self._writer.write(self._pending)
        self._pending, self.pending_rows = [], 0


@dataclass(slots=True)
class PartSink:
    """The part files that one worker fills for one batch.

    Attributes:
        place: The warehouse's.
        source: Whose lines they are.
        name: Start of the file names; unlike that of any other sink.
    """

    place: Place
    source: str
    name: str
    _writers: dict[tuple[str, date], PartWriter] = field(default_factory=dict)
    _encoder: Encoder = field(default_factory=Encoder)

    def add(self, table: str, day: date, batch: pa.RecordBatch) -> None:
        """Append rows of one day to a table's part."""
        writer = self._writers.get((table, day))
        if writer is None:
            writer = PartWriter(self.place, table, day, self.source, self.name, self._encoder)
            self._writers[table, day] = writer
        writer.add(batch)
        if len(self._writers) > 1:
            self._relieve()

    def _relieve(self) -> None:
        """Encode the fullest part's rows where all parts together hold too many."""
        if sum(writer.pending_rows for writer in self._writers.values()) > MOST_PENDING:
            max(self._writers.values(), key=lambda writer: writer.pending_rows).flush()

    def close(self) -> list[Part]:
        """Finish all files."""
        parts = [writer.close() for writer in self._writers.values()]
        self._writers = {}
        return parts

    def abort(self) -> None:
        """Remove all files."""
        for writer in self._writers.values():
            writer.abort()
        self._writers = {}


def load_encoders() -> None:
    """Load what encodes, before it is needed."""
    load_ahead(KERNELS)


def remove_parts(place: Place, parts: Iterable[Part]) -> None:
    """Delete files that will never be committed."""
    for part in parts:
        place.remove(f"{part.table}/{part.path}")
