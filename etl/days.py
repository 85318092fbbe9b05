"""Calendar days of an IANA time zone as half-open intervals of UTC microseconds.

A day lasts from local midnight to the next local midnight, so it has 23, 24 or 25 hours. Where
midnight does not exist (zones that change clocks at 00:00), the day starts at the first instant
that carries its date.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of `day` in `zone`, in UTC."""
    # Where midnight falls into a gap, fold=0 takes the offset from before it: the gap itself.
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants in UTC between which `day` lies, the second one excluded."""
    return day_start(day, zone), day_start(day + timedelta(days=1), zone)


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day in `zone` that holds `instant`."""
    return instant.astimezone(zone).date()


def days_between(since: date, until: date) -> Iterator[date]:
    """Yield every day from `since` to `until`, both included."""
    for number in range((until - since).days + 1):
        yield since + timedelta(days=number)


def to_micros(instant: datetime) -> int:
    """Return microseconds since 1970 in UTC, exactly."""
    return (instant - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the instant in UTC that lies `micros` microseconds after 1970."""
    return EPOCH + timedelta(microseconds=micros)
