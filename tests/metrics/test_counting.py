"""One pass over columns counts what plain queries count over the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from etl.metrics.columns import NUMBERS, TEXTS
from etl.metrics.counting import count_requests
from etl.metrics.counts import COUNTED, counted
from etl.metrics.views import Definitions, cut
from etl.schema import requests_schema
from etl.store.groups import RowGroup
from tests.metrics.test_counts import PATHS
from tests.metrics.test_measure import tables

DAY = date(2026, 3, 10)
MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)
WITHIN = {("api", "/customers/{id}"): 0.1, ("api", "/elsewhere"): 3.0}
SCHEMA = requests_schema([])


def some(*values: object) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


ROW = st.fixed_dictionaries(
    {
        "at": st.integers(0, 86_399_999_999).map(lambda us: MIDNIGHT + timedelta(microseconds=us)),
        "asked": st.sampled_from([*PATHS, ("/{tenant}/orders", None), (None, "/x" * 400)]),
        "method": some("GET", "POST", ""),
        "status": some(200, 399, 400, 503, -1),
        "bytes_sent": some(0, 10, 1 << 40),
        "body_bytes_sent": some(0, 7),
        "request_bytes": some(30),
        "request_time_s": some(0.0, -0.0, 0.1, 0.5, 0.25, 0.1 + 0.2, 1e9),
        "remote_addr": some("192.0.2.1", "192.0.2.2"),
        "remote_user": some("ann", "-"),
        "user_agent": some("", "-", "curl/8.1", "curl/8.2 with a long name"),
    }
)
GROUPS = st.lists(
    st.tuples(
        st.sampled_from(["api", "shop"]),
        st.lists(ROW, min_size=1, max_size=12),
        st.sets(st.sampled_from([*TEXTS, *NUMBERS[1:], "path"]), max_size=4),
    ),
    max_size=5,
)


@given(GROUPS, st.booleans(), st.integers(0, 9))
def test_what_is_counted_is_what_the_rows_give(
    groups: list[tuple[str, list[dict[str, Any]], set[str]]], with_dictionaries: bool, before: int
) -> None:
    rows: list[dict[str, object]] = []
    given_groups = []
    for source, asked, missing in groups:
        of_group = list(_rows(asked, missing))
        rows += _in_full(source, of_group)
        schema = _schema(missing, with_dictionaries)
        # Arrow's bits of what is null begin anywhere in a byte.
        table = pa.Table.from_pylist([of_group[-1]] * before + of_group, schema=schema)
        given_groups.append(RowGroup(source, table.slice(before)))
    _check(rows, given_groups)


def test_many_clients_and_times_are_counted() -> None:
    """So many that there is no room for them in the middle of a group."""
    asked = [
        {
            "at": MIDNIGHT + timedelta(seconds=number),
            "route": (None, "/{tenant}/orders", "/orders", f"/of/{number}")[number % 4],
            "path": f"/t{number % 9000}/orders",
            "status": (200, None, 404)[number % 3],
            "body_bytes_sent": number,
            "request_time_s": number % 50_000 / 1000,
            "remote_addr": f"192.0.{number % 70_000}",
        }
        for number in range(86_000)
    ]
    schema = _schema({"user_agent", "remote_user", "bytes_sent"}, with_dictionaries=False)
    tables_of = [pa.Table.from_pylist(part, schema=schema) for part in (asked[:9], asked[9:])]
    chunks = pa.concat_tables([tables_of[1].slice(0, 100), tables_of[1].slice(100)])
    groups = [RowGroup("api", tables_of[0]), RowGroup("api", chunks)]
    assert len(_check(_in_full("api", asked), groups)["clients"]) == 70_000


def _in_full(source: str, rows: list[dict[str, Any]]) -> list[dict[str, object]]:
    blank = dict.fromkeys(("route", *TEXTS, *NUMBERS, "path"))
    return [{"day": DAY, "source": source, **blank, **row} for row in rows]


def _check(rows: list[dict[str, object]], groups: list[RowGroup]) -> dict[str, pl.DataFrame]:
    """Return what is counted of groups, which is what plain queries count of the rows."""
    definitions = Definitions(ZoneInfo("UTC"), [], [], within_s=0.5, routes_within_s=WITHIN)
    plain = counted(cut(tables(rows, []), definitions, DAY, DAY)["requests"])
    quick = count_requests(groups, 0.5, WITHIN)
    every = {}
    for name, schema in COUNTED.items():
        key = schema.names()
        expected = getattr(plain, name).select(key).collect().cast(dict(schema)).sort(key)
        found = every[name] = getattr(quick, name).collect()
        if name == "paths":  # they are cut where templates are made of them
            found = _cut(found)
        assert found.select(key).sort(key).equals(expected), name
    return every


def _rows(asked: list[dict[str, Any]], missing: set[str]) -> Iterator[dict[str, object]]:
    for row in asked:
        route, path = row["asked"]
        found = {"route": route, "path": path, **row}
        yield {name: v for name, v in found.items() if name not in {*missing, "asked"}}


def _schema(missing: set[str], with_dictionaries: bool) -> pa.Schema:
    names = [name for name in (*TEXTS, *NUMBERS, "path") if name not in missing]
    kinds = {name: SCHEMA.field(name).type for name in names}
    if with_dictionaries:
        kinds |= {n: pa.dictionary(pa.int32(), pa.string()) for n in TEXTS if n in kinds}
    return pa.schema(list(kinds.items()))


def _cut(paths: pl.DataFrame) -> pl.DataFrame:
    short = paths.with_columns(pl.col("path").str.slice(0, 500))
    return short.group_by("source", "path").agg(pl.col("requests", "answered").sum())
