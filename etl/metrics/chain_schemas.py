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

SCHEMAS = {
    "cohorts": COHORTS_SCHEMA,
    "strays": STRAYS_SCHEMA,
    "passages": PASSAGES_SCHEMA,
    "chain_waits": CHAIN_WAITS_SCHEMA,
}
