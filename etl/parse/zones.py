"""Local times to UTC, many at once, by the transitions of a zone.

Where clocks go back, a time that comes twice is the first of the two; where they go forward, a
time that does not exist is moved forward by the gap. Both are what `fold=0` says in PEP 495.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from etl.days import to_micros
from etl.model import Bytes
from etl.native.cells import Ints
from etl.parse.context import STAMP_LOCAL, STAMP_YEARLESS

_DAY = 86_400
_MICROS = 1_000_000
_PROBE = 4 * _DAY  # zones hold an offset for weeks at least
_FIRST = int(datetime(1969, 12, 1, tzinfo=UTC).timestamp())
_LAST = int(datetime(2101, 2, 1, tzinfo=UTC).timestamp())
_YEARS_BACK = 8  # 29 February may be that far away: 2096 is a leap year, 2100 is not


@lru_cache(maxsize=32)
def transitions(zone: ZoneInfo) -> tuple[Ints, Ints]:
    """Return local microseconds from which on each next offset holds, and the offsets.

    Offsets are in microseconds and one more than the boundaries.
    """
    boundaries: list[int] = []
    offsets = [_offset(_FIRST, zone)]
    for probe in range(_FIRST + _PROBE, _LAST, _PROBE):
        offset = _offset(probe, zone)
        if offset != offsets[-1]:
            instant = _change(probe - _PROBE, probe, zone)
            # A gap's times keep the offset from before it; so do times that come twice.
            boundaries.append((instant + max(offset, offsets[-1])) * _MICROS)
            offsets.append(offset)
    return np.array(boundaries, dtype=np.int64), np.array(offsets, dtype=np.int64) * _MICROS


def to_utc(local: Ints, zone: ZoneInfo) -> Ints:
    """Return UTC microseconds of microseconds on the clocks of `zone`."""
    boundaries, offsets = transitions(zone)
    return local - offsets[np.searchsorted(boundaries, local, side="right")]


def resolve(at: Ints, stamp: Bytes, zone: ZoneInfo, reference: datetime) -> None:
    """Turn local and yearless times of `at` into UTC, in place.

    Args:
        at: Microseconds, by row.
        stamp: What each of them counts from, see `context`.
        zone: Of stamps without an offset.
        reference: Yearless stamps get the latest year in which they are no more than a day later.
    """
    local = stamp == STAMP_LOCAL
    if local.any():
        at[local] = to_utc(at[local], zone)
    yearless = stamp == STAMP_YEARLESS
    if yearless.any():
        at[yearless] = _with_year(at[yearless], zone, reference)


def _with_year(leap_year: Ints, zone: ZoneInfo, reference: datetime) -> Ints:
    """Return UTC microseconds of times within the year 2000 that stands for the right one."""
    limit = to_micros(reference + timedelta(days=1))
    origin = np.int64(to_micros(datetime(2000, 1, 1, tzinfo=UTC)))
    days, rest = np.divmod(leap_year - origin, _DAY * _MICROS)
    result = np.zeros_like(leap_year)
    pending = np.ones(len(leap_year), dtype=np.bool_)
    year = reference.astimezone(zone).year + 1
    for candidate in range(year, year - _YEARS_BACK - 2, -1):
        start = to_micros(datetime(candidate, 1, 1, tzinfo=UTC))
        leap = candidate % 4 == 0 and (candidate % 100 != 0 or candidate % 400 == 0)
        exists = (days != 59) | leap  # day 59 of a leap year is 29 February
        shifted = days - (0 if leap else 1) * (days > 59)
        instants = to_utc(start + shifted * (_DAY * _MICROS) + rest, zone)
        fits = pending & exists & (instants <= limit)
        result[fits] = instants[fits]
        pending &= ~fits
        if not pending.any():
            break
    return result


def _offset(second: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _change(low: int, high: int, zone: ZoneInfo) -> int:
    """Return the second in (low, high] at which the offset becomes another."""
    before = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high
