"""What one has to know besides a metric's figures: they are not the whole, or not today's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from etl.metrics.defining import difference, parts_text
from etl.model import Measurement, MetricRun
from etl.pipeline.absence import missing_sources
from etl.pipeline.project import Project
from etl.store.restatements import read_metric_runs
from etl.store.retention import emptied_days


def caveats(
    project: Project, metric: str, day: date, found: Sequence[Measurement]
) -> Iterator[str]:
    """Yield what one has to know besides a metric's figures of a day.

    Args:
        project: The project.
        metric: Its name.
        day: The day.
        found: Its measurements.
    """
    runs = [one for one in read_metric_runs(project.warehouse, day) if one.metric == metric]
    if any(not one.data_version.endswith(project.definitions_digest) for one in found):
        yield from _redefined(project, metric, day, runs)
    if missing := missing_sources(project, [day])[day]:
        yield f"expected data of {', '.join(missing)} is not there"
    if day in emptied_days(project.warehouse):
        yield "retention has removed rows of this day: what is shown is what is left"
    yield from (f"could not be measured: {one.error}" for one in runs if one.error)


def _redefined(
    project: Project, metric: str, day: date, runs: Sequence[MetricRun]
) -> Iterator[str]:
    """Yield what of a metric's definition has changed since a day was measured, if anything."""
    now = parts_text(project.sheets[metric], project.definitions)
    kept = next((one.definition for one in runs), "")
    changed = difference(kept, now) if kept else "a part that was not kept (SQL, target or rules)"
    if changed:
        yield (
            f"the definition has changed since {day} was measured: {changed}. What is shown is"
            f" today's. Measure again by it: daytally backfill --since {day} --until {day}"
        )
