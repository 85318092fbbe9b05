"""What is known of each object at a step is what a grouping of the rows gives."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from etl.metrics.firsts import LATEST, Firsts, instants

START = datetime(2026, 3, 10, tzinfo=UTC)
END = START + timedelta(days=1)
MOMENTS = st.sampled_from([START, END]).flatmap(
    lambda midnight: st.integers(-3, 3).map(
        lambda micros: midnight + timedelta(microseconds=micros)
    )
)
SIGHTINGS = st.lists(st.tuples(st.integers(0, 4), MOMENTS), max_size=40)
OBJECTS = 5


@given(SIGHTINGS, st.sets(st.integers(0, 4)))
def test_figures_are_those_of_the_rows(
    sightings: list[tuple[int, datetime]], old: set[int]
) -> None:
    before = [(number, START - timedelta(days=1, hours=number), number + 1) for number in old]
    firsts = Firsts(OBJECTS, START, END)
    for part in (sightings[:7], sightings[7:]):
        objects = np.array([number for number, _ in part], dtype=np.int32)
        firsts.see(objects, micros([at for _, at in part]))
    objects = np.array([number for number, _, _ in before], dtype=np.int32)
    seen = np.array([seen for _, _, seen in before], dtype=np.int32)
    firsts.see_before(objects, micros([at for _, at, _ in before]), seen)
    for number in range(OBJECTS):
        times = [at for other, at in sightings if other == number]
        today = [at for at in times if START <= at < END]
        past = [(at, seen) for other, at, seen in before if other == number]
        expected = (
            min([*times, *(at for at, _ in past)], default=None),
            bool(today),
            sum(at < END for at in times) + sum(seen for _, seen in past),
        )
        assert told(firsts, number) == expected
    assert firsts.rows_today == sum(START <= at < END for _, at in sightings)


def micros(times: list[datetime]) -> np.ndarray:
    column = pl.Series(times, dtype=pl.Datetime("us", "UTC"))
    return column.to_physical().to_numpy().astype(np.int64)


def told(firsts: Firsts, number: int) -> tuple[object, ...]:
    first = instants("first", firsts.first, LATEST)[number]
    return first, bool(firsts.is_today[number]), int(firsts.seen[number])
