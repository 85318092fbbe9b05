"""A day lasts from midnight to midnight of its zone, whatever the clock does."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.days import day_bounds, day_of, days_between, from_micros, to_micros

ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "America/Sao_Paulo",
         "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia", "America/Havana"]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)]
)
def test_a_day_in_berlin_has_the_hours_that_its_clock_shows(day: date, hours: int) -> None:
    start, end = day_bounds(day, ZoneInfo("Europe/Berlin"))
    assert end - start == timedelta(hours=hours)


def test_a_day_without_midnight_starts_at_its_first_instant() -> None:
    """In 2018 clocks in Sao Paulo went from 23:59 on 3 November to 01:00 on the 4th."""
    start, end = day_bounds(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo"))
    assert start == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert end - start == timedelta(hours=23)


def test_a_day_that_a_zone_left_out_has_no_hours() -> None:
    start, end = day_bounds(date(2011, 12, 30), ZoneInfo("Pacific/Apia"))
    assert start == end


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001 # naive by contract
    st.sampled_from(ZONES),
)
def test_each_instant_lies_in_exactly_the_day_of_its_wall_clock(
    instant: datetime, zone_name: str
) -> None:
    zone, moment = ZoneInfo(zone_name), instant.replace(tzinfo=UTC)
    day = day_of(moment, zone)
    start, end = day_bounds(day, zone)
    assert start <= moment < end
    assert from_micros(to_micros(moment)) == moment


def test_days_between_counts_both_ends() -> None:
    assert list(days_between(date(2026, 2, 27), date(2026, 3, 1))) == [
        date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]  # fmt: skip
