"""New customers on their way: imported, transformed, stored, provided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from etl.demo.plan import SECOND, Bools, Day, Ints, Plan, iso
from etl.demo.rhythm import long_tailed, office_instants, pick, whole_seconds

STEPS = ("imported", "transformed", "stored", "provided")
KNOWN_CUSTOMERS = 20_000
"""Customers from before the first day; new ones are numbered from here."""

QUIET_MINUTES = 20
"""No step of an ordinary customer takes longer in all, so only chosen ones cross midnight."""

LOST_SHARE = 0.06
DUPLICATE_SHARE = 0.05
LATE_SHARE = 0.05
HELD_SHARE = 0.003
STRANGER_SHARE = 0.003
HELD_UNTIL = (8 * 3600, 8 * 3600 + 1800)
"""Seconds of the next day between which those are stored that a full queue held back."""

GAPS = ((3.0, (2.0, 120.0)), (2.0, (1.0, 60.0)), (40.0, (2.0, 600.0)))
"""Median and bounds of the seconds from each step to the next."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """Customers with the stamp that the log gives them, in the order of the stamps.

    Attributes:
        mark: Of imports whether the line is late, of fetches whether they were answered.
    """

    customer: Ints
    at: Ints
    mark: Bools

    def where(self, mask: Bools) -> Sightings:
        """Return those for which the mask holds."""
        return Sightings(self.customer[mask], self.at[mask], self.mark[mask])

    def sorted(self) -> Sightings:
        """Return them in the order of their stamps."""
        order = np.argsort(self.at, kind="stable")
        return Sightings(self.customer[order], self.at[order], self.mark[order])


@dataclass(frozen=True, slots=True)
class ChainDay:
    """What the logs of one day show of the chain, and what went wrong with it.

    Attributes:
        steps: By step; of `provided` all fetches, also those that were refused.
        known: Highest customer number that exists at the end of the day.
    """

    steps: dict[str, Sightings]
    known: int
    lost: list[dict[str, Any]] = field(default_factory=list)
    duplicated: list[dict[str, Any]] = field(default_factory=list)
    in_flight: list[dict[str, Any]] = field(default_factory=list)
    late: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    strangers: list[dict[str, Any]] = field(default_factory=list)


class Chain:
    """Simulates one day after the other; what is under way at midnight goes over to the next."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._known = KNOWN_CUSTOMERS
        self._carried = {step: _none() for step in STEPS}

    def day(self, day: Day) -> ChainDay:
        """Simulate the next day."""
        random = self._plan.random(day, 0)
        at, ordinary = _journeys(random, day)
        customer = self._known + 1 + np.arange(day.customers)
        self._known += day.customers
        lost = _some(random, day, "lost", LOST_SHARE, ordinary)
        late = np.zeros(day.customers, dtype=np.bool_)
        if "late" in day.faults:
            # Every other one of the day's last: one of two importer hosts could not deliver.
            number = round(LATE_SHARE * day.customers)
            late[np.flatnonzero(ordinary)[-2 * number :: 2]] = True
        twice = _some(random, day, "duplicates", DUPLICATE_SHARE, ordinary)
        again = at[2][twice] + random.integers(SECOND, 30 * SECOND, int(twice.sum()))
        held = _hold_back(random, day, at, ordinary)
        stored, provided = _strangers(random, day)
        fetched = _fetches(random, day, customer[~lost], at[3][~lost])
        yes = np.ones(day.customers, dtype=np.bool_)
        cohort = {
            "imported": Sightings(customer, at[0], late),
            "transformed": Sightings(customer, at[1], yes),
            "stored": _joined(
                Sightings(customer, at[2], yes).where(~lost),
                Sightings(customer[twice], again, yes[twice]),
                stored,
            ),
            "provided": _joined(fetched, provided),
        }
        return ChainDay(
            steps=self._seen_today(day, cohort),
            known=self._known,
            lost=_entries(day, customer, lost, (at[1], "transformed")),
            duplicated=_strays(day, customer[twice], again),
            in_flight=_in_flight(day, customer[~lost], at[:, ~lost]),
            late=_entries(day, customer, late, (at[0], "imported")),
            held=_entries(day, customer, held, (at[3], "provided")),
            strangers=_strays(day, stored.customer, stored.at),
        )

    def _seen_today(self, day: Day, cohort: dict[str, Sightings]) -> dict[str, Sightings]:
        seen = {}
        for step, fresh in cohort.items():
            both = _joined(self._carried[step], fresh).sorted()
            self._carried[step] = both.where(both.at >= day.end)
            seen[step] = both.where(both.at < day.end)
        if "missing_log" in day.faults:
            seen["transformed"] = _none()
        return seen


def customer_id(number: int) -> str:
    """Write a customer's number as the logs do."""
    return f"C{number:07d}"


