"""What several metrics of a day read, made once: a day is then read one time, not once per metric.

The rows of `requests` and `events` are held in memory with the columns that the metrics name, those
that are worked out for each row included. Texts that repeat are held as numbers into a list of
their values (`Categorical`), which makes grouping by them three times as fast. SQL that the engine
does not run over those falls back to the tables, and gives the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from etl.metrics.scope import words_of
from etl.metrics.tokens import words
from etl.model import Sheet

TABLES = ("requests", "events")
DERIVED = ("steps", "steps_before")
"""Views that cost more to make than the metrics over them, as they are."""

REPEATED = words(
    "source route resource agent_kind agent_family hour remote_addr remote_user method host"
    " protocol scheme app procid msgid"
)
"""Texts with far fewer values than rows."""

MOST_ROWS = 10_000_000
"""Rows of a day that are held; what a larger day has is read by each metric for itself."""

Views = dict[str, pl.LazyFrame]


def share(views: Mapping[int, Views], sheets: Collection[Sheet]) -> dict[int, Views]:
    """Return the views by look-back, with what several metrics need made once.

    They differ from those given by what is held in memory, and by their texts' type.

    Args:
        views: By look-back; `steps` and the like among them are replaced.
        sheets: The metrics that will read them.
    """
    _make_derived(views, sheets)
    if not views:
        return {}
    some = next(iter(views.values()))
    held = {name: frame for name in TABLES if (frame := _held(some, name, sheets)) is not None}
    if not held:
        return {}
    held["sources"] = some["sources"].with_columns(pl.col("source").cast(pl.Categorical))
    return {span: of_span | held for span, of_span in views.items()}


def _make_derived(views: Mapping[int, Views], sheets: Collection[Sheet]) -> None:
    made: dict[tuple[str, int], pl.LazyFrame] = {}
    for span, of_span in views.items():
        for name in DERIVED:
            of_days_before = name.endswith("_before")
            readers = [
                sheet
                for sheet in sheets
                if name in words_of(sheet) and (not of_days_before or sheet.lookback_days == span)
            ]
            key = (name, span if of_days_before else 0)
            if len(readers) > 1 and name in of_span:
                if key not in made:
                    made[key] = of_span[name].collect(engine="streaming").lazy()
                of_span[name] = made[key]


def _held(views: Views, name: str, sheets: Collection[Sheet]) -> pl.LazyFrame | None:
    readers = [words_of(sheet) for sheet in sheets if name in words_of(sheet)]
    schema = views[name].collect_schema()
    wanted = [column for column in schema if _is_held(column, schema, readers)]
    if len(readers) < 2 or not wanted:
        return None
    rows = views[name].select(pl.len()).collect(engine="streaming").item()
    if rows > MOST_ROWS:
        return None
    columns = [pl.col(c).cast(pl.Categorical) if c in REPEATED else pl.col(c) for c in wanted]
    return views[name].select(columns).collect(engine="streaming").lazy()


def _is_held(column: str, schema: pl.Schema, readers: Sequence[Collection[str]]) -> bool:
    kind = schema[column]
    is_small = column in REPEATED or kind.is_numeric() or kind.is_temporal() or kind == pl.Boolean
    return is_small and any(column in named for named in readers)


def reads_only(
    sheet: Sheet, views: Mapping[str, pl.LazyFrame], plain: Mapping[str, pl.LazyFrame]
) -> bool:
    """Tell whether shared views have all columns that a metric's SQL may name."""
    named = words_of(sheet)
    return all(
        named.isdisjoint(set(plain[name].collect_schema()) - set(views[name].collect_schema()))
        for name in TABLES
        if name in named
    )
