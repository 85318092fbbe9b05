"""Where the objects of chains were seen: read once for what became of them and for their lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from etl.metrics.steps import Step, step_rows
from etl.metrics.views import Definitions, cut


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the objects of one chain were seen, from a day's look-back to its grace's end.

    Attributes:
        steps: The chain's, in their order.
        rows: For each step the rows that show an object: see `step_rows`.
        views: What they are rows of, `requests` and `events` among them.
    """

    steps: Sequence[Step]
    rows: Sequence[pl.DataFrame]
    views: Mapping[str, pl.LazyFrame]


Sightings = Mapping[str, Seen]
"""By chain."""


def sightings(tables: Mapping[str, pl.LazyFrame], definitions: Definitions, day: date) -> Sightings:
    """Return where the objects of all chains were seen.

    Args:
        tables: As for `build_views`.
        definitions: Chains and time zone.
        day: The day.
    """
    found = {}
    for chain in definitions.chains:
        steps = [step for step in definitions.steps if step.chain == chain.name]
        first = day - timedelta(days=chain.lookback_days)
        last = day + timedelta(days=chain.ahead_days(day, definitions.zone))
        views = cut(tables, definitions, first, last)
        # There is a row per object and step of all these days: their lines as numbers.
        few = pl.col("source", "input_id").cast(pl.Categorical)
        queries = [step_rows(views, step).with_columns(few) for step in steps]
        found[chain.name] = Seen(steps, pl.collect_all(queries, engine="streaming"), views)
    return found
