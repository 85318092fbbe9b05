"""The objects that make the difference between two steps of a chain on one day."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from etl.model import Dimensions


def is_between_steps(dimensions: Dimensions) -> bool:
    """Tell whether a measurement is about two steps of a chain."""
    return {"chain", "from_step", "to_step"} <= set(dimensions)


def objects_between(views: Mapping[str, pl.LazyFrame], dimensions: Dimensions) -> pl.LazyFrame:
    """Return the objects that one step counted otherwise than the next, the worst first.

    Args:
        views: Those of the day.
        dimensions: `chain`, `from_step` and `to_step`.

    Returns:
        Columns `chain, object_id, state, upstream, downstream` (how often the steps counted it),
        and the last line of the day that shows it: `last_step, last_at, source, input_id, offset`.
    """
    start, end = dimensions["from_step"], dimensions["to_step"]
    seen = views["steps"].filter(
        (pl.col("chain") == dimensions["chain"]) & pl.col("step").is_in([start, end])
    )
    last = pl.struct("step", "at", "source", "input_id", "offset").sort_by("at", "position").last()
    counted = seen.group_by("chain", "object_id").agg(
        (pl.col("step") == start).sum().alias("upstream"),
        (pl.col("step") == end).sum().alias("downstream"),
        last.alias("line"),
    )
    state = (
        pl.when(pl.col("downstream") == 0)
        .then(pl.lit("lost or in flight"))
        .when(pl.col("upstream") == 0)
        .then(pl.lit("unexpected, or entered on another day"))
        .when(pl.col("downstream") > pl.col("upstream"))
        .then(pl.lit("duplicated downstream"))
        .otherwise(pl.lit("duplicated upstream"))
    )
    found = counted.filter(pl.col("upstream") != pl.col("downstream")).with_columns(state=state)
    return (
        found.unnest("line")
        .rename({"step": "last_step", "at": "last_at"})
        .select(
            *("chain", "object_id", "state", "upstream", "downstream"),
            *("last_step", "last_at", "source", "input_id", "offset"),
        )
        .sort("state", "last_at", "object_id")
    )


def with_last_lines(rows: pl.LazyFrame, views: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """Add to rows about objects the last line that shows each; `sightings` are looked through."""
    names = rows.collect_schema().names()
    if "input_id" in names or not {"chain", "object_id"} <= set(names):
        return rows
    keys = ["chain", "object_id"]
    found = views["sightings"].join(rows.select(keys).unique(), on=keys, how="semi")
    lines = found.group_by(keys).agg(
        pl.struct(
            pl.col("step").alias("line_step"), pl.col("at").alias("line_at"),
            "source", "input_id", "offset",
        ).sort_by("at", "position").last().alias("line"),
    ).unnest("line")  # fmt: skip
    new = [c for c in ("line_step", "line_at", "source", "input_id", "offset") if c not in names]
    return rows.join(lines.select(*keys, *new), on=keys, how="left", maintain_order="left")
