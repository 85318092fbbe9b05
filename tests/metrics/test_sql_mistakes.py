"""Wrong SQL is told with its place and the nearest name, before the night, never crashing."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from etl.errors import SheetError
from etl.metrics.sql import MOST_ROWS, run_sql
from etl.metrics.views import Definitions, build_views
from etl.model import Sheet
from etl.schema import INPUTS, REJECTS, events_schema, requests_schema

EMPTY = {
    name: pl.DataFrame(pl.from_arrow(schema.empty_table())).lazy()
    for name, schema in {
        "requests": requests_schema(["city", "order"]), "events": events_schema({}),
        "rejects": REJECTS, "inputs": INPUTS,
    }.items()
}  # fmt: skip
VIEWS = build_views(EMPTY, Definitions(ZoneInfo("UTC"), [], []), date(2026, 3, 10), 1)

WRONG = [
    # SQL, line and column, what the message says, what stands over the caret
    ("select count(*) filter (where statsu = 500) as value\nfrom requests", "1:31",
     "unknown column 'statsu'. Near it: status", "statsu"),
    ("select count(*) as value\nfrom requests\nwhere statu = 1", "3:7", "Did you mean 'status'?",
     "statu"),
    ("select r.statsu as value from requests r", "1:10", "unknown column 'statsu' in 'r'",
     "statsu"),
    ("with a as (select status as st from requests)\nselect sum(a.sta) as value from a", "2:14",
     "unknown column 'sta' in 'a'. Known: st. Did you mean 'st'?", "sta"),
    ("select count(params.citty) as value from requests", "1:21",
     "unknown 'citty' in 'params'. Known: city, order. Did you mean 'city'?", "citty"),
    ("select count(r.params.citty) as value from requests r", "1:23", "Did you mean 'city'?",
     "citty"),
    ("select sum(q.status) as value from requests r", "1:12", "unknown view or alias 'q'", "q"),
    ("select count(*) as value\nfrom request", "2:6", "Did you mean 'requests'?", "request"),
    ("select cuont(*) as value from requests", "1:8", "unknown function 'cuont'. Did you mean"
     " 'count'?", "cuont"),
    ("selec 1 as value", "1:1", "a metric is one select; this is 'selec'", "selec"),
    ("select count(* as value from requests", "1:16", "syntax error: Expected: )", "as"),
    ("select count(*) as value, from requests group by", "1:47", "syntax error", "by"),
    ("select count(*) as value\nfrom requests grup by status", "2:20", "Did you mean 'group' for"
     " 'grup'?", "by"),
    ("select source, count(*) as value", "1:8", "column 'source' of no view: add `from`. Views: ",
     "source"),
    ("select 1 as value union all\nselect 2, 3", "1:19", "requires equal number of columns",
     "union"),
    ("select 'open as value", "1:8", "syntax error: Unterminated string", "'"),
    ("select status + path as value from requests", "1:8",
     "(status is a whole number, path is text)", "status"),
    ("select sum(path) as value from requests", "1:8", "`sum` operation not supported", "sum"),
    ("select count(*) as value from requests where status = 'x'", "1:46",
     "cannot compare string", "status"),
    ("select status, count(*) as value from requests", "1:8", "GROUP BY", "status"),
    ("select 1 as value; select 2 as value", "1:20", "here a second statement begins", "select"),
    ("drop table requests", "1:1", "this is 'drop'", "drop"),
    ("insert into requests values (1)", "1:1", "this is 'insert'", "insert"),
    ("with a as (select 1 as x) delete from a", "1:27", "this is 'delete'", "delete"),
    ("select count(*) as value\nfrom read_csv('logs.csv')", "2:6",
     "'read_csv(…)' cannot stand in the place of a view", "read_csv"),
    ("select count(*) as n from requests", "", "needs a column 'value'; it has n", ""),
    ("select array_agg(status) as value from requests", "", "cannot be of type List", ""),
    ("select path as value from requests", "", "column 'value' cannot be of type String", ""),
    ("select at, count(*) as value from requests group by at", "", "column 'at' cannot be", ""),
    ("select count(*) as value, max(status) as last_at from requests", "", "must be an instant",
     ""),
    ("-- nothing", "", "a metric is one select", ""),
]  # fmt: skip


def sheet(sql: str) -> Sheet:
    return Sheet("own", "Own", "errors", "requests", "…", sql, "sql/own.sql")


@pytest.mark.parametrize(("sql", "place", "said", "marked"), WRONG)
def test_wrong_sql_is_told_with_its_place(sql: str, place: str, said: str, marked: str) -> None:
    with pytest.raises(SheetError) as caught:
        run_sql(sheet(sql), VIEWS)
    message = str(caught.value)
    assert said in message
    assert message.startswith(f"sql/own.sql:{place}: " if place else "sql/own.sql: ")
    assert "Resolved plan" not in message
    if marked:
        _, line, caret = message.split("\n")
        start = caret.index("^")
        assert line[start : start + len(marked)] == marked


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) as value from requests;",
        "/* select 1; */ select count(*) as value from requests -- ; drop",
        "select count(*) as value from requests where path = ';' or path = 'it''s'",
        "select count(*) as value from (select status from requests) x",
        "select sum(extract(hour from at)) as value from requests",
        'select count(*) as value from "requests" where "offset" > 0',
    ],
)
def test_what_only_looks_wrong_runs(sql: str) -> None:
    assert run_sql(sheet(sql), VIEWS).columns == ["value"]


def test_more_sets_of_dimensions_than_anybody_reads_are_refused() -> None:
    rows = pl.LazyFrame({"path": [f"/{n}" for n in range(MOST_ROWS + 1)]})
    views = VIEWS | {"requests": rows}
    sql = "select path, count(*) as value from requests group by path"
    with pytest.raises(SheetError, match="5,001 sets of dimensions; a metric may have 5,000 a day"):
        run_sql(sheet(sql), views)
    assert run_sql(sheet(f"{sql} order by path limit 5000"), views).height == MOST_ROWS
