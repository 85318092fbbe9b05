"""The hard hours, offsets, seconds and years, by name, for each kind of time stamp."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from etl.formats.fields import LineFormat
from etl.formats.registry import compile_format
from tests.parse.helpers import BERLIN, assert_same, parse, rejects

CLF = compile_format(apache="%t %s")
ISO = compile_format(nginx="$time_iso8601 $status")
SYSLOG = compile_format(builtin="syslog")

LOCAL: dict[str, tuple[LineFormat, str, str]] = {
    "ISO": (SYSLOG, "%Y-%m-%dT%H:%M:%S", " h a: m"),
    "BSD with a year": (SYSLOG, "%Y %b %d %H:%M:%S", " h a: m"),
    "BSD with a year behind": (SYSLOG, "%b %d %H:%M:%S %Y", " h a: m"),
    "apache error": (
        compile_format(builtin="apache:error"), "[%a %b %d %H:%M:%S %Y", "] [error] m"
    ),
    "nginx error": (compile_format(builtin="nginx:error"), "%Y/%m/%d %H:%M:%S", " [error] 1#1: m"),
    "strftime": (compile_format(apache="%{%F %T}t %s"), "%Y-%m-%d %H:%M:%S", " 200"),
    "haproxy": (
        compile_format(builtin="haproxy:http"),
        "192.0.2.1:1 [%d/%b/%Y:%H:%M:%S.000",
        '] f b/s 0/0/0/0/0 200 0 - - ---- 0/0/0/0/0 0/0 "GET / HTTP/1.1"',
    ),
    "JSON": (compile_format(builtin="json:events"), '{"time":"%Y-%m-%d %H:%M:%S', '"}'),
    "LTSV": (compile_format(builtin="ltsv:events"), "time:%Y-%m-%dT%H:%M:%S", "\tmsg:m"),
    "pattern": (
        compile_format(builtin=r"regex:(?P<time>\S+ \S+)"), "%Y-%m-%d %H:%M:%S", ""
    ),
}  # fmt: skip
"""Stamps without an offset: the format, the stamp with what stands before it, and the rest."""

WITH_OFFSET: dict[str, tuple[LineFormat, str]] = {
    "CLF": (CLF, "[10/Mar/2026:12:00:00 {plain}] 200"),
    "ISO with a colon": (ISO, "2026-03-10T12:00:00{colon} 200"),
    "syslog": (SYSLOG, "2026-03-10T12:00:00.5{colon} h a: m"),
    "strftime": (compile_format(apache="%{%FT%T%z}t %s"), "2026-03-10T12:00:00{plain} 200"),
    "JSON": (compile_format(builtin="json:events"), '{{"time":"2026-03-10T12:00:00{colon}"}}'),
}


REFUSED = ("bad_timestamp", "no_match")
"""Of a syslog line no time stamp may be meant: it could as well begin with a priority."""


def instant(line_format: LineFormat, line: str, zone: ZoneInfo = BERLIN) -> datetime:
    parsed = parse(line_format, line.encode(), zone=zone)
    assert rejects(parsed) == [], line
    (at,) = parsed.records.column("at").to_pylist()
    if zone is BERLIN:
        assert_same(line_format, line.encode(), parsed)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def line_at(kind: str, clock: datetime) -> tuple[LineFormat, str]:
    line_format, stamp, rest = LOCAL[kind]
    return line_format, clock.strftime(stamp) + rest


@pytest.mark.parametrize("kind", LOCAL)
def test_the_hour_that_comes_twice_is_the_first_of_the_two(kind: str) -> None:
    """On 25 October 2026 Berlin's clocks show 02:00 to 03:00 in summer time, and then again."""
    clock = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001
    assert instant(*line_at(kind, clock)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    after = clock.replace(hour=3)
    assert instant(*line_at(kind, after)) == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize("kind", LOCAL)
def test_the_hour_that_is_missing_is_moved_behind_the_gap(kind: str) -> None:
    """On 29 March 2026 Berlin's clocks go from 02:00 to 03:00; who says 02:30 is an hour behind."""
    clock = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001
    assert instant(*line_at(kind, clock)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    before = clock.replace(hour=1)
    assert instant(*line_at(kind, before)) == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "clock", "utc"),
    [
        ("Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00"),  # by half an hour
        ("Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:45:00"),
        ("Asia/Kolkata", "2026-03-10T12:00:00", "2026-03-10T06:30:00"),
        ("Asia/Kathmandu", "2026-03-10T12:00:00", "2026-03-10T06:15:00"),
        ("America/St_Johns", "2026-01-10T12:00:00", "2026-01-10T15:30:00"),
        ("Pacific/Chatham", "2026-01-10T12:00:00", "2026-01-09T22:15:00"),
        ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00"),  # a day that never was
    ],
)
def test_zones_of_half_hours_and_quarters(zone: str, clock: str, utc: str) -> None:
    at = instant(SYSLOG, f"{clock} h a: m", ZoneInfo(zone))
    assert at == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("kind", WITH_OFFSET)
