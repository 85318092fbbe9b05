"""Tables that are open for reading, kept while nobody commits to them.

Opening a table reads its whole log. A run reads most tables dozens of times between two commits:
in a folder two looks at names tell whether what is open is the newest version still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa
from deltalake import DeltaTable, Schema

from etl.store.place import Place


@dataclass(frozen=True, slots=True)
class _Seen:
    """A table at its newest version, and the mark of that version's commit."""

    opened: DeltaTable
    version: int
    mark: object


class OpenTables:
    """The newest versions of tables, for reading: whoever writes opens a table of his own."""

    def __init__(self) -> None:
        """Begin with none open."""
        self._seen: dict[str, _Seen] = {}

    def newest(
        self, place: Place, table: str, open_it: Callable[[], DeltaTable | None]
    ) -> DeltaTable | None:
        """Return a table at its newest version; None where it does not exist.

        Args:
            place: Where it lies.
            table: Its name.
            open_it: Opens it; asked only where another version is the newest by now, or where
                the place cannot tell that.
        """
        seen = self._seen.get(table)
        if seen is not None and place.newest_mark(table, seen.version) == seen.mark:
            return seen.opened
        opened = open_it()
        # After opening: a commit that came in between is seen by the mark.
        mark = None if opened is None else place.newest_mark(table, opened.version())
        if opened is None or mark is None:
            self._seen.pop(table, None)
        else:
            self._seen[table] = _Seen(opened, opened.version(), mark)
        return opened


def lacks(have: Schema, want: pa.Schema) -> bool:
    """Tell whether a column, or a field of a struct, is wanted that the table does not have."""
    known = {name: kind for name, kind in _fields(pa.schema(have.to_arrow()))}
    return any(name not in known for name, _ in _fields(want))


def _fields(schema: pa.Schema) -> Iterator[tuple[str, pa.DataType]]:
    for column in schema:
        yield column.name, column.type
        if pa.types.is_struct(column.type):
            for inner in column.type:
                yield f"{column.name}.{inner.name}", inner.type
