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
    return requests.with_columns(
        resource=pl.col("path").str.extract(r"^/([^/?;]*)"),
        agent_family=agent("user_agent").struct.field("family"),
        agent_kind=agent("user_agent").struct.field("kind"),
    )


def with_event_columns(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return events with their derived column."""
    return events.with_columns(fingerprint=fingerprint("message"))
