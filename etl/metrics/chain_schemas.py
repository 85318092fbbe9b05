"""Columns of the views of chains, which `metrics.chains` makes."""

from __future__ import annotations

import polars as pl

INSTANT = pl.Datetime("us", "UTC")
COHORTS_SCHEMA = pl.Schema(
    {
        "chain": pl.String(),
        "object_id": pl.String(),
        "entered_at": INSTANT,
        "step": pl.String(),
        "position": pl.Int32(),
        "reached_at": INSTANT,
        "state": pl.String(),
        "last_step": pl.String(),
        "last_at": INSTANT,
        "is_last": pl.Boolean(),
    }
)
"""`last_step` is the furthest step at which the object was seen, first at `last_at`; `is_last`
marks the row of the chain's last step, so that each object is counted once."""

STRAYS_SCHEMA = pl.Schema(
    {
        "chain": pl.String(),
        "object_id": pl.String(),
        "step": pl.String(),
        "position": pl.Int32(),
        "at": INSTANT,
        "state": pl.String(),
    }
)

PASSAGES_SCHEMA = pl.Schema(
    {
        "chain": pl.String(),
        "object_id": pl.String(),
        "span": pl.String(),
        "from_step": pl.String(),
        "to_step": pl.String(),
        "started_at": INSTANT,
        "reached_at": INSTANT,
        "time_s": pl.Float64(),
    }
)

CHAIN_WAITS_SCHEMA = pl.Schema(
    {
        "chain": pl.String(),
        "step": pl.String(),
        "position": pl.Int32(),
        "source": pl.String(),
        "log_day": pl.Date(),
        "objects": pl.Int64(),
    }
)

STEP_COUNTS_SCHEMA = pl.Schema(
    {
        "chain": pl.String(),
        "step": pl.String(),
        "position": pl.Int32(),
        "sightings": pl.Int64(),
        "objects": pl.Int64(),
    }
)

COHORT_COUNTS_SCHEMA = pl.Schema(
    {
        "chain": pl.String(),
        "step": pl.String(),
        "position": pl.Int32(),
        "is_last": pl.Boolean(),
        "state": pl.String(),
        "objects": pl.Int64(),
        "first_at": INSTANT,
        "last_at": INSTANT,
    }
)
"""`first_at` and `last_at` are those of the objects' entries."""

PASSAGE_TIMES_SCHEMA = pl.Schema(
    {
        "chain": pl.String(),
        "span": pl.String(),
        "from_step": pl.String(),
        "to_step": pl.String(),
        "time_s": pl.Float64(),
        "objects": pl.Int64(),
        "up_to": pl.Int64(),
        "n": pl.Int64(),
    }
)

SCHEMAS = {
    "cohorts": COHORTS_SCHEMA,
    "astray": COHORTS_SCHEMA,
    "strays": STRAYS_SCHEMA,
    "passages": PASSAGES_SCHEMA,
    "chain_waits": CHAIN_WAITS_SCHEMA,
    "step_counts": STEP_COUNTS_SCHEMA,
    "cohort_counts": COHORT_COUNTS_SCHEMA,
    "passage_times": PASSAGE_TIMES_SCHEMA,
}
