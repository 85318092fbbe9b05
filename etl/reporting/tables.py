"""Tables that are shown on a page and written as CSV: one definition, two renderings."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias

from etl.reporting.charts import Spark
from etl.reporting.text import clip, count_of, stamp, visible

Raw: TypeAlias = str | int | float | bool | datetime | date | None
"""A value as CSV has it: unrounded, without unit."""

FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings of a text that a spreadsheet would run as a formula, full-width forms too."""


_ASKING = frozenset({"missed", "incomplete"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        key: Name in the CSV; empty for a column that only the page has.
        label: Heading on the page; empty for a column that only the CSV has.
        kind: `text`, `number`, `verdict`, `code` or `spark`; decides alignment.
    """

    key: str
    label: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table, ready for both renderings.

    Attributes:
        raw: For the CSV.
        text: For the page.
        note: A second, quieter line.
        mark: What the figure has to be read with, as `unusual`.
        verdict: Name of a verdict, to be shown by shape and word.
        bar: Share of the column's largest value, 0 to 100; None for no bar.
        level: Shade of a heat strip, 0 (none) to 4.
        spark: A small chart instead of text.
        href: Where the text leads to, inside the report.
    """

    raw: Raw
    text: str
    note: str = ""
    mark: str = ""
    verdict: str = ""
    bar: float | None = None
    level: int = 0
    spark: Spark | None = None
    href: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a name that is unique in its page.

    Attributes:
        name: Stem of the CSV's file name, made of `[a-z0-9_-]`.
        rows: Each as long as `columns`.
        total: How many rows there are, when `rows` was cut.
        most: Rows that a page shows at most; below 0 as many as fit.
        heat: Shown as a heat strip: narrow cells, shaded.
        long: Header and rows of the CSV where it has another shape than the page.
        empty: What the page says where there is no row.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    total: int = -1
    most: int = -1
    heat: bool = False
    long: tuple[Sequence[str], Sequence[Sequence[Raw]]] | None = None
    empty: str = "Nothing to show."

    @property
    def file(self) -> str:
        """Name of the table's CSV."""
        return f"{self.name}.csv"

    @property
    def shown(self) -> tuple[tuple[tuple[Column, Cell], ...], ...]:
        """Rows as the page shows them: pairs of column and cell, CSV-only columns left out."""
        keep = [i for i, column in enumerate(self.columns) if column.label]
        return tuple(tuple((self.columns[i], row[i]) for i in keep) for row in self.rows)

    @property
    def headings(self) -> tuple[Column, ...]:
        """Columns as the page shows them."""
        return tuple(column for column in self.columns if column.label)

    @property
    def is_cut(self) -> bool:
        """Whether the page has fewer rows than the CSV."""
        return self.total > len(self.rows)

    @property
    def is_open(self) -> bool:
        """Whether a page shows it unfolded: a row asks for attention, or is a log's own words."""
        if not self.rows:
            return False
        is_told = any(column.label and column.kind == "log" for column in self.columns)
        cells = (cell for row in self.rows for cell in row)
        return is_told or any(cell.mark or cell.verdict in _ASKING for cell in cells)

    @property
    def rows_words(self) -> str:
        """How many rows there are, beside the title of a table that is folded."""
        return count_of(max(self.total, len(self.rows)), "row")

    @property
    def shown_words(self) -> str:
        """What stands under a table that was cut."""
        return f"The first {len(self.rows):,} rows; all {self.total:,} rows in"

    def cut(self, limit: int) -> Table:
        """Return the table as a page shows it: its first `limit` rows, and how many there were."""
        title, note = clip(self.title, 200), visible(self.note)  # a data sheet may hold anything
        rows = self.rows[: limit if self.most < 0 else min(limit, self.most)]
        return replace(self, title=title, note=note, rows=rows, total=len(self.rows))

    def csv(self) -> bytes:
        """Return all rows as CSV."""
        if self.long is not None:
            return csv_bytes(*self.long)
        keep = [i for i, column in enumerate(self.columns) if column.key]
        header = [self.columns[i].key for i in keep]
        return csv_bytes(header, ([row[i].raw for i in keep] for row in self.rows))


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Raw]]) -> bytes:
    """Return a CSV in UTF-8 with a header line, safe to open in a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([guarded(name) for name in header])
    writer.writerows([plain(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def plain(value: Raw) -> str:
    """Return a value as it stands in a CSV. Only text is guarded: our own figures stay figures."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    return guarded(value)


def _float(value: float) -> str:
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)


def guarded(text: str) -> str:
    """Return text with unseen characters written out, quoted where it would be a formula."""
    # Leading blanks are looked through: some spreadsheets trim them before they decide.
    risky = text.startswith(FORMULA_MARKS) or text.lstrip().startswith(FORMULA_MARKS)
    return ("'" if risky else "") + visible(text)


def slug(text: str) -> str:
    """Return a name fit for files and ids: lower case letters, digits, `_` and `-`."""
    return re.sub(r"[^a-z0-9_-]+", "_", text.lower()).strip("_-")[:60] or "table"


def free_name(wanted: str, taken: set[str]) -> str:
    """Return a name for a table that none has yet, and take it."""
    name = wanted if wanted not in taken else f"metric_{wanted}"
    number_ = 2
    while name in taken:
        name, number_ = f"metric_{wanted}_{number_}", number_ + 1
    taken.add(name)
    return name
