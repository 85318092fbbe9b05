"""The views that a metric's SQL can name, cut to one day (and the days before it).

Cut by day: `requests`, `events`, `rejects` (by day of ingestion), `inputs` (with records of the
day), `steps`, `unrouted` (requests that match no route, by template of their path); each also as
`<view>_before`, for the days before it. Not cut: `sources` (source, records, expected) and
`chain_steps` (chain, step, position, next_step, next_position, steps).
`requests` and `events` have besides their table's columns `hour`, the local hour of the day, and
the columns of `derived`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from etl.days import day_bounds, days_between
from etl.errors import ConfigError
from etl.metrics.derived import with_event_columns, with_request_columns
from etl.metrics.templates import unrouted

HOURS = pl.Enum([f"{hour:02}:00" for hour in range(24)])

STEPS_SCHEMA = pl.Schema(
    {
        "chain": pl.String(),
        "step": pl.String(),
        "position": pl.Int32(),
        "object_id": pl.String(),
        "at": pl.Datetime("us", "UTC"),
        "source": pl.String(),
        "input_id": pl.String(),
        "offset": pl.Int64(),
    }
)

CHAIN_STEPS_SCHEMA = pl.Schema(
    {
        "chain": pl.String(),
        "step": pl.String(),
        "position": pl.Int32(),
        "next_step": pl.String(),
        "next_position": pl.Int32(),
        "steps": pl.Int32(),
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a chain: which rows of `records` show that an object passed.

    Attributes:
        records: `requests` or `events`.
        where: SQL condition.
        object_id: SQL expression of the object's id.
    """

    chain: str
    name: str
    position: int
    records: str
    where: str
    object_id: str


@dataclass(frozen=True, slots=True)
class Definitions:
    """What the views need to know besides the tables.

    Attributes:
        zone: The project's.
        sources: Name, table of records, and whether data are expected every day.
        steps: Of all chains, by chain and position.
    """

    zone: ZoneInfo
    sources: Sequence[tuple[str, str, bool]]
    steps: Sequence[Step]


def build_views(
    tables: Mapping[str, pl.LazyFrame], definitions: Definitions, day: date, lookback_days: int
) -> dict[str, pl.LazyFrame]:
    """Return all views for a day.

    Args:
        tables: The warehouse's tables `requests`, `events`, `rejects`, `inputs`.
        definitions: Sources, chains and time zone.
        day: The day.
        lookback_days: How many days before it `<view>_before` holds.
    """
    yesterday = day - timedelta(days=1)
    views = _cut(tables, definitions, day, day)
    before = _cut(tables, definitions, day - timedelta(days=lookback_days), yesterday)
    views |= {f"{name}_before": frame for name, frame in before.items()}
    views["sources"] = pl.LazyFrame(
        list(definitions.sources),
        schema={"source": pl.String, "records": pl.String, "expected": pl.Boolean},
        orient="row",
    )
    views["chain_steps"] = _chain_steps(definitions.steps)
    return views


def _cut(
    tables: Mapping[str, pl.LazyFrame], definitions: Definitions, first: date, last: date
) -> dict[str, pl.LazyFrame]:
    """Cut the tables to the days from `first` to `last` (none if `last` is before it)."""
    in_days = pl.col("day").is_between(first, last)
    views = {name: tables[name].filter(in_days) for name in ("requests", "events", "rejects")}
    for name in ("requests", "events"):
        views[name] = views[name].with_columns(hour=_hour(definitions.zone, first, last))
    views["requests"] = with_request_columns(views["requests"])
    views["events"] = with_event_columns(views["events"])
    start, end = day_bounds(first, definitions.zone)[0], day_bounds(last, definitions.zone)[1]
    inputs = tables["inputs"].filter(pl.col("state") == "read")
    views["inputs"] = inputs.filter((pl.col("first_at") < end) & (pl.col("last_at") >= start))
    views["unrouted"] = unrouted(views["requests"])
    views["steps"] = _steps(views, definitions.steps)
    return views


def _hour(zone: ZoneInfo, first: date, last: date) -> pl.Expr:
    """Return the local hour as `HH:00`, with its offset where the clock changes on these days."""
    bounds = [day_bounds(day, zone) for day in days_between(first, last)]
    if any(end - start != timedelta(days=1) for start, end in bounds):
        return pl.col("at").dt.convert_time_zone(zone.key).dt.strftime("%H:00%:z")
    # Without a change all days have the same offset: counting from midnight costs a third.
    start = bounds[0][0] if bounds else day_bounds(first, zone)[0]
    number = (pl.col("at") - start).dt.total_hours() % 24
    return number.cast(pl.UInt32).cat.to(HOURS).cast(pl.String)


def _steps(views: Mapping[str, pl.LazyFrame], steps: Sequence[Step]) -> pl.LazyFrame:
    context = pl.SQLContext(requests=views["requests"], events=views["events"])
    frames = [_step_rows(context, step) for step in steps]
    return pl.concat(frames) if frames else pl.LazyFrame(schema=STEPS_SCHEMA)


def _step_rows(context: pl.SQLContext[pl.LazyFrame], step: Step) -> pl.LazyFrame:
    # The condition and the expression are the operator's own SQL out of daytally.toml.
    query = (
        f"select cast({step.object_id} as varchar) as object_id, at, source, input_id,"  # noqa: S608
        f' "offset" from {step.records} where {step.where}'
    )
    try:
        rows: pl.LazyFrame = context.execute(query, eager=False)
        rows.collect_schema()
    except pl.exceptions.PolarsError as error:
        what = str(error).split("\n\nResolved plan", 1)[0]
        raise ConfigError(
            f"chain '{step.chain}', step '{step.name}': {what}\n"
            f"  where = {step.where!r}, object = {step.object_id!r}"
        ) from error
    return rows.filter(pl.col("object_id").is_not_null()).select(
        pl.lit(step.chain).alias("chain"),
        pl.lit(step.name).alias("step"),
        pl.lit(step.position, dtype=pl.Int32).alias("position"),
        "object_id",
        "at",
        "source",
        "input_id",
        "offset",
    )


def _chain_steps(steps: Sequence[Step]) -> pl.LazyFrame:
    following = {(step.chain, step.position - 1): step for step in steps}
    last = {step.chain: step.position for step in sorted(steps, key=lambda step: step.position)}
    rows = []
    for step in steps:
        after = following.get((step.chain, step.position))
        rows.append(
            {
                "chain": step.chain,
                "step": step.name,
                "position": step.position,
                "next_step": after.name if after else None,
                "next_position": after.position if after else None,
                "steps": last[step.chain],
            }
        )
    return pl.LazyFrame(rows, schema=CHAIN_STEPS_SCHEMA)
