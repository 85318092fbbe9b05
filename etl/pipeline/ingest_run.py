"""The first stage alone: what reading needs is loaded, and nothing of the other stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial

from etl.pipeline.ingest import IngestSummary, OnProgress, SourceRun, ingest
from etl.pipeline.intake import Intake
from etl.pipeline.results import RunResult
from etl.pipeline.turns import alone


def run_ingest(
    project: Intake, *, now: datetime, workers: int, on_progress: OnProgress | None = None
) -> RunResult:
    """Ingest alone."""
    with alone(project, "ingest", now):
        return RunResult(read=read_news(project, now, workers, on_progress))


def read_news(
    project: Intake,
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
        again=_reading_again(past) if past else None,
    )


def _reading_again(past: Sequence[date]) -> Callable[[SourceRun], set[date]]:
    from etl.pipeline.rebuilding import rebuild_source  # loads what nothing else here needs

    return partial(rebuild_source, days=past)
