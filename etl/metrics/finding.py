"""Finds the requests that show an object at a step in the pass that counts them.

The columns that conditions are about are read for the counts, texts as places in a dictionary. So
a condition is looked at once for each entry of a dictionary, and not for each row. What comes out
is what `steps.step_rows` finds by a query of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from queue import SimpleQueue
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from etl.metrics.columns import OF_INDEX, TEXTS, WIDTH, RowGroup, cells_of, known, narrow, whole
from etl.metrics.numbering import Numbers
from etl.metrics.steps import Step
from etl.metrics.tokens import tokens_of, words
from etl.native.cells import addresses, cell, set_cell
from etl.native.jit import kernel
from etl.native.memory import load, store32

DICTIONARIES = (*TEXTS, "host", "protocol", "scheme", "input_id")
"""Columns that are wanted as dictionaries: most have few different texts."""

MOST_KEPT = 1000
"""Values of a row group of which it is kept whether a condition holds: of more, as of clients, the
query for all of them is quicker than a look at each."""

_FEW = frozenset({*DICTIONARIES, "status", "source"})
_COMPARING = words("and or not is null in like ilike between true false")
"""Of SQL, what says of a row nothing but what its own columns say."""

_LINE = ("at", "input_id", "offset")
_NO_OBJECTS = frozenset({"day", "source", "params", *_LINE})
"""Columns that are no object's id, or not in the files."""

_MEMBER = re.compile(r"params\.\w+")

COLUMNS, COLUMN_COUNT, ROWS, FOUND, FOUND_COUNT = range(5)
"""Cells of the table. COLUMNS: as in `columns`, with bytes in the place of a text's numbers: one
where the column's condition holds of it. FOUND: room for the rows. The last one is written by the
kernel."""


@kernel
def find_rows(k: int) -> None:
    """Write the rows of which the conditions on all columns hold."""
    columns, found, count = cell(k, COLUMNS), cell(k, FOUND), 0
    for row in range(cell(k, ROWS)):
        holds = 1
        for column in range(cell(k, COLUMN_COUNT)):
            place = (narrow(columns, column, row) + 1) & -known(columns, column, row)
            holds &= load(cell(columns, WIDTH * column + OF_INDEX) + place)
        store32(found + 4 * count, row)
        count += holds
    set_cell(k, FOUND_COUNT, count)


class Finder:
    """Finds the rows of a step: `object_id, at, source, input_id, offset`.

    Attributes:
        step: The step.
        columns: What has to be read of a row group for it.
    """

    def __init__(self, step: Step, conditions: dict[str, pl.Expr], schema: pl.Schema) -> None:
        """Begin with none.

        Args:
            step: See `finder_of`.
            conditions: Those that all have to hold, by the column that each is about.
            schema: Of the table.
        """
        self.step = step
        self._schema, self._found = schema, SimpleQueue[pl.DataFrame | None]()
        self._of_source = _Condition(conditions.get("source", pl.lit(value=True)))
        self._conditions = {n: _Condition(each) for n, each in conditions.items() if n != "source"}
        self.columns = (*self._conditions, step.object_id, *_LINE)

    def look(self, group: RowGroup) -> None:
        """Find the rows of a group."""
        (is_of_step,) = self._of_source.holds(pl.Series("source", [group.source]))
        rows = self._rows(group) if is_of_step else _NO_ROWS
        named = self.step.object_id
        table = group.read((named, *_LINE))
        if len(rows) and named in table.column_names:
            self._found.put(_frame(table.take(pa.array(rows)), named, group.source))

    def end(self) -> None:
        """Say that there is no further group: `taken` waits for it."""
        self._found.put(None)

    def taken(self) -> Iterator[pl.DataFrame]:
        """Yield rows as they are found, in the order of the files, until the end is said."""
        while (frame := self._found.get()) is not None:
            yield frame

    def _rows(self, group: RowGroup) -> Numbers:
        """Return the rows of which the conditions hold."""
        table, held, cells = group.read(list(self._conditions)), list[Any](), list[list[int]]()
        for name, condition in self._conditions.items():
            indices, values = _coded(table, name, self._schema[name])
            holds = condition.holds(values.alias(name))
            held += [indices, holds]
            cells.append(cells_of(indices, holds.ctypes.data))
        found = np.empty(group.rows, dtype=np.int32)
        columns = np.array(cells, dtype=np.int64)
        given = addresses([columns, len(cells), group.rows, found, 0])
        find_rows(given.ctypes.data)
        return found[: given[FOUND_COUNT]]


