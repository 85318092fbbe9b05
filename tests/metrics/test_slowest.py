"""The slowest requests of a pass are the first of all rows, sorted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.metrics.slowest import SLOWEST, Slowest
from etl.schema import requests_schema
from etl.store.groups import RowGroup

MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)
SCHEMA = requests_schema([])
TOLD = ("at", "request_time_s", "method", "path", "route", "status", "request_id", "input_id")
GROUPS = st.lists(
    st.tuples(
        st.sampled_from(["api", "shop"]),
        st.lists(
            st.fixed_dictionaries(
                {
                    "second": st.integers(0, 3),
                    "request_time_s": st.sampled_from([None, 0.0, 0.1, 0.5, 2.0, 9.5]),
                    "method": st.sampled_from([None, "GET"]),
                    "status": st.sampled_from([None, 200]),
                    "input_id": st.sampled_from(["a", "b"]),
                }
            ),
            min_size=1,
            max_size=30,
        ),
        st.sampled_from([(), ("method", "request_id"), ("request_time_s",)]),
    ),
    max_size=4,
)


@given(GROUPS, st.booleans())
def test_they_are_the_first_by_time_taken_and_then_by_place(
    groups: list[tuple[str, list[dict[str, object]], tuple[str, ...]]], with_dictionaries: bool
) -> None:
    slowest, rows = Slowest(), []
    for source, asked, missing in groups:
        lines = [_line(row, len(rows) + number) for number, row in enumerate(asked)]
        table = pa.Table.from_pylist(lines, schema=SCHEMA).select([*TOLD, "offset"])
        if with_dictionaries:
            table = table.set_column(2, "method", table["method"].dictionary_encode())
        slowest.look(RowGroup(source, table.drop_columns(list(missing))))
        rows += [{**line, "source": source, **dict.fromkeys(missing)} for line in lines]
    timed = [row for row in rows if row["request_time_s"] is not None]
    order = ("at", "source", "input_id", "offset")
    timed.sort(key=lambda row: (-row["request_time_s"], *(row[name] for name in order)))
    found = slowest.rows.to_dicts()
    names = ("source", *TOLD, "offset")
    assert found == [{name: row.get(name) for name in names} for row in timed[:SLOWEST]]


@pytest.mark.parametrize("different", [1, 20])
def test_many_requests_of_several_groups(different: int) -> None:
    """Of equal ones the earlier come first, also those of a later group."""
    slowest, every = Slowest(), []
    for second in (5, 0, 9):
        rows = [{"second": second, "request_time_s": 1.0 + n % different} for n in range(60)]
        lines = [_line(row, number) for number, row in enumerate(rows)]
        slowest.look(RowGroup("api", pa.Table.from_pylist(lines, schema=SCHEMA)))
        every += [(-row["request_time_s"], second, n) for n, row in enumerate(rows)]
    told = slowest.rows.select(-pl.col("request_time_s"), pl.col("at").dt.second(), "offset")
    assert told.rows() == sorted(every)[:SLOWEST]


def _line(row: dict[str, object], number: int) -> dict[str, object]:
    at = MIDNIGHT + timedelta(seconds=int(str(row["second"])))
    return {**row, "at": at, "path": f"/{number}", "offset": number}
