"""The views that a metric's SQL can name, cut to one day (and the days before it).

Cut by day: `requests`, `events`, `rejects` (by day of ingestion), `inputs` (with records of the
day), `steps`, `unrouted` (requests that match no route, by template of their path) and the counts
of `metrics.counts`; each also as `<view>_before`, for the days before it. What `metrics.chains`
knows of the objects of a day (`cohorts`, `strays`, `passages`, their counts) comes on top. Not
cut: `sources` (source, records, expected) and `chain_steps` (chain, step, position, next_step,
next_position, repeats, next_repeats, steps).
`requests` and `events` have besides their table's columns `hour`, the local hour of the day, and
the columns of `derived`; `requests` has `within_s`, the seconds in which it should be answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from etl.days import day_bounds, days_between
from etl.metrics.counts import Counted, CountedEvents, count_views, counted, counted_events
from etl.metrics.derived import with_event_columns, with_request_columns
from etl.metrics.steps import Chain, Step, all_steps, chain_steps

HOURS = pl.Enum([f"{hour:02}:00" for hour in range(24)])


@dataclass(frozen=True, slots=True)
class Definitions:
    """What the views need to know besides the tables.

    Attributes:
        zone: The project's.
        sources: Name, table of records, and whether data are expected every day.
        steps: Of all chains, by chain and position.
        chains: What holds for all steps of a chain.
        within_s: Seconds in which a request should be answered.
        fed_by: By chain, those of the sources that are missing which can show an object of it;
            None where that was not looked up: then any source of the chain's tables can.
        routes_within_s: The same for routes that have a time of their own, by source and route.
    """

    zone: ZoneInfo
    sources: Sequence[tuple[str, str, bool]]
    steps: Sequence[Step]
    chains: Sequence[Chain] = ()
    within_s: float = 0.5
    routes_within_s: Mapping[tuple[str, str], float] = field(default_factory=dict)
    fed_by: Mapping[str, frozenset[str]] | None = None


def build_views(
    tables: Mapping[str, pl.LazyFrame],
    definitions: Definitions,
    day: date,
    lookback_days: int,
    of: Counted | None = None,
    of_events: CountedEvents | None = None,
) -> dict[str, pl.LazyFrame]:
    """Return all views for a day.

    Args:
        tables: The warehouse's tables `requests`, `events`, `rejects`, `inputs`.
        definitions: Sources, chains and time zone.
        day: The day.
        lookback_days: How many days before it `<view>_before` holds.
        of: What was counted of the day's requests; else plain queries count them.
        of_events: The same of its events.
    """
    yesterday = day - timedelta(days=1)
    views = cut(tables, definitions, day, day, of, of_events)
    before = cut(tables, definitions, day - timedelta(days=lookback_days), yesterday)
    views |= {f"{name}_before": frame for name, frame in before.items()}
    views["sources"] = pl.LazyFrame(
        list(definitions.sources),
        schema={"source": pl.String, "records": pl.String, "expected": pl.Boolean},
        orient="row",
    )
    views["chain_steps"] = chain_steps(definitions.steps)
    return views


def cut(
    tables: Mapping[str, pl.LazyFrame],
    definitions: Definitions,
    first: date,
    last: date,
    of: Counted | None = None,
    of_events: CountedEvents | None = None,
) -> dict[str, pl.LazyFrame]:
    """Return the views that are cut by day, from `first` to `last` (none if `last` is before).

    What was counted of the days' rows may be given; else plain queries count them.
    """
    in_days = pl.col("day").is_between(first, last)
    views = {name: tables[name].filter(in_days) for name in ("requests", "events", "rejects")}
    hour = _hour(definitions.zone, first, last)
    for name in ("requests", "events"):
        views[name] = views[name].with_columns(hour=hour)
    views["requests"] = with_request_columns(views["requests"].with_columns(_within(definitions)))
    views["events"] = with_event_columns(views["events"])
    start, end = day_bounds(first, definitions.zone)[0], day_bounds(last, definitions.zone)[1]
    inputs = tables["inputs"].filter(pl.col("state") == "read")
    views["inputs"] = inputs.filter((pl.col("first_at") < end) & (pl.col("last_at") >= start))
    of, of_events = of or counted(views["requests"]), of_events or counted_events(views["events"])
    views |= count_views(of, of_events, hour)
    views["steps"] = all_steps(views, definitions.steps)
    return views


def _within(definitions: Definitions) -> pl.Expr:
    """Return the seconds in which each request should be answered."""
    seconds = pl.lit(definitions.within_s, dtype=pl.Float64)
    for (source, route), own in definitions.routes_within_s.items():
        is_it = (pl.col("source") == source) & (pl.col("route") == route)
        seconds = pl.when(is_it).then(pl.lit(own)).otherwise(seconds)
    return seconds.alias("within_s")


def _hour(zone: ZoneInfo, first: date, last: date) -> pl.Expr:
    """Return the local hour as `HH:00`, with its offset where the clock changes on these days."""
    bounds = [day_bounds(day, zone) for day in days_between(first, last)]
    if any(end - start != timedelta(days=1) for start, end in bounds):
        return pl.col("at").dt.convert_time_zone(zone.key).dt.strftime("%H:00%:z")
    # Without a change all days have the same offset: counting from midnight costs a third.
    start = bounds[0][0] if bounds else day_bounds(first, zone)[0]
    number = (pl.col("at") - start).dt.total_hours() % 24
    return number.cast(pl.UInt32).cat.to(HOURS).cast(pl.String)
