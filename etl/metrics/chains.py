"""What became of the objects of a day: the views `cohorts`, `strays`, `passages`, and their counts.

`cohorts`: the objects whose first step was seen on the day and not in the look-back before it; one
row for each later step, with `reached_at` (null if the step was not seen) and `state`:

- `reached`: seen at the step within the grace period, counted from the object's entry;
- `late`: seen there after it, up to the end of the last day into which the grace period reaches;
- `in_flight`: not seen there, and the data end before the grace period does, or a log is missing
  that could show it there (`metrics.gaps`);
- `skipped`: not seen there, though at a later step, and the grace period is over;
- `lost`: seen neither there nor later, and the grace period is over.

`astray`: the rows of `cohorts` that are not `reached`; to be read where only these matter, for of
a million objects there are few.

`strays`: objects that the chain does not allow for, one row per object and step of the day:

- `duplicated`: the step was seen before, on the day or in the look-back; `at` is the last time;
- `unexpected`: no earlier step was seen before it in the look-back. Not judged within a grace
  period of the first data there are, or of a missing log of the first step: their objects may have
  entered before. Neither is judged at steps that objects pass again and again (`repeats`).

`passages`: how long it took, for first arrivals at a step on the day; `span` is `step` from each
step to the next, `chain` from the first to the last.

`chain_waits`: how many objects are in flight at a step because of a log that is overdue.

`step_counts` (rows and objects by step), `cohort_counts` (objects by step and state) and
`passage_times` (how many took so long, and so long or less) sum these up.

Clocks of two hosts differ: a step that is stamped up to `CLOCK_SKEW` before an earlier one counts
as after it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from etl.days import day_bounds
from etl.metrics.case import CLOCK_SKEW, Case, Known
from etl.metrics.chain_schemas import INSTANT, SCHEMAS
from etl.metrics.gaps import any_touches, gaps_of
from etl.metrics.passages import passages_of
from etl.metrics.paths import Paths, paths_of
from etl.metrics.sightings import Seen, Sightings
from etl.metrics.strays import strays_of
from etl.metrics.views import Definitions

COHORT_STATES = ("reached", "late", "in_flight", "skipped", "lost")
STATES = pl.Enum(COHORT_STATES)


def chain_views(
    seen: Sightings,
    definitions: Definitions,
    day: date,
    known: Known,
    absent: Mapping[date, Collection[str]] | None = None,
) -> dict[str, pl.LazyFrame]:
    """Return `cohorts`, `strays`, `passages` and `chain_waits` of a day, and what counts them.

    What costs most is done here and now, once for all metrics: passes over the first times of all
    objects (`metrics.paths`). The rows of `cohorts` and `passages`, several per object, are made as
    they are read, so that they take no memory.

    Args:
        seen: The day's sightings.
        definitions: Chains and time zone.
        day: The day.
        known: What the warehouse has data of; decides between lost and in flight.
        absent: Expected sources without a record, by day; of the days that grace periods touch.
    """
    found: dict[str, list[pl.LazyFrame]] = {name: [] for name in SCHEMAS}
    start, end = day_bounds(day, definitions.zone)
    for chain in definitions.chains:
        of_chain = seen[chain.name]
        gaps = gaps_of(of_chain.steps, of_chain.views, absent or {}, definitions, known.last_at)
        case = Case(chain, of_chain.steps, start, end, known, tuple(gaps))
        for name, frame in _of_chain(case, of_chain).items():
            found[name].append(frame.select(SCHEMAS[name].names()).cast(SCHEMAS[name]))
    return {
        name: pl.concat(frames) if frames else pl.LazyFrame(schema=SCHEMAS[name])
        for name, frames in found.items()
    }


def _of_chain(case: Case, seen: Seen) -> dict[str, pl.LazyFrame]:
    paths = paths_of(case, seen)
    objects, others = paths.of_all(), paths.of_others()
    entered = _entered(case, others, seen.rows)
    cohort = list(_cohort_rows(case, entered.lazy()))
    through = _cohort_rows(case, _got_through(case, objects))
    passages, times = zip(*passages_of(case, paths, objects), strict=True)
    strays = [rows.lazy() for rows in strays_of(case, paths, others)]
    return {
        "cohorts": pl.concat([*through, *cohort]),
        "astray": pl.concat(cohort).filter(pl.col("state") != "reached"),
        "chain_waits": _waits(case, entered),
        "strays": pl.concat(strays) if strays else pl.LazyFrame(schema=SCHEMAS["strays"]),
        "passages": pl.concat(passages),
        "step_counts": _step_counts(case, paths),
        "cohort_counts": pl.concat(_state_counts(case, paths, cohort)),
        "passage_times": pl.concat(times),
    }


def _step_counts(case: Case, paths: Paths) -> pl.LazyFrame:
    counts = [
        {
            "chain": case.chain.name,
            "step": step.name,
            "position": step.position,
            "sightings": firsts.rows_today,
            "objects": np.count_nonzero(firsts.is_today),
        }
        for step, firsts in zip(case.steps, paths.firsts, strict=True)
    ]
    return pl.LazyFrame(counts, schema=SCHEMAS["step_counts"])


def _state_counts(
    case: Case, paths: Paths, others: Sequence[pl.LazyFrame]
) -> Iterator[pl.LazyFrame]:
    """Count the rows of `cohorts` of each step by state, given those that did not get through."""
    at = pl.col("entered_at")
    (first_at, last_at), objects = paths.entered, paths.through
    plain = pl.LazyFrame(
        [("reached", objects, first_at, last_at)][: min(objects, 1)],
        schema={"state": STATES, "objects": pl.Int64, "first_at": INSTANT, "last_at": INSTANT},
        orient="row",
    )
    for step, rows in zip(case.later, others, strict=True):
        counted = rows.group_by("state").agg(
            objects=pl.len().cast(pl.Int64), first_at=at.min(), last_at=at.max()
        )
        both = pl.concat([plain, counted]).group_by("state")
        yield both.agg(
            pl.col("objects").sum(), pl.col("first_at").min(), pl.col("last_at").max()
        ).with_columns(
            pl.lit(case.chain.name).alias("chain"),
            pl.lit(step.name).alias("step"),
            pl.lit(step.position).alias("position"),
            pl.lit(step is case.steps[-1]).alias("is_last"),
        )


def _entered(case: Case, others: pl.DataFrame, sightings: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return one row per object of the cohort: when it reached each step, and its states there."""
    entered = others.filter(case.is_today("first_1")).rename({"first_1": "entered_at"})
    for number in range(2, len(case.steps) + 1):
        entered = _reached(entered, number, sightings[number - 1])
    deadline = pl.col("entered_at") + case.chain.grace
    reached = [pl.col(f"reached_{step.position}") for step in case.later]
    furthest = [pl.when(at.is_not_null()).then(pl.lit(n)) for n, at in enumerate(reached, start=2)]
    over = (pl.lit(case.known.last_at, dtype=INSTANT) > deadline).fill_null(value=False)
    return entered.select(
        "object_id",
        "entered_at",
        *reached,
        last=pl.coalesce(*reversed(furthest), pl.lit(1)),
        last_at=pl.coalesce(*reversed(reached), pl.col("entered_at")),
        over=over,
        deadline=deadline,
    ).with_columns(
        _state(case, step.position).alias(f"state_{step.position}") for step in case.later
    )


