"""Runs a metric's SQL, after making sure that it is one select and gives what a metric gives."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from etl.errors import SheetError
from etl.metrics.mistakes import mistake_at, mistake_of
from etl.metrics.rules import FIGURES
from etl.metrics.tokens import Token, main_select, named_queries, tokens_of, words
from etl.model import Sheet

MOST_ROWS = 5_000
"""Sets of dimensions that a metric may have on one day, hours aside: nobody reads more.

Built-in ones keep about a hundred for each source, of which a project may have dozens.
"""

_TABLE_PLACES = ("from", "join")
_STATEMENTS = words("insert update delete drop create truncate alter merge explain show values")


def run_sql(sheet: Sheet, views: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Run a metric's SQL over views, and check the shape of its result.

    Args:
        sheet: The metric.
        views: The day's.

    Raises:
        SheetError: With file, line and column, and the columns or views that exist.
    """
    _check_statement(sheet)
    try:
        rows = _run(sheet, views)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise mistake_of(sheet, error, views) from error
    _check_result(sheet, rows)
    return rows


def _run(sheet: Sheet, views: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    found = pl.SQLContext(dict(views), eager=False).execute(sheet.sql)
    # The streaming engine needs a fraction of the memory, and is faster on large days. What two
    # parts of a query share is not made first: conditions would come after it, and a fingerprint
    # be worked out for every event where some errors have to be told apart.
    return found.collect(
        engine="streaming", optimizations=pl.QueryOptFlags(comm_subplan_elim=False)
    )


def _check_statement(sheet: Sheet) -> None:
    """Refuse what is no single select: the engine would run some of it, and read files too."""
    tokens = tokens_of(sheet.sql)
    if not tokens:
        raise SheetError(f"{sheet.path}: no SQL behind the data sheet; a metric is one select")
    start = main_select(tokens)
    if (tokens[0].word not in {"select", "with"} and tokens[0].text != "(") or start is None:
        found = next((t for t in tokens if t.depth == 0 and t.word in _STATEMENTS), tokens[0])
        what = f"a metric is one select; this is '{found.text[:40]}'"
        raise mistake_at(sheet, found.start, len(found.text), what)
    for number, token in enumerate(tokens):
        if token.text == ";" and number + 1 < len(tokens):
            after = tokens[number + 1]
            what = "a metric is one select; here a second statement begins"
            raise mistake_at(sheet, after.start, len(after.text), what)
    _check_tables(sheet, tokens)


def _check_tables(sheet: Sheet, tokens: list[Token]) -> None:
    """Refuse functions in the place of views, such as `read_csv`: a day is one of its data."""
    known = named_queries(tokens)
    for n in range(len(tokens) - 2):
        before, token, after = tokens[n : n + 3]
        is_call = token.kind == "name" and after.text == "(" and token.word not in known
        # The `from` of `extract(hour from at)` and `trim(… from …)` begins no list of views.
        if before.word in _TABLE_PLACES and is_call and _is_of_select(tokens[:n], before.depth):
            what = f"'{token.text}(…)' cannot stand in the place of a view"
            raise mistake_at(sheet, token.start, len(token.text), what)


def _is_of_select(before: list[Token], depth: int) -> bool:
    """Tell whether the bracket that is open at the end holds a select."""
    inside = next((n for n in range(len(before) - 1, -1, -1) if before[n].depth < depth), -1)
    return depth == 0 or (inside + 1 < len(before) and before[inside + 1].word == "select")


def _check_result(sheet: Sheet, rows: pl.DataFrame) -> None:
    if "value" not in rows.columns:
        have = ", ".join(rows.columns)
        raise SheetError(f"{sheet.path}: the result needs a column 'value'; it has {have}")
    for name, kind in rows.schema.items():
        wrong = kind.is_nested() or (
            name in FIGURES[:4] and not (kind.is_numeric() or kind == pl.Null)
        )
        if wrong or (name not in FIGURES and kind.is_temporal()):
            raise SheetError(f"{sheet.path}: column '{name}' cannot be of type {kind}")
        if name in FIGURES[4:] and not (kind.is_temporal() or kind == pl.Null):
            raise SheetError(f"{sheet.path}: column '{name}' must be an instant; it is {kind}")
    if rows.height <= MOST_ROWS:
        return
    wide = rows.select(pl.exclude(*FIGURES, "hour"))
    sets = wide.n_unique() if wide.width else 1
    if sets > MOST_ROWS:
        raise SheetError(
            f"{sheet.path}: the result has {sets:,} sets of dimensions; a metric may have"
            f" {MOST_ROWS:,} a day. Group by less, or keep the largest:"
            " order by value desc limit 100"
        )
