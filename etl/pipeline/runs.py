"""The stages in order, each under the warehouse's lock where it writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial

from etl.model import InputAccount, Verdict
from etl.pipeline.ingest import IngestSummary, OnProgress, ingest
from etl.pipeline.measuring import measure_days, missing_sources
from etl.pipeline.project import Project, check_metrics
from etl.pipeline.rebuilding import rebuild_source
from etl.pipeline.reports import DayPage, report_days
from etl.pipeline.tidying import TidySummary, tidy
from etl.pipeline.turns import alone
from etl.store.ledger import sources_in
from etl.store.measurements import data_versions
from etl.store.publish import publish

SHOWN = 10
"""Most inputs that are named one by one."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did, for people, for machines and for the exit code.

    Attributes:
        read: What was ingested; None where the run did not ingest.
        measured: Days measured.
        failed: Metrics that could not be measured, and why.
        missing: Days asked for or measured, with the expected sources that have no data.
        asked: The days asked for.
        pages: Reports written, oldest first.
        final: Days left as they were, because retention has removed rows of theirs.
        tidied: What upkeep did; None where there was none.
    """

    read: IngestSummary | None = None
    measured: tuple[date, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[date, tuple[str, ...]] = field(default_factory=dict)
    asked: tuple[date, ...] = ()
    pages: tuple[DayPage, ...] = ()
    final: tuple[date, ...] = ()
    tidied: TidySummary | None = None

    @property
    def last_page(self) -> DayPage | None:
        """The report of the last day asked for: the one that people look at first."""
        return next((page for page in self.pages if page.day == self.asked[-1]), None)

    @property
    def kpis_missed(self) -> bool:
        """Whether a KPI missed its target on any of the days asked for."""
        return any(p.verdict == Verdict.MISSED for p in self.pages if p.day in self.asked)

    @property
    def skipped(self) -> Sequence[InputAccount]:
        """Inputs left to the next run."""
        return self.read.skipped if self.read is not None else ()

    @property
    def is_incomplete(self) -> bool:
        """Whether anything was skipped, is missing or could not be measured."""
        unfinished = self.tidied is not None and self.tidied.trouble
        return bool(self.skipped or self.failed or any(self.missing.values()) or unfinished)

    def plain(self) -> dict[str, object]:
        """Return the result as plain data for JSON."""
        counts = self.read.counts if self.read is not None else None
        return {
            "inputs_read": self.read.inputs_read if self.read is not None else 0,
            "bytes_read": self.read.bytes_read if self.read is not None else 0,
            "lines": counts.lines if counts else 0,
            "records": counts.records if counts else 0,
            "rejects": counts.rejects if counts else 0,
            "blank": counts.blank if counts else 0,
            "unlike": self.read.unlike if self.read is not None else [],
            "skipped": [{"uri": one.uri, "reason": one.detail} for one in self.skipped],
            "measured": [day.isoformat() for day in self.measured],
            "failed": dict(self.failed),
            "missing": {
                day.isoformat(): list(names) for day, names in self.missing.items() if names
            },
            "pages": {
                page.day.isoformat(): {"path": str(page.path), "verdict": str(page.verdict)}
                for page in self.pages
            },
            "final": [day.isoformat() for day in self.final],
            "upkeep": self.tidied.plain() if self.tidied else None,
            "headline": list(self.last_page.headline) if self.last_page else [],
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person wants to know, most important last."""
        if self.read is not None:
            yield from _read_lines(self.read)
        for one in self.skipped:
            yield f"Skipped {one.uri}: {one.detail}. It is tried again by the next run."
        for day, names in self.missing.items():
            if names:
                yield f"Missing on {day}: {', '.join(names)} (expected daily, no record)."
        for metric, why in self.failed.items():
            yield f"Not measured: {metric}: {why}"
        for day in self.final:
            yield (
                f"Left {day} as it was: retention has removed rows that it was measured from, and"
                " what is left, or came later, does not restate it."
            )
        if self.tidied is not None:
            yield from self.tidied.lines()
        if self.measured:
            yield f"Measured {_days_words(self.measured)}."
        if len(self.pages) > 1:
            yield _verdicts_line(self.pages)
        if self.last_page:
            yield f"Report: {self.last_page.path}"
            yield from self.last_page.headline


def run_all(
    project: Project,
    days: Sequence[date],
    *,
    now: datetime,
    workers: int,
    on_progress: OnProgress | None = None,
) -> RunResult:
    """Ingest, measure and report; see `RunResult`.

    Args:
        project: The project.
        days: The days asked for.
        now: The run's time, UTC.
        workers: Threads that read.
        on_progress: Told about bytes.
    """
    check_metrics(project)
    with alone(project, "run", now):
        _publish_sealed(project)
        read = _ingest(project, now, workers, on_progress)
        result = _measure_and_report(project, days, now, read)
        return replace(result, tidied=tidy(project, now=now))


