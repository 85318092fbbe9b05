"""Finds wrong SQL without any data: that of chains before a run, that of metrics on demand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from etl.errors import ConfigError
from etl.metrics.case import Known
from etl.metrics.chains import chain_views
from etl.metrics.rules import check_dimensions
from etl.metrics.shared import share
from etl.metrics.sightings import sightings
from etl.metrics.sql import run_sql
from etl.metrics.steps import step_rows
from etl.metrics.tracing import check_evidence
from etl.metrics.views import build_views
from etl.pipeline.project import Project
from etl.settings.load import place_of
from etl.store.frames import no_rows


def check_steps(project: Project) -> None:
    """Make sure that the steps of all chains are SQL: all metrics stand on their views.

    Raises:
        ConfigError: One is not; with file and line.
    """
    day = date(2026, 1, 1)
    of = replace(project.definitions, steps=())
    views = build_views(_empty_tables(project), of, day, 0)
    for number, chain in enumerate(project.settings.chain):
        for step in project.definitions.steps:
            if step.chain != chain.name:
                continue
            try:
                step_rows(views, step)
            except ConfigError as error:
                within = ("chain", number, "step", step.position - 1, "where")
                place = place_of(project.settings.root, *within)
                raise ConfigError(f"{place}: {error}") from error


def check_metrics(project: Project) -> None:
    """Run every metric over empty tables, so that wrong SQL shows before the night.

    Raises:
        ConfigError: A step of a chain or a metric does not run; with file and line.
    """
    check_steps(project)
    empty = _empty_tables(project)
    of, day = project.definitions, date(2026, 1, 1)
    views = build_views(empty, of, day, 1)
    views |= chain_views(sightings(empty, of, day), of, day, Known())
    views = share({1: views}, project.sheets.values())[1]  # to be planned once, not per metric
    mistakes: list[str] = []
    for sheet in project.sheets.values():
        try:
            check_dimensions(sheet, run_sql(sheet, views).columns)
            check_evidence(sheet, views)
        except ConfigError as error:
            mistakes.append(str(error))
    if mistakes:
        raise ConfigError("\n".join(mistakes))


def _empty_tables(project: Project) -> dict[str, pl.LazyFrame]:
    return {
        name: no_rows(project.schema_of(name)).lazy()
        for name in ("requests", "events", "rejects", "inputs")
    }
