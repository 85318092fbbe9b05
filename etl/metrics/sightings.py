"""Where the objects of chains were seen: read once for what became of them and for their lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


def sightings(tables: Views, definitions: Definitions, day: date) -> Sightings:
    """Return where the objects of all chains were seen.

    Args:
        tables: As for `build_views`.
        definitions: Chains and time zone.
        day: The day.
    """
    of_day = cut(tables, definitions, day, day)
    return {
        chain.name: _of_chain(tables, of_day, definitions, chain, day)
        for chain in definitions.chains
    }


def _of_chain(
    tables: Views, of_day: Views, definitions: Definitions, chain: Chain, day: date
) -> Seen:
    steps = [step for step in definitions.steps if step.chain == chain.name]
    ids = Numbering()
    rows = [_held(step_rows(of_day, step), ids.add) for step in steps]
    around = _around(tables, definitions, chain, day)
    if _is_empty(around, steps):
        return Seen(steps, ids, rows, pl.DataFrame(schema=_BEFORE), of_day)
    since = day_bounds(day, definitions.zone)[0] - CLOCK_SKEW
    before = [pl.DataFrame(schema=_BEFORE)]
    for place, step in enumerate(steps):
        others = step_rows(around, step)
        near = _held(others.filter(pl.col("at") >= since), ids.find)
        rows[place] = pl.concat([rows[place], near])
        before.append(_before(others.filter(pl.col("at") < since), ids, place + 1, since))
    return Seen(steps, ids, rows, pl.concat(before), of_day)


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


def _held(rows: pl.LazyFrame, numbered: Callable[[pl.Series], Numbers]) -> pl.DataFrame:
    """Return rows with the numbers of their objects, those without one left out.

    They come in batches, so that the ids of all of them are never there at once.
    """
    found = [pl.DataFrame(schema=_ROWS)]
    told = rows.with_columns(pl.col("source", "input_id").cast(pl.Categorical))
    for batch in told.collect_batches(engine="streaming"):
        objects = pl.Series("object", numbered(batch["object_id"]))
        known = batch.with_columns(objects).filter(pl.col("object") != ABSENT)
        found.append(known.select(_ROWS.names()))
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
