"""Values become measurements, and absence never passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from etl.errors import SheetError
from etl.metrics.case import Known
from etl.metrics.catalogue import load_catalogue
from etl.metrics.chains import chain_views
from etl.metrics.judging import DayContext
from etl.metrics.measure import measure
from etl.metrics.restating import restate
from etl.metrics.scope import tables_of
from etl.metrics.sightings import sightings
from etl.metrics.steps import Chain, Step
from etl.metrics.views import Definitions, build_views
from etl.model import Measurement, Sheet, Verdict
from etl.resources import sql_folder
from etl.schema import INPUTS, REJECTS, events_schema, requests_schema

DAY = date(2026, 3, 10)
STEPS = (
    Step("customer", "imported", 1, "events", "event = 'imported'", "customer_id"),
    Step("customer", "stored", 2, "events", "event = 'stored'", "customer_id"),
)
DEFINITIONS = Definitions(
    ZoneInfo("Europe/Berlin"), [("api", "requests", True), ("app", "events", True)], STEPS,
    [Chain("customer", timedelta(hours=6), 3)],
)  # fmt: skip
SHEETS = load_catalogue(sql_folder())


def empty(schema: object) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(schema.empty_table()))  # type: ignore[attr-defined]


def tables(
    requests: list[dict[str, object]], events: list[dict[str, object]]
) -> dict[str, pl.LazyFrame]:
    frames = {
        "requests": (requests_schema([]), requests),
        "events": (events_schema({"event": "text", "customer_id": "text"}), events),
        "rejects": (REJECTS, []),
        "inputs": (INPUTS, []),
    }
    found = {}
    for name, (schema, rows) in frames.items():
        frame = empty(schema)
        more = pl.DataFrame(rows, schema={k: frame.schema[k] for k in rows[0]}) if rows else frame
        found[name] = pl.concat([frame, more], how="diagonal").lazy()
    return found


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def request(hour: int, **columns: object) -> dict[str, object]:
    return {"day": DAY, "source": "api", "at": at(hour)} | columns


def event(kind: str, customer: str | None, hour: int = 9, day: date = DAY) -> dict[str, object]:
    row = {"day": day, "source": "app", "at": at(hour, day=day)}
    return row | {"event": kind, "customer_id": customer}


def run(
    name: str,
    *,
    requests: list[dict[str, object]] | None = None,
    events: list[dict[str, object]] | None = None,
    missing: frozenset[str] = frozenset(),
    sheet: Sheet | None = None,
) -> list[Measurement]:
    chosen = sheet or SHEETS[name]
    given = tables(requests or [], events or [])
    views = build_views(given, DEFINITIONS, DAY, chosen.lookback_days)
    views |= chain_views(sightings(given, DEFINITIONS, DAY), DEFINITIONS, DAY, Known())
    return measure(chosen, views, DayContext(DAY, DEFINITIONS, missing, at(23), "v"))


def told(rows: list[Measurement]) -> list[tuple[Mapping[str, object], float | None, Verdict]]:
    return [(dict(one.dimensions), one.value, one.verdict) for one in rows]


@pytest.mark.parametrize(
    ("upstream", "downstream", "value", "verdict"),
    [
        (100, 100, 1.0, Verdict.MET),
        (100, 99, 100 / 99, Verdict.MISSED),
        (101, 100, 1.01, Verdict.MET),
        (99, 100, 0.99, Verdict.MET),
        (2, 1, 2.0, Verdict.MISSED),
        (0, 0, None, Verdict.NO_DATA),
        (5, 0, None, Verdict.MISSED),
        (0, 5, 0.0, Verdict.MISSED),
    ],
)
def test_integrity_is_upstream_by_downstream(
    upstream: int, downstream: int, value: float | None, verdict: Verdict
) -> None:
    events = [event("imported", f"C{n}") for n in range(upstream)]
    events += [event("stored", f"C{n}") for n in range(downstream)]
    (one,) = run("integrity_flow", events=events)
    assert (one.value, one.verdict) == (value, verdict)
    assert (one.numerator, one.denominator) == (upstream, downstream)


def test_a_missing_source_makes_its_chain_incomplete_and_leaves_others_alone() -> None:
    requests = [request(9, status=500)] * 3
    (chain,) = run("integrity_flow", missing=frozenset({"app"}))
    (errors,) = run("http_500", requests=requests, missing=frozenset({"app"}))
    assert (chain.verdict, errors.verdict) == (Verdict.INCOMPLETE, Verdict.MISSED)
    (absent,) = run("http_500", missing=frozenset({"api"}))
    assert (absent.verdict, absent.value, dict(absent.dimensions)) == (
        Verdict.INCOMPLETE, 0.0, {"source": "api"})  # fmt: skip


def test_no_requests_is_no_data_and_not_zero_errors() -> None:
    (one,) = run("http_500")
    assert one.verdict == Verdict.NO_DATA


def test_a_kpi_without_any_row_is_one_measurement_without_data() -> None:
    assert told(run("request_time_p90")) == [({}, None, Verdict.NO_DATA)]


def test_500s_are_counted_with_their_first_and_last_row() -> None:
    requests = [
        request(hour, status=status) for hour, status in [(1, 500), (2, 200), (3, 500), (4, 503)]
    ]
    (one,) = run("http_500", requests=requests)
    assert (one.value, one.n, one.first_at, one.last_at) == (2, 4, at(1), at(3))


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 99, 100, 101])
def test_p90_is_the_nearest_rank(count: int) -> None:
    times = [n / 1000 for n in range(count, 0, -1)]
    requests = [request(9, route="/a", request_time_s=time) for time in times]
    requests += [
        request(9, route="/a", request_time_s=None),
        request(9, route=None, request_time_s=9.0),
    ]
    (one,) = run("request_time_p90", requests=requests)
    rank = -(-9 * count // 10)  # ceil(0.9 n) in whole numbers
    assert (one.value, one.n) == (sorted(times)[rank - 1], count)


def test_end_to_end_times_look_back_over_midnight() -> None:
    yesterday = date(2026, 3, 9)
    events = [
        event("imported", "A", 22, yesterday), event("stored", "A", 1),  # three hours
        event("imported", "B", 20, yesterday), event("stored", "B", 21, yesterday),
        event("stored", "B", 5),  # doubled: it had arrived the day before
        event("imported", "C", 8), event("stored", "C", 9), event("stored", "C", 11),
        event("imported", "D", 8),  # in flight
        event("stored", "E", 8),  # from nowhere
    ]  # fmt: skip
    (one,) = run("chain_time_p50", events=events)
    assert (one.value, one.n) == (3600.0, 2)


def test_hours_carry_their_offset_where_the_clock_changes() -> None:
    autumn = date(2026, 10, 25)
    rows = [
        {"day": autumn, "source": "api", "at": at(hour, 30, autumn), "status": 200}
        for hour in (0, 1)
    ]
    views = build_views(tables(rows, []), DEFINITIONS, autumn, 0)
    context = DayContext(autumn, DEFINITIONS, frozenset(), at(23), "v")
    found = measure(SHEETS["http_status_hourly"], views, context)
    assert [one.dimensions["hour"] for one in found] == ["02:00+01:00", "02:00+02:00"]
    summer = run("http_status_hourly", requests=[request(9, status=200)])
    assert [one.dimensions["hour"] for one in summer] == ["10:00"]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("select count(*) as value\nfrom requests where statsu = 1", r"m\.sql:2:21: .*statsu"),
        ("select 1 as value from request", "Did you mean 'requests'"),
        ("select source from requests", "needs a column 'value'"),
        ("select 'x' as value from requests", "'value' cannot be of type String"),
        ("select at, 1 as value from requests", "'at' cannot be of type"),
        ("selekt 1", r"m\.sql"),
    ],
)
def test_wrong_sql_says_where_and_what_exists(sql: str, says: str) -> None:
    sheet = replace(SHEETS["lines"], sql=sql, path="m.sql")
    with pytest.raises(SheetError, match=says):
        run("lines", requests=[request(9)], sheet=sheet)


def test_a_restated_value_keeps_what_was_said_before() -> None:
    (old,) = run("http_500", requests=[request(9, status=500)])
    (new,) = run("http_500", requests=[request(9, status=500), request(10, status=500)])
    later = replace(new, measured_at=at(23, 59), data_version="w")
    (restated,) = restate([later], [old])
    assert (restated.previous_value, restated.measured_at) == (1.0, at(23, 59))
    (again,) = restate([replace(later, measured_at=at(23, 59, date(2026, 3, 12)))], [restated])
    assert (again.previous_value, again.measured_at) == (1.0, at(23, 59))


def test_tables_are_found_in_sql_and_not_in_comments() -> None:
    sheet = replace(
        SHEETS["lines"], sql="/* events */ select 1 as value from steps_before -- requests"
    )
    assert tables_of(sheet) == {"steps"}
