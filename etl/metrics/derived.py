"""Columns that metrics see besides those of the tables.

`requests` has `resource` (the path's first segment), `agent_family` and `agent_kind`; `events` has
`fingerprint` (its message with the parts masked that vary). They are expressions: a metric that
does not name one does not pay for it.
"""

from __future__ import annotations

import polars as pl

from etl.metrics.agents import agent
from etl.metrics.fingerprints import fingerprint


def with_request_columns(requests: pl.LazyFrame) -> pl.LazyFrame:
    """Return requests with their derived columns."""
    return with_agent_columns(requests.with_columns(resource=resource(pl.col("path"))))


def resource(path: pl.Expr) -> pl.Expr:
    """Return the first segment of paths, or of templates of paths."""
    return path.str.extract(r"^/([^/?;]*)")


def with_agent_columns(requests: pl.LazyFrame) -> pl.LazyFrame:
    """Return requests, or groups of them, with the columns that their user agents give."""
    found = requests.with_columns(agent=agent("user_agent"))
    # Both out of one column, so that agents are looked at once.
    family, kind = (pl.col("agent").struct.field(name) for name in ("family", "kind"))
    return found.with_columns(agent_family=family, agent_kind=kind).select(pl.exclude("agent"))


def with_event_columns(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return events with their derived column."""
    return events.with_columns(fingerprint=fingerprint("message"))