def run_upkeep(project: Project, *, now: datetime, dry_run: bool = False) -> TidySummary:
    """Upkeep alone."""
    with alone(project, "upkeep", now):
        if not dry_run:
            _publish_sealed(project)
        return tidy(project, now=now, dry_run=dry_run)


def run_ingest(
    project: Project, *, now: datetime, workers: int, on_progress: OnProgress | None = None
) -> RunResult:
    """Ingest alone."""
    with alone(project, "ingest", now):
        return RunResult(read=_ingest(project, now, workers, on_progress))


def run_measure(project: Project, days: Sequence[date], *, now: datetime) -> RunResult:
    """Measure alone."""
    check_metrics(project)
    with alone(project, "measure", now):
        _publish_sealed(project)
        done = measure_days(project, days, now=now)
    missing = missing_sources(project, sorted({*days, *done.days}))
    return RunResult(measured=done.days, failed=done.failed, missing=missing, final=done.final)


def run_report(project: Project, days: Sequence[date], *, now: datetime) -> RunResult:
    """Report alone: writes the pages of days that were measured before."""
    with alone(project, "report", now):
        pages = report_days(project, days)
    missing = missing_sources(project, days)
    return RunResult(missing=missing, asked=tuple(days), pages=tuple(pages))


def run_backfill(
    project: Project,
    days: Sequence[date],
    *,
    now: datetime,
    workers: int,
    rebuild: bool = False,
    on_progress: OnProgress | None = None,
) -> RunResult:
    """Measure and report past days again; with `rebuild` read their inputs again before."""
    check_metrics(project)
    with alone(project, "backfill", now):
        _publish_sealed(project)
        read = None
        if rebuild:
            read = _ingest(project, now, workers, on_progress, days)
            days = sorted({*days, *read.rebuilt_days})
        result = _measure_and_report(project, days, now, read, again=True)
        return replace(result, tidied=tidy(project, now=now))


def _ingest(
    project: Project,
    now: datetime,
    workers: int,
    on_progress: OnProgress | None,
    past: Sequence[date] = (),
) -> IngestSummary:
    """Read what is new; and with `past` again what gave rows of those days."""
    return ingest(
        project.jobs(now, past),
        project.warehouse,
        now=now,
        workers=workers,
        on_progress=on_progress,
        again=partial(rebuild_source, days=past) if past else None,
    )


def _publish_sealed(project: Project) -> None:
    """Show what a run that died had sealed, of any source, before anything is measured."""
    for source in sources_in(project.warehouse):
        publish(project.warehouse, source, project.schema_of)


def _measure_and_report(
    project: Project,
    days: Sequence[date],
    now: datetime,
    read: IngestSummary | None,
    *,
    again: bool = False,
) -> RunResult:
    done = measure_days(project, days, now=now, again=again)
    untold = set(done.final) - set(data_versions(project.warehouse))
    pages = report_days(project, sorted({*days, *done.days} - untold))
    return RunResult(
        read=read,
        measured=done.days,
        failed=done.failed,
        missing=missing_sources(project, sorted({*days, *done.days})),
        asked=tuple(days),
        pages=tuple(pages),
        final=done.final,
    )


def _read_lines(read: IngestSummary) -> Iterator[str]:
    if read.inputs_read == 0:
        yield "Nothing new to read."
        return
    counts = read.counts
    yield (
        f"Read {read.inputs_read:,} inputs, {read.bytes_read / 1e6:,.1f} MB: {counts.lines:,} lines"
        f" = {counts.records:,} records + {counts.rejects:,} rejects + {counts.blank:,} blank."
    )
    for said in read.unlike[:SHOWN]:
        yield f"{said}. See: daytally rejects"
    if len(read.unlike) > SHOWN:
        yield f"And {len(read.unlike) - SHOWN:,} more inputs of which no line is a record."


def _days_words(days: Sequence[date]) -> str:
    if len(days) == 1:
        return f"{days[0]}"
    return f"{len(days)} days, {days[0]} to {days[-1]}"


def _verdicts_line(pages: Sequence[DayPage]) -> str:
    counted = Counter(page.verdict for page in pages)
    said = ", ".join(f"{counted[v]} {v.replace('_', ' ')}" for v in Verdict if counted[v])
    return f"Of {len(pages)} days: {said}. All days: {pages[0].path.parents[1] / 'index.html'}"
