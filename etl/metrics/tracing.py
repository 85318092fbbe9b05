"""Finds the rows behind a measurement.

A metric whose figures come of one select over the rows of one view has them by themselves: the same
select without its grouping, cut to the measurement's dimensions; the conditions of
`filter (where …)` around its value tell which of them are the offending ones. A metric that takes
several steps names its rows in its data sheet (`evidence = "select …"`). Of any other, the rows of
the views that it reads are shown, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from etl.errors import SheetError
from etl.metrics.mistakes import mistake_of
from etl.metrics.scope import words_of
from etl.metrics.tokens import Token, main_select, relations, tokens_of, words
from etl.model import Dimensions, Sheet

ROW_VIEWS = (
    *("requests", "events", "rejects", "steps", "cohorts", "strays", "passages", "incidents"),
    *("requests_before", "events_before", "rejects_before", "steps_before"),
)
"""Views whose rows are something that happened."""

_CLAUSES = words("from where group having order limit union intersect except window qualify")
_ORDERED = {
    **dict.fromkeys(("quantile_disc", "quantile_cont", "max", "avg", "median", "sum"), True),
    "min": False,
}
_DIMENSION, _ORDER = "dimension ", "order "
NAMED, DERIVED, ALL = "named", "derived", "all"


OTHER = "(other)"
"""What metrics call the rest, beyond the largest."""


class Rest(str):
    """The value of a dimension that stands for all those that have no figure of their own.

    Attributes:
        listed: Values that have one.
    """

    __slots__ = ("listed",)
    listed: frozenset[object]


def rest_of(listed: Iterable[object]) -> Rest:
    """Return the rest beside the values that have a figure of their own."""
    rest = Rest(OTHER)
    rest.listed = frozenset(listed) - {OTHER}
    return rest


@dataclass(frozen=True, slots=True)
class Trace:
    """Rows behind a measurement.

    Attributes:
        how: `named` by the data sheet, `derived` from the metric's SQL, or `all` rows of a view
            that the metric reads, because its SQL does not say which of them count.
        view: What they are rows of; empty for those that a data sheet names.
        sql: Where they come from.
        offending: Condition of those that the value counts; empty where it counts all.
        cut: Dimensions that the rows are cut to besides.
        rows: The rows, those first that say most.
    """

    how: str
    view: str
    sql: str
    offending: str
    rows: pl.LazyFrame
    cut: Dimensions


def trace(sheet: Sheet, views: Mapping[str, pl.LazyFrame], dimensions: Dimensions) -> list[Trace]:
    """Return the rows behind a measurement; several where the metric reads several views.

    Args:
        sheet: The metric.
        views: Those of the day.
        dimensions: Of the measurement, all or some.

    Raises:
        SheetError: The `evidence` of the data sheet does not run.
    """
    if sheet.evidence:
        return [_named(sheet, views, dimensions)]
    derived = _derived(sheet, views, dimensions)
    if derived is not None:
        return [derived]
    named = words_of(sheet)
    return [
        Trace(ALL, view, f"select * from {view}", "", *_cut(views[view], dimensions))  # noqa: S608
        for view in ROW_VIEWS
        if view in named and view in views
    ]


def check_evidence(sheet: Sheet, views: Mapping[str, pl.LazyFrame]) -> None:
    """Make sure that the select of rows that a data sheet names runs.

    Raises:
        SheetError: It does not.
    """
    if sheet.evidence:
        _named(sheet, views, {})


def _named(sheet: Sheet, views: Mapping[str, pl.LazyFrame], dimensions: Dimensions) -> Trace:
    try:
        rows = pl.SQLContext(dict(views), eager=False).execute(sheet.evidence)
        rows.collect_schema()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise SheetError(
            f"{sheet.place('evidence')}: evidence: {_words(sheet, error, views)}"
        ) from error
    return Trace(NAMED, "", sheet.evidence, "", *_cut(rows, dimensions))


def _words(sheet: Sheet, error: BaseException, views: Mapping[str, pl.LazyFrame]) -> str:
    """Return what is wrong with the evidence, without the place within its own text."""
    bare = Sheet(sheet.name, "", "", "", "", sheet.evidence, "evidence")
    return str(mistake_of(bare, error, views)).removeprefix("evidence:")


def _cut(rows: pl.LazyFrame, dimensions: Dimensions) -> tuple[pl.LazyFrame, Dimensions]:
    """Cut rows to those dimensions that are columns of theirs."""
    known = set(rows.collect_schema().names())
    own = {name: value for name, value in dimensions.items() if name in known}
    return rows.filter([_is(*one) for one in own.items()] or [pl.lit(value=True)]), own


def _is(column: str, value: object) -> pl.Expr:
    # A value may come from a log: it is compared, and never becomes part of any SQL.
    if isinstance(value, Rest):
        named = [one for one in value.listed if one is not None]
        is_listed = pl.col(column).cast(pl.String).is_in([str(one) for one in named])
        return ~is_listed.fill_null(value=None in value.listed)
    return pl.col(column).eq_missing(pl.lit(value))


def _derived(
    sheet: Sheet, views: Mapping[str, pl.LazyFrame], dimensions: Dimensions
) -> Trace | None:
    """Take a single select apart; None where it is none, or its rows are of several views."""
    tokens = tokens_of(sheet.sql)
    if main_select(tokens) != 0:
        return None
    clauses = _clauses(tokens, sheet.sql)
    read = [(alias, name.word) for alias, name in relations([t for t in tokens if t.depth == 0])]
    found = [(alias, view) for alias, view in read if view in ROW_VIEWS and view in views]
    if len(found) != 1 or {"union", "intersect", "except"} & set(clauses):
        return None
    alias, view = found[0]
    items = dict(_items(tokens, sheet.sql))
    value = items.get("value", [])
    offending = " or ".join(f"({each})" for each in _filters(value, sheet.sql))
    conditions = [f"({text})" for text in (clauses.get("where", ""), offending) if text]
    own = (name for name in dimensions if name in items)
    extra = [f'({_text(items[name], sheet.sql)}) as "{_DIMENSION}{name}"' for name in own]
    picked = [f"{alias}.*", *extra]
    order = _ordered_by(value, sheet.sql)
    if order:
        picked.append(f'({order[0]}) as "{_ORDER}"')
    where = f"\nwhere {' and '.join(conditions)}" if conditions else ""
    sql = f"select {', '.join(picked)}\nfrom {clauses['from']}{where}"
    rows = pl.SQLContext(dict(views), eager=False).execute(sql)
    try:
        schema = rows.collect_schema()
    except pl.exceptions.PolarsError:
        return None
    rows = _arranged(rows, schema, dimensions, order)
    shown = sql.replace(f"select {', '.join(picked)}", f"select {alias}.*")
    cut = {d: v for d, v in dimensions.items() if f"{_DIMENSION}{d}" in schema}
    return Trace(DERIVED, view, shown, offending, rows, cut)


def _arranged(
    rows: pl.LazyFrame, schema: pl.Schema, dimensions: Dimensions, order: tuple[str, bool] | None
) -> pl.LazyFrame:
    """Cut rows to the dimensions, and put those first that say most."""
    if "offset" in schema:  # an outer join makes rows of which there is no line
        rows = rows.filter(pl.col("offset").is_not_null())
    named = {f"{_DIMENSION}{name}": value for name, value in dimensions.items()}
    rows = rows.filter(
        [_is(name, value) for name, value in named.items() if name in schema]
        or [pl.lit(value=True)]
    )
    if order:
        rows = rows.sort(_ORDER, descending=order[1], nulls_last=True)
    elif "at" in schema:
        rows = rows.sort("at", *(["offset"] if "offset" in schema else []))
    return rows.select(pl.exclude(rf"^{_DIMENSION}.*$", _ORDER))


def _clauses(tokens: Sequence[Token], sql: str) -> dict[str, str]:
    """Return the text of each clause of a select by the word that begins it."""
    marks = [t for t in tokens if t.depth == 0 and t.word in _CLAUSES and t.kind == "name"]
    last = tokens[-1].start if tokens[-1].text == ";" else tokens[-1].end
    ends = [*(mark.start for mark in marks[1:]), last]
    return {mark.word: sql[mark.end : end].strip() for mark, end in zip(marks, ends, strict=True)}


def _items(tokens: Sequence[Token], sql: str) -> Iterator[tuple[str, list[Token]]]:
    """Yield the columns of a select: their names, and the words that they are made of."""
    del sql
    end = next((n for n, t in enumerate(tokens) if t.depth == 0 and t.word == "from"), 0)
    item: list[Token] = []
    for token in [*tokens[1:end], Token("sign", ",", 0, 0)]:
        if token.text != "," or token.depth:
            item.append(token)
            continue
        if len(item) > 2 and item[-2].word == "as":
            yield item[-1].word, item[:-2]
        elif item:
            yield item[-1].word, item
        item = []


def _text(item: Sequence[Token], sql: str) -> str:
    return sql[item[0].start : item[-1].end] if item else ""


def _filters(item: Sequence[Token], sql: str) -> list[str]:
    """Return the conditions of `filter (where …)`, each once."""
    found: dict[str, None] = {}
    for n in range(len(item) - 2):
        if item[n].word == "filter" and item[n + 1].text == "(" and item[n + 2].word == "where":
            inside = [t for t in item[n + 3 :] if t.depth > item[n + 1].depth]
            close = next(t for t in item[n + 2 :] if t.text == ")" and t.depth == item[n + 1].depth)
            if inside:
                found[sql[item[n + 2].end : close.start].strip()] = None
    return list(found)


def _ordered_by(item: Sequence[Token], sql: str) -> tuple[str, bool] | None:
    """Return what a percentile, a sum or an extreme is taken of, and whether most comes first."""
    for n in range(len(item) - 2):
        if item[n].word in _ORDERED and item[n + 1].text == "(":
            depth = item[n + 1].depth + 1
            inside = []
            for token in item[n + 2 :]:
                if token.depth < depth or (token.text == "," and token.depth == depth):
                    break
                inside.append(token)
            if inside:
                return _text(inside, sql), _ORDERED[item[n].word]
    return None
