"""The chain's figures and lists by a slow reading of each customer's own story, one by one."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

STEPS = ("imported", "transformed", "stored", "provided")
SOURCES = dict(zip(STEPS, ("importer", "transformer", "store", "api"), strict=True))
ZONE = ZoneInfo("Europe/Berlin")
GRACE = timedelta(hours=6)
Sightings = Mapping[date, list[tuple[str, str, datetime]]]
Told = Iterator[tuple[str, dict[str, Any], dict[str, Any]]]


class SlowChain:
    """All stories of one day: for each customer and step the days and times it was seen.

    `logs` tells which sources have a line of which day.
    """

    def __init__(
        self, sightings: Sightings, day: date, logs: Mapping[date, Collection[str]]
    ) -> None:
        self.day, self.ends, self.logs = day, max(sightings), logs
        self.stories: dict[str, dict[str, list[tuple[int, datetime]]]] = defaultdict(
            lambda: {step: [] for step in STEPS}
        )
        for away in (-3, -2, -1, 0, 1):
            for step, customer, at in sightings.get(day + timedelta(days=away), []):
                self.stories[customer][step].append((away, at))
        for story in self.stories.values():
            for seen in story.values():
                seen.sort()
        self.end_of_all = max(at for rows in sightings.values() for *_, at in rows)
        self.objects = sorted(
            [*self._cohort_objects(), *self._strays()],
            key=lambda one: (one["state"], one["object_id"], one["step"]),
        )

    def states(self) -> Iterator[tuple[str, datetime, list[datetime | None], list[str]]]:
        """Yield who entered today, when it reached each step, and the state of each step."""
        for customer, story in self.stories.items():
            entries = story["imported"]
            if not entries or entries[0][0] != 0:
                continue
            entered = entries[0][1]
            reached = [min((at for away, at in story[s] if away >= 0), default=None) for s in STEPS]
            last = max(n for n, at in enumerate(reached) if at)
            states = []
            for number, at in enumerate(reached):
                if at:
                    states.append("reached" if at <= entered + GRACE else "late")
                elif entered + GRACE >= self.end_of_all or self.is_hidden(STEPS[number], entered):
                    states.append("in_flight")
                else:
                    states.append("skipped" if number < last else "lost")
            yield customer, entered, reached, states

    def is_hidden(self, step: str, entered: datetime) -> bool:
        """Whether a day without any line of a step's source lies in an object's time to pass it."""
        touched = (entered - timedelta(minutes=1), entered, entered + GRACE)
        days = {at.astimezone(ZONE).date() for at in touched}
        return any(day in self.logs and SOURCES[step] not in self.logs[day] for day in days)

    def _cohort_objects(self) -> Iterator[dict[str, Any]]:
        for customer, entered, reached, states in self.states():
            last = max(n for n, at in enumerate(reached) if at)
            one = {"object_id": customer, "entered_at": utc(entered)}
            one |= {"last_step": STEPS[last], "last_at": utc(reached[last])}
            if states[-1] in ("lost", "in_flight"):
                yield one | {"state": states[-1], "step": STEPS[last + 1]}
            if states[-1] == "late":
                yield one | {"state": "late", "step": STEPS[-1]}
            for step, state in zip(STEPS, states, strict=True):
                if state == "skipped":
                    yield one | {"state": "skipped", "step": step}

    def _strays(self) -> Iterator[dict[str, Any]]:
        for customer, story in self.stories.items():
            for number, step in enumerate(STEPS):
                until = [(away, at) for away, at in story[step] if away <= 0]
                today = [at for away, at in until if away == 0]
                one = {"object_id": customer, "entered_at": None, "step": step, "last_step": step}
                if today and len(until) > 1:
                    yield one | {"state": "duplicated", "last_at": utc(today[-1])}
                before = [away for s in STEPS[:number] for away, _ in story[s] if away <= 0]
                if today and number and not before and len(today) == len(until):
                    yield one | {"state": "unexpected", "last_at": utc(today[0])}

    def measured(self) -> Told:
        """Yield every measurement about the chain."""
        yield from self._counts()
        yield from self._cohorts()
        yield from self._stray_counts()
        for step, following in itertools.pairwise(STEPS):
            pair = {"from_step": step, "to_step": following}
            yield from self._times("step_time", step, following, pair)
        yield from self._times("chain_time", STEPS[0], STEPS[-1], {})

    def _today(self, step: str) -> dict[str, int]:
        counted = {c: sum(a == 0 for a, _ in story[step]) for c, story in self.stories.items()}
        return {customer: number for customer, number in counted.items() if number}

    def _counts(self) -> Told:
        seen = {step: self._today(step) for step in STEPS}
        for step, rows in seen.items():
            value = {"value": len(rows), "n": sum(rows.values())}
            yield "distinct_objects", {"chain": "customer", "step": step}, value
        for step, following in itertools.pairwise(STEPS):
            up, down = sum(seen[step].values()), sum(seen[following].values())
            dimensions = {"chain": "customer", "from_step": step, "to_step": following}
            yield "integrity_flow", dimensions, ratio(up, down) | {"n": up + down}

    def _cohorts(self) -> Told:
        whole = list(self.states())
        for number, step in enumerate(STEPS[1:], start=1):
            states = [states[number] for *_, states in whole]
            dimensions = {"chain": "customer", "step": step}
            decided = len(states) - states.count("in_flight")
            value = ratio(decided, states.count("reached")) | {"n": len(states)}
            yield "integrity_cohort", dimensions, value
            if step != STEPS[-1]:
                value = {"value": states.count("skipped"), "n": len(states)}
                yield "skipped_objects", dimensions, value
        for state, metric in [
            ("lost", "lost_objects"), ("late", "late_objects"), ("in_flight", "objects_in_flight")
        ]:  # fmt: skip
            entries = sorted(entered for _, entered, _, states in whole if states[-1] == state)
            value = {"value": len(entries), "n": len(whole)} | edges(map(utc, entries))
            yield metric, {"chain": "customer"}, value

    def _stray_counts(self) -> Told:
        for state, steps in (("duplicated", STEPS), ("unexpected", STEPS[1:])):
            for step in steps:
                at = sorted(
                    one["last_at"]
                    for one in self.objects
                    if (one["state"], one["step"]) == (state, step)
                )
                value = {"value": len(at), "n": len(self._today(step))} | edges(at)
                yield f"{state}_objects", {"chain": "customer", "step": step}, value

    def _times(self, stem: str, start: str, end: str, pair: dict[str, str]) -> Told:
        took = sorted(
            (story[end][0][1] - story[start][0][1]) // timedelta(microseconds=1)
            for story in self.stories.values()
            if story[end] and story[end][0][0] == 0 and story[start]
        )
        for name, percent in (("p50", 50), ("p90", 90), ("p99", 99), ("max", 100)):
            if took:
                value = took[-(-len(took) * percent // 100) - 1] / 1e6
                dimensions = {"chain": "customer", **pair}
                yield f"{stem}_{name}", dimensions, {"value": value, "n": len(took)}


def ratio(up: int, down: int) -> dict[str, Any]:
    return {"value": up / down if down else None, "numerator": up, "denominator": down}


def edges(stamps: Any) -> dict[str, Any]:
    ordered = list(stamps)
    return {"first_at": ordered[0], "last_at": ordered[-1]} if ordered else {}


def utc(at: datetime | None) -> str:
    assert at is not None
    return at.astimezone(UTC).isoformat()
