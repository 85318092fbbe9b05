"""Local and yearless times, at the edges of years and of daylight saving time."""

# ruff: noqa: DTZ001 - what clocks on the wall show has no zone

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.days import to_micros
from etl.parse.zones import to_utc
from tests.parse import logs
from tests.parse.helpers import parse, records

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Chatham",
    "Asia/Kolkata",
    "Africa/Casablanca",
]
ZONES += ["UTC", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia"]


@pytest.mark.parametrize("name", ZONES)
@given(local=st.datetimes(datetime(1970, 1, 2), datetime(2100, 12, 30)))
def test_local_times_are_read_as_zoneinfo_reads_the_first_of_two(
    name: str, local: datetime
) -> None:
    zone = ZoneInfo(name)
    micros = np.array([to_micros(local.replace(tzinfo=UTC))])
    expected = to_micros(local.replace(tzinfo=zone, fold=0).astimezone(UTC))
    assert to_utc(micros, zone).tolist() == [expected]


@pytest.mark.parametrize("name", ZONES)
def test_every_minute_around_each_change_of_clocks_is_read_as_zoneinfo_reads_it(name: str) -> None:
    zone = ZoneInfo(name)
    start = datetime(2011, 12, 25, tzinfo=UTC)
    hours = [start + timedelta(minutes=20 * n) for n in range(3 * 24 * 370)]
    local = np.array([to_micros(each) for each in hours])
    expected = [to_micros(each.replace(tzinfo=zone).astimezone(UTC)) for each in hours]
    assert to_utc(local, zone).tolist() == expected


@pytest.mark.parametrize(
    ("stamp", "reference", "year"),
    [
        ("Dec 31 23:59:59", "2026-01-01T00:00:10", 2025),
        ("Jan  1 00:00:01", "2025-12-31T23:59:50", 2026),  # a clock that is ahead by minutes
        ("Jan  2 00:00:01", "2025-12-31T22:00:00", 2025),
        ("Feb 29 12:00:00", "2023-06-01T00:00:00", 2020),
        ("Feb 29 12:00:00", "2103-06-01T00:00:00", 2096),  # 2100 is no leap year
        ("Mar  1 00:00:00", "2024-03-01T00:00:00", 2024),
        ("Mar  1 00:00:00", "2023-03-01T00:00:00", 2023),
    ],
)
def test_a_yearless_stamp_is_of_the_latest_year_that_is_not_ahead(
    stamp: str, reference: str, year: int
) -> None:
    at = datetime.fromisoformat(reference).replace(tzinfo=UTC)
    parsed = parse(logs.SYSLOG, f"{stamp} h a: m".encode(), reference=at, zone=ZoneInfo("UTC"))
    (record,) = records(parsed)
    assert record["at"].year == year
    assert f"{record['at']:%H:%M:%S}" == stamp[-8:]


def test_one_block_may_cross_new_year_and_a_change_of_clocks() -> None:
    stamps = ["Dec 31 23:30:00", "Jan  1 00:30:00", "Mar 29 02:30:00", "Oct 25 02:30:00"]
    data = "\n".join(f"{stamp} h a: m" for stamp in stamps).encode()
    reference = datetime(2026, 12, 1, tzinfo=UTC)
    found = [
        record["at"].isoformat()
        for record in records(parse(logs.SYSLOG, data, reference=reference))
    ]
    assert found == [
        "2025-12-31T22:30:00+00:00",
        "2025-12-31T23:30:00+00:00",
        "2026-03-29T01:30:00+00:00",
        "2026-10-25T00:30:00+00:00",
    ]


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 9),
)
def test_a_rendered_stamp_reads_back(local: datetime, offset: int, digits: int) -> None:
    """Fractions are cut to microseconds, not rounded."""
    at = local.replace(tzinfo=timezone(timedelta(minutes=offset)))
    fraction = f".{at.microsecond:06d}999"[: digits + 1] if digits else ""
    iso = f"{at:%Y-%m-%dT%H:%M:%S}{fraction}{at.isoformat()[-6:]} h a: m"
    (record,) = records(parse(logs.SYSLOG, iso.encode()))
    kept = int(f"{at.microsecond:06d}"[:digits].ljust(6, "0")) if digits else 0
    assert record["at"] == at.replace(microsecond=kept)
    clf = f'h - - [{at:%d/%b/%Y:%H:%M:%S %z}] "-" 200 5'
    (record,) = records(parse(logs.COMMON, clf.encode()))
    assert record["at"] == at.replace(microsecond=0)
