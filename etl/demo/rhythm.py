"""When things happen in a day, and how stamps are written."""

from __future__ import annotations

import numpy as np
import polars as pl

from etl.demo.plan import SECOND, ZONE, Bools, Day, Floats, Ints

OFFICE = (2, 1, 1, 1, 2, 5, 15, 45, 80, 100, 100, 90, 75, 85, 95, 92, 85, 65, 45, 35, 28, 20, 12, 6)
"""How busy people are in each local hour; machines do not care."""

NGINX = "%d/%b/%Y:%H:%M:%S %z"
RFC_3164 = "%b %e %H:%M:%S"
RFC_3339 = "%Y-%m-%dT%H:%M:%S%.6f%:z"


def office_weights(day: Day) -> Floats:
    """Return the share of the day's human activity that falls into each minute that passes."""
    hours = np.arange(25) * 60 + 30
    weights = np.interp(day.local_minutes, hours, np.array((*OFFICE, OFFICE[0]), dtype=np.float64))
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def office_instants(
    random: np.random.Generator, day: Day, number: int, *, quiet_minutes: int
) -> Ints:
    """Draw instants in order, none of them in the last `quiet_minutes` of the day.

    Nor in an hour that the clock repeats: a stamp without offset could not tell which it was.
    """
    weights = office_weights(day)
    weights[len(weights) - quiet_minutes :] = 0
    weights[np.bincount(day.local_minutes)[day.local_minutes] > 1] = 0
    minutes = random.choice(len(weights), size=number, p=weights / weights.sum())
    return np.sort(day.start + minutes * 60 * SECOND + random.integers(0, 60 * SECOND, number))


def long_tailed(
    random: np.random.Generator, number: int, *, median_s: float, between_s: tuple[float, float]
) -> Ints:
    """Draw log-normal durations in microseconds, cut to an interval."""
    drawn = median_s * np.exp(0.8 * random.standard_normal(number))
    return np.asarray(np.clip(drawn, *between_s) * SECOND, dtype=np.int64)


def write_stamps(instants: Ints, pattern: str) -> pl.Series:
    """Write instants on the local clock."""
    utc = pl.Series(instants).cast(pl.Datetime("us", "UTC"))
    return utc.dt.convert_time_zone(ZONE.key).dt.to_string(pattern)


def clock(day: Day, pattern: str) -> pl.Series:
    """Write every second of the day, so that lines can pick theirs by number."""
    return write_stamps(day.start + np.arange(day.seconds, dtype=np.int64) * SECOND, pattern)


def whole_seconds(instants: Ints) -> Ints:
    """Cut instants as a log does that writes no fractions."""
    return instants // SECOND * SECOND


def pick(random: np.random.Generator, mask: Bools, number: int) -> Ints:
    """Draw so many different places where the mask holds, in order."""
    places = np.flatnonzero(mask)
    return np.sort(random.choice(places, size=min(number, len(places)), replace=False))
