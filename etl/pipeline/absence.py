"""Expected logs that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from etl.days import day_bounds
from etl.metrics.views import Definitions
from etl.pipeline.project import Project
from etl.pipeline.windows import ahead_days
from etl.store.publish import RECORD_TABLES
from etl.store.retention import present_before

Absent = Mapping[date, tuple[str, ...]]
"""Expected sources without a record, by day."""


def missing_sources(project: Project, days: Iterable[date]) -> dict[date, tuple[str, ...]]:
    """Return for each day the expected sources without a single record of it.

    Records that retention has removed were there.
    """
    present: dict[date, set[str]] = {}
    for day, source in present_before(project.warehouse):
        present.setdefault(day, set()).add(source)
    for table in RECORD_TABLES:
        for day, path in project.warehouse.files(table):
            present.setdefault(day, set()).add(_source_in(path))
    expected = [name for name, _, is_expected in project.definitions.sources if is_expected]
    return {
        day: tuple(name for name in expected if name not in present.get(day, ())) for day in days
    }


def absent_around(project: Project, day: date) -> Absent:
    """Return what is absent on the days that a day's grace periods touch."""
    return missing_sources(project, days_around(project.definitions, day))


def days_around(definitions: Definitions, day: date) -> list[date]:
    """Return the days of which a missing log leaves open what became of a day's objects."""
    before = max((chain.most_ahead_days for chain in definitions.chains), default=0)
    span = range(-before, ahead_days(definitions, day) + 1)
    return [day + timedelta(days=number) for number in span]


def gaps_in_words(
    definitions: Definitions, absent: Absent, day: date, last_at: datetime | None
) -> list[str]:
    """Return the missing logs that a day's figures depend on, and whether they are overdue."""
    told = []
    for near in days_around(definitions, day) if definitions.chains else ():
        is_over = last_at is not None and last_at >= day_bounds(near, definitions.zone)[1]
        told += [f"no {name} {near - day} {is_over}" for name in absent.get(near, ())]
    return told


def _source_in(path: str) -> str:
    """Return the source in a part file's path, `day=…/source=…/name.parquet`."""
    return path.split("/")[1].removeprefix("source=")
