"""Tables that stay open while a run lasts.

Opening a table reads its whole log, and a run reads and writes each dozens of times. Where a table
lies is asked for the commits from the open version on: in a folder two names, in S3 one listing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
from deltalake import DeltaTable, Schema

from etl.store.place import Place


@dataclass(frozen=True, slots=True)
class Kept:
    """An open table, and what tells the commit that it was kept at from any other.

    Attributes:
        opened: It stands at `version` or, where it was written to since, later.
        version: Of the commit.
        mark: That commit's, see `Place.commits_from`; None where it was not found.
        options: What it was opened with: keys that expire are others by and by.
    """

    opened: DeltaTable
    version: int
    mark: object
    options: Mapping[str, str] | None


class OpenTables:
    """The newest versions of tables: those for reading never change, those for writing go along."""

    def __init__(self) -> None:
        """Begin with none open."""
        self._read: dict[str, Kept] = {}
        self._written: dict[str, Kept] = {}
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
        if kept is not None and list(_commits_since(place, table, kept)) == [kept.version]:
            return kept.opened
        self._read.pop(table, None)
        options, opened = place.options(), open_it()
        if opened is not None:
            self._read[table] = _keep(place, table, opened, options)
        return opened

    def lend(self, place: Place, table: str, open_it: Callable[[], DeltaTable]) -> Kept:
        """Hand out a table at its newest version, for a commit; it is not the one for reading.

        Nobody else has it until it is given back. What was looked up in it before a commit holds
        for that commit then: a table that two threads share goes along with the first's commit, and
        the second's would not be refused.
        """
        kept = self._written.pop(table, None)
        commits = {} if kept is None else _commits_since(place, table, kept)
        if kept is None or not commits:  # or another table lies there by now
            options = place.options()
            return _keep(place, table, open_it(), options)
        if max(commits) > kept.opened.version():
            kept.opened.update_incremental()
        version = kept.opened.version()
        if version in commits:
            return replace(kept, version=version, mark=commits[version])
        return kept  # one more came in between; the commit known before is as good a mark

    def give_back(self, table: str, lent: Kept) -> None:
        """Take a table back whose commit landed; one of which that is not known is not given."""
        self._written[table] = lent

    def number_of(self, table: str, opened: DeltaTable, app: str) -> int:
        """Return an owner's transaction number in an open table, 0 for none.

        Finding it reads the log once more; that of a commit never changes.
        """
        kept = self._read.get(table)
        if kept is None or kept.opened is not opened or kept.mark is None:
            return opened.transaction_version(app) or 0
        key = (table, kept.mark, app)
        if key not in self._numbers:
            self._numbers[key] = opened.transaction_version(app) or 0
        return self._numbers[key]


def _keep(place: Place, table: str, opened: DeltaTable, options: Mapping[str, str] | None) -> Kept:
    version = opened.version()
    return Kept(opened, version, place.commits_from(table, version).get(version), options)


def _commits_since(place: Place, table: str, kept: Kept) -> Mapping[int, object]:
    """Return the commits from the kept one on; none where that one, or its key, is no longer."""
    if kept.options != place.options():
        return {}
    commits = place.commits_from(table, kept.version)
    same = kept.mark is not None and commits.get(kept.version) == kept.mark
    return commits if same else {}


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