def _journeys(random: np.random.Generator, day: Day) -> tuple[Ints, Bools]:
    """Return the instants (step, customer) as written, and which customers are ordinary.

    The others are between two steps at midnight: as many between each pair of steps.
    """
    crossing = _crossing(day)
    usual = day.customers - 3 * crossing
    gaps = np.stack(
        [
            long_tailed(random, day.customers, median_s=median, between_s=between)
            for median, between in GAPS
        ]
    )
    first = office_instants(random, day, usual, quiet_minutes=QUIET_MINUTES)
    share = 0.1 + 0.8 * random.random(3 * crossing)
    pair = np.repeat(np.arange(3), crossing)
    late_gaps = gaps[:, usual:]
    before = (late_gaps[pair, np.arange(len(pair))] * share).astype(np.int64)
    elapsed = np.concatenate([np.zeros((1, day.customers), np.int64), np.cumsum(gaps, axis=0)])
    crossers = day.end - before - elapsed[pair, usual + np.arange(len(pair))]
    at = np.concatenate([first, crossers]) + elapsed
    order = np.argsort(at[0], kind="stable")
    at = at[:, order]
    at[1], at[3] = whole_seconds(at[1]), whole_seconds(at[3])
    return at, order < usual


def _crossing(day: Day) -> int:
    """How many customers are between each pair of steps at midnight."""
    if "in_flight" in day.faults:
        return max(3, int(0.008 * day.customers))
    return max(1, day.customers // 2000)


def _some(
    random: np.random.Generator, day: Day, fault: str, share: float, ordinary: Bools
) -> Bools:
    """Choose the customers whom a fault befalls; nobody on days without it."""
    chosen = np.zeros(day.customers, dtype=np.bool_)
    if fault in day.faults:
        chosen[pick(random, ordinary, max(1, round(share * day.customers)))] = True
    return chosen


def _hold_back(random: np.random.Generator, day: Day, at: Ints, ordinary: Bools) -> Bools:
    """Let some customers wait for the store until the next morning; return who."""
    held = _some(random, day, "held", HELD_SHARE, ordinary)
    if "held" in day.faults:
        number, took = int(held.sum()), at[3][held] - at[2][held]
        first, last = (day.end + second * SECOND for second in HELD_UNTIL)
        at[2][held] = random.integers(first, last, number)
        at[3][held] = whole_seconds(at[2][held] + took + SECOND)
    return held


def _strangers(random: np.random.Generator, day: Day) -> tuple[Sightings, Sightings]:
    """Return where old customers are stored and provided whom nobody has entered again."""
    if "strangers" not in day.faults:
        return _none(), _none()
    number = max(1, round(STRANGER_SHARE * day.customers))
    customer = 1 + random.choice(KNOWN_CUSTOMERS, size=number, replace=False)
    at = office_instants(random, day, number, quiet_minutes=QUIET_MINUTES)
    yes = np.ones(number, dtype=np.bool_)
    fetched = whole_seconds(at + random.integers(2 * SECOND, 600 * SECOND, number))
    return Sightings(customer, at, yes), Sightings(customer, fetched, yes)


def _fetches(random: np.random.Generator, day: Day, customer: Ints, at: Ints) -> Sightings:
    """Let the client fetch each customer until it gets it; it comes back after minutes."""
    first, last = (day.start + second * SECOND for second in day.burst)
    stumbles = int(random.integers(0, 2)) if first == last else 0
    stumbling = random.integers(0, len(customer) // 2, stumbles)
    tries = [_none()]
    while len(customer):
        refused = (first <= at) & (at < last) & (np.arange(len(at)) % 3 != 2)
        refused[stumbling] = True
        tries.append(Sightings(customer, at, ~refused))
        customer, at = customer[refused], at[refused]
        at = at + random.integers(180, 360, len(at)) * SECOND
        stumbling = stumbling[:0]
    return _joined(*tries)


def _in_flight(day: Day, customer: Ints, at: Ints) -> list[dict[str, Any]]:
    found = []
    for place in np.flatnonzero(at[3] >= day.end).tolist():
        last = int(np.flatnonzero(at[:, place] < day.end)[-1])
        if "missing_log" in day.faults and last == 1:
            last = 0  # the log that would show it is the missing one
        found += _entries(day, customer[place : place + 1], None, (at[last, [place]], STEPS[last]))
    return found


def _strays(day: Day, customer: Ints, at: Ints) -> list[dict[str, Any]]:
    return [
        {"customer_id": customer_id(number), "day": str(day.date), "step": "stored"}
        | {"at": iso(stamp)}
        for number, stamp in zip(customer.tolist(), at.tolist(), strict=True)
    ]


def _entries(
    day: Day, customer: Ints, mask: Bools | None, last: tuple[Ints, str]
) -> list[dict[str, Any]]:
    chosen = np.flatnonzero(np.ones(len(customer), np.bool_) if mask is None else mask)
    return [
        {"customer_id": customer_id(number), "day": str(day.date)}
        | {"last_step": last[1], "last_at": iso(stamp)}
        for number, stamp in zip(customer[chosen].tolist(), last[0][chosen].tolist(), strict=True)
    ]


def _none() -> Sightings:
    return Sightings(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_))


def _joined(*parts: Sightings) -> Sightings:
    return Sightings(
        np.concatenate([part.customer for part in parts]),
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.mark for part in parts]),
    )
