"""What became of the customers of a day, by what the simulated logs of the days around it show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from etl.demo.chain import STEPS, ChainDay, customer_id
from etl.demo.plan import SECOND, Bools, Day, Ints, iso

GRACE = 6 * 3600 * SECOND
LOOKBACK_DAYS = 3
AHEAD_DAYS = 1
MINUTE = 60 * SECOND
SILENT_STEP = "transformed"
"""The step whose log is missing on some days."""

ABSENT = np.iinfo(np.int64).max
"""An instant that never comes."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Who passed a step within some days.

    Attributes:
        customer: In order, each once.
        first: When each was there first.
        last: And last.
        times: How often.
    """

    customer: Ints
    first: Ints
    last: Ints
    times: Ints

    @classmethod
    def of(cls, days: Sequence[ChainDay], step: str) -> Passed:
        """Gather a step's sightings; a fetch that was refused provides nothing."""
        rows = [day.steps[step] for day in days]
        if step == STEPS[-1]:
            rows = [each.where(each.mark) for each in rows]
        none = np.zeros(0, np.int64)
        customer = np.concatenate([none, *(each.customer for each in rows)])
        at = np.concatenate([none, *(each.at for each in rows)])
        order = np.lexsort((at, customer))
        unique, begin, times = np.unique(customer[order], return_index=True, return_counts=True)
        at = at[order]
        return cls(unique, at[begin], at[begin + times - 1], times)

    def first_of(self, customer: Ints) -> Ints:
        """Return when each of these customers was there first; `ABSENT` for who was not."""
        if not len(self.customer):
            return np.full(len(customer), ABSENT)
        place = np.minimum(np.searchsorted(self.customer, customer), len(self.customer) - 1)
        return np.where(self.customer[place] == customer, self.first[place], ABSENT)

    def holds(self, customer: Ints) -> Bools:
        """Tell who of these customers was there."""
        return np.asarray(self.first_of(customer) != ABSENT, dtype=np.bool_)


