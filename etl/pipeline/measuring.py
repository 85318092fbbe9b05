"""Second stage: every day whose data have changed is measured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain

import polars as pl

from etl.days import day_bounds, day_of, days_between
from etl.incidents.violations import derive_incidents
from etl.metrics.case import Known
from etl.metrics.gaps import fed_by
from etl.metrics.history import days_needed, history_before
from etl.metrics.judging import DayContext
from etl.metrics.rules import reach_days
from etl.metrics.views import Definitions, build_views
from etl.pipeline.absence import Absent, days_around, gaps_in_words, missing_sources
from etl.pipeline.measuring_day import measure_day
from etl.pipeline.project import Project
from etl.pipeline.windows import ahead_days, known_span, lookback_days
from etl.schema import INPUTS
from etl.store.ledger import READ
from etl.store.measurements import (
    data_versions,
    read_detections,
    read_measurements,
    read_values,
    write_detections,
)
from etl.store.publish import RECORD_TABLES
from etl.store.reads import days_written, published_batches
from etl.store.retention import emptied_days, present_before


@dataclass(frozen=True, slots=True)
class MeasureSummary:
    """What one measuring did.

    Attributes:
        days: The days measured, oldest first.
        failed: Metrics that could not be measured, and why.
        final: Days that were asked for, or got new lines, but stay as they were: retention has
            removed rows that they were measured from.
    """

    days: tuple[date, ...]
    failed: Mapping[str, str]
    final: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """Days whose data or definitions differ from what they were measured from.

    Attributes:
        days: To be measured, oldest first.
        versions: Their versions.
        final: See `MeasureSummary`.
    """

    days: tuple[date, ...]
    versions: Mapping[date, str]
    final: tuple[date, ...]


def measure_days(
    project: Project, wanted: Iterable[date], *, now: datetime, again: bool = False
) -> MeasureSummary:
    """Measure the wanted days, and all others whose data have changed, where anything is new.

    A day that was measured from the same data by the same definitions is left alone. A day that
    nobody asked for is measured only once it is over, and again only when its data have changed:
    a target that was edited does not judge the past. With `again` the wanted days are measured
    whatever is known of them.
    """
    due = due_days(project, wanted, now=now, again=again)
    failed: dict[str, str] = {}
    before = {day: days_needed(project.sheets.values(), day) for day in due.days}
    around = {day: days_around(project.definitions, day) for day in due.days}
    near = chain.from_iterable((*before.values(), *around.values()))
    missing = missing_sources(project, {*due.days, *near})
    definitions = _fed(project, missing)
    for day in due.days:  # the oldest first: each is history to those behind it
        rows = read_values(project.warehouse, before[day])
        history = history_before(day, rows, project.sheets, missing, definitions)
        absent = {each: missing[each] for each in around[day]}
        own = frozenset(missing[day])
        context = DayContext(day, definitions, own, now, due.versions[day], history)
        failed |= measure_day(project, context, absent)
    if due.days:
        _note_detections(project, now)
    return MeasureSummary(due.days, failed, due.final)


def _fed(project: Project, missing: Absent) -> Definitions:
    """Return the project's definitions, with which chains the missing sources could feed."""
    names = {name for sources in missing.values() for name in sources}
    if not names or not project.definitions.chains:
        return project.definitions
    views = build_views(project.tables(), project.definitions, min(missing), 0)
    return replace(project.definitions, fed_by=fed_by(names, views, project.definitions))


