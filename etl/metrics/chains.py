"""What became of the objects of a day: the views `cohorts`, `strays`, `passages`, and their counts.

`cohorts`: the objects whose first step was seen on the day and not in the look-back before it; one
row for each later step, with `reached_at` (null if the step was not seen) and `state`:

- `reached`: seen at the step within the grace period, counted from the object's entry;
- `late`: seen there after it, up to the end of the last day into which the grace period reaches;
- `in_flight`: not seen there, and the data end before the grace period does, or a log is missing
  that could show it there (`metrics.gaps`);
- `skipped`: not seen there, though at a later step, and the grace period is over;
- `lost`: seen neither there nor later, and the grace period is over.

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
from typing import Any

import numpy.typing as npt
import polars as pl

from etl.days import day_bounds
from etl.metrics.case import CLOCK_SKEW, Case, Known
from etl.metrics.chain_schemas import INSTANT, SCHEMAS
from etl.metrics.firsts import EARLIEST, LATEST, Firsts, instants
from etl.metrics.gaps import any_touches, gaps_of
from etl.metrics.passages import passages_of
from etl.metrics.sightings import Seen, Sightings
from etl.metrics.steps import Step
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

    What costs most is done here and now, once for all metrics: one row per object. The views' rows,
    several per object, are made of it as they are read, so that they take no memory.

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
    wide = _wide(case, seen)
    entered = _entered(case, wide, seen.rows)
    cohort = list(_cohort_rows(case, entered))
    passages, times = zip(*passages_of(case, wide), strict=True)
    return {
        "cohorts": pl.concat(cohort),
        "chain_waits": _waits(case, entered),
        "strays": _strays_of(case, wide),
        "passages": pl.concat(passages),
        "step_counts": _step_counts(case, wide, seen.rows),
        "cohort_counts": pl.concat([_states_of(rows) for rows in cohort]),
        "passage_times": pl.concat(times),
    }


def _step_counts(case: Case, wide: pl.DataFrame, sightings: Sequence[pl.DataFrame]) -> pl.LazyFrame:
    counts = [
        {
            "chain": case.chain.name,
            "step": step.name,
            "position": step.position,
            "sightings": rows.select(case.is_today().sum()).item(),
            "objects": wide[f"today_{step.position}"].count(),
        }
        for step, rows in zip(case.steps, sightings, strict=True)
    ]
    return pl.LazyFrame(counts, schema=SCHEMAS["step_counts"])


def _states_of(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Count the rows of `cohorts` of one step."""
    told, at = ("chain", "step", "position", "is_last"), pl.col("entered_at")
    return rows.group_by("state").agg(
        pl.col(told).first(), objects=pl.len(), first_at=at.min(), last_at=at.max()
    )


def _wide(case: Case, seen: Seen) -> pl.DataFrame:
    """Return one row per object: of each step the first time, and its sightings of the day."""
    columns = [seen.ids.texts().alias("object_id")]
    for number, rows in enumerate(seen.rows, start=1):
        firsts = Firsts(len(seen.ids), case.start, case.end)
        firsts.see(*_objects_and(rows, "at"))
        before = seen.before.filter(pl.col("number") == number)
        firsts.see_before(*_objects_and(before, "at", "seen"))
        columns += [
            instants(f"first_{number}", firsts.first, LATEST),
            instants(f"today_{number}", firsts.today, LATEST),
            instants(f"again_{number}", firsts.again, EARLIEST),
            pl.Series(f"seen_{number}", firsts.seen),
        ]
    return pl.DataFrame(columns).with_row_index("object").cast({"object": pl.Int32})


def _objects_and(rows: pl.DataFrame, *names: str) -> Iterator[npt.NDArray[Any]]:
    """Yield some columns as numbers, that of the objects first."""
    for name in ("object", *names):
        yield rows[name].to_physical().to_numpy()


def _entered(case: Case, wide: pl.DataFrame, sightings: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return one row per object of the cohort: when it reached each step, and its deadline."""
    firsts = wide.select("object", "object_id", pl.col("^first_.*$"))
    entered = firsts.filter(case.is_today("first_1")).rename({"first_1": "entered_at"})
    for number in range(2, len(case.steps) + 1):
        entered = _reached(entered, number, sightings[number - 1])
    deadline = pl.col("entered_at") + case.chain.grace
    reached = [pl.col(f"reached_{step.position}") for step in case.later]
    furthest = [pl.when(at.is_not_null()).then(pl.lit(n)) for n, at in enumerate(reached, start=2)]
    last = pl.coalesce(*reversed(furthest), pl.lit(1))
    return entered.select(
        "object_id",
        "entered_at",
        *reached,
        last.alias("last"),
        pl.coalesce(*reversed(reached), pl.col("entered_at")).alias("last_at"),
        (pl.lit(case.known.last_at, dtype=INSTANT) > deadline).fill_null(value=False).alias("over"),
        deadline.alias("deadline"),
    )


def _cohort_rows(case: Case, entered: pl.DataFrame) -> Iterator[pl.LazyFrame]:
    """Yield the rows of `cohorts`, step by step."""
    names = pl.Series([step.name for step in case.steps], dtype=pl.String)
    for step in case.later:
        yield entered.lazy().select(
            pl.lit(case.chain.name).alias("chain"),
            "object_id",
            "entered_at",
            pl.lit(step.name).alias("step"),
            pl.lit(step.position).alias("position"),
            pl.col(f"reached_{step.position}").alias("reached_at"),
            _state(case, step.position).alias("state"),
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
                # Few objects are near a gap: only their state has to be told.
                near = entered.filter(gap.touches(_since(), pl.col("deadline")))
                waiting = _state(case, step.position) == "in_flight"
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


def _strays_of(case: Case, wide: pl.DataFrame) -> pl.LazyFrame:
    found = list(_strays(case, wide))
    return pl.concat(found).lazy() if found else pl.LazyFrame(schema=SCHEMAS["strays"])


def _strays(case: Case, wide: pl.DataFrame) -> Iterator[pl.DataFrame]:
    since = case.known.first_at + case.chain.grace if case.known.first_at else None
    for step in case.steps:
        number = step.position
        here, seen = pl.col(f"today_{number}"), pl.col(f"seen_{number}")
        if step.repeats:
            continue
        doubled = wide.filter(here.is_not_null() & (seen > 1))
        yield _stray_rows(doubled, step, f"again_{number}", "duplicated")
        upstream = [pl.col(f"first_{place}") for place in range(1, number)]
        if upstream and since is not None:
            alone = pl.min_horizontal(upstream) > here + CLOCK_SKEW
            first_time = pl.col(f"first_{number}") == here
            hidden = any_touches(case.gaps, 1, here - case.chain.grace, here)
            is_stray = alone.fill_null(value=True) & first_time & (here >= since) & ~hidden
            strangers = wide.filter(is_stray)
            yield _stray_rows(strangers, step, f"today_{number}", "unexpected")


def _stray_rows(rows: pl.DataFrame, step: Step, at: str, state: str) -> pl.DataFrame:
    return rows.select(
        pl.lit(step.chain).alias("chain"),
        "object_id",
        pl.lit(step.name).alias("step"),
        pl.lit(step.position).alias("position"),
        pl.col(at).alias("at"),
        pl.lit(state).alias("state"),
    )
