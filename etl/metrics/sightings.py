"""Where the objects of chains were seen: read once for what became of them and for their lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from etl.days import day_bounds
from etl.metrics.case import CLOCK_SKEW
from etl.metrics.steps import Chain, Step, step_rows
from etl.metrics.views import Definitions, cut

Views = Mapping[str, pl.LazyFrame]


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the objects of one chain were seen that a day shows, up to its grace's end.

    Nothing of a day depends on objects that none of its rows shows. What is known of the others
    from the look-back fits into a row each: of four busy days a quarter is held.

    Attributes:
        steps: The chain's, in their order.
        rows: For each step the rows that show an object, of the day and behind it, and of the
            last `CLOCK_SKEW` before it: see `step_rows`.
        before: What the look-back shows of these objects before that: `object_id`, `number` of
            the step from 1 on, `at` of the first time, and how often (`seen`).
        views: What they are rows of, `requests` and `events` among them.
    """

    steps: Sequence[Step]
    rows: Sequence[pl.DataFrame]
    before: pl.DataFrame
    views: Views


Sightings = Mapping[str, Seen]
"""By chain."""


def sightings(tables: Views, definitions: Definitions, day: date) -> Sightings:
    """Return where the objects of all chains were seen.

    Args:
        tables: As for `build_views`.
        definitions: Chains and time zone.
        day: The day.
    """
    of_day = cut(tables, definitions, day, day)
    return {
        chain.name: _of_chain(tables, of_day, definitions, chain, day)
        for chain in definitions.chains
    }


def _of_chain(
    tables: Views, of_day: Views, definitions: Definitions, chain: Chain, day: date
) -> Seen:
    steps = [step for step in definitions.steps if step.chain == chain.name]
    today = pl.collect_all([_few(step_rows(of_day, step)) for step in steps], engine="streaming")
    around = _around(tables, definitions, chain, day)
    if _is_empty(around, steps):
        return Seen(steps, today, pl.DataFrame(schema=_BEFORE), of_day)
    ids = pl.concat(rows.lazy().select("object_id") for rows in today).unique()
    others = pl.concat(
        step_rows(around, step).with_columns(number=pl.lit(number, dtype=pl.UInt8))
        for number, step in enumerate(steps, start=1)
    ).join(ids.collect(engine="streaming").lazy(), on="object_id", how="semi")
    since = day_bounds(day, definitions.zone)[0] - CLOCK_SKEW
    first_times = others.filter(pl.col("at") < since).group_by("object_id", "number")
    near, before = pl.collect_all(
        [
            _few(others.filter(pl.col("at") >= since)),
            first_times.agg(pl.col("at").min(), pl.len().alias("seen")),
        ],
        engine="streaming",
    )
    rows = [
        pl.concat([of_step, near.filter(pl.col("number") == number).drop("number")])
        for number, of_step in enumerate(today, start=1)
    ]
    return Seen(steps, rows, before, of_day)


_BEFORE = pl.Schema(
    {
        "object_id": pl.String(),
        "number": pl.UInt8(),
        "at": pl.Datetime("us", "UTC"),
        "seen": pl.UInt32(),
    }
)


def _around(tables: Views, definitions: Definitions, chain: Chain, day: date) -> Views:
    """Return the views of the look-back and of the days into which the grace period reaches."""
    first = day - timedelta(days=chain.lookback_days)
    last = day + timedelta(days=chain.ahead_days(day, definitions.zone))
    views = cut(tables, definitions, first, last)
    is_other = pl.col("day") != day
    return {name: views[name].filter(is_other) for name in ("requests", "events")}


def _is_empty(views: Views, steps: Sequence[Step]) -> bool:
    read = {step.records for step in steps}
    return not any(views[name].select(pl.len()).collect().item() for name in read)


def _few(rows: pl.LazyFrame) -> pl.LazyFrame:
    # There is a row per object and step: their lines as numbers.
    return rows.with_columns(pl.col("source", "input_id").cast(pl.Categorical))
