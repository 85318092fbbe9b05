"""What became of objects is what their sightings give, told one object at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.days import day_bounds
from etl.metrics.case import Known
from etl.metrics.chain_schemas import SCHEMAS
from etl.metrics.chains import chain_views
from etl.metrics.numbering import Numbering
from etl.metrics.sightings import Seen
from etl.metrics.steps import Chain, Step
from etl.metrics.views import Definitions
from tests.conftest import examples
from tests.metrics.test_measure import tables

DAY = date(2026, 3, 28)
"""The next day is an hour short."""
ZONE = ZoneInfo("Europe/Berlin")
START, END = day_bounds(DAY, ZONE)
SKEW = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)
GRACES = [timedelta(0), timedelta(seconds=90), timedelta(hours=6), timedelta(hours=30)]
OBJECTS = ("A", "B, with an id that is no short one", "")
Row = tuple[object, ...]


@dataclass(frozen=True)
class Day:
    """What is drawn: `times` of each object at each step, in any order."""

    grace: timedelta
    repeats: tuple[bool, ...]
    times: dict[str, tuple[list[datetime], ...]]
    known: Known
    absent: dict[date, list[str]]

    @property
    def places(self) -> range:
        return range(len(self.repeats))


MICROS = st.sampled_from([0, 0, -1, 1]).map(lambda number: number * MICROSECOND)


def sum_of(parts: tuple[datetime, timedelta, timedelta]) -> datetime:
    return parts[0] + parts[1] + parts[2]


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Draw days whose times lie at, right before and right behind what decides about them."""
    grace = draw(st.sampled_from(GRACES))
    repeats = tuple(draw(st.lists(st.sampled_from([False, False, True]), min_size=2, max_size=4)))
    spans = st.sampled_from([timedelta(0), grace, SKEW, -SKEW, 2 * SKEW, -grace, grace + SKEW])
    bases = st.sampled_from([START, START + timedelta(hours=12), END])
    times = {}
    for name in OBJECTS:
        base = st.just(draw(bases))
        moments = st.tuples(base, spans, MICROS).map(sum_of)
        several = st.lists(moments, min_size=1, max_size=1) | st.lists(moments, max_size=3)
        times[name] = tuple(draw(several) for _ in repeats)
    moments = st.tuples(bases, spans, MICROS).map(sum_of)
    known = draw(st.just(Known()) | st.builds(Known, moments, moments))
    source = st.sampled_from([f"app{place}" for place in range(len(repeats))])
    missing = st.lists(source, max_size=1)
    around = [DAY + timedelta(days=number) for number in (-1, 0, 1)]
    absent = {day: draw(missing) for day in around if draw(st.booleans())}
    return Day(grace, repeats, times, known, absent)


def views_of(given_day: Day) -> dict[str, list[Row]]:
    """Return the rows of all views, sorted."""
    steps = [
        Step("way", f"step{n}", n + 1, "events", f"source = 'app{n}'", "customer_id", repeats)
        for n, repeats in enumerate(given_day.repeats)
    ]
    sources = [(f"app{place}", "events", True) for place in given_day.places]
    chain = Chain("way", given_day.grace, 3)
    definitions = Definitions(ZONE, sources, steps, [chain])
    seen = {"way": seen_of(given_day, steps)}
    views = chain_views(seen, definitions, DAY, given_day.known, given_day.absent)
    assert {name: view.collect_schema() for name, view in views.items()} == SCHEMAS
    return {name: ordered(view.collect(engine="streaming").rows()) for name, view in views.items()}


def ordered(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=repr)


def seen_of(given_day: Day, steps: list[Step]) -> Seen:
    """Return the same sightings as the job holds them."""
    ids = Numbering()
    ids.add(pl.Series(OBJECTS))
    rows: list[list[Row]] = [[] for _ in steps]
    before = []
    for number, name in enumerate(OBJECTS):
        for place, times in enumerate(given_day.times[name]):
            rows[place] += [(number, at) for at in times if at >= START - SKEW]
            early = [at for at in times if at < START - SKEW]
            before += [(number, place + 1, min(early), len(early))] if early else []
    instant = pl.Datetime("us", "UTC")
    held = [
        pl.DataFrame(some, schema={"object": pl.Int32, "at": instant}, orient="row")
        for some in rows
    ]
    known = {"object": pl.Int32, "number": pl.UInt8, "at": instant, "seen": pl.Int32}
    return Seen(steps, ids, held, pl.DataFrame(before, schema=known, orient="row"), tables([], []))


JUDGED = START + timedelta(hours=6)
"""When unexpected objects are told of, of data that begin with the day."""
NOBODY: tuple[list[datetime], ...] = ([], [])


@pytest.mark.parametrize(("at", "told"), [(JUDGED, 1), (JUDGED - MICROSECOND, 0)])
def test_the_first_moment_at_which_an_object_is_unexpected(at: datetime, told: int) -> None:
    times = dict.fromkeys(OBJECTS, NOBODY) | {"A": ([], [at])}
    alone = Day(timedelta(hours=6), (False, False), times, Known(START, END), {})
    assert len(views_of(alone)["strays"]) == told == len(list(strays(alone)))


