"""Rows of a block go to their days, in their order, whatever the order of the days."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.pipeline.reading import split_days

BERLIN = ZoneInfo("Europe/Berlin")
SPRING = datetime(2026, 3, 28, tzinfo=UTC)  # the day before the clocks change
HOURS = st.lists(st.integers(0, 96), max_size=40)


def batch(hours: list[int]) -> pa.RecordBatch:
    """Rows with columns of each kind that blocks have, nulls among them."""
    numbers = range(len(hours))
    texts = pa.array([None if n % 5 == 0 else f"text {n}" for n in numbers], pa.string())
    inner = pa.StructArray.from_arrays([texts], ["id"])
    return pa.RecordBatch.from_arrays(
        [
            pa.array([SPRING + timedelta(hours=h) for h in hours], pa.timestamp("us", "UTC")),
            pa.array(numbers, pa.int64()),
            texts,
            texts.dictionary_encode(),
            inner,
            pa.array([n % 3 == 0 for n in numbers], pa.bool_()),
        ],
        names=["at", "n", "text", "word", "params", "flag"],
    )


@given(HOURS, st.booleans())
def test_each_row_is_on_its_day(hours: list[int], in_order: bool) -> None:
    rows = batch(sorted(hours) if in_order else hours)
    wanted: dict[date, list[dict[str, object]]] = defaultdict(list)
    for row in rows.to_pylist():
        wanted[row["at"].astimezone(BERLIN).date()].append(row)
    found = list(split_days(rows, BERLIN))
    assert [day for day, _ in found] == sorted(wanted)
    assert {day: part.to_pylist() for day, part in found} == wanted
    for _, part in found:
        assert part.schema == rows.schema
        part.validate(full=True)


@pytest.mark.parametrize("hours", [[1] * 1000 + [30], [30] + [1] * 1000])
def test_one_late_row_does_not_hold_its_block(hours: list[int]) -> None:
    """Parts wait for more rows of their day: with the block each would cost megabytes."""
    rows = batch(hours).drop_columns(["word"])  # dictionaries are shared by all blocks
    few = next(part for _, part in split_days(rows, BERLIN) if part.num_rows == 1)
    assert few.get_total_buffer_size() < rows.get_total_buffer_size() / 10
