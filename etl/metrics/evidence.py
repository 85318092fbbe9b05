"""Which objects stand behind the figures of a day: those that went astray.

Each row names the input and the byte offset of a line, so that somebody can go and read it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from etl.metrics.sightings import Seen, Sightings
from etl.metrics.steps import chain_steps
from etl.metrics.views import Definitions

STATES = ("lost", "late", "skipped", "unexpected", "duplicated", "in_flight")
"""States of objects that are listed, the worst first."""

MOST_LISTED = 50_000
"""Objects of a chain that are listed for a day; the figures count all of them."""

OBJECT_COLUMNS = (
    *("chain", "state", "object_id", "step", "entered_at"),
    *("last_step", "last_at", "source", "input_id", "offset"),
)


def listed_objects(
    seen: Sightings, definitions: Definitions, views: Mapping[str, pl.LazyFrame]
) -> pl.DataFrame:
    """Return the objects of a day that did not simply get through, the worst state first.

    Args:
        seen: The day's sightings.
        definitions: Chains and time zone.
        views: The day's `astray` and `strays`.

    Returns:
        `OBJECT_COLUMNS`: `step` is where the object is missing, late, skipped or a stray, and
        `last_step` where it was seen last, at `last_at`, by the line at `offset` of `input_id`.
    """
    found = pl.concat([_astray(views, definitions), _strays(views)])
    parts = []
    for chain, of_chain in seen.items():
        worst = _worst(found.filter(pl.col("chain") == chain))
        parts.append(_with_lines(worst, of_chain))
    return pl.concat(parts) if parts else found.clear().collect()


def _worst(found: pl.LazyFrame) -> pl.DataFrame:
    order = ("rank", "object_id", "step")
    ranked = found.with_columns(rank=pl.col("state").cast(pl.Enum(STATES)))
    # Of a million objects the first are found in a fifth of the time that sorting all takes.
    first = ranked.collect(engine="streaming").bottom_k(MOST_LISTED, by=order)
    return first.sort(order).drop("rank")


def _astray(views: Mapping[str, pl.LazyFrame], definitions: Definitions) -> pl.LazyFrame:
    """Return objects of the cohort that are not through, and steps that one of them skipped."""
    rows = views["astray"]
    following = chain_steps(definitions.steps).select(
        "chain", pl.col("step").alias("last_step"), pl.col("next_step")
    )
    whole = rows.filter("is_last", pl.col("state").is_in(["lost", "late", "in_flight"]))
    skipped = rows.filter(pl.col("state") == "skipped")
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


def _with_lines(found: pl.DataFrame, seen: Seen) -> pl.DataFrame:
    """Add the line that showed each object last."""
    objects = seen.ids.find(found["object_id"])
    is_listed = np.zeros(len(seen.ids), dtype=np.bool_)
    is_listed[objects] = True
    keys = ("object", "last_step", "last_at")
    found = found.with_columns(object=pl.Series(objects))
    shown = [
        rows.filter(pl.Series(is_listed[rows["object"].to_numpy()])).with_columns(
            pl.col("source", "input_id").cast(pl.String), last_step=pl.lit(step.name)
        )
        for step, rows in zip(seen.steps, seen.rows, strict=True)
    ]
    lines = (
        pl.concat(shown)
        .rename({"at": "last_at"})
        .join(found, on=keys, how="semi")
        .sort("source", "input_id", "offset")
        .unique(keys, keep="last")
    )
    return found.join(lines, on=keys, how="left", maintain_order="left").select(OBJECT_COLUMNS)