@pytest.mark.parametrize("minutes", [330, 345, -210, 765, -570, 0, 840, -720])
def test_offsets_of_half_hours_and_quarters(kind: str, minutes: int) -> None:
    line_format, line = WITH_OFFSET[kind]
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    plain, colon = f"{sign}{size // 60:02}{size % 60:02}", f"{sign}{size // 60:02}:{size % 60:02}"
    at = instant(line_format, line.format(plain=plain, colon=colon))
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert at.replace(microsecond=0) == noon - timedelta(minutes=minutes)


@pytest.mark.parametrize("kind", LOCAL)
def test_a_leap_second_is_the_next_minute_s_first(kind: str) -> None:
    line_format, line = line_at(kind, datetime(2016, 12, 31, 23, 59, 59))  # noqa: DTZ001
    at = instant(line_format, line.replace("23:59:59", "23:59:60"), ZoneInfo("UTC"))
    assert at == datetime(2017, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "line", ["[31/Dec/2016:23:59:60 +0000] 200", "[31/Dec/2016:18:59:60 -0500] 200"]
)
def test_a_leap_second_with_an_offset(line: str) -> None:
    assert instant(CLF, line) == datetime(2017, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("kind", LOCAL)
@pytest.mark.parametrize("second", ["61", "99"])
def test_no_minute_has_more_seconds(kind: str, second: str) -> None:
    line_format, line = line_at(kind, datetime(2016, 12, 31, 23, 59, 59))  # noqa: DTZ001
    parsed = parse(line_format, line.replace("23:59:59", f"23:59:{second}").encode())
    (reject,) = rejects(parsed)
    assert reject[0] in REFUSED


@pytest.mark.parametrize("kind", LOCAL)
@pytest.mark.parametrize("year", [1970, 1999, 2000, 2038, 2100])
def test_the_years_from_1970_to_2100_are_read(kind: str, year: int) -> None:
    """29 February 2000 among them; none is in 2100."""
    days = [(1, 2), (2, 28), (12, 30)] + [(2, 29)] * (year == 2000)
    for month, day in days:
        clock = datetime(year, month, day, 12)  # noqa: DTZ001
        at = instant(*line_at(kind, clock), ZoneInfo("UTC"))
        assert at == clock.replace(tzinfo=UTC)


# Behind a stamp, four digits that are no year of the date may be a host's name.
@pytest.mark.parametrize("kind", [kind for kind in LOCAL if kind != "BSD with a year behind"])
@pytest.mark.parametrize("day", ["1969-12-30", "2101-01-02", "2100-02-29", "2023-02-29"])
def test_other_years_and_days_that_are_not_are_refused(kind: str, day: str) -> None:
    line_format, line = line_at(kind, datetime(2000, 2, 29, 12))  # noqa: DTZ001
    year, month, number = day.split("-")
    name = {"12": "Dec", "01": "Jan", "02": "Feb"}[month]
    written = line.replace("2000", year).replace("Feb", name).replace("/02/", f"/{month}/")
    written = written.replace("-02-29", f"-{month}-{number}").replace("/29", f"/{number}")
    written = written.replace(" 29 ", f" {number} ").replace("[29/", f"[{number}/")
    parsed = parse(line_format, written.encode())
    (reject,) = rejects(parsed)
    assert reject[0] in REFUSED, written
