"""What `daytally status` and `daytally rejects` look up; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from etl.errors import SkippableError
from etl.model import Input
from etl.pipeline.ingest import SourceJob
from etl.pipeline.packing import stored_bytes
from etl.pipeline.planning import Plan, plan_spans
from etl.pipeline.project import Project
from etl.schema import INPUTS, REJECTS
from etl.store.ledger import Ledger, LedgerState


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How far one source has been read.

    Attributes:
        drifted: Records with more fields than the format says.
        batch: Number of the last batch planned.
        unfinished: Batches whose run died; the next run finishes them.
        waiting: Inputs that have something new to read, with the stored bytes.
        skipped: Inputs that cannot be read now, and why.
        balanced: Whether lines = records + rejects + blank for each of its reads.
    """

    source: str
    batch: int
    inputs: int
    lines: int
    records: int
    rejects: int
    blank: int
    drifted: int
    first_at: datetime | None
    last_at: datetime | None
    unfinished: tuple[int, ...]
    waiting: tuple[tuple[str, int], ...]
    skipped: tuple[tuple[str, str], ...]
    balanced: bool


def source_statuses(project: Project, now: datetime) -> list[SourceStatus]:
    """Return the state of each source, in the project's order."""
    found = []
    for job in project.jobs(now):
        reader = job.reader
        state = Ledger(project.warehouse, reader.source).load()
        rows = state.reads()
        plan = _plan(job, state, now)
        figures = ("lines", "records", "rejects", "blank", "drifted")
        sums = {name: int(rows[name].sum()) for name in figures}
        holds = (pl.col("lines") == pl.sum_horizontal("records", "rejects", "blank")).all()
        found.append(
            SourceStatus(
                source=reader.source,
                batch=state.sealed,
                inputs=rows["input_id"].n_unique(),
                first_at=_instant(rows["first_at"].min()),
                last_at=_instant(rows["last_at"].max()),
                unfinished=tuple(state.open_plan()["batch"].unique()),
                waiting=tuple((s.input.uri, stored_bytes(s)) for s in plan.spans),
                skipped=tuple((item.uri, why) for item, why in plan.skipped),
                balanced=bool(rows.select(holds).item()),
                **sums,
            )
        )
    return found


def _plan(job: SourceJob, state: LedgerState, now: datetime) -> Plan:
    """Return what the next run would read; nothing, with the reason, where it cannot be listed."""
    reader = job.reader
    try:
        listed = reader.origin.list_inputs(job.patterns, now=now)
    except SkippableError as error:
        nowhere = Input(f"source '{reader.source}'", 0, "", now, closed=False)
        return Plan([], [(nowhere, str(error))])
    return plan_spans(reader.origin, reader.source, listed, state.known())


def reject_groups(project: Project, day: date | None, source: str | None) -> list[dict[str, Any]]:
    """Return refused lines by source, reason and detail, most frequent first, with one sample.

    Args:
        project: The project.
        day: Day of ingestion; all where None.
        source: Name of a source; all where None.
    """
    rows = project.warehouse.scan("rejects", REJECTS)
    if day is not None:
        rows = rows.filter(pl.col("day") == day)
    if source is not None:
        rows = rows.filter(pl.col("source") == source)
    grouped = (
        rows.sort("source", "input_id", "offset")
        .group_by("source", "reason", "detail")
        .agg(pl.len().alias("lines"), pl.col("input_id", "offset", "raw").first())
        .sort("lines", "source", "reason", "detail", descending=[True, False, False, False])
        .collect()
    )
    uris = dict(
        project.warehouse.scan("inputs", INPUTS)
        .sort("batch")
        .group_by("input_id")
        .agg(pl.col("uri").last())
        .collect()
        .iter_rows()
    )
    return [row | {"uri": uris.get(row["input_id"], "")} for row in grouped.iter_rows(named=True)]


def _instant(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None
