"""What is simulated: days, volumes and the calendar of faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ZONE = ZoneInfo("Europe/Berlin")
SECOND = 1_000_000
"""Microseconds; all instants of the simulation are microseconds since 1970 in UTC."""

CYCLE = 14
CALENDAR: dict[str, tuple[int, ...]] = {
    "errors": (1,),
    "lost": (3, 4),
    "held": (5,),
    "late": (6,),
    "slow": (7,),
    "duplicates": (9,),
    "strangers": (10,),
    "missing_log": (11,),
    "in_flight": (12,),
}
"""Fault to the days of a fortnight (0 is the first) on which it happens; it repeats every cycle."""

BURST = (10 * 60 + 10, 40)
"""Local minute of the day at which the burst of 500s begins, and how many minutes it lasts."""

MIN_CUSTOMERS = 300
"""New customers a day at the least, so that one per cent of them is more than one."""

MIN_OTHER_REQUESTS = 40
WEEKDAY_WEIGHTS = (1.15, 1.2, 1.15, 1.1, 1.05, 0.7, 0.6)


@dataclass(frozen=True, slots=True)
class Day:
    """One local day.

    Attributes:
        start: Its midnight.
        seconds: How long it lasts: 82,800, 86,400 or 90,000 s.
        hours: Label of each hour that passes, as metrics name it.
        local_minutes: Minute of the local clock for each minute that passes.
        requests: Access-log lines aimed at.
        customers: New customers.
    """

    index: int
    date: date
    start: int
    seconds: int
    hours: tuple[str, ...]
    local_minutes: Ints
    requests: int
    customers: int
    faults: frozenset[str]

    @property
    def end(self) -> int:
        """The midnight that ends the day."""
        return self.start + self.seconds * SECOND

    @property
    def burst(self) -> tuple[int, int]:
        """Seconds since midnight between which answers are 500, the second excluded; or (0, 0)."""
        if "errors" not in self.faults:
            return 0, 0
        first = int(np.argmax(self.local_minutes == BURST[0])) * 60
        return first, first + BURST[1] * 60


@dataclass(frozen=True, slots=True)
class Plan:
    """All days, and the one seed that everything random comes from."""

    seed: int
    days: tuple[Day, ...]

    def random(self, day: Day, stream: int) -> np.random.Generator:
        """Return the generator of one stream of one day, which no other draw influences."""
        return np.random.default_rng([self.seed, day.index, stream])


def make_plan(*, days: int, lines: int, seed: int, first_day: date) -> Plan:
    """Lay out the days.

    Args:
        days: How many, at least 1.
        lines: Access-log lines over all days, at least 1; about `MIN_CUSTOMERS` a day are written
            however few are asked for.
        seed: Zero or more.
        first_day: Local date of the first day.

    Raises:
        ValueError: If a number is too small.
    """
    for name, value, least in (("days", days, 1), ("lines", lines, 1), ("seed", seed, 0)):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, not {value}")
    dates = [first_day + timedelta(days=number) for number in range(days)]
    weights = [WEEKDAY_WEIGHTS[each.weekday()] for each in dates]
    faults = fault_days(days)
    return Plan(
        seed,
        tuple(
            _make_day(number, each, round(lines * weights[number] / sum(weights)), faults[number])
            for number, each in enumerate(dates)
        ),
    )


def fault_days(days: int) -> list[frozenset[str]]:
    """Return the faults of each day; one that leaves no sound day behind it is left out."""
    faults: list[set[str]] = [set() for _ in range(days)]
    for first in range(0, days, CYCLE):
        for kind, offsets in CALENDAR.items():
            if first + offsets[-1] + 1 < days:
                for offset in offsets:
                    faults[first + offset].add(kind)
    return [frozenset(each) for each in faults]


def instant(micros: int) -> datetime:
    """Return the UTC time of an instant of the simulation."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros))


def iso(micros: int) -> str:
    """Write an instant in UTC, as in `2026-03-16T08:12:44.123456+00:00`."""
    return instant(micros).isoformat()


def _make_day(index: int, each: date, requests: int, faults: frozenset[str]) -> Day:
    start, end = _midnight(each), _midnight(each + timedelta(days=1))
    labels: list[str] = []
    minutes: list[int] = []
    for local in _local_hours(start, end):
        # Only a day on which the clock changes has hours that need their offset to be told apart.
        plain = end - start == 86_400 * SECOND
        offset = local.strftime("%z")
        labels.append(f"{local:%H:00}" + ("" if plain else f"{offset[:3]}:{offset[3:]}"))
        minutes.extend(range(local.hour * 60, local.hour * 60 + 60))
    return Day(
        index=index,
        date=each,
        start=start,
        seconds=(end - start) // SECOND,
        hours=tuple(labels),
        local_minutes=np.array(minutes, dtype=np.int64),
        requests=requests,
        customers=max(MIN_CUSTOMERS, requests // 20),
        faults=faults,
    )


def _midnight(day: date) -> int:
    local = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    return (local - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _local_hours(start: int, end: int) -> Iterator[datetime]:
    for hour in range(start, end, 3600 * SECOND):
        yield instant(hour).astimezone(ZONE)
