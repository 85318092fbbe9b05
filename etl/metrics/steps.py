"""Process chains: their steps, and the rows that show that an object passed one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from etl.days import MICROSECOND, day_bounds, day_of
from etl.errors import ConfigError
from etl.metrics.mistakes import mistake_of
from etl.model import Sheet

STEPS_SCHEMA = pl.Schema(
    {
        "chain": pl.String(),
        "step": pl.String(),
        "position": pl.Int32(),
        "object_id": pl.String(),
        "at": pl.Datetime("us", "UTC"),
        "source": pl.String(),
        "input_id": pl.String(),
        "offset": pl.Int64(),
    }
)

CHAIN_STEPS_SCHEMA = pl.Schema(
    {
        "chain": pl.String(),
        "step": pl.String(),
        "position": pl.Int32(),
        "next_step": pl.String(),
        "next_position": pl.Int32(),
        "repeats": pl.Boolean(),
        "next_repeats": pl.Boolean(),
        "steps": pl.Int32(),
    }
)


_LINE = 'at, source, input_id, "offset"'
"""What is known of a row that shows an object."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a chain: which rows of `records` show that an object passed.

    Attributes:
        records: `requests` or `events`.
        where: SQL condition.
        object_id: SQL expression of the object's id.
        repeats: Objects pass it again and again, as look-ups do: neither seeing one twice nor
            seeing one that entered long ago means anything.
    """

    chain: str
    name: str
    position: int
    records: str
    where: str
    object_id: str
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """What holds for all steps of a chain.

    Attributes:
        grace: How long an object may take from its first step to any later one.
        lookback_days: How many days back an object is known to have been seen before.
    """

    name: str
    grace: timedelta
    lookback_days: int

    def ahead_days(self, day: date, zone: ZoneInfo) -> int:
        """Return how many days behind `day` belong to its cohort: until the grace of all is over.

        They are looked at to their end, so that what is late by less is late and not lost.
        """
        last = day_bounds(day, zone)[1] + self.grace - MICROSECOND
        return (day_of(last, zone) - day).days

    @property
    def most_ahead_days(self) -> int:
        """The most that `ahead_days` can be; a day may be an hour short."""
        return -(-(self.grace + timedelta(hours=1)) // timedelta(days=1)) if self.grace else 0


def step_rows(tables: Mapping[str, pl.LazyFrame], step: Step) -> pl.LazyFrame:
    """Return where objects passed a step: `object_id, at, source, input_id, offset`.

    Raises:
        ConfigError: The condition or the object's expression is no SQL over these tables.
    """
    context = pl.SQLContext(requests=tables["requests"], events=tables["events"])
    # The condition and the expression are the operator's own SQL out of daytally.toml.
    query = (
        f"select cast({step.object_id} as varchar) as object_id, {_LINE}"  # noqa: S608
        f" from {step.records} where {step.where}"
    )
    try:
        rows: pl.LazyFrame = context.execute(query, eager=False)
        rows.collect_schema()
    except pl.exceptions.PolarsError as error:
        asked = Sheet(step.name, "", "", "", "", query, "")
        what = str(mistake_of(asked, error, tables)).split(": ", 1)[1]
        raise ConfigError(f"chain '{step.chain}', step '{step.name}': {what}") from error
    return rows.filter(pl.col("object_id").is_not_null())


def all_steps(tables: Mapping[str, pl.LazyFrame], steps: Sequence[Step]) -> pl.LazyFrame:
    """Return the union of all steps of all chains, as the view `steps` has it."""
    frames = [
        step_rows(tables, step).select(
            pl.lit(step.chain).alias("chain"),
            pl.lit(step.name).alias("step"),
            pl.lit(step.position, dtype=pl.Int32).alias("position"),
            *STEPS_SCHEMA.names()[3:],
        )
        for step in steps
    ]
    return pl.concat(frames) if frames else pl.LazyFrame(schema=STEPS_SCHEMA)


def chain_steps(steps: Sequence[Step]) -> pl.LazyFrame:
    """Return the view `chain_steps`: each step with the one that follows it."""
    following = {(step.chain, step.position - 1): step for step in steps}
    last = {step.chain: step.position for step in sorted(steps, key=lambda step: step.position)}
    rows = []
    for step in steps:
        after = following.get((step.chain, step.position))
        rows.append(
            {
                "chain": step.chain,
                "step": step.name,
                "position": step.position,
                "next_step": after.name if after else None,
                "next_position": after.position if after else None,
                "repeats": step.repeats,
                "next_repeats": after.repeats if after else None,
                "steps": last[step.chain],
            }
        )
    return pl.LazyFrame(rows, schema=CHAIN_STEPS_SCHEMA)
