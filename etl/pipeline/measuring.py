"""Second stage: every day whose data have changed is measured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
from loguru import logger

from etl.days import day_bounds, day_of, days_between
from etl.errors import SheetError
from etl.incidents.violations import derive_incidents
from etl.metrics.measure import DayContext, measure, restate, without_value
from etl.metrics.views import build_views
from etl.model import Measurement
from etl.pipeline.project import Project
from etl.schema import INPUTS
from etl.store.ledger import READ
from etl.store.measurements import (
    data_versions,
    read_detections,
    read_measurements,
    write_detections,
    write_measurements,
)

RECORD_TABLES = ("requests", "events")


@dataclass(frozen=True, slots=True)
class MeasureSummary:
    """What one measuring did.

    Attributes:
        days: The days measured, oldest first.
        failed: Metrics that could not be measured, and why.
    """

    days: tuple[date, ...]
    failed: Mapping[str, str]


def measure_days(
    project: Project, wanted: Iterable[date], *, now: datetime, again: bool = False
) -> MeasureSummary:
    """Measure the wanted days, and all others whose data have changed, where anything is new.

    A day that was measured from the same data by the same definitions is left alone. A day that
    nobody asked for is measured only once it is over, and again only when its data have changed:
    a target that was edited does not judge the past. With `again` the wanted days are measured
    whatever is known of them.
    """
    current = _reads_by_day(project)
    kept = data_versions(project.warehouse)
    wanted_days = set(wanted)
    stale: list[date] = []
    over = {day for day in current if day_bounds(day, project.settings.zone)[1] <= now}
    for day in sorted(wanted_days | over):
        version = _version(project, current, day)
        old = kept.get(day, "")
        unchanged = old == version or (
            day not in wanted_days and old.split("-")[0] == version.split("-")[0]
        )
        if not unchanged or (again and day in wanted_days):
            stale.append(day)
    failed: dict[str, str] = {}
    missing = missing_sources(project, stale)
    for day in stale:
        version = _version(project, current, day)
        context = DayContext(day, project.definitions, frozenset(missing[day]), now, version)
        _measure_day(project, context, failed)
    if stale:
        _note_detections(project, now)
    return MeasureSummary(tuple(stale), failed)


def missing_sources(project: Project, days: Iterable[date]) -> dict[date, tuple[str, ...]]:
    """Return for each day the expected sources without a single record of it."""
    present: dict[date, set[str]] = {}
    for table in RECORD_TABLES:
        for day, path in project.warehouse.files(table):
            present.setdefault(day, set()).add(_source_in(path))
    expected = [name for name, _, is_expected in project.definitions.sources if is_expected]
    return {
        day: tuple(name for name in expected if name not in present.get(day, ())) for day in days
    }


def _measure_day(project: Project, context: DayContext, failed: dict[str, str]) -> None:
    day, tables = context.day, project.tables()
    spans = {sheet.lookback_days for sheet in project.sheets.values()}
    views = {span: build_views(tables, project.definitions, day, span) for span in spans}
    found: list[Measurement] = []
    for sheet in project.sheets.values():
        try:
            found += measure(sheet, views[sheet.lookback_days], context)
        except SheetError as error:
            failed[sheet.name] = str(error)
            found += without_value(sheet, context)
            logger.bind(metric=sheet.name, day=str(day)).error(str(error))
    old = read_measurements(project.warehouse, since=day, until=day)
    write_measurements(project.warehouse, day, restate(found, old))
    said = logger.bind(day=str(day), measurements=len(found), missing=sorted(context.missing))
    said.info("day measured")


def _note_detections(project: Project, now: datetime) -> None:
    """Write down when each incident was first seen by a run."""
    known = read_detections(project.warehouse)
    history = read_measurements(project.warehouse)
    incidents = derive_incidents(history, project.sheets, known, project.settings.zone)
    new = [one for one in incidents if one.incident_id not in known]
    write_detections(project.warehouse, new, now)


def _reads_by_day(project: Project) -> dict[date, list[str]]:
    """Return for each day with records the reads that may have given them.

    Reads are named by content and byte range, not by data file: the same logs give the same
    version in any warehouse, however the work was divided.
    """
    zone = project.settings.zone
    rows = project.warehouse.scan("inputs", INPUTS).filter(
        (pl.col("state") == READ) & pl.col("first_at").is_not_null()
    )
    columns = ("source", "input_id", "from_offset", "to_offset", "first_at", "last_at")
    days = {day for table in RECORD_TABLES for day, _ in project.warehouse.files(table)}
    reads: dict[date, list[str]] = {day: [] for day in days}
    for *names, first_at, last_at in rows.select(columns).collect().iter_rows():
        read = "/".join(map(str, names))
        for day in days_between(day_of(first_at, zone), day_of(last_at, zone)):
            if day in reads:
                reads[day].append(read)
    return reads


def _version(project: Project, reads: Mapping[date, list[str]], day: date) -> str:
    """Return `data-definitions`: short hashes of a day's data (with look-back) and definitions."""
    lookback = max((sheet.lookback_days for sheet in project.sheets.values()), default=0)
    named: list[str] = []
    for number in range(lookback + 1):
        named += [f"-{number}", *sorted(reads.get(day - timedelta(days=number), ()))]
    data = hashlib.sha256("\n".join(named).encode()).hexdigest()[:12]
    return f"{data}-{project.definitions_digest}"


def _source_in(path: str) -> str:
    """Return the source in a part file's path, `day=…/source=…/name.parquet`."""
    return path.split("/")[1].removeprefix("source=")
