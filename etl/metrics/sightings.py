"""Where the objects of chains were seen: read once for what became of them and for their lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import polars as pl

from etl.days import day_bounds
from etl.metrics.case import CLOCK_SKEW
from etl.metrics.firsts import LATEST, Firsts, instants
from etl.metrics.numbering import ABSENT, Numbering, Numbers
from etl.metrics.steps import Chain, Step, step_rows
from etl.metrics.views import Definitions, cut

Views = Mapping[str, pl.LazyFrame]


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the objects of one chain were seen that a day shows, up to its grace's end.

    Nothing of a day depends on objects that none of its rows shows. What is known of the others
    from the look-back fits into a row each: of four busy days a quarter is held.

    Attributes:
        steps: The chain's, in their order.
        ids: The objects' ids; elsewhere an `object` is the number of its id.
        rows: For each step the rows that show an object, of the day and behind it, and of the
            last `CLOCK_SKEW` before it: `object, at, source, input_id, offset`.
        before: What the look-back shows of these objects before that: `object`, `number` of
            the step from 1 on, `at` of the first time, and how often (`seen`).
        views: What they are rows of, `requests` and `events` among them.
    """

    steps: Sequence[Step]
    ids: Numbering
    rows: Sequence[pl.DataFrame]
    before: pl.DataFrame
    views: Views


Sightings = Mapping[str, Seen]
"""By chain."""


Found = Callable[[], Iterable[pl.DataFrame]]
"""Waits for the rows of a step that somebody else reads; they are as `step_rows` gives them."""


def sightings(
    tables: Views, definitions: Definitions, day: date, found: Mapping[Step, Found] | None = None
) -> Sightings:
    """Return where the objects of all chains were seen.

    Args:
        tables: As for `build_views`.
        definitions: Chains and time zone.
        day: The day.
        found: Rows of the day that need not be read, of some steps.
    """
    of_day = cut(tables, definitions, day, day)
    ids = {chain.name: Numbering() for chain in definitions.chains}
    elsewhere = found or {}
    here = [step for step in definitions.steps if step not in elsewhere]
    rows = {step: _held(_batches(step_rows(of_day, step)), ids[step.chain].add) for step in here}
    rows |= {step: _held(wait(), ids[step.chain].add) for step, wait in elsewhere.items()}
    seen = {}
    for chain in definitions.chains:
        steps = [step for step in definitions.steps if step.chain == chain.name]
        own = Seen(steps, ids[chain.name], [rows[step] for step in steps], _NONE_BEFORE, of_day)
        around = _around(tables, definitions, chain, day)
        since = day_bounds(day, definitions.zone)[0] - CLOCK_SKEW
        seen[chain.name] = own if _is_empty(around, steps) else _with(own, around, since)
    return seen


def _with(seen: Seen, around: Views, since: datetime) -> Seen:
    """Add what other days show of the objects; until `since` a row for each one."""
    rows, before = [], [_NONE_BEFORE]
    for number, (step, of_day) in enumerate(zip(seen.steps, seen.rows, strict=True), start=1):
        others = step_rows(around, step)
        near = _held(_batches(others.filter(pl.col("at") >= since)), seen.ids.find)
        rows.append(pl.concat([of_day, near]))
        before.append(_before(others.filter(pl.col("at") < since), seen.ids, number, since))
    return replace(seen, rows=rows, before=pl.concat(before))


_ROWS = pl.Schema(
    {
        "object": pl.Int32(),
        "at": pl.Datetime("us", "UTC"),
        "source": pl.Categorical(),
        "input_id": pl.Categorical(),
        "offset": pl.Int64(),
    }
)

_BEFORE = pl.Schema(
    {
        "object": pl.Int32(),
        "number": pl.UInt8(),
        "at": pl.Datetime("us", "UTC"),
        "seen": pl.Int32(),
    }
)


_NONE_BEFORE = pl.DataFrame(schema=_BEFORE)


def _batches(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Yield rows, so that the ids of all of them are never there at once."""
    told = rows.with_columns(pl.col("source", "input_id").cast(pl.Categorical))
    return told.collect_batches(engine="streaming")


def _held(
    batches: Iterable[pl.DataFrame], numbered: Callable[[pl.Series], Numbers]
) -> pl.DataFrame:
    """Return rows with the numbers of their objects, those without one left out."""
    found = [pl.DataFrame(schema=_ROWS)]
    for batch in batches:
        objects = numbered(batch["object_id"])
        rows = batch.drop("object_id").insert_column(0, pl.Series("object", objects))
        is_known = objects != ABSENT
        found.append(rows if is_known.all() else rows.filter(pl.Series(is_known)))
    return pl.concat(found)


def _before(rows: pl.LazyFrame, ids: Numbering, number: int, until: datetime) -> pl.DataFrame:
    """Return a row for each object that rows of a step show, all of them before `until`."""
    known = Firsts(len(ids), until, until)
    for batch in rows.select("object_id", "at").collect_batches(engine="streaming"):
        numbers, at = ids.find(batch["object_id"]), batch["at"].to_physical().to_numpy()
        known.see(numbers[numbers != ABSENT], at[numbers != ABSENT])
    (objects,) = known.seen.nonzero()
    return pl.DataFrame(
        [
            pl.Series("object", objects, dtype=pl.Int32),
            pl.repeat(number, len(objects), dtype=pl.UInt8, eager=True).alias("number"),
            instants("at", known.first[objects], LATEST),
            pl.Series("seen", known.seen[objects]),
        ],
        schema=_BEFORE,
    )


def _around(tables: Views, definitions: Definitions, chain: Chain, day: date) -> Views:
    """Return the views of the look-back and of the days into which the grace period reaches."""
    first = day - timedelta(days=chain.lookback_days)
    last = day + timedelta(days=chain.ahead_days(day, definitions.zone))
    views = cut(tables, definitions, first, last)
    is_other = pl.col("day") != day
    return {name: views[name].filter(is_other) for name in ("requests", "events")}


def _is_empty(views: Views, steps: Sequence[Step]) -> bool:
    read = {step.records for step in steps}
    return not any(views[name].select(pl.len()).collect().item() for name in read)
