"""Measures one day: every metric, its time, and what differs from the measuring before."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import polars as pl
from loguru import logger

from etl.errors import SheetError
from etl.metrics.chain_schemas import SCHEMAS
from etl.metrics.chains import chain_views
from etl.metrics.defining import parts_text, redefined
from etl.metrics.evidence import listed_objects
from etl.metrics.judging import DayContext
from etl.metrics.measure import measure, without_value
from etl.metrics.restating import changes, restate
from etl.metrics.samples import message_samples
from etl.metrics.scope import tables_of
from etl.metrics.shared import Views, share
from etl.metrics.views import build_views
from etl.model import Measurement, MetricRun, Restatement, Sheet
from etl.pipeline.absence import Absent
from etl.pipeline.causes import causes_of
from etl.pipeline.project import Project
from etl.pipeline.reading_day import DayRead, read_day
from etl.pipeline.windows import known_span
from etl.store.evidence import write_evidence
from etl.store.measurements import read_measurements, write_measurements
from etl.store.restatements import add_restatements, read_metric_runs, write_metric_runs


def measure_day(project: Project, context: DayContext, absent: Absent) -> dict[str, str]:
    """Measure a day and keep what was found, with what has changed and how long each metric took.

    Args:
        project: The project.
        context: The day.
        absent: Expected sources without a record, by day; of the days around it.

    Returns:
        Metrics that could not be measured, and why; the others are.
    """
    read, sheets = read_day(project, context.day), project.sheets.values()
    views = _views(project, context, read)
    with ThreadPoolExecutor(1) as beside:
        told = beside.submit(_chain_views, project, context.day, read, absent)
        plain = _run_metrics([s for s in sheets if "steps" not in tables_of(s)], views, context)
        _keep_lines(project, context.day, read)
        of_chains = told.result()
        kept = beside.submit(_keep_objects, project, context.day, read, of_chains)
        waits = of_chains["chain_waits"].collect().select("chain", "step").iter_rows()
        views = {span: of_span | of_chains for span, of_span in views.items()}
        context = replace(context, waiting=frozenset(waits))
        others = _run_metrics([s for s in sheets if "steps" in tables_of(s)], views, context)
        kept.result()
    by_name = plain | others
    runs = [by_name[sheet.name][1] for sheet in sheets]
    found = [one for sheet in sheets for one in by_name[sheet.name][0]]
    _keep(project, context, found, runs)
    said = logger.bind(
        day=str(context.day), measurements=len(found), missing=sorted(context.missing)
    )
    said.info("day measured")
    return {one.metric: one.error for one in runs if one.error}


def _run_metrics(
    sheets: Sequence[Sheet], views: dict[int, Views], context: DayContext
) -> dict[str, tuple[list[Measurement], MetricRun]]:
    """Run metrics; what is held in memory for them ends with it."""
    found = {}
    held = share(views, sheets)
    for sheet in sheets:
        began, error = time.perf_counter(), ""
        try:
            rows = measure(sheet, held[sheet.lookback_days], context)
        except SheetError as mistake:
            error, rows = str(mistake), without_value(sheet, context)
            logger.bind(metric=sheet.name, day=str(context.day)).error(error)
        seconds = time.perf_counter() - began
        how = error, context.measured_at, parts_text(sheet, context.definitions)
        found[sheet.name] = rows, MetricRun(context.day, sheet.name, seconds, len(rows), *how)
    return found


def _chain_views(project: Project, day: date, read: DayRead, absent: Absent) -> Views:
    known = known_span(project.warehouse)
    return chain_views(read.seen, project.definitions, day, known, absent)


def _views(project: Project, context: DayContext, read: DayRead) -> dict[int, Views]:
    """Return the views by look-back; those of chains are known, and empty."""
    tables, of = project.tables(), project.definitions
    spans = sorted({sheet.lookback_days for sheet in project.sheets.values()})
    counts = read.requests, read.events
    of_chains = {name: pl.LazyFrame(schema=schema) for name, schema in SCHEMAS.items()}
    return {s: build_views(tables, of, context.day, s, *counts) | of_chains for s in spans}


def _keep_objects(project: Project, day: date, read: DayRead, of_chains: Views) -> None:
    """Write which objects stand behind the figures."""
    listed = listed_objects(read.seen, project.definitions, of_chains)
    write_evidence(project.warehouse, day, "chain_objects", listed)
    write_evidence(project.warehouse, day, "chain_waits", of_chains["chain_waits"].collect())


def _keep_lines(project: Project, day: date, read: DayRead) -> None:
    """Write which requests and messages stand behind the figures."""
    write_evidence(project.warehouse, day, "slow_requests", read.slowest)
    samples = message_samples(read.events.messages)
    write_evidence(project.warehouse, day, "message_samples", samples)


def _keep(
    project: Project, context: DayContext, found: list[Measurement], runs: list[MetricRun]
) -> None:
    """Write what a measuring gave; its changes first, so that none is lost if the run dies."""
    warehouse, day = project.warehouse, context.day
    old = read_measurements(warehouse, since=day, until=day)
    new = restate(found, old)
    add_restatements(warehouse, day, _restatements(project, context, new, old, runs))
    write_measurements(warehouse, day, new)
    write_metric_runs(warehouse, day, runs)


def _restatements(
    project: Project,
    context: DayContext,
    new: Iterable[Measurement],
    old: list[Measurement],
    runs: Sequence[MetricRun],
) -> list[Restatement]:
    if not old:
        return []
    last = read_metric_runs(project.warehouse, context.day)
    before = max(one.measured_at for one in last or old)
    failed = {one.metric for one in (*last, *runs) if one.error}
    ran, runs_now = {one.metric for one in last}, {one.metric for one in runs}
    # A metric that was added or removed does not restate the day.
    apart = failed | (ran ^ runs_now if last else set())
    found = changes(new, old, before=before, now=context.measured_at, apart=apart)
    if not found:
        return []
    version = max(old, key=lambda one: one.measured_at).data_version
    versions = version, context.data_version
    why = causes_of(project, context.day, versions, since=before, redefined=redefined(last, runs))
    return [
        replace(one, cause=why.words(one.metric, one.dimensions), inputs=why.inputs(one.dimensions))
        for one in found
    ]