@given(days())
@examples(200)
def test_views_are_what_each_object_gives(given_day: Day) -> None:
    found = views_of(given_day)
    cohort = list(cohorts(given_day))
    assert found["cohorts"] == ordered(cohort)
    assert found["astray"] == ordered([row for row in cohort if row[6] != "reached"])
    assert found["strays"] == ordered(list(strays(given_day)))
    passed = list(passages(given_day))
    assert found["passages"] == ordered(passed)
    assert found["chain_waits"] == ordered(list(waits(given_day, cohort)))
    assert found["step_counts"] == ordered(list(step_counts(given_day)))
    assert found["cohort_counts"] == ordered(list(cohort_counts(cohort)))
    assert found["passage_times"] == ordered(list(passage_times(passed)))


def is_today(at: datetime | None) -> bool:
    return at is not None and START <= at < END


def gaps(given_day: Day, place: int) -> Iterator[tuple[date, datetime, datetime, bool]]:
    """Yield the logs of a step that are missing: day, its bounds, and whether they are overdue."""
    for day, sources in given_day.absent.items():
        if f"app{place}" in sources:
            start, end = day_bounds(day, ZONE)
            last_at = given_day.known.last_at
            yield day, start, end, last_at is not None and last_at >= end


def touched(given_day: Day, place: int, since: datetime, until: datetime) -> bool:
    return any(since < end and until >= start for _, start, end, _ in gaps(given_day, place))


def cohorts(given_day: Day) -> Iterator[Row]:
    for name, times in given_day.times.items():
        entered = min(times[0], default=None)
        if entered is None or not is_today(entered):
            continue
        since, deadline = entered - SKEW, entered + given_day.grace
        reached = [entered, *(min((at for at in of_step if at >= since), default=None)
                              for of_step in times[1:])]  # fmt: skip
        last = max(place for place, at in enumerate(reached) if at is not None)
        is_over = given_day.known.last_at is not None and given_day.known.last_at > deadline
        for place in given_day.places[1:]:
            at = reached[place]
            if at is not None:
                state = "reached" if at <= deadline else "late"
            elif not is_over or touched(given_day, place, since, deadline):
                state = "in_flight"
            else:
                state = "skipped" if last > place else "lost"
            is_last = place == given_day.places[-1]
            yield ("way", name, entered, f"step{place}", place + 1, at, state, f"step{last}",
                   reached[last], is_last)  # fmt: skip


def strays(given_day: Day) -> Iterator[Row]:
    first_at = given_day.known.first_at
    for name, times in given_day.times.items():
        for place in given_day.places:
            today = [at for at in times[place] if is_today(at)]
            if given_day.repeats[place] or not today:
                continue
            told = ("way", name, f"step{place}", place + 1)
            if sum(at < END for at in times[place]) > 1:
                yield (*told, max(today), "duplicated")
            here, upstream = min(times[place]), [at for of in times[:place] for at in of]
            if place == 0 or first_at is None or here < max(START, first_at + given_day.grace):
                continue
            hidden = touched(given_day, 0, here - given_day.grace, here)
            if all(at > here + SKEW for at in upstream) and not hidden:
                yield (*told, here, "unexpected")


def passages(given_day: Day) -> Iterator[Row]:
    last = given_day.places[-1]
    pairs = [("step", place - 1, place) for place in given_day.places[1:]]
    for span, start, end in [*pairs, ("chain", 0, last)]:
        for name, times in given_day.times.items():
            started, reached = (min(times[place], default=None) for place in (start, end))
            if started is None or reached is None or not is_today(reached):
                continue
            if reached - started >= -SKEW:
                time_s = (reached - started) / MICROSECOND / 1e6
                yield "way", name, span, f"step{start}", f"step{end}", started, reached, time_s


def waits(given_day: Day, cohort: list[Row]) -> Iterator[Row]:
    for place in given_day.places[1:]:
        in_flight = [row[2] for row in cohort if row[4] == place + 1 and row[6] == "in_flight"]
        for day, start, end, is_over in gaps(given_day, place):
            near = sum(at - SKEW < end and at + given_day.grace >= start for at in in_flight)
            if near and is_over:
                yield "way", f"step{place}", place + 1, f"app{place}", day, near


def step_counts(given_day: Day) -> Iterator[Row]:
    for place in given_day.places:
        today = [[at for at in of[place] if is_today(at)] for of in given_day.times.values()]
        objects = sum(bool(of_object) for of_object in today)
        yield "way", f"step{place}", place + 1, sum(map(len, today)), objects


def cohort_counts(cohort: list[Row]) -> Iterator[Row]:
    groups = {(row[3], row[4], row[9], row[6]) for row in cohort}
    for step, position, is_last, state in groups:
        at = [row[2] for row in cohort if (row[4], row[6]) == (position, state)]
        yield "way", step, position, is_last, state, len(at), min(at), max(at)


def passage_times(passed: list[Row]) -> Iterator[Row]:
    for key, objects in Counter((row[2:5], row[7]) for row in passed).items():
        same = [row[7] for row in passed if row[2:5] == key[0]]
        up_to = sum(time_s <= key[1] for time_s in same)
        yield "way", *key[0], key[1], objects, up_to, len(same)
