"""Tables that stay open while a run lasts.

Opening a table reads its whole log, and a run reads and writes each dozens of times. Where a table
lies is asked for the commits from the open version on: in a folder two names, in S3 one listing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa
from deltalake import DeltaTable, Schema

from etl.store.place import Place


@dataclass(frozen=True, slots=True)
class _Kept:
    """An open table, and what tells the commit that it stands at from any other."""

    opened: DeltaTable
    mark: object


class OpenTables:
    """The newest versions of tables: those for reading never change, those for writing go along."""

    def __init__(self) -> None:
        """Begin with none open."""
        self._read: dict[str, _Kept] = {}
        self._written: dict[str, _Kept] = {}
        self._numbers: dict[tuple[str, object, str], int] = {}

    def newest(
        self, place: Place, table: str, open_it: Callable[[], DeltaTable | None]
    ) -> DeltaTable | None:
        """Return a table at its newest version, for reading; None where it does not exist.

        Args:
            place: Where it lies.
            table: Its name.
            open_it: Opens it; asked only where another version is the newest by now.
        """
        kept = self._read.get(table)
        if kept is not None and _later(place, table, kept) == 0:
            return kept.opened
        self._read.pop(table, None)
        opened = open_it()
        if opened is not None:
            _keep(self._read, place, table, opened)
        return opened

    def to_write(self, place: Place, table: str, open_it: Callable[[], DeltaTable]) -> DeltaTable:
        """Return a table at its newest version, for a commit; it is not the one for reading."""
        kept = self._written.pop(table, None)
        later = None if kept is None else _later(place, table, kept)
        if kept is None or later is None:  # or another table lies there by now
            opened = open_it()
        else:
            opened = kept.opened
            if later:
                opened.update_incremental()
        _keep(self._written, place, table, opened)
        return opened

    def number_of(self, table: str, opened: DeltaTable, app: str) -> int:
        """Return an owner's transaction number in an open table, 0 for none.

        Finding it reads the log once more; that of a commit never changes.
        """
        kept = self._read.get(table)
        if kept is None or kept.opened is not opened:
            return opened.transaction_version(app) or 0
        key = (table, kept.mark, app)
        if key not in self._numbers:
            self._numbers[key] = opened.transaction_version(app) or 0
        return self._numbers[key]


def _keep(kept: dict[str, _Kept], place: Place, table: str, opened: DeltaTable) -> None:
    mark = place.commits_from(table, opened.version()).get(opened.version())
    if mark is not None:
        kept[table] = _Kept(opened, mark)


def _later(place: Place, table: str, kept: _Kept) -> int | None:
    """Return how many commits came since; None where this one is no longer there."""
    commits = place.commits_from(table, kept.opened.version())
    same = commits.get(kept.opened.version()) == kept.mark
    return len(commits) - 1 if same else None


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
