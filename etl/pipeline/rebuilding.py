"""Reads inputs again from their beginning and replaces what came from them, batch by batch.

As when a format was wrong, a route was added, or a field is wanted out of old messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from etl.days import day_bounds, day_of, days_between
from etl.model import Input
from etl.pipeline.ingest import SourceRun
from etl.pipeline.looking import Looker
from etl.pipeline.planning import find_holders
from etl.store.ledger import TO_END, KnownInput, Span
from etl.store.ledger_state import LedgerState

GONE = "is gone, or is no longer what was read; its rows stay as they are"


def rebuild_source(run: SourceRun, days: Sequence[date]) -> set[date]:
    """Read again all inputs of a source that gave rows of some days.

    An input without any record is taken if it was read since the first of the days: its lines may
    be of any day, and are mostly what a mended format is to read.

    Args:
        run: The source's, after it has read what is new: each compressed input is then known to be
            what it was taken for.
        days: Without gaps, oldest first.

    Returns:
        All days of which the inputs had rows before, or have now.
    """
    state = run.ledger.load()
    wanted = _inputs_of(state, days, run)
    spans = []
    holders = _holders(run, state)
    for known in (each for each in state.known() if each.input_id in wanted):
        span = _span(run, known, holders.get(known.input_id))
        if span is None:
            run.skip(known.uri, known.input_id, GONE)
        else:
            spans.append(span)
    before = _days_of(state, {span.input_id for span in spans}, run)
    run.read_batches(state.sealed, spans, rebuilt=True)
    return before | _days_of(run.ledger.load(), {span.input_id for span in spans}, run)


def _inputs_of(state: LedgerState, days: Sequence[date], run: SourceRun) -> set[str]:
    zone = run.job.reader.zone
    start, end = day_bounds(days[0], zone)[0], day_bounds(days[-1], zone)[1]
    within = (pl.col("first_at") < end) & (pl.col("last_at") >= start)
    unknown = pl.col("first_at").is_null() & (pl.col("read_at") >= start)
    return set(state.reads().filter(within | unknown)["input_id"])


def _holders(run: SourceRun, state: LedgerState) -> dict[str, Input]:
    """Return what each known input now is."""
    reader = run.job.reader
    listed = reader.origin.list_inputs(run.job.patterns, now=run.now)
    return find_holders(reader.origin, reader.source, listed, state.known(), mapped=run.look)


def _span(run: SourceRun, known: KnownInput, item: Input | None) -> Span | None:
    """Return all that was read of a known input; what has grown since is for the next run."""
    if item is None:
        return None
    look = Looker(run.job.reader.origin, ()).look(item)
    if look.trouble or not look.head:
        return None
    end = TO_END if look.compressed else known.to_offset
    return Span(item, known.input_id, look.print, 0, end)


def _days_of(state: LedgerState, input_ids: set[str], run: SourceRun) -> set[date]:
    zone = run.job.reader.zone
    has_rows = pl.col("input_id").is_in(input_ids) & pl.col("first_at").is_not_null()
    own = state.reads().filter(has_rows)
    rows = own.select("first_at", "last_at").iter_rows()
    return {
        day for first, last in rows for day in days_between(day_of(first, zone), day_of(last, zone))
    }
