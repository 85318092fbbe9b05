"""The stages in order, each under the warehouse's lock where it writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from etl.pipeline.absence import missing_sources
from etl.pipeline.ingest import IngestSummary, OnProgress
from etl.pipeline.ingest_run import read_news
from etl.pipeline.measuring import measure_days
from etl.pipeline.project import Project
from etl.pipeline.results import RunResult
from etl.pipeline.stages import stage
from etl.pipeline.tidying import TidySummary, tidy
from etl.pipeline.turns import alone
from etl.pipeline.validating import check_steps
from etl.store.measurements import data_versions
from etl.store.publish import publish
from etl.store.reads import sources_in
from etl.store.restatements import read_failures


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
    check_steps(project)
    with alone(project, "run", now):
        _publish_sealed(project)
        with stage("ingest"):
            read = read_news(project, now, workers, on_progress)
        return _tidied(project, _measure_and_report(project, days, now, read), now)


def run_upkeep(project: Project, *, now: datetime, dry_run: bool = False) -> TidySummary:
    """Upkeep alone."""
    with alone(project, "upkeep", now):
        if not dry_run:
            _publish_sealed(project)
        return tidy(project, now=now, dry_run=dry_run)


def run_measure(project: Project, days: Sequence[date], *, now: datetime) -> RunResult:
    """Measure alone."""
    check_steps(project)
    with alone(project, "measure", now):
        _publish_sealed(project)
        done = measure_days(project, days, now=now)
    told = sorted({*days, *done.days})
    return RunResult(
        measured=done.days,
        failed=read_failures(project.warehouse, told),
        missing=missing_sources(project, told),
        final=done.final,
    )


def run_report(project: Project, days: Sequence[date], *, now: datetime) -> RunResult:
    """Report alone: writes the pages of days that were measured before."""
    from etl.pipeline.reports import report_days  # late: who measures alone needs no templates

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
    check_steps(project)
    with alone(project, "backfill", now):
        _publish_sealed(project)
        read = None
        if rebuild:
            with stage("ingest"):
                read = read_news(project, now, workers, on_progress, days)
            days = sorted({*days, *read.rebuilt_days})
        return _tidied(project, _measure_and_report(project, days, now, read, again=True), now)


def _tidied(project: Project, result: RunResult, now: datetime) -> RunResult:
    """Do upkeep, and return a result with what it did."""
    with stage("upkeep"):
        tidied = tidy(project, now=now)
    return replace(result, tidied=tidied)


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
    from etl.pipeline.reports import report_days

    with stage("measure"):
        done = measure_days(project, days, now=now, again=again)
    untold = set(done.final) - set(data_versions(project.warehouse))
    told = sorted({*days, *done.days})
    wanted = [day for day in told if day not in untold]
    with stage("report"):
        pages = report_days(project, wanted, measured_now=done.days)
    return RunResult(
        read=read,
        measured=done.days,
        failed=read_failures(project.warehouse, told),
        missing=missing_sources(project, told),
        asked=tuple(days),
        pages=tuple(pages),
        final=done.final,
    )
