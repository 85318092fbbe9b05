"""Logs that are missing around a day, and the steps of a chain that they leave undecided.

A source that is expected every day and has no record of a day has not fallen silent: its log is
missing, and may come. An object that is not seen at a step is not lost, and has not skipped it,
while a log that could show it there is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce

import polars as pl

from etl.days import day_bounds
from etl.metrics.steps import Step
from etl.metrics.views import Definitions


@dataclass(frozen=True, slots=True)
class Gap:
    """A day without the log of a source that feeds a step.

    Attributes:
        position: Of the step.
        start: Midnight that begins the day, UTC.
        end: Midnight that ends it.
        is_over: The data of other sources reach beyond the day, so that its log is overdue.
    """

    position: int
    source: str
    day: date
    start: datetime
    end: datetime
    is_over: bool

    def touches(self, since: pl.Expr, until: pl.Expr) -> pl.Expr:
        """Tell whether any of the time between two instants lies in the gap."""
        return (since < self.end) & (until >= self.start)


def gaps_of(
    steps: Sequence[Step],
    tables: Mapping[str, pl.LazyFrame],
    absent: Mapping[date, Collection[str]],
    definitions: Definitions,
    last_at: datetime | None,
) -> Iterator[Gap]:
    """Yield the gaps of a chain's steps, by step, day and source.

    Args:
        steps: Of the chain.
        tables: `requests` and `events`, for the names and types of their columns.
        absent: Expected sources without a record, by day.
        definitions: What sources there are, and the zone of the days.
        last_at: How far the data reach.
    """
    names = sorted({name for sources in absent.values() for name in sources})
    if not names:
        return
    for step in steps:
        of_step = [name for name in names if feeds(step, name, tables, definitions)]
        for day in sorted(absent):
            start, end = day_bounds(day, definitions.zone)
            is_over = last_at is not None and last_at >= end
            for name in of_step:
                if name in absent[day]:
                    yield Gap(step.position, name, day, start, end, is_over)


def any_touches(gaps: Sequence[Gap], position: int, since: pl.Expr, until: pl.Expr) -> pl.Expr:
    """Tell whether a gap of a step touches the time between two instants."""
    found = (gap.touches(since, until) for gap in gaps if gap.position == position)
    return reduce(lambda one, other: one | other, found, pl.lit(value=False))


def feeds(
    step: Step, source: str, tables: Mapping[str, pl.LazyFrame], definitions: Definitions
) -> bool:
    """Tell whether a source's rows are in the table of a step, and can show an object there."""
    is_in = any((source, step.records) == (name, table) for name, table, _ in definitions.sources)
    return is_in and can_show(step, source, tables)


def fed_by(
    names: Collection[str], tables: Mapping[str, pl.LazyFrame], definitions: Definitions
) -> dict[str, frozenset[str]]:
    """Return for each chain which of some sources can show an object at any of its steps.

    Args:
        names: Of the sources.
        tables: `requests` and `events`, as steps see them.
        definitions: Sources and chains.
    """
    found: dict[str, set[str]] = {chain.name: set() for chain in definitions.chains}
    for step in definitions.steps:
        own = found[step.chain]
        own |= {n for n in names if n not in own and feeds(step, n, tables, definitions)}
    return {chain: frozenset(sources) for chain, sources in found.items()}


def can_show(step: Step, source: str, tables: Mapping[str, pl.LazyFrame]) -> bool:
    """Tell whether a row of a source can show an object at a step.

    The step's condition is evaluated by SQL's three-valued logic over a row of which only the
    source is known: it cannot hold if that alone makes it false, and a row of which nothing is
    known does not, as one of a condition with `is not null` does.
    """
    columns = tables[step.records].collect_schema()
    unknown = pl.DataFrame({name: [None] for name in columns}, schema=columns)
    known = unknown.with_columns(pl.lit(source).cast(columns["source"]).alias("source"))
    rows = pl.concat([known, unknown])
    # The condition is the operator's own SQL out of daytally.toml.
    query = f"select ({step.where}) as holds from {step.records}"  # noqa: S608
    context = pl.SQLContext({step.records: rows.lazy()})
    of_source, of_nothing = context.execute(query, eager=True)["holds"]
    return not (of_source is False and of_nothing is not False)
