"""Of the look-back only what a day's own objects need is held, and nothing of it is missing."""

from datetime import date, timedelta

import polars as pl

from etl.metrics.case import Known
from etl.metrics.chains import chain_views
from etl.metrics.sightings import Seen, sightings
from tests.metrics.test_measure import DAY, DEFINITIONS, at, event, tables


def seen_of(*events: dict[str, object]) -> Seen:
    return sightings(tables([], list(events)), DEFINITIONS, DAY)["customer"]


def held(seen: Seen) -> set[str]:
    objects = pl.concat([frame["object"] for frame in (*seen.rows, seen.before)])
    return set(seen.ids.texts().gather(objects))


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


def test_objects_that_no_row_of_the_day_shows_are_not_held() -> None:
    seen = seen_of(
        event("imported", "here"),
        event("imported", "gone", day=ago(1)),
        event("stored", "gone", hour=10, day=ago(1)),
        event("imported", "tomorrow", day=ago(-1)),
    )
    assert held(seen) == {"here"}


def test_the_look_back_is_a_row_for_each_object_and_step() -> None:
    again = [event("imported", "A", hour=hour, day=ago(day)) for hour in (1, 5) for day in (1, 2)]
    seen = seen_of(*again, event("stored", "A", hour=3, day=ago(3)), event("stored", "A"))
    assert seen.ids.texts().to_list() == ["A"]
    assert seen.before.sort("number").rows() == [
        (0, 1, at(1, day=ago(2)), 4),
        (0, 2, at(3, day=ago(3)), 1),
    ]
    assert [len(rows) for rows in seen.rows] == [0, 1]


def test_days_beyond_the_look_back_are_not_read() -> None:
    seen = seen_of(event("imported", "A"), event("imported", "A", day=ago(4)))
    assert seen.before.is_empty()


def test_the_day_after_shows_what_became_of_the_day() -> None:
    entered = event("imported", "A", hour=22)
    arrived = event("stored", "A", hour=1, day=ago(-1))
    assert [len(rows) for rows in seen_of(entered, arrived).rows] == [1, 1]


def test_a_clock_that_is_behind_by_less_than_a_minute_reaches_over_midnight() -> None:
    """The line of that sighting is known, as of those of the day."""
    midnight = at(0) - timedelta(hours=1)  # of Europe/Berlin
    entered = {**event("imported", "A"), "at": midnight + timedelta(seconds=10)}
    stored = {**event("stored", "A", day=ago(1)), "at": midnight - timedelta(seconds=40)}
    seen = seen_of(entered, stored)
    assert [len(rows) for rows in seen.rows] == [1, 1]
    assert seen.before.is_empty()
    views = chain_views({"customer": seen}, DEFINITIONS, DAY, Known(at(0, day=ago(3)), at(23)))
    assert views["cohorts"].collect()["state"].to_list() == ["reached"]
