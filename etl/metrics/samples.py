"""A line for each kind of error and warning, so that somebody can go and read it."""

from __future__ import annotations

import polars as pl

MOST_KINDS = 50
"""Of a source and severity class, the most frequent ones: those that metrics keep a row for."""

LONGEST_SAMPLE = 2000
"""Characters of a line's message that are kept."""


def message_samples(messages: pl.LazyFrame) -> pl.DataFrame:
    """Return the first line of each kind of error (severity 0 to 3) and warning (4).

    Args:
        messages: As of `CountedEvents`.
    """
    is_error = pl.col("severity") <= 3
    kind = ["source", is_error.alias("is_error"), pl.col("fingerprint").fill_null("")]
    first = ("severity", "at", "message", "input_id", "offset")
    kinds = (
        messages.rename({"first_at": "at"})
        .group_by(kind)
        .agg(
            pl.col("events").sum(),
            *(pl.col(name).sort_by("at", "input_id", "offset").first() for name in first),
        )
        .sort("events", "fingerprint", descending=[True, False])
        .group_by("source", "is_error", maintain_order=True)
        .head(MOST_KINDS)
    )
    shown = kinds.with_columns(pl.col("message").str.slice(0, LONGEST_SAMPLE))
    return shown.select("source", "fingerprint", *first).collect()
