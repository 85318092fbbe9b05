"""Counts what is simulated, as numbers and not as text: the ground of the truth."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from etl.demo.plan import SECOND, Day, Ints
from etl.demo.pools import LONGEST_MS
from etl.demo.requests import Requests
from etl.demo.vocabulary import FAILED, ROUTES, STATUSES, TEMPLATES

RANKS = {
    "p50": Fraction(1, 2),
    "p90": Fraction(9, 10),
    "p99": Fraction(99, 100),
    "max": Fraction(1),
}
METHODS = sorted({each.method for each in TEMPLATES})
_METHOD = np.array([METHODS.index(each.method) for each in TEMPLATES])
_BROKEN = [place for place, status in enumerate(STATUSES) if status >= 500]


class RequestCount:
    """Requests of a day by hour, route and status, and their times by route.

    Attributes:
        cells: Hour that passes × route (the last one: none) × status.
        times: Route × milliseconds.
        by_method: Method × milliseconds.
        failures: First and last instant of an answer with 500, or None.
        broken: The same of an answer with 500 or more.
    """

    def __init__(self, day: Day) -> None:
        self._day = day
        self.cells = np.zeros((len(day.hours), len(ROUTES) + 1, len(STATUSES)), dtype=np.int64)
        self.times = np.zeros((len(ROUTES) + 1, LONGEST_MS + 1), dtype=np.int64)
        self.by_method = np.zeros((len(METHODS), LONGEST_MS + 1), dtype=np.int64)
        self.failures: tuple[int, int] | None = None
        self.broken: tuple[int, int] | None = None

    def add(self, requests: Requests) -> None:
        """Count a slice of the day."""
        hour, route = requests.second // 3600, requests.route
        shape = self.cells.shape
        cell = (hour * shape[1] + route) * shape[2] + requests.status
        self.cells += np.bincount(cell, minlength=self.cells.size).reshape(shape)
        time = route * self.times.shape[1] + requests.ms
        self.times += np.bincount(time, minlength=self.times.size).reshape(self.times.shape)
        of_method = _METHOD[requests.template] * self.times.shape[1] + requests.ms
        counted = np.bincount(of_method, minlength=self.by_method.size)
        self.by_method += counted.reshape(self.by_method.shape)
        self.failures = self._widened(self.failures, requests.second[requests.status == FAILED])
        bad = np.isin(requests.status, _BROKEN)
        self.broken = self._widened(self.broken, requests.second[bad])

    def _widened(self, span: tuple[int, int] | None, seconds: Ints) -> tuple[int, int] | None:
        """Return a span of instants that reaches to the seconds of a later slice, too."""
        if not len(seconds):
            return span
        first, last = (self._day.start + int(each) * SECOND for each in seconds[[0, -1]])
        return (span[0] if span else first, last)

    @property
    def total(self) -> int:
        """All requests of the day."""
        return int(self.cells.sum())


def time_s(times: Ints, quantile: Fraction) -> float:
    """Return the nearest rank in seconds of what was counted by milliseconds; there must be any."""
    reached = np.cumsum(times)
    place = int(np.searchsorted(reached, nearest_rank(int(reached[-1]), quantile)))
    return place / 1000


def nearest_rank(number: int, quantile: Fraction) -> int:
    """Return which of `number` ordered values, from 1 on, is the quantile: no interpolation."""
    return math.ceil(number * quantile)
