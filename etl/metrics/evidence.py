"""What stands behind the figures of a day: objects that went astray, and the slowest requests.

Each row names the input and the byte offset of a line, so that somebody can go and read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from etl.metrics.steps import Chain, Step, all_steps, chain_steps
from etl.metrics.views import Definitions, cut

STATES = ("lost", "late", "skipped", "unexpected", "duplicated", "in_flight")
"""States of objects that are listed, the worst first."""

MOST_LISTED = 50_000
"""Objects of a chain that are listed for a day; the figures count all of them."""

SLOWEST = 10

OBJECT_COLUMNS = (
    *("chain", "state", "object_id", "step", "entered_at"),
    *("last_step", "last_at", "source", "input_id", "offset"),
)
SLOW_COLUMNS = (
    *("source", "at", "request_time_s", "method", "path", "route", "status"),
    *("request_id", "input_id", "offset"),
)


def listed_objects(
    tables: Mapping[str, pl.LazyFrame],
    definitions: Definitions,
    day: date,
    views: Mapping[str, pl.LazyFrame],
) -> pl.DataFrame:
    """Return the objects of a day that did not simply get through, the worst state first.

    Args:
        tables: As for `build_views`.
        definitions: Chains and time zone.
        day: The day.
        views: The day's `cohorts` and `strays`.

    Returns:
        `OBJECT_COLUMNS`: `step` is where the object is missing, late, skipped or a stray, and
        `last_step` where it was seen last, at `last_at`, by the line at `offset` of `input_id`.
    """
    found = pl.concat([_astray(views, definitions), _strays(views)]).collect()
    parts = [
        _with_lines(found.filter(pl.col("chain") == chain.name), tables, definitions, chain, day)
        for chain in definitions.chains
    ]
    return pl.concat(parts) if parts else found.clear()


def slowest_requests(tables: Mapping[str, pl.LazyFrame], day: date) -> pl.DataFrame:
    """Return the slowest requests of a day, the slowest first: `SLOW_COLUMNS`."""
    rows = tables["requests"].filter(
        (pl.col("day") == day) & pl.col("request_time_s").is_not_null()
    )
    order = ("request_time_s", "at", "source", "input_id", "offset")
    slowest = rows.select(SLOW_COLUMNS).sort(order, descending=[True, *[False] * 4])
    return slowest.head(SLOWEST).collect()


def _astray(views: Mapping[str, pl.LazyFrame], definitions: Definitions) -> pl.LazyFrame:
    """Return objects of the cohort that are not through, and steps that one of them skipped."""
    cohorts = views["cohorts"]
    following = chain_steps(definitions.steps).select(
        "chain", pl.col("step").alias("last_step"), pl.col("next_step")
    )
    whole = cohorts.filter("is_last", pl.col("state").is_in(["lost", "late", "in_flight"]))
    skipped = cohorts.filter(pl.col("state") == "skipped")
    missing = pl.when(pl.col("state").is_in(["lost", "in_flight"])).then("next_step")
    return (
        pl.concat([whole, skipped])
        .join(following, on=["chain", "last_step"], how="left")
        .with_columns(pl.coalesce(missing, "step").alias("step"))
        .select("chain", "state", "object_id", "step", "entered_at", "last_step", "last_at")
    )


def _strays(views: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    return views["strays"].select(
        "chain",
        "state",
        "object_id",
        "step",
        pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("entered_at"),
        pl.col("step").alias("last_step"),
        pl.col("at").alias("last_at"),
    )


def _with_lines(
    found: pl.DataFrame,
    tables: Mapping[str, pl.LazyFrame],
    definitions: Definitions,
    chain: Chain,
    day: date,
) -> pl.DataFrame:
    """Add the line that showed each object last; read from the tables once more, but for few."""
    order = pl.Enum(STATES)
    found = found.sort(pl.col("state").cast(order), "object_id", "step").head(MOST_LISTED)
    steps = [step for step in definitions.steps if step.chain == chain.name]
    keys = {"step": "last_step", "at": "last_at"}
    lines = (
        _lines(tables, definitions, chain, day, steps)
        .rename(keys)
        .join(found.lazy().select("object_id").unique(), on="object_id", how="semi")
        .group_by("object_id", "last_step", "last_at")
        .agg(pl.struct("source", "input_id", "offset").sort().last().alias("line"))
        .collect()
        .unnest("line")
    )
    joined = found.join(
        lines, on=["object_id", "last_step", "last_at"], how="left", maintain_order="left"
    )
    return joined.select(OBJECT_COLUMNS)


def _lines(
    tables: Mapping[str, pl.LazyFrame],
    definitions: Definitions,
    chain: Chain,
    day: date,
    steps: Sequence[Step],
) -> pl.LazyFrame:
    first = day - timedelta(days=chain.lookback_days)
    last = day + timedelta(days=chain.ahead_days(day, definitions.zone))
    columns = ("object_id", "step", "at", "source", "input_id", "offset")
    return all_steps(cut(tables, definitions, first, last), steps).select(columns)
