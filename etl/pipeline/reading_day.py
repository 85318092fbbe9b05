"""Reads a day's records once for all metrics: what they add up to, and where objects were seen."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import polars as pl

from etl.decode.ahead import made_ahead
from etl.metrics.counting import COLUMNS_COUNTED, count_requests
from etl.metrics.counts import Counted, CountedEvents, counted_events
from etl.metrics.finding import DICTIONARIES, Finder, Watcher, finder_of, looked_at
from etl.metrics.sightings import Sightings, sightings
from etl.metrics.slowest import Slowest
from etl.pipeline.project import Project
from etl.store.frames import no_rows
from etl.store.groups import row_groups


@dataclass(frozen=True, slots=True)
class DayRead:
    """What was read of a day.

    Attributes:
        requests: Counts of them.
        events: Counts of them.
        seen: Where the objects of chains were seen.
        slowest: The slowest requests, as of `Slowest`.
    """

    requests: Counted
    events: CountedEvents
    seen: Sightings
    slowest: pl.DataFrame


def read_day(project: Project, day: date) -> DayRead:
    """Read all records of a day."""
    finders, slowest = _finders(project), Slowest()
    with ThreadPoolExecutor(2) as beside:  # requests take as long as all the rest
        requests = beside.submit(_count, project, day, finders, slowest)
        events = beside.submit(_count_events, project, day)
        found = {each.step: each.taken for each in finders}
        seen = sightings(project.tables(), project.definitions, day, found)
        return DayRead(requests.result(), events.result(), seen, slowest.rows)


def _finders(project: Project) -> list[Finder]:
    """Return what finds the rows of steps in the pass that counts requests."""
    schema = no_rows(project.schema_of("requests")).schema
    steps = (step for step in project.definitions.steps if step.records == "requests")
    return [finder for step in steps if (finder := finder_of(step, schema)) is not None]


def _count(project: Project, day: date, finders: Sequence[Finder], slowest: Slowest) -> Counted:
    watchers: tuple[Watcher, ...] = (*finders, slowest)
    names = {*COLUMNS_COUNTED}.union(*(watcher.columns for watcher in watchers))
    of = project.definitions
    try:
        read = row_groups(project.warehouse, "requests", day, names, texts=DICTIONARIES)
        with made_ahead(read, most=3) as groups:
            return count_requests(looked_at(groups, watchers), of.within_s, of.routes_within_s)
    finally:  # whoever waits for rows is let go, and told by the result
        for finder in finders:
            finder.end()


def _count_events(project: Project, day: date) -> CountedEvents:
    of_day = project.tables()["events"].filter(pl.col("day") == day)
    return counted_events(of_day).made()