class Cohort:
    """The customers who entered on a day, and strays of it.

    Attributes:
        state: Step (behind the first) to the number of customers in each state.
        whole: The same for the whole way.
        entered: How many entered.
        strays: `duplicated` and `unexpected` to step to instants, one per customer.
        objects: All that did not simply get through, as the report has to list them.
        spans: First and last entry of the lost and the late.
        waiting: Step to the number of customers whom only a missing log could show there.
    """

    def __init__(
        self, day: Day, days: Sequence[ChainDay], place: int, ends: int, silent: Sequence[Day] = ()
    ) -> None:
        """Look at a day.

        Args:
            day: The day.
            days: What the logs show of it, of the days before it, and of the next one.
            place: Which of `days` it is.
            ends: When the simulated time ends.
            silent: Days whose log of the transformer is missing.
        """
        self._day, self._ends, self._silent = day, ends, silent
        before = days[max(0, place - LOOKBACK_DAYS) : place]
        behind = days[place : place + 1 + AHEAD_DAYS]
        self._today = {step: Passed.of([days[place]], step) for step in STEPS}
        self._before = {step: Passed.of(before, step) for step in STEPS}
        self._behind = {step: Passed.of(behind, step) for step in STEPS}
        self.objects: list[dict[str, Any]] = []
        self.spans: dict[str, tuple[str, str]] = {}
        self.waiting: dict[str, int] = {}
        self._follow()
        self.strays = {
            "duplicated": {step: self._duplicated(step) for step in STEPS},
            "unexpected": {step: self._unexpected(step) for step in STEPS[1:]},
        }
        self.objects.sort(key=lambda one: (one["state"], one["object_id"], one["step"]))

    def _follow(self) -> None:
        entering = self._today[STEPS[0]]
        new = ~self._before[STEPS[0]].holds(entering.customer)
        customer, entered_at = entering.customer[new], entering.first[new]
        at = np.stack([self._behind[step].first_of(customer) for step in STEPS])
        at[0] = entered_at
        seen = at != ABSENT
        furthest = len(STEPS) - 1 - np.argmax(seen[::-1], axis=0)
        over = entered_at + GRACE < self._ends
        self.entered = len(customer)
        states = np.full(at.shape, "reached", dtype="U9")
        for number in range(1, len(STEPS)):
            absent = ~seen[number]
            states[number][seen[number] & (at[number] > entered_at + GRACE)] = "late"
            hidden = self._is_hidden(STEPS[number], entered_at)
            known = absent & over & ~hidden
            states[number][absent & (hidden | ~over)] = "in_flight"
            states[number][known & (furthest > number)] = "skipped"
            states[number][known & (furthest < number)] = "lost"
            self.waiting[STEPS[number]] = int((absent & over & hidden).sum())
        self.state = {step: _counted(states[n]) for n, step in enumerate(STEPS) if n}
        self.whole = _counted(states[-1])
        for state in ("lost", "late", "in_flight"):
            chosen = states[-1] == state
            if chosen.any():
                edges = entered_at[chosen]
                self.spans[state] = iso(edges.min()), iso(edges.max())
        for number in range(1, len(STEPS)):
            self._list(states[number], number, customer, at, furthest)

    def _is_hidden(self, step: str, entered_at: Ints) -> Bools:
        """Tell for whom a missing log leaves open whether they passed a step."""
        hidden = np.zeros(len(entered_at), np.bool_)
        for day in self._silent if step == SILENT_STEP else ():
            hidden |= (entered_at < day.end + MINUTE) & (entered_at + GRACE >= day.start)
        return hidden

    def _list(self, states: Any, number: int, customer: Ints, at: Ints, furthest: Ints) -> None:
        is_last = number == len(STEPS) - 1
        for place in np.flatnonzero(states != "reached").tolist():
            state, last = str(states[place]), int(furthest[place])
            if state != "skipped" and not is_last:
                continue
            step = STEPS[last + 1] if state in {"lost", "in_flight"} else STEPS[number]
            self.objects.append(
                {
                    "state": state,
                    "object_id": customer_id(int(customer[place])),
                    "step": step,
                    "entered_at": iso(at[0][place]),
                    "last_step": STEPS[last],
                    "last_at": iso(at[last][place]),
                }
            )

    def _duplicated(self, step: str) -> list[str]:
        today = self._today[step]
        again = (today.times > 1) | self._before[step].holds(today.customer)
        return self._stray("duplicated", step, today.customer[again], today.last[again])

    def _unexpected(self, step: str) -> list[str]:
        today = self._today[step]
        alone = ~self._before[step].holds(today.customer)
        for upstream in STEPS[: STEPS.index(step)]:
            alone &= ~self._before[upstream].holds(today.customer)
            # No host's clock is wrong here: upstream comes before, or not at all.
            alone &= ~self._today[upstream].holds(today.customer)
        return self._stray("unexpected", step, today.customer[alone], today.first[alone])

    def _stray(self, state: str, step: str, customer: Ints, at: Ints) -> list[str]:
        stamps = [iso(each) for each in at.tolist()]
        self.objects += [
            {"state": state, "object_id": customer_id(number), "step": step}
            | {"entered_at": None, "last_step": step, "last_at": stamp}
            for number, stamp in zip(customer.tolist(), stamps, strict=True)
        ]
        return sorted(stamps)

    def seen(self, step: str) -> int:
        """Return how many different customers passed a step on the day."""
        return len(self._today[step].customer)

    def sightings(self, step: str) -> int:
        """Return how often a step was passed on the day."""
        return int(self._today[step].times.sum())

    def times(self, start: str, end: str) -> Ints:
        """Return, in order, how long they took between two steps who came to the second today."""
        arrived = self._today[end]
        fresh = ~self._before[end].holds(arrived.customer)
        customer, at = arrived.customer[fresh], arrived.first[fresh]
        left = np.minimum(
            self._before[start].first_of(customer), self._today[start].first_of(customer)
        )
        known = left != ABSENT
        return np.sort(at[known] - left[known])


def _counted(states: Any) -> dict[str, int]:
    names, counts = np.unique(states, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))
