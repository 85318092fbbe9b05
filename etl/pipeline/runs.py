"""The stages in order, each under the warehouse's lock where it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from etl.model import InputAccount, Verdict
from etl.pipeline.ingest import IngestSummary, OnProgress, ingest
from etl.pipeline.measuring import measure_days, missing_sources
from etl.pipeline.project import Project, check_metrics
from etl.pipeline.reports import build_report, report_days
from etl.reporting import headline
from etl.store.lock import exclusive


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did, for people, for machines and for the exit code.

    Attributes:
        read: What was ingested; None where the run did not ingest.
        measured: Days measured.
        failed: Metrics that could not be measured, and why.
        missing: Days asked for or measured, with the expected sources that have no data.
        pages: Reports written.
        headline: Three lines that say what the last day's report says.
    """

    read: IngestSummary | None = None
    measured: tuple[date, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[date, tuple[str, ...]] = field(default_factory=dict)
    pages: tuple[Path, ...] = ()
    headline: tuple[str, ...] = ()
    kpis_missed: bool = False

    @property
    def skipped(self) -> Sequence[InputAccount]:
        """Inputs left to the next run."""
        return self.read.skipped if self.read is not None else ()

    @property
    def is_incomplete(self) -> bool:
        """Whether anything was skipped, is missing or could not be measured."""
        return bool(self.skipped or self.failed or any(self.missing.values()))

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
            "skipped": [{"uri": one.uri, "reason": one.detail} for one in self.skipped],
            "measured": [day.isoformat() for day in self.measured],
            "failed": dict(self.failed),
            "missing": {
                day.isoformat(): list(names) for day, names in self.missing.items() if names
            },
            "pages": [str(page) for page in self.pages],
            "headline": list(self.headline),
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
        if self.measured:
            yield f"Measured {_days_words(self.measured)}."
        if self.pages:
            yield f"Report: {self.pages[-1]}"
        yield from self.headline


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
    with exclusive(project.warehouse.root):
        read = _ingest(project, now, workers, on_progress)
        return _measure_and_report(project, days, now, read)


def run_ingest(
    project: Project, *, now: datetime, workers: int, on_progress: OnProgress | None = None
) -> RunResult:
    """Ingest alone."""
    with exclusive(project.warehouse.root):
        return RunResult(read=_ingest(project, now, workers, on_progress))


def run_measure(project: Project, days: Sequence[date], *, now: datetime) -> RunResult:
    """Measure alone."""
    check_metrics(project)
    with exclusive(project.warehouse.root):
        done = measure_days(project, days, now=now)
    missing = missing_sources(project, sorted({*days, *done.days}))
    return RunResult(measured=done.days, failed=done.failed, missing=missing)


def run_report(project: Project, days: Sequence[date]) -> RunResult:
    """Report alone: writes the pages of days that were measured before."""
    with exclusive(project.warehouse.root):
        pages = _asked_last(report_days(project, days), days[-1])
    missing = missing_sources(project, days)
    return RunResult(missing=missing, pages=tuple(pages), headline=_headline(project, days[-1]))


def _ingest(
    project: Project, now: datetime, workers: int, on_progress: OnProgress | None
) -> IngestSummary:
    today = now.astimezone(project.settings.zone).date()
    jobs = project.jobs(today)
    return ingest(jobs, project.warehouse, now=now, workers=workers, on_progress=on_progress)


def _measure_and_report(
    project: Project, days: Sequence[date], now: datetime, read: IngestSummary
) -> RunResult:
    done = measure_days(project, days, now=now)
    pages = _asked_last(report_days(project, sorted({*days, *done.days})), days[-1])
    reports = [build_report(project, day) for day in days]
    return RunResult(
        read=read,
        measured=done.days,
        failed=done.failed,
        missing=missing_sources(project, sorted({*days, *done.days})),
        pages=tuple(pages),
        headline=tuple(headline(reports[-1])),
        kpis_missed=any(one.verdict == Verdict.MISSED for one in reports),
    )


def _asked_last(pages: Sequence[Path], day: date) -> list[Path]:
    """Put the page of the last day asked for at the end: it is the one that is named."""
    return sorted(pages, key=lambda page: page.parent.name == day.isoformat())


def _headline(project: Project, day: date) -> tuple[str, ...]:
    return tuple(headline(build_report(project, day)))


def _read_lines(read: IngestSummary) -> Iterator[str]:
    if read.inputs_read == 0:
        yield "Nothing new to read."
        return
    counts = read.counts
    yield (
        f"Read {read.inputs_read:,} inputs, {read.bytes_read / 1e6:,.1f} MB: {counts.lines:,} lines"
        f" = {counts.records:,} records + {counts.rejects:,} rejects + {counts.blank:,} blank."
    )


def _days_words(days: Sequence[date]) -> str:
    if len(days) == 1:
        return f"{days[0]}"
    return f"{len(days)} days, {days[0]} to {days[-1]}"