def _got_through(case: Case, objects: pl.LazyFrame) -> pl.LazyFrame:
    """Return the same for the objects of the cohort that need no closer look."""
    of_day = objects.filter(case.is_today("first_1") & ~pl.col("is_other"))
    last = len(case.steps)
    return of_day.select(
        "object_id",
        pl.col("first_1").alias("entered_at"),
        *(pl.col(f"first_{n}").alias(f"reached_{n}") for n in range(2, last + 1)),
        *(pl.lit("reached", dtype=STATES).alias(f"state_{n}") for n in range(2, last + 1)),
        last=pl.lit(last),
        last_at=pl.col(f"first_{last}"),
    )


def _cohort_rows(case: Case, entered: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """Yield the rows of `cohorts`, step by step."""
    names = pl.Series([step.name for step in case.steps], dtype=pl.String)
    for step in case.later:
        yield entered.select(
            pl.lit(case.chain.name).alias("chain"),
            "object_id",
            "entered_at",
            pl.lit(step.name).alias("step"),
            pl.lit(step.position).alias("position"),
            pl.col(f"reached_{step.position}").alias("reached_at"),
            pl.col(f"state_{step.position}").alias("state"),
            pl.lit(names).gather(pl.col("last") - 1).alias("last_step"),
            "last_at",
            pl.lit(step is case.steps[-1]).alias("is_last"),
        )


def _reached(entered: pl.DataFrame, number: int, sightings: pl.DataFrame) -> pl.DataFrame:
    """Add when each object was first seen at a step, sightings from before its entry left out."""
    first, earliest = pl.col(f"first_{number}"), _since()
    name = f"reached_{number}"
    before = entered.filter(first < earliest).select("object", "entered_at")
    entered = entered.with_columns(pl.when(first >= earliest).then(first).alias(name))
    if before.is_empty():
        return entered
    after = sightings.join(before, on="object").filter(pl.col("at") >= earliest)
    found = after.group_by("object").agg(pl.col("at").min().alias("seen_after"))
    entered = entered.join(found, on="object", how="left")
    return entered.with_columns(pl.coalesce(name, "seen_after").alias(name)).drop("seen_after")


def _waits(case: Case, entered: pl.DataFrame) -> pl.LazyFrame:
    """Count the objects that a log leaves undecided which should be there by now."""
    rows = []
    for step in case.later:
        for gap in case.gaps:
            if gap.position == step.position and gap.is_over:
                near = entered.filter(gap.touches(_since(), pl.col("deadline")))
                waiting = pl.col(f"state_{step.position}") == "in_flight"
                objects = near.select(waiting.sum()).item()
                told = (case.chain.name, step.name, step.position, gap.source, gap.day, objects)
                rows += [told] if objects else []
    return pl.LazyFrame(rows, schema=SCHEMAS["chain_waits"], orient="row")


def _since() -> pl.Expr:
    return pl.col("entered_at") - CLOCK_SKEW


def _state(case: Case, position: int) -> pl.Expr:
    at = pl.col(f"reached_{position}")
    undecided = any_touches(case.gaps, position, _since(), pl.col("deadline"))
    reached, late, in_flight, skipped, lost = (pl.lit(name, dtype=STATES) for name in COHORT_STATES)
    return (
        pl.when(at <= pl.col("deadline"))
        .then(reached)
        .when(at.is_not_null())
        .then(late)
        .when(~pl.col("over") | undecided)
        .then(in_flight)
        .when(pl.col("last") > position)
        .then(skipped)
        .otherwise(lost)
    )
