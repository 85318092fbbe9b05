"""What `daytally status` says: what was read, what waits, and whether the sums hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from etl.errors import SkippableError
from etl.model import Input, MetricRun
from etl.pipeline.ingest import SourceJob
from etl.pipeline.looking import Mapped, many_at_once
from etl.pipeline.packing import stored_bytes
from etl.pipeline.planning import Plan, plan_spans
from etl.pipeline.project import Project
from etl.pipeline.tidying import Boundaries, boundaries
from etl.store.ledger import Ledger
from etl.store.ledger_state import LedgerState
from etl.store.publish import LAST_TABLE
from etl.store.restatements import read_metric_runs
from etl.store.retention import RETIRABLE, retired_rows
from etl.store.sizes import TableSize, rejects_by_reason, rows_by_source, table_sizes
from etl.store.trouble import reading


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How far one source has been read.

    Attributes:
        batch: Number of the last batch that was sealed.
        batch_at: When it was read.
        batch_inputs: How many inputs it read of.
        batch_lines: How many lines.
        drifted: Records with more fields than the format says.
        lossy: Records with U+FFFD for bytes that are not UTF-8.
        pieces: Lines that go on in a later one, which a container's runtime has split.
        refused: Refused lines in the table `rejects`, by reason.
        planned_since: When the batch was planned that a run is at, or died at; None where none is.
        sealed: Number of batches that are read, and not in the tables yet; the next run shows them.
        rows: Records in the tables.
        reject_rows: Refused lines in the table `rejects`.
        retired: Records that retention has removed.
        retired_rejects: Refused lines that it has removed.
        waiting: Inputs that have something new to read, with the stored bytes.
        skipped: Inputs that cannot be read now, and why.
        differences: What does not add up, in words; empty where all sums hold.
    """

    source: str
    batch: int
    batch_at: datetime | None
    batch_inputs: int
    batch_lines: int
    inputs: int
    lines: int
    records: int
    rejects: int
    blank: int
    drifted: int
    lossy: int
    pieces: int
    refused: Mapping[str, int]
    first_at: datetime | None
    last_at: datetime | None
    planned_since: datetime | None
    sealed: int
    rows: int
    reject_rows: int
    retired: int
    retired_rejects: int
    waiting: tuple[tuple[str, int], ...]
    skipped: tuple[tuple[str, str], ...]
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MetricTime:
    """How a metric's last run went.

    Attributes:
        seconds: Over all days that the run measured, as is `rows`.
        error: Why it could not be measured on the last of these days; empty otherwise.
    """

    metric: str
    seconds: float
    rows: int
    days: int
    measured_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """The state of sources and tables.

    Attributes:
        retention: First day kept, of the tables that are cut.
        files_days: Days that files are kept which no table shows any more.
    """

    sources: tuple[SourceStatus, ...]
    tables: tuple[TableSize, ...]
    retention: Boundaries
    files_days: int
    metrics: tuple[MetricTime, ...]

    @property
    def is_sound(self) -> bool:
        """Whether all sums hold, and nothing was skipped."""
        return not any(one.skipped or one.differences for one in self.sources)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows by table and source: those that are there, and those that retention removed.

    Attributes:
        refused: Refused lines by source and reason.
    """

    there: dict[tuple[str, str], int]
    gone: dict[tuple[str, str], int]
    refused: dict[str, dict[str, int]]


def project_status(project: Project, now: datetime) -> ProjectStatus:
    """Return the state of all sources, in the project's order, and of all tables."""
    with reading(project.warehouse.place.address):
        return _project_status(project, now)


def _project_status(project: Project, now: datetime) -> ProjectStatus:
    gone = (
        retired_rows(project.warehouse).group_by("table_name", "source").agg(pl.col("rows").sum())
    )
    removed = {(table, source): rows for table, source, rows in gone.iter_rows()}
    refused = rejects_by_reason(project.warehouse)
    rows = _Rows(rows_by_source(project.warehouse), removed, refused)
    with many_at_once() as look:
        sources = tuple(_source_status(project, job, rows, now, look) for job in project.jobs(now))
    return ProjectStatus(
        sources=sources,
        tables=tuple(table_sizes(project.warehouse)),
        retention=boundaries(project, now),
        files_days=project.settings.retention.files_days,
        metrics=tuple(_metric_times(read_metric_runs(project.warehouse))),
    )


