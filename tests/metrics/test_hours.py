"""The column `hour` says what a clock on the wall says, whatever the zone and the look-back."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from etl.days import day_bounds
from etl.metrics.views import Definitions, build_views
from etl.schema import INPUTS, REJECTS, events_schema, requests_schema


@pytest.mark.parametrize(
    ("zone", "day", "lookback"),
    [
        ("Europe/Berlin", date(2026, 3, 16), 0),
        ("Europe/Berlin", date(2026, 3, 29), 0),
        ("Europe/Berlin", date(2026, 10, 27), 7),
        ("Asia/Kolkata", date(2026, 3, 16), 3),
        ("Australia/Lord_Howe", date(2026, 4, 5), 0),
        ("America/New_York", date(2026, 3, 16), 90),
        ("Africa/Casablanca", date(2026, 3, 25), 60),
    ],
)
def test_the_hour_is_that_of_the_zone(zone: str, day: date, lookback: int) -> None:
    here = ZoneInfo(zone)
    first = day - timedelta(days=lookback)
    start, end = day_bounds(first, here)[0], day_bounds(day, here)[1]
    drawn = random.Random(7)  # noqa: S311 # any instants will do
    instants = [start + (end - start) * drawn.random() for _ in range(500)]
    rows = [(at.astimezone(here).date(), at) for at in (*instants, start, _before(end))]
    requests = pl.DataFrame(
        rows, schema={"day": pl.Date, "at": pl.Datetime("us", "UTC")}, orient="row"
    )
    schemas = {
        "events": events_schema({}), "rejects": REJECTS, "inputs": INPUTS,
        "requests": requests_schema([]),
    }  # fmt: skip
    tables = {
        name: pl.DataFrame(pl.from_arrow(schema.empty_table())).lazy()
        for name, schema in schemas.items()
    }
    tables["requests"] = pl.concat([tables["requests"], requests.lazy()], how="diagonal")
    views = build_views(tables, Definitions(here, [], []), day, lookback)
    for view in ("requests", "requests_before"):
        for at, hour in views[view].select("at", "hour").collect().iter_rows():
            assert hour[:5] == f"{at.astimezone(here):%H:00}"
            assert hour[5:] in {"", _offset(at, here)}


def _before(end: datetime) -> datetime:
    return end.astimezone(UTC) - timedelta(microseconds=1)


def _offset(at: datetime, zone: ZoneInfo) -> str:
    stamp = f"{at.astimezone(zone):%z}"
    return f"{stamp[:3]}:{stamp[3:]}"
