"""Third stage: measured days become pages, and the pages that they change are written again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from etl.days import day_bounds
from etl.errors import ConfigError, CountMismatchError
from etl.incidents.violations import derive_incidents
from etl.metrics.budget import budget_states
from etl.model import (
    Counts,
    DayReport,
    Incident,
    InputAccount,
    Measurement,
    RejectSample,
    Restatement,
    Verdict,
)
from etl.pipeline.absence import missing_sources
from etl.pipeline.project import Project, templates_of
from etl.pipeline.sheets import findings
from etl.reporting import (
    Catalogue,
    Site,
    headline,
    reported_versions,
    restated_count,
    summarise,
    write_catalogue,
    write_day,
    write_incidents,
    write_index,
)
from etl.schema import INPUTS, REJECTS
from etl.store.evidence import read_objects, read_samples, read_slowest, read_waits
from etl.store.ledger import READ
from etl.store.measurements import read_detections, read_measurements
from etl.store.restatements import read_metric_runs, read_restatements

HISTORY_DAYS = 30
"""Days that a page's trends go back."""

REJECT_SAMPLES = 50

COUNTED = tuple(field.name for field in fields(Counts))
"""Columns of `inputs` that are counts."""
"""Refused lines that a page quotes."""


@dataclass(frozen=True, slots=True)
class DayPage:
    """A day's page that was written, and what it says.

    Attributes:
        headline: Three lines.
    """

    day: date
    path: Path
    verdict: Verdict
    headline: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What a report looks back at, read once for all that are written.

    Attributes:
        measurements: By day, metric and dimensions.
        detected: When each incident was noticed.
    """

    measurements: Sequence[Measurement]
    detected: Mapping[str, datetime]


def read_past(project: Project, *, until: date | None = None) -> Past:
    """Return what is known up to a day, or of all days."""
    warehouse = project.warehouse
    return Past(read_measurements(warehouse, until=until), read_detections(warehouse))


def report_days(
    project: Project, days: Collection[date], *, measured_now: Collection[date] = ()
) -> list[DayPage]:
    """Write the pages of `days`, and those of later days that show what is new; then the index.

    Args:
        project: The project.
        days: Whose pages are wanted.
        measured_now: Those of which this run has new measurements. Days whose pages are behind
            their measurements count to them: another run died before it told them.

    Returns:
        The pages of all these days, oldest first.

    Raises:
        ConfigError: One of `days` has not been measured, or a template is wrong.
    """
    past = read_past(project)
    measured = sorted({one.day for one in past.measurements})
    if unknown := sorted(set(days) - set(measured)):
        raise ConfigError(
            f"{unknown[0]} has not been measured. Run: daytally run --day {unknown[0]}"
        )
    out = project.settings.out
    templates, overrides = templates_of(project.settings)
    pages = []
    behind = _behind(out, past.measurements)
    for day in sorted({*days, *_touched({*measured_now, *behind}, measured)}):
        report = build_report(project, day, past)
        written = write_day(out, report, templates=templates, overrides=overrides, days=measured)
        said = tuple(headline(report))
        pages.append(DayPage(day, written[0], report.verdict, said))
    _write_overviews(project, past, measured)
    return pages


def _behind(out: Path, history: Iterable[Measurement]) -> list[date]:
    """Return the days whose files were not written from the measurements that stand now."""
    versions: dict[date, set[str]] = {}
    for one in history:
        versions.setdefault(one.day, set()).add(one.data_version)
    return [day for day, now in versions.items() if reported_versions(out, day) != sorted(now)]


def _touched(days: Iterable[date], measured: Sequence[date]) -> set[date]:
    span = timedelta(days=HISTORY_DAYS)
    return {other for day in days for other in measured if day <= other < day + span}


def _write_overviews(project: Project, past: Past, measured: Sequence[date]) -> None:
    """Write the pages over all days: calendar, catalogue and incidents."""
    settings, history = project.settings, past.measurements
    out = settings.out
    site = Site(settings.project.name, settings.project.timezone, *templates_of(settings))
    missing = missing_sources(project, measured)
    by_day: dict[date, list[Measurement]] = {day: [] for day in measured}
    for one in history:
        by_day[one.day].append(one)
    changed: dict[date, list[Restatement]] = {day: [] for day in measured}
    for change in read_restatements(project.warehouse):
        changed.setdefault(change.day, []).append(change)
    summaries = [
        summarise(day, by_day[day], project.sheets, missing[day], restated_count(changed[day]))
        for day in measured
    ]
    incidents = _incidents(project, history, past)
    write_index(out, summaries, site)
    notes: dict[str, list[str]] = {}
    for finding in findings(project, history, measured[-1]):
        notes.setdefault(finding.metric, []).append(finding.what)
    budgets = budget_states(project.sheets.values(), history, measured[-1])
    write_catalogue(out, Catalogue(project.sheets, history, budgets, notes, project.idle), site)
    write_incidents(out, incidents, site, until=day_bounds(measured[-1], settings.zone)[1])


def build_report(project: Project, day: date, past: Past | None = None) -> DayReport:
    """Gather all that the statement of a measured day says.

    Args:
        project: The project.
        day: The day.
        past: What is known, where the caller has it already.
    """
    zone = project.settings.zone
    start, end = day_bounds(day, zone)
    past = past or read_past(project, until=day)
    until = [one for one in past.measurements if one.day <= day]
    own = tuple(one for one in until if one.day == day)
    missing = missing_sources(project, [day])[day]
    incidents = _incidents(project, until, past)
    before = _incidents(project, [one for one in until if one.day < day], past)
    inputs = _inputs(project, day)
    since = day - timedelta(days=HISTORY_DAYS - 1)
    return DayReport(
        project=project.settings.project.name,
        day=day,
        zone=project.settings.project.timezone,
        started_at=start,
        ended_at=end,
        verdict=Verdict.of_day(
            (one.verdict for one in own if _is_kpi(project, one)), missing=bool(missing)
        ),
        sheets=project.sheets,
        measurements=own,
        history=tuple(o for o in until if o.day >= since and _is_kpi(project, o)),
        incidents=_incidents_of(before, incidents),
        resolved=tuple(one for one in incidents if one.resolved_at is not None),
        inputs=inputs,
        missing=missing,
        rejects=_reject_samples(project, inputs),
        measured_at=max((one.measured_at for one in own), default=end),
        budgets=budget_states(project.sheets.values(), until, day),
        restatements=tuple(read_restatements(project.warehouse, day)),
        failed={o.metric: o.error for o in read_metric_runs(project.warehouse, day) if o.error},
        chains=tuple(chain.name for chain in project.definitions.chains),
        objects=read_objects(project.warehouse, day),
        slowest=read_slowest(project.warehouse, day),
        samples=read_samples(project.warehouse, day),
        waits=read_waits(project.warehouse, day),
    )


def _incidents(project: Project, history: Sequence[Measurement], past: Past) -> list[Incident]:
    """Return the incidents that a history holds, newest start first."""
    return derive_incidents(history, project.sheets, past.detected, project.settings.zone)


def _incidents_of(
    before: Sequence[Incident], now_known: Sequence[Incident]
) -> tuple[Incident, ...]:
    """Return the incidents that are open on a day, or that this day closed."""
    open_before = {one.incident_id for one in before if one.resolved_at is None}
    return tuple(
        one for one in now_known if one.resolved_at is None or one.incident_id in open_before
    )


def _inputs(project: Project, day: date) -> tuple[InputAccount, ...]:
    """Return the reads that gave records of a day, summed per input."""
    start, end = day_bounds(day, project.settings.zone)
    rows = project.warehouse.scan("inputs", INPUTS).filter(pl.col("state") == READ)
    of_day = (pl.col("first_at") < end) & (pl.col("last_at") >= start)
    no_record = pl.col("first_at").is_null() & pl.col("read_at").is_between(start, end, "left")
    figures = [pl.col(name).sum() for name in COUNTED]
    summed = (
        rows.filter(of_day | (no_record & (pl.col("lines") > 0)))
        .sort("batch")
        .group_by("source", "input_id")
        .agg(pl.col("uri").last(), *figures, pl.col("first_at").min(), pl.col("last_at").max())
        .sort("source", "uri")
        .collect()
    )
    return tuple(_account(row) for row in summed.iter_rows(named=True))


def _account(row: Mapping[str, Any]) -> InputAccount:
    counts = Counts(*(row[name] for name in COUNTED))
    if not counts.balanced:
        raise CountMismatchError(f"{row['uri']}: the ledger's sums do not hold: {counts}")
    return InputAccount(
        row["source"], row["input_id"], row["uri"], counts, row["first_at"], row["last_at"]
    )


def _reject_samples(project: Project, inputs: Sequence[InputAccount]) -> tuple[RejectSample, ...]:
    uris = {one.input_id: one.uri for one in inputs if one.counts.rejects}
    if not uris:
        return ()
    rows = (
        project.warehouse.scan("rejects", REJECTS)
        .filter(pl.col("input_id").is_in(list(uris)))
        .sort("source", "input_id", "offset")
        .head(REJECT_SAMPLES)
        .collect()
    )
    return tuple(
        RejectSample(
            source=row["source"],
            uri=uris[row["input_id"]],
            offset=row["offset"],
            reason=row["reason"],
            detail=row["detail"] or "",
            raw=row["raw"],
        )
        for row in rows.iter_rows(named=True)
    )


def _is_kpi(project: Project, one: Measurement) -> bool:
    return one.metric in project.sheets and project.sheets[one.metric].kpi
