"""The counts that metrics add up are those of the rows, whatever these look like."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from math import ceil
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from etl.days import day_bounds
from etl.metrics.counts import REQUEST_KEYS, cumulated
from etl.metrics.views import Definitions, build_views
from tests.metrics.test_measure import tables

PATHS = (
    *(("/customers/{id}", path) for path in ("/customers/7", "/customers/%37", "/customers/a;b")),
    *(("/{tenant}/orders", path) for path in ("/acme/orders", "/%61cme/orders", "/a;v=1/orders")),
    *(("/a%20b/{id}", path) for path in ("/a%20b/1",)),
    *((None, path) for path in ("/", "*", "", "/.env;x", "/customers", "/añb/ü", None)),
)
"""Routes, and paths that match them (or none) as a client sent them."""

ZONES = (
    ("Europe/Berlin", date(2026, 3, 10)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Asia/Kathmandu", date(2026, 3, 10)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
)


def views(zone: str, day: date) -> dict[str, pl.LazyFrame]:
    """Return the views of a day with all kinds of requests."""
    pick = random.Random(f"{zone} {day}")  # noqa: S311 (test data, no secret)
    start, end = day_bounds(day, ZoneInfo(zone))
    rows = []
    for number in range(600):
        route, path = pick.choice(PATHS)
        rows.append(
            {
                "day": day,
                "source": pick.choice(["api", "shop"]),
                "at": start + (end - start) * pick.random(),
                "route": route,
                "path": path,
                "method": pick.choice(["GET", "POST", None]),
                "status": pick.choice([200, 404, 503, None]),
                "bytes_sent": pick.choice([None, 0, 10]),
                "body_bytes_sent": pick.choice([None, 0, 7]),
                "request_bytes": pick.choice([None, None, 30]),
                "request_time_s": pick.choice([None, 0.5, 0.25, round(pick.random(), 3)]),
                "remote_addr": pick.choice([None, "192.0.2.1", "192.0.2.2"]),
                "remote_user": pick.choice([None, "ann"]),
                "user_agent": pick.choice([None, "-", "curl/8.1", "curl/8.2", "Googlebot/2.1"]),
                "offset": number,
            }
        )
    return build_views(tables(rows, []), Definitions(ZoneInfo(zone), [], []), day, 0)


def sizes() -> pl.Expr:
    return pl.coalesce("bytes_sent", "body_bytes_sent")


@pytest.mark.parametrize(("zone", "day"), ZONES)
def test_requests_are_counted_as_their_rows_are(zone: str, day: date) -> None:
    given, time_s = views(zone, day), pl.col("request_time_s")
    counts = given["request_counts"].collect()
    rows = given["requests"].with_columns(bytes=sizes()).collect()
    expected = rows.group_by(REQUEST_KEYS).agg(
        requests=pl.len(),
        bytes=pl.when(pl.col("bytes").count() > 0).then(pl.col("bytes").sum()),
        sized=pl.col("bytes").count(),
        bytes_received=pl.when(pl.col("request_bytes").count() > 0).then(
            pl.col("request_bytes").sum()
        ),
        received=pl.col("request_bytes").count(),
        timed=time_s.count(),
        within=(time_s <= pl.col("within_s")).sum(),
        first_at=pl.col("at").min(),
        last_at=pl.col("at").max(),
    )
    assert counts.sort(REQUEST_KEYS).equals(
        expected.cast(dict(counts.schema)).sort(REQUEST_KEYS).select(counts.columns)
    )


def test_clients_are_counted_as_their_rows_are() -> None:
    given = views(*ZONES[0])
    counts = given["client_counts"].collect()
    keys = ["source", "remote_addr", "remote_user", "agent_kind", "agent_family"]
    rows = given["requests"].with_columns(bytes=sizes()).collect()
    expected = rows.group_by(keys).agg(
        requests=pl.len(),
        bytes=pl.when(pl.col("bytes").count() > 0).then(pl.col("bytes").sum()),
        sized=pl.col("bytes").count(),
    )
    assert counts.sort(keys).equals(expected.cast(dict(counts.schema)).sort(keys))


def test_events_are_counted_as_their_rows_are() -> None:
    zone, day = ZONES[0]
    keys = [("api", "a", 3), ("api", "a", 3), ("api", None, 3), ("db", "a", None), ("db", "a", 7)]
    at = day_bounds(day, ZoneInfo(zone))[0]
    names = ("source", "app", "severity")
    rows = [dict(zip(names, key, strict=True)) | {"day": day, "at": at} for key in keys]
    given = build_views(tables([], rows), Definitions(ZoneInfo(zone), [], []), day, 0)
    told = given["event_counts"].collect().rows()
    assert Counter(told) == Counter((*key, often) for key, often in Counter(keys).items())


@pytest.mark.parametrize("per", ["source", "route", "method"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_percentile_of_counts_is_the_nearest_rank(per: str, share: float) -> None:
    given = views(*ZONES[0])
    counts = given["request_times"].filter(pl.col("per") == per).collect()
    rows = given["requests"].filter(pl.col("request_time_s").is_not_null()).collect()
    keys = ["source"] if per == "source" else ["source", per]
    groups = rows.filter(pl.col(per).is_not_null()).partition_by(keys, as_dict=True)
    found = counts.filter(pl.col("up_to") >= share * pl.col("n")).group_by(keys)
    told = {tuple(key): time for *key, time in found.agg(pl.col("request_time_s").min()).rows()}
    ranks = {key: sorted(group["request_time_s"]) for key, group in groups.items()}
    assert told == {key: times[ceil(share * len(times)) - 1] for key, times in ranks.items()}
    assert len(told) > 1


def test_times_are_added_up_within_their_group() -> None:
    counts = pl.LazyFrame({"key": ["a", "b", "a"], "time": [2.0, 1.0, 1.0], "rows": [3, 5, 4]})
    found = cumulated(counts, ["key"], "time", "rows").sort("key", "time").collect()
    assert found["up_to"].to_list() == [4, 7, 5]
    assert found["n"].to_list() == [7, 7, 5]


def test_a_day_has_as_many_quarters_as_it_is_long() -> None:
    """On a day of 24.5 hours the local hours of the counts are those of the rows."""
    zone, day = ZONES[3]
    start, end = day_bounds(day, ZoneInfo(zone))
    assert end - start == timedelta(hours=24.5)
    hours = [
        views(zone, day)[name].select(pl.col("hour").unique().sort()).collect()
        for name in ("request_counts", "requests")
    ]
    assert hours[0].equals(hours[1])
