"""Rows of steps that are found while requests are counted are those that a query finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.metrics.finding import DICTIONARIES, MOST_KEPT, Finder, finder_of, looked_at
from etl.metrics.steps import Step, step_rows
from etl.schema import requests_schema
from etl.store.groups import RowGroup

SCHEMA = requests_schema(["id", "city"])
TYPES = pl.DataFrame(pl.from_arrow(SCHEMA.empty_table())).schema
MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)
FOUND = ("object_id", "at", "source", "input_id", "offset")

ATOMS = {
    "status": ["status = 200", "status in (200, 404)", "not status between 300 and 404",
               "status is null", "status is not null", "status <> 200",
               "(status < 0 or status > 400)"],
    "route": ["route = '/a/{id}'", "route like '/a/%'", "route in ('/b', '/c')", "route is null"],
    "user_agent": ["user_agent like 'crm%'", "user_agent ilike 'CRM%'", "user_agent not like '%1'"],
    "method": ["method = 'GET'", "not method = 'GET'", "(method = 'GET' or method is null)"],
    "host": ["host = 'a and b'"],
    "source": ["source = 'api'", "source in ('api', 'shop')", "source like 's%'"],
}  # fmt: skip
LITERALS = ("true", "false", "null")
WHERE = st.one_of(
    st.sampled_from([*LITERALS, "status = 200 AND method = 'GET'"]),
    st.lists(st.sampled_from([atom for atoms in ATOMS.values() for atom in atoms]), min_size=1)
    .map(" and ".join)
)  # fmt: skip


def step(where: str, object_id: str = "params.id") -> Step:
    return Step("chain", "step", 1, "requests", where, object_id)


def some(*values: object) -> st.SearchStrategy[object]:
    return st.sampled_from([None, *values])


ROW = st.fixed_dictionaries(
    {
        "status": some(200, 404, 500, -1),
        "route": some("/a/{id}", "/a", "/b", ""),
        "user_agent": some("crm/1", "CRM/2", "crm/3", ""),
        "method": some("GET", "POST"),
        "host": some("a and b", "a"),
        "params": some(
            {"id": "1", "city": None}, {"id": None, "city": "x"}, {"id": "7", "city": ""}
        ),
        "request_id": some("r", ""),
        "upstream_time_s": some(0.5, 2.0),
    }
)  # fmt: skip
GROUPS = st.lists(
    st.tuples(
        st.sampled_from(["api", "shop"]),
        st.lists(ROW, min_size=1, max_size=9),
        st.sets(st.sampled_from(["status", "user_agent", "method", "params.id"]), max_size=2),
    ),
    max_size=4,
)
OBJECTS = st.sampled_from(["params.id", "request_id", "user_agent", "status", "upstream_time_s"])


@given(WHERE, OBJECTS, GROUPS, st.booleans(), st.integers(0, 9))
def test_what_is_found_is_what_a_query_finds(
    where: str,
    object_id: str,
    groups: list[tuple[str, list[dict[str, object]], set[str]]],
    with_dictionaries: bool,
    before: int,
) -> None:
    finder = finder_of(step(where, object_id), TYPES)
    assert (finder is None) == (where in LITERALS)
    if finder is not None:
        given_groups, rows = [], []
        for source, asked, missing in groups:
            full = list(_in_full(source, asked, missing, len(rows)))
            rows += full
            table = _table(full[:1] * before + full, missing, with_dictionaries)
            given_groups.append(RowGroup(source, table.slice(before)))
        _check(finder, given_groups, rows)


def test_conditions_on_many_values_hold_as_a_query_says() -> None:
    where = "user_agent like '%7' and status <> 5"
    asked = [
        {
            "user_agent": f"agent {number % 1400}",
            "status": number % 9,
            "params": {"id": f"{number}"},
        }
        for number in range(3 * MOST_KEPT)
    ]
    rows = list(_in_full("api", asked, set(), 0))
    halves = [rows[: MOST_KEPT // 2], rows[MOST_KEPT // 2 :]]
    finder = finder_of(step(where), TYPES)
    assert finder is not None
    found = _check(finder, [RowGroup("api", _table(half, set(), True)) for half in halves], rows)
    assert len(found) > MOST_KEPT // 9


@pytest.mark.parametrize(
    ("where", "object_id"),
    [
        ("status = max(status)", "params.id"),
        ("row_number() over (order by at) = 1", "params.id"),
        ("status in (select status from requests)", "params.id"),
        ("requests.status = 200", "params.id"),
        ("params.city = 'x'", "params.id"),
        ("path like '/a/%'", "params.id"),
        ("resource = 'a'", "params.id"),
        ("status = 200 or method = 'GET'", "params.id"),
        ("lower(method) = 'get'", "params.id"),
        ("status = body_bytes_sent", "params.id"),
        ("status = 200", "coalesce(params.id, request_id)"),
        ("status = 200", "requests.params.id"),
        ("status = 200", "nobody"),
        ("status = 200", "source"),
        ("status = 200", "offset"),
        ("status = 200", "params"),
    ],
)
def test_what_is_more_than_comparisons_is_left_to_a_query(where: str, object_id: str) -> None:
    assert finder_of(step(where, object_id), TYPES) is None


def _in_full(
    source: str, asked: list[dict[str, object]], missing: set[str], first: int
) -> Iterator[dict[str, object]]:
    """Yield rows as the table has them: null in columns that the file lacks."""
    for number, row in enumerate(asked, start=first):
        at = MIDNIGHT + timedelta(seconds=number)
        line = {"at": at, "source": source, "input_id": f"input {number % 3}", "offset": number}
        found = {**dict.fromkeys(TYPES), **row, **line}
        found |= dict.fromkeys(missing & {*TYPES})
        params = found["params"]
        if "params.id" in missing and isinstance(params, dict):
            found["params"] = {**params, "id": None}
        yield found


def _table(rows: list[dict[str, object]], missing: set[str], with_dictionaries: bool) -> pa.Table:
    """Return columns as `store.groups` reads them."""
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    members = table["params"].combine_chunks().flatten()
    names = [f"params.{field.name}" for field in SCHEMA.field("params").type]
    table = table.drop_columns(["params", "day", "source"] if "day" in SCHEMA.names else ["params"])
    for name, member in zip(names, members, strict=True):
        table = table.append_column(name, member)
    for place, name in enumerate(table.column_names):
        if with_dictionaries and name in DICTIONARIES:
            table = table.set_column(place, name, table[name].dictionary_encode())
    return table.drop_columns([name for name in table.column_names if name in missing])


def _check(finder: Finder, groups: list[RowGroup], rows: list[dict[str, object]]) -> pl.DataFrame:
    assert list(looked_at(groups, [finder])) == groups
    finder.end()
    assert all(set(FOUND[1:]) - {"source"} <= set(finder.columns) for _ in groups)
    parts = [pl.DataFrame(schema=dict.fromkeys(FOUND, pl.String)), *finder.taken()]
    found = pl.concat([part.cast(pl.String) for part in parts])
    frame = pl.DataFrame(rows, schema=TYPES).lazy()
    query = step_rows({"requests": frame, "events": frame}, finder.step)
    assert found.rows() == query.select(FOUND).cast(pl.String).collect().rows()
    return found
