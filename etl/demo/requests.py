"""The API's requests of one day, and its access-log lines, slice by slice."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from etl.demo.chain import ChainDay, Sightings
from etl.demo.damage import Damage, Lines
from etl.demo.plan import MIN_OTHER_REQUESTS, SECOND, Day, Floats, Ints, Plan
from etl.demo.pools import (
    CHANCES,
    LONGEST_MS,
    REFERER_CHOICES,
    VARIANTS,
    make_pools,
    template_chances,
)
from etl.demo.rhythm import NGINX, clock, office_weights
from etl.demo.vocabulary import (
    CITIES,
    FAILED,
    MACHINE_SHARE,
    OK,
    ROUTES,
    STATUSES,
    SYNC,
    UNROUTED,
)

SLICE_ROWS = 150_000
"""Lines that are made at once: this bounds the memory."""

USUAL_LIMIT_MS = 450
TAIL_EVERY = 25
"""Of so many requests of a route one may be slower than the limit: p90 stays below, however few."""

SLOWDOWN = 14

DAMAGE = Damage(
    cut=lambda line: line[: len(line) // 2],
    misdate=lambda line: re.sub(r"\[[^]]*]", "[99/Foo/2026:25:61:61 +0100]", line, count=1),
)


@dataclass(frozen=True, slots=True)
class Requests:
    """Answered requests, as columns of equal length.

    Attributes:
        second: Since midnight, when the answer was finished.
        template: Place in `TEMPLATES`.
        slot: Place in the table of slots.
        status: Place in `STATUSES`.
        ms: Request time in milliseconds.
        route: Place in `ROUTES`, or `UNROUTED`.
        client: Place in the clients of `Pools`.
        answer: Place in the answers of `Pools`.
        referer: Which of its referers the client sends.
    """

    second: Ints
    template: Ints
    slot: Ints
    status: Ints
    ms: Ints
    route: Ints
    client: Ints
    answer: Ints
    referer: Ints


class Api:
    """Simulates the API day by day.

    Attributes:
        pools: The clients and answers that requests name.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.pools = make_pools(plan.random(plan.days[0], 9))
        self._slots = self.pools.slots
        self._by_people = template_chances(office=True)
        self._by_machines = template_chances(office=False)

    def day(self, day: Day, chain: ChainDay) -> Iterator[tuple[Requests, Lines]]:
        """Simulate a day in slices, each behind the one before."""
        random = self._plan.random(day, 1)
        self._know(chain.known)
        stamps = clock(day, NGINX)
        fetches = chain.steps["provided"]
        people, machines = _per_minute(random, day, len(fetches.at))
        misfortune = day.start + int(random.integers(9 * 3600, 17 * 3600)) * SECOND
        settled = bool(day.burst[1]) or random.random() < 0.5
        for first, last in _slices(people + machines):
            part = _part(fetches, day, first, last)
            requests = self._draw(random, day, (people, machines, first, last), part)
            if not settled:
                settled = _fail_one(requests, (misfortune - day.start) // SECOND)
            self._dress(random, requests)
            text = self._render(requests, stamps)
            kind = np.zeros(len(text), dtype=np.int64)
            at = day.start + requests.second * SECOND
            lines = Lines(text, kind, at, at)
            yield requests, DAMAGE.apply(random, lines, starts_day=first == 0)

    def _know(self, known: int) -> None:
        """Extend the table of slots to all customers that exist."""
        numbered = len(self._slots) - len(self.pools.slots)
        fresh = pl.Series(np.arange(numbered + 1, known + 1)).cast(pl.String).str.zfill(7)
        self._slots = pl.concat([self._slots, fresh])

    def _draw(
        self,
        random: np.random.Generator,
        day: Day,
        minutes: tuple[Ints, Ints, int, int],
        fetches: Sightings,
    ) -> Requests:
        people, machines, first, last = minutes
        span = np.arange(first, last)
        second, template = [], []
        for number, chances in ((people, self._by_people), (machines, self._by_machines)):
            minute = np.repeat(span, number[first:last])
            second.append(minute * 60 + random.integers(0, 60, len(minute)))
            template.append(chances[random.integers(0, CHANCES, len(minute))])
        second.append((fetches.at - day.start) // SECOND)
        template.append(np.full(len(fetches.at), SYNC))
        order = np.argsort(np.concatenate(second), kind="stable")
        seconds, templates = np.concatenate(second)[order], np.concatenate(template)[order]
        slot, status = self._answers(random, day, seconds, templates)
        synced = np.flatnonzero(order >= len(order) - len(fetches.at))
        place = order[synced] - (len(order) - len(fetches.at))
        slot[synced] = fetches.customer[place] + len(CITIES)
        status[synced] = np.where(fetches.mark[place], OK, FAILED)
        route = self.pools.route[templates]
        ms = _request_times(random, self.pools.median_ms[templates], route, "slow" in day.faults)
        later = np.zeros((3, len(seconds)), dtype=np.int64)
        return Requests(seconds, templates, slot, status, ms, route, *later)

    def _answers(
        self, random: np.random.Generator, day: Day, second: Ints, template: Ints
    ) -> tuple[Ints, Ints]:
        pools, number = self.pools, len(second)
        known = len(self._slots) - 1 - len(CITIES)
        # A few customers are looked up often, most of them hardly ever.
        popular = (random.random(number) ** 3 * known).astype(np.int64)
        slot = np.where(pools.has_customer[template], 1 + len(CITIES) + popular, 0)
        city = random.integers(1, len(CITIES) + 1, number)
        slot = np.where(pools.has_city[template], city, slot)
        status = pools.status[template, random.integers(0, CHANCES, number)]
        first, last = day.burst
        hit = (
            (first <= second) & (second < last) & (pools.route[template] < ROUTES.index("/health"))
        )
        status[hit & (random.random(number) < 0.6)] = FAILED
        return slot, status

    def _dress(self, random: np.random.Generator, requests: Requests) -> None:
        """Choose who asks, and what the answer looks like."""
        pools, template = self.pools, requests.template
        draws = random.integers(0, 1 << 16, (3, len(template)))
        requests.client[:] = pools.first_client[template] + (
            draws[0] * pools.clients[template] >> 16
        )
        shape = (template * len(STATUSES) + requests.status) * VARIANTS
        requests.answer[:] = shape + draws[1] % VARIANTS
        requests.referer[:] = draws[2] % REFERER_CHOICES

    def _render(self, requests: Requests, stamps: pl.Series) -> pl.Series:
        pools = self.pools
        pieces = [
            pools.head.gather(requests.client),
            stamps.gather(requests.second),
            pl.lit('] "'),
            pools.request.gather(requests.template),
            self._slots.gather(requests.slot),
            pools.answer.gather(requests.answer),
            pools.tail.gather(requests.client * REFERER_CHOICES + requests.referer),
            pools.time.gather(requests.ms),
        ]
        return pl.select(pl.concat_str(pieces)).to_series()


def _per_minute(random: np.random.Generator, day: Day, fetches: int) -> tuple[Ints, Ints]:
    """Draw how many requests people and machines send in each minute."""
    others = max(MIN_OTHER_REQUESTS, day.requests - fetches)
    machines = round(others * MACHINE_SHARE)
    weights = office_weights(day)
    even = np.full(len(weights), 1 / len(weights))
    return random.multinomial(others - machines, weights), random.multinomial(machines, even)


def _slices(per_minute: Ints) -> Iterator[tuple[int, int]]:
    """Cut the day into runs of minutes with about `SLICE_ROWS` requests."""
    number = np.cumsum(per_minute) // SLICE_ROWS
    bounds = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(per_minute)]
    yield from itertools.pairwise(bounds)


def _part(fetches: Sightings, day: Day, first: int, last: int) -> Sightings:
    minute = (fetches.at - day.start) // (60 * SECOND)
    return fetches.where((first <= minute) & (minute < last))


def _request_times(random: np.random.Generator, median_ms: Floats, route: Ints, slow: bool) -> Ints:
    spread = np.exp(0.7 * random.standard_normal(len(route), dtype=np.float32))
    drawn: Floats = median_ms * spread.astype(np.float64)
    if slow:
        drawn *= SLOWDOWN
    else:
        np.minimum(drawn, USUAL_LIMIT_MS, out=drawn)
    for number in range(UNROUTED + 1):
        tail = np.flatnonzero(route == number)[TAIL_EVERY - 1 :: TAIL_EVERY]
        drawn[tail] *= 2 + random.exponential(6, len(tail))
    return np.minimum(drawn, LONGEST_MS).astype(np.int64)


def _fail_one(requests: Requests, second: int) -> bool:
    """Let the first routed request from `second` on fail; a sound day has at most a few of them."""
    fit = (requests.second >= second) & (requests.route < UNROUTED) & (requests.template != SYNC)
    places = np.flatnonzero(fit)[:1]
    requests.status[places] = FAILED
    return bool(len(places))
