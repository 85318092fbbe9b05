"""The warehouse's Delta tables: opened, widened, committed to and scanned.

Only this package touches deltalake. All files of a batch appear with one commit, which carries the
batch's number as Delta application transaction: whoever looks it up knows whether the batch is in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, TableNotFoundError

from etl.errors import StoreError
from etl.store.actions import Change, apply
from etl.store.asking import rows_where
from etl.store.encode import Part
from etl.store.layout import PARTITIONS, PROPERTIES
from etl.store.opened import Kept, OpenTables, lacks
from etl.store.place import Place
from etl.store.trouble import store_errors

if TYPE_CHECKING:
    import polars as pl

TRIES = 20
"""Commits that may be overtaken by others before we give up."""


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Delta tables in one place.

    Attributes:
        place: Where they lie.
    """

    place: Place
    _open: OpenTables = field(default_factory=OpenTables, repr=False, compare=False)

    def exists(self, table: str) -> bool:
        """Tell whether a table has been created."""
        return self.reading(table) is not None

    def reading(self, table: str) -> DeltaTable | None:
        """Return a table at its newest version, for reading alone; None where there is none."""
        with store_errors(table):
            return self._open.newest(self.place, table, lambda: self.existing(table))

    def lend(self, table: str, schema: pa.Schema) -> Kept:
        """Hand out a table at its newest version; create or widen it if `schema` asks for more.

        Columns and struct fields are only ever added.
        """
        with store_errors(table):
            for _ in range(TRIES):
                try:
                    return self._made_or_widened(table, schema)
                except CommitFailedError as error:
                    overtaken = error  # another run did the same, or our own answer was lost
            raise overtaken

    def _made_or_widened(self, table: str, schema: pa.Schema) -> Kept:
        try:
            lent = self._open.lend(self.place, table, lambda: self._newest(table))
        except TableNotFoundError:
            lent = self._open.lend(self.place, table, lambda: self._create(table, schema))
        if lacks(lent.opened.schema(), schema):
            empty = pa.Table.from_batches([], schema=schema)
            write_deltalake(lent.opened, empty, mode="append", schema_mode="merge")
        return lent

    def _create(self, table: str, schema: pa.Schema) -> DeltaTable:
        return DeltaTable.create(
            self.place.uri(table),
            schema,
            mode="ignore",
            partition_by=PARTITIONS[table],
            storage_options=self.place.options(),
            configuration=PROPERTIES,
        )

    def existing(self, table: str) -> DeltaTable | None:
        """Open a table at its newest version, as it is; None where it does not exist yet."""
        with store_errors(table):
            try:
                return self._newest(table)
            except TableNotFoundError:
                return None

    def has_part(self, part: Part) -> bool:
        """Tell whether a part file is there, whole."""
        return self.place.size_of(f"{part.table}/{part.path}") == part.size_bytes

    def batch_of(self, table: str, source: str) -> int:
        """Return the number of the last batch of `source` that `table` holds; 0 for none."""
        return self.batches_of(table, [source])[source]

    def batches_of(self, table: str, sources: Iterable[str]) -> dict[str, int]:
        """Return the same for several sources, of one version of the table."""
        opened = self.reading(table)
        if opened is None:
            return dict.fromkeys(sources, 0)
        with store_errors(table):
            return {name: self._open.number_of(table, opened, name) for name in sources}

    def commit(
        self,
        table: str,
        schema: pa.Schema,
        change_of: Callable[[DeltaTable], Change],
        *,
        app: str,
        batch: int,
    ) -> bool:
        """Show and hide files at once, under a number; doing it twice changes nothing.

        Args:
            table: Name of the table.
            schema: What the table must be able to hold.
            change_of: Returns what to do to the version that it is given; asked again after
                another commit came in between.
            app: Name of the transaction's owner: a source.
            batch: The transaction's number; nothing happens if the table is at it or beyond.

        Returns:
            False where the table was at this number already.
        """

        def write(opened: DeltaTable) -> bool:
            if (opened.transaction_version(app) or 0) >= batch:
                return False
            apply(opened, PARTITIONS[table], change_of(opened), app, batch)
            return True

        return self._until_landed(table, schema, write)

    def append_once(
        self, table: str, rows: pa.Table, *, app: str, number: int, replaced: str | None = None
    ) -> bool:
        """Append rows if the owner's transaction stands at `number - 1`, and set it to `number`.

        Args:
            table: Name of an unpartitioned table.
            rows: The rows.
            app: Name of the transaction's owner.
            number: What the transaction becomes.
            replaced: SQL condition of rows that go with the same commit.

        Returns:
            False where the transaction stands elsewhere: another run was first.
        """

        def write(opened: DeltaTable) -> bool:
            if (opened.transaction_version(app) or 0) != number - 1:
                return False
            properties = CommitProperties(app_transactions=[Transaction(app, number)])
            if replaced is None:
                write_deltalake(opened, rows, mode="append", commit_properties=properties)
            else:
                write_deltalake(
                    opened,
                    rows,
                    mode="overwrite",
                    predicate=replaced,
                    commit_properties=properties,
                )
            return True

        return self._until_landed(table, rows.schema, write)

    def _until_landed(
        self, table: str, schema: pa.Schema, write: Callable[[DeltaTable], bool]
    ) -> bool:
        """Open the newest version and write, again where another commit came in between."""
        overtaken: Exception | None = None
        for _ in range(TRIES):
            lent = self.lend(table, schema)
            with store_errors(table):
                self.place.expect_writable(table)
                try:
                    landed = write(lent.opened)
                except CommitFailedError as error:
                    overtaken = error
                else:
                    self._open.give_back(table, lent)
                    return landed
        raise StoreError(f"table '{table}': {TRIES} commits in a row failed: {overtaken}")

    def snapshot(self, table: str, schema: pa.Schema, *, app: str) -> tuple[pl.LazyFrame, int]:
        """Return a table's rows and an owner's transaction number, both of one version."""
        from etl.store.frames import no_rows, rows_of

        opened = self._readable(table, schema)
        if opened is None:
            return no_rows(schema).lazy(), 0
        with store_errors(table):
            return rows_of(opened), self._open.number_of(table, opened, app)

    def query(
        self, table: str, schema: pa.Schema, chosen: Sequence[str], where: str, *, app: str = ""
    ) -> tuple[list[tuple[Any, ...]], int]:
        """Return rows, see `rows_where`, and an owner's number of the same version."""
        opened = self._readable(table, schema)
        if opened is None:
            return [], 0
        with store_errors(table):
            number = self._open.number_of(table, opened, app) if app else 0
            return rows_where(opened, chosen, where), number

    def _readable(self, table: str, schema: pa.Schema) -> DeltaTable | None:
        """Return a table for reading, widened where `schema` asks for more."""
        opened = self.reading(table)
        if opened is None:
            return None
        with store_errors(table):
            if not lacks(opened.schema(), schema):
                return opened
        self._open.give_back(table, self.lend(table, schema))
        return self.reading(table)

    def append(self, table: str, rows: pa.Table) -> None:
        """Append a few rows to an unpartitioned table."""

        def write(opened: DeltaTable) -> bool:
            write_deltalake(opened, rows, mode="append")
            return True

        self._until_landed(table, rows.schema, write)

    def replace_day(self, table: str, day: date, rows: pa.Table) -> None:
        """Replace all rows of one day with `rows`, in one commit."""
        self.replace(table, f"day = '{day.isoformat()}'", rows)

    def replace(self, table: str, condition: str, rows: pa.Table) -> None:
        """Replace the rows that meet an SQL condition with `rows`, in one commit."""

        def write(opened: DeltaTable) -> bool:
            write_deltalake(
                opened, rows, mode="overwrite", predicate=condition, schema_mode="merge"
            )
            return True

        self._until_landed(table, rows.schema, write)

    def revise_day(
        self, table: str, day: date, schema: pa.Schema, revise: Callable[[pl.DataFrame], pa.Table]
    ) -> None:
        """Replace all rows of one day by what is made of them, in one commit.

        Args:
            table: Name of the table.
            day: The day.
            schema: What the table must be able to hold.
            revise: Returns the new rows; asked again after another commit came in between.
        """
        from etl.store.frames import rows_of

        condition = f"day = '{day.isoformat()}'"

        def write(opened: DeltaTable) -> bool:
            rows = revise(rows_of(opened).filter(day=day).collect())
            write_deltalake(opened, rows, mode="overwrite", predicate=condition)
            return True

        self._until_landed(table, schema, write)

    def scan(self, table: str, schema: pa.Schema) -> pl.LazyFrame:
        """Return a table's rows; an empty frame of `schema` where it does not exist yet."""
        from etl.store.frames import no_rows, rows_of

        opened = self._readable(table, schema)
        if opened is None:
            return no_rows(schema).lazy()
        with store_errors(table):
            return rows_of(opened)

    def files(self, table: str) -> list[tuple[date, str]]:
        """List the data files of a table that is partitioned by day: day and relative path."""
        opened = self.reading(table)
        if opened is None:
            return []
        with store_errors(table):
            actions = pa.table(opened.get_add_actions(flatten=True))
        if not actions.num_rows:
            return []
        days, paths = (actions.column(name).to_pylist() for name in ("partition.day", "path"))
        return sorted(zip(days, paths, strict=True))

    def _newest(self, table: str) -> DeltaTable:
        return DeltaTable(self.place.uri(table), storage_options=self.place.options())
