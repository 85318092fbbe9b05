"""What every metric about the chain must say of a day."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from etl.demo.chain import STEPS
from etl.demo.cohort import Cohort
from etl.demo.counting import RANKS, nearest_rank
from etl.demo.plan import SECOND, Ints
from etl.demo.row import row

CHAIN = "customer"


def chain_rows(cohort: Cohort) -> Iterator[dict[str, Any]]:
    """Yield all measurements about the chain."""
    yield from _flow(cohort)
    yield from _cohort(cohort)
    yield from _strays(cohort)
    yield from _times("chain_time", {}, cohort.times(STEPS[0], STEPS[-1]))
    for step, following in itertools.pairwise(STEPS):
        pair = {"from_step": step, "to_step": following}
        yield from _times("step_time", pair, cohort.times(step, following))
    for step in STEPS:
        dimensions = {"chain": CHAIN, "step": step}
        number = cohort.sightings(step)
        yield row("distinct_objects", dimensions, cohort.seen(step), n=number)


def _flow(cohort: Cohort) -> Iterator[dict[str, Any]]:
    for step, following in itertools.pairwise(STEPS):
        up, down = cohort.sightings(step), cohort.sightings(following)
        dimensions = {"chain": CHAIN, "from_step": step, "to_step": following}
        yield _ratio("integrity_flow", dimensions, up, down) | {"n": up + down}


def _cohort(cohort: Cohort) -> Iterator[dict[str, Any]]:
    for step, states in cohort.state.items():
        dimensions = {"chain": CHAIN, "step": step}
        decided = cohort.entered - states.get("in_flight", 0)
        reached = states.get("reached", 0)
        yield _ratio("integrity_cohort", dimensions, decided, reached) | {"n": cohort.entered}
        if step != STEPS[-1]:
            skipped = states.get("skipped", 0)
            yield row("skipped_objects", dimensions, skipped, n=cohort.entered)
    names = {"lost": "lost_objects", "late": "late_objects", "in_flight": "objects_in_flight"}
    for state, metric in names.items():
        first, last = cohort.spans.get(state, (None, None))
        number = cohort.whole.get(state, 0)
        found = row(metric, {"chain": CHAIN}, number, n=cohort.entered)
        yield found | {"first_at": first, "last_at": last}


def _strays(cohort: Cohort) -> Iterator[dict[str, Any]]:
    for state, by_step in cohort.strays.items():
        for step, stamps in by_step.items():
            dimensions = {"chain": CHAIN, "step": step}
            found = row(f"{state}_objects", dimensions, len(stamps), n=cohort.seen(step))
            first, last = (stamps[0], stamps[-1]) if stamps else (None, None)
            yield found | {"first_at": first, "last_at": last}


def _times(stem: str, dimensions: dict[str, Any], took: Ints) -> Iterator[dict[str, Any]]:
    number = len(took)
    for name, rank in RANKS.items() if number else ():
        value = int(took[nearest_rank(number, rank) - 1]) / SECOND
        yield row(f"{stem}_{name}", {"chain": CHAIN, **dimensions}, value, n=number)


def _ratio(metric: str, dimensions: dict[str, Any], up: int, down: int) -> dict[str, Any]:
    found = row(metric, dimensions, up / down if down else None)
    return found | {"numerator": up, "denominator": down}
