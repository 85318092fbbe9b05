"""The first stage alone: what reading needs is loaded, and nothing of the other stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from etl.pipeline.ingest import IngestSummary, OnProgress, ingest
from etl.pipeline.project import Project
from etl.pipeline.rebuilding import rebuild_source
from etl.pipeline.results import RunResult
from etl.pipeline.turns import alone


def run_ingest(
    project: Project, *, now: datetime, workers: int, on_progress: OnProgress | None = None
) -> RunResult:
    """Ingest alone."""
    with alone(project, "ingest", now):
        return RunResult(read=read_news(project, now, workers, on_progress))


def read_news(
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