def _metric_times(runs: Iterable[MetricRun]) -> Iterator[MetricTime]:
    """Yield each metric's last run: those that failed, then the one that took longest."""
    by_metric: dict[str, list[MetricRun]] = {}
    for one in runs:
        by_metric.setdefault(one.metric, []).append(one)
    found = []
    for metric, all_runs in by_metric.items():
        at = max(one.measured_at for one in all_runs)
        last = [one for one in all_runs if one.measured_at == at]
        seconds, rows = sum(one.seconds for one in last), sum(one.rows for one in last)
        error = max(last, key=lambda one: one.day).error
        found.append(MetricTime(metric, seconds, rows, len(last), at, error))
    yield from sorted(found, key=lambda one: (not one.error, -one.seconds, one.metric))


def _source_status(
    project: Project, job: SourceJob, rows: _Rows, now: datetime, mapped: Mapped
) -> SourceStatus:
    source = job.reader.source
    state = Ledger(project.warehouse, source).load()
    reads = state.reads()
    shown = project.warehouse.batch_of(LAST_TABLE, source)
    last = reads.filter(pl.col("batch") == state.sealed)
    plan = _plan(job, state, now, mapped)
    kinds = RETIRABLE[:-1]
    there, gone = rows.there, rows.gone
    found = SourceStatus(
        source=source,
        batch=state.sealed,
        batch_at=_instant(last["read_at"].max()),
        batch_inputs=last["input_id"].n_unique(),
        batch_lines=int(last["lines"].sum()),
        inputs=reads["input_id"].n_unique(),
        first_at=_instant(reads["first_at"].min()),
        last_at=_instant(reads["last_at"].max()),
        planned_since=_instant(state.open_plan()["read_at"].min()),
        sealed=reads.filter(pl.col("batch") > shown)["batch"].n_unique(),
        rows=sum(there.get((kind, source), 0) for kind in kinds),
        reject_rows=there.get((LAST_TABLE, source), 0),
        retired=sum(gone.get((kind, source), 0) for kind in kinds),
        retired_rejects=gone.get((LAST_TABLE, source), 0),
        waiting=tuple((span.input.uri, stored_bytes(span)) for span in plan.spans),
        skipped=tuple((item.uri, why) for item, why in plan.skipped),
        differences=(),
        lines=int(reads["lines"].sum()),
        records=int(reads["records"].sum()),
        rejects=int(reads["rejects"].sum()),
        blank=int(reads["blank"].sum()),
        drifted=int(reads["drifted"].sum()),
        lossy=int(reads["lossy"].sum()),
        pieces=int(reads["pieces"].sum()),
        refused=rows.refused.get(source, {}),
    )
    return replace(found, differences=tuple(_differences(found, state)))


def _differences(one: SourceStatus, state: LedgerState) -> Iterator[str]:
    parts = pl.sum_horizontal("records", "rejects", "blank")
    for uri, lines, total in (
        state.reads().filter(pl.col("lines") != parts).select("uri", "lines", parts).iter_rows()
    ):
        yield f"{uri}: {lines:,} lines were read, but records, rejects and blank are {total:,}"
    if one.sealed:
        return  # rows that are on their way; what was read before is in
    for name, ledger, there, gone in (
        ("records", one.records, one.rows, one.retired),
        ("rejects", one.rejects, one.reject_rows, one.retired_rejects),
    ):
        if ledger != there + gone:
            what = "missing" if there + gone < ledger else "too many"
            removed = f" and {gone:,} were removed by retention" if gone else ""
            yield (
                f"the ledger counts {ledger:,} {name}, the tables hold {there:,}{removed}:"
                f" {abs(ledger - there - gone):,} {what}"
            )


def _instant(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _plan(job: SourceJob, state: LedgerState, now: datetime, mapped: Mapped) -> Plan:
    """Return what the next run would read; nothing, with the reason, where it cannot be listed."""
    reader = job.reader
    try:
        listed = reader.origin.list_inputs(job.patterns, now=now)
    except SkippableError as error:
        nowhere = Input(f"source '{reader.source}'", 0, "", now, closed=False)
        return Plan([], [(nowhere, str(error))])
    return plan_spans(reader.origin, reader.source, listed, state.known(), mapped=mapped)
