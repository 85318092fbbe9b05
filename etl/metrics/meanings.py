"""Says what the views of a metric's SQL stand for on a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from etl.days import day_bounds
from etl.metrics.counts import MADE_OF
from etl.metrics.scope import words_of
from etl.metrics.views import Definitions
from etl.model import Sheet

TABLES = ("requests", "events", "rejects")
CHAIN_VIEWS = {
    "cohorts": "the objects that entered a chain on the day, one row per later step, with its state"
    " at the end of the grace period",
    "astray": "the rows of cohorts that are not reached",
    "strays": "objects that the chain does not allow for: seen twice at a step, or at none before",
    "passages": "how long first arrivals at a step on the day took from the step before, or the"
    " first",
    "chain_waits": "how many objects are in flight at a step because of a log that is overdue",
    "step_counts": "rows and objects of the day, counted by step",
    "cohort_counts": "the rows of cohorts, counted by step and state",
    "passage_times": "the rows of passages, counted by time: how many took it (objects), it or less"
    " (up_to), of how many (n)",
}
COUNTED = {"step_counts": "steps", "cohort_counts": "cohorts", "passage_times": "passages"}
"""Counts, and the rows that they are counts of: both are told."""
COUNTS = {
    "unrouted": "the requests that match no route, by template of their path",
    "request_counts": "the requests, counted by source, hour, route, resource, method and status",
    "client_counts": "the requests, counted by source, client, user and user agent",
    "request_times": "the requests with a time, counted by it: how many took it (requests), it or"
    " less (up_to), of how many (n); per source, per route and per method",
    "event_counts": "the events, counted by source, application and severity",
    "fingerprints": "errors and warnings, counted by source, severity and fingerprint",
}
UNCUT = {
    "sources": "the configured sources: source, records (requests or events), expected",
    "chain_steps": "the configured steps of all chains, each with the one behind it",
}


def meanings(sheet: Sheet, definitions: Definitions, day: date) -> Iterator[tuple[str, str]]:
    """Yield each view that a metric's SQL names, with what it holds on a day."""
    named = words_of(sheet)
    named |= {rows for counts, rows in COUNTED.items() if counts in named}
    before = day - timedelta(days=sheet.lookback_days), day - timedelta(days=1)
    for name in (*TABLES, "inputs", "steps"):
        for view, first, last in ((name, day, day), (f"{name}_before", *before)):
            if view in named:
                yield view, _cut(name, definitions, first, last)
    for name, meaning in COUNTS.items():
        if {name, f"{name}_before"} & named:
            yield name, f"{meaning}: of {MADE_OF[name]}"
    for name, meaning in CHAIN_VIEWS.items():
        if name in named:
            yield name, meaning
    if named & {"steps", "steps_before", *CHAIN_VIEWS}:
        for step in definitions.steps:
            where = f"{step.records} where {step.where}, object {step.object_id}"
            yield f"step {step.position} of {step.chain}, {step.name}", where
    yield from ((name, meaning) for name, meaning in UNCUT.items() if name in named)


def _cut(name: str, definitions: Definitions, first: date, last: date) -> str:
    zone = definitions.zone
    if last < first:
        return "nothing: the metric has no lookback_days"
    start, end = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    hours = (end - start).total_seconds() / 3600
    days = f"day = {first}" if first == last else f"day from {first} to {last}"
    span = f"{start:%Y-%m-%d %H:%M:%SZ} to {end:%Y-%m-%d %H:%M:%SZ}, {hours:g} h, {zone.key}"
    if name == "steps":
        return f"all rows of {days} that show an object at a step of a chain ({span})"
    if name == "inputs":
        return f"reads of inputs whose records reach into {days} ({span})"
    of = " of ingestion" if name == "rejects" else ""
    return f"table {name}, {days}{of} ({span})"
