"""Reads a day's records once for all metrics: what they add up, and what became of objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from etl.decode.ahead import made_ahead
from etl.metrics.chains import chain_views
from etl.metrics.counting import COLUMNS_COUNTED, count_requests
from etl.metrics.counts import Counted, CountedEvents, counted_events
from etl.metrics.finding import DICTIONARIES, Finder, finder_of, looked_at
from etl.metrics.sightings import Sightings, sightings
from etl.pipeline.absence import Absent
from etl.pipeline.project import Project
from etl.pipeline.windows import known_span
from etl.store.frames import no_rows
from etl.store.groups import row_groups


@dataclass(frozen=True, slots=True)
class DayRead:
    """What was read of a day.

    Attributes:
        requests: Counts of them.
        events: Counts of them.
        seen: Where the objects of chains were seen.
        of_chains: The views that say what became of them.
    """

    requests: Counted
    events: CountedEvents
    seen: Sightings
    of_chains: dict[str, pl.LazyFrame]


def read_day(project: Project, day: date, absent: Absent) -> DayRead:
    """Read all records of a day.

    Args:
        project: The project.
        day: The day.
        absent: Expected sources without a record, by day; of the days around it.
    """
    known = known_span(project.warehouse)
    finders = _finders(project)
    with ThreadPoolExecutor(2) as beside:  # each takes long
        requests = beside.submit(_count, project, day, finders)
        events = beside.submit(_count_events, project, day)
        ready = {each.step: partial(_found, each, requests) for each in finders}
        seen = sightings(project.tables(), project.definitions, day, ready)
        of_chains = chain_views(seen, project.definitions, day, known, absent)
        return DayRead(requests.result(), events.result(), seen, of_chains)


def _finders(project: Project) -> list[Finder]:
    """Return what finds the rows of steps in the pass that counts requests."""
    schema = no_rows(project.schema_of("requests")).schema
    steps = (step for step in project.definitions.steps if step.records == "requests")
    return [finder for step in steps if (finder := finder_of(step, schema)) is not None]


def _found(finder: Finder, counting: Future[Counted]) -> Iterator[pl.DataFrame]:
    """Yield what a finder found once the pass is over."""
    counting.result()
    yield from finder.taken()


def _count(project: Project, day: date, finders: Sequence[Finder]) -> Counted:
    names = {*COLUMNS_COUNTED}.union(*(finder.columns for finder in finders))
    read = row_groups(project.warehouse, "requests", day, names, texts=DICTIONARIES)
    of = project.definitions
    with made_ahead(read, most=1) as groups:
        return count_requests(looked_at(groups, finders), of.within_s, of.routes_within_s)


def _count_events(project: Project, day: date) -> CountedEvents:
    of_day = project.tables()["events"].filter(pl.col("day") == day)
    return counted_events(of_day).made()