_NO_ROWS: Numbers = np.empty(0, dtype=np.int32)


class _Condition:
    """Tells of which values a condition holds; of those that come again it is known."""

    def __init__(self, condition: pl.Expr) -> None:
        self._condition = condition.fill_null(value=False).cast(pl.UInt8)
        self._known: dict[object, int] = {}

    def holds(self, values: pl.Series) -> npt.NDArray[np.uint8]:
        """Return ones and zeros."""
        if len(values) > MOST_KEPT:
            return self._ask(values).to_numpy()
        listed = values.to_list()
        new = [value for value in listed if value not in self._known]
        if new:
            told = self._ask(pl.Series(values.name, new, dtype=values.dtype))
            self._known.update(zip(new, told, strict=True))
        return np.array([self._known[value] for value in listed], dtype=np.uint8)

    def _ask(self, values: pl.Series) -> pl.Series:
        return values.to_frame().select(self._condition).to_series()


def finder_of(step: Step, schema: pl.Schema) -> Finder | None:
    """Return what finds a step's rows, or None where it must be left to a query.

    They can be found where the object is a column or a member of `params`, and each of the
    conditions that all have to hold compares one column, of few different values.

    Args:
        step: A step over requests.
        schema: Of the table.
    """
    tokens = tokens_of(step.where)
    names = {token.word for token in tokens if token.kind == "name"}
    is_plain = step.object_id in schema.keys() - _NO_OBJECTS or _MEMBER.fullmatch(step.object_id)
    if not is_plain or "." in {token.text for token in tokens} or not names <= _COMPARING | _FEW:
        return None
    conditions: dict[str, list[pl.Expr]] = {}
    for condition in _conjuncts(pl.sql_expr(step.where)):
        about = {*condition.meta.root_names()}
        if len(about) != 1:
            return None
        conditions.setdefault(about.pop(), []).append(condition)
    return Finder(step, {n: reduce(pl.Expr.and_, c) for n, c in conditions.items()}, schema)


class Watcher(Protocol):
    """Whoever wants to look at each row group of a pass."""

    @property
    def columns(self) -> Sequence[str]:
        """Return what has to be read of it."""
        ...

    def look(self, group: RowGroup) -> None:
        """Look at its rows."""
        ...


def looked_at(groups: Iterable[RowGroup], watchers: Sequence[Watcher]) -> Iterator[RowGroup]:
    """Yield row groups, and let each of them be looked at."""
    for group in groups:
        for watcher in watchers:
            watcher.look(group)
        yield group


def _conjuncts(condition: pl.Expr) -> Iterator[pl.Expr]:
    """Yield the conditions that a condition joins by `and`."""
    parts = condition.meta.pop()
    if len(parts) == 2 and (parts[1] & parts[0]).meta.eq(condition):
        for part in parts:
            yield from _conjuncts(part)
    else:
        yield condition


def _frame(rows: pa.Table, named: str, source: str) -> pl.DataFrame:
    columns = {name: pl.Series(pl.from_arrow(rows[name])) for name in rows.column_names}
    frame = pl.DataFrame(
        {
            "object_id": columns[named].cast(pl.String),
            "at": columns["at"],
            "source": pl.Series([source], dtype=pl.Categorical).new_from_index(0, len(rows)),
            "input_id": columns["input_id"].cast(pl.Categorical),
            "offset": columns["offset"],
        }
    )
    return frame.drop_nulls("object_id") if rows[named].null_count else frame


def _coded(table: pa.Table, name: str, kind: pl.DataType) -> tuple[pa.Array, pl.Series]:
    """Return a column as places among different values, which are returned behind null."""
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.int32()), pl.Series([None], dtype=kind)
    column = whole(table[name])
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    values = pl.Series(pl.from_arrow(column.dictionary), dtype=kind)
    return column.indices.cast(pa.int32()), pl.concat([pl.Series([None], dtype=kind), values])