def due_days(
    project: Project, wanted: Iterable[date], *, now: datetime, again: bool = False
) -> Due:
    """Return which days `measure_days` would measure; reads the ledger, not the data."""
    retired = present_before(project.warehouse)
    current = _reads_by_day(project, {day for day, _ in retired})
    known = known_span(project.warehouse)
    fresh = days_written(project.warehouse, now)
    kept = data_versions(project.warehouse)
    wanted_days = set(wanted)
    lookback = lookback_days(project.sheets.values(), project.definitions)
    emptied = emptied_days(project.warehouse)
    # A day measured before that has no rows any more: a rebuild gave them to another one.
    over = {day for day in {*current, *kept} if day_bounds(day, project.settings.zone)[1] <= now}
    around = {near for day in wanted_days | over for near in days_around(project.definitions, day)}
    absent = missing_sources(project, around)
    stale: dict[date, str] = {}
    final: list[date] = []
    for day in sorted(wanted_days | over):
        version, old = _version(project, current, absent, known, day), kept.get(day, "")
        asked = day in wanted_days
        same = old == version or (not asked and old.split("-")[0] == version.split("-")[0])
        if same and not (again and asked):
            continue
        if not any(day - timedelta(days=number) in emptied for number in range(lookback + 1)):
            stale[day] = version
        elif asked or day in fresh:
            final.append(day)
    return Due(tuple(stale), stale, tuple(final))


def _note_detections(project: Project, now: datetime) -> None:
    """Write down when each incident was first seen by a run."""
    known = read_detections(project.warehouse)
    history = read_measurements(project.warehouse)
    incidents = derive_incidents(history, project.sheets, known, project.settings.zone)
    new = [one for one in incidents if one.incident_id not in known]
    write_detections(project.warehouse, new, now)


def _reads_by_day(project: Project, retired: set[date]) -> dict[date, list[str]]:
    """Return for each day with records the reads that may have given them.

    Reads are named by content and byte range, not by data file: the same logs give the same
    version in any warehouse, however the work was divided, and whether or not it keeps old rows.
    One that was rebuilt is named by its batch too: its rows differ although its bytes do not, and
    a run that died before it measured them has to be noticed. Batches that another run has sealed
    and is about to show do not count: a version must not promise rows that were not measured.
    """
    zone = project.settings.zone
    shown = published_batches(project.warehouse)  # before the tables are read: they may hold more
    rows = project.warehouse.scan("inputs", INPUTS).filter(
        (pl.col("state") == READ) & pl.col("first_at").is_not_null()
    )
    shown_in = pl.col("source").replace_strict(shown, default=0, return_dtype=pl.Int64)
    rows = rows.filter(pl.col("batch") <= shown_in)
    again = pl.when("rebuilt").then(pl.format("again-{}", "batch"))
    columns = ("source", "input_id", "from_offset", "to_offset", again, "first_at", "last_at")
    days = retired | {day for table in RECORD_TABLES for day, _ in project.warehouse.files(table)}
    reads: dict[date, list[str]] = {day: [] for day in days}
    for *names, first_at, last_at in rows.select(columns).collect().iter_rows():
        read = "/".join(str(name) for name in names if name is not None)
        for day in days_between(day_of(first_at, zone), day_of(last_at, zone)):
            if day in reads:
                reads[day].append(read)
    return reads


def _version(
    project: Project, reads: Mapping[date, list[str]], absent: Absent, known: Known, day: date
) -> str:
    """Return `data-definitions`: short hashes of all that a day is measured from.

    Its data are those of the day, of the days that it looks back at, and of those ahead that
    decide what became of its objects. The look-back of relative targets counts: a day held
    against yesterday is judged again when yesterday changes.
    """
    definitions = project.definitions
    reach = max((reach_days(sheet) for sheet in project.sheets.values()), default=0)
    back = max(lookback_days(project.sheets.values(), definitions), reach)
    named = gaps_in_words(definitions, absent, day, known.last_at)
    for number in range(-back, ahead_days(definitions, day) + 1):
        named += [f"{number:+}", *sorted(reads.get(day + timedelta(days=number), ()))]
    bounds = day_bounds(day, definitions.zone)
    for each in definitions.chains:
        seen = known.seen_from(*bounds, each.grace)
        named.append(f"{each.name} {seen.first_at} {seen.last_at}")
    data = hashlib.sha256("\n".join(named).encode()).hexdigest()[:12]
    return f"{data}-{project.definitions_digest}"
