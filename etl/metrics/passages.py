"""How long objects took from step to step, and from the first step to the last."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from etl.days import MICROSECOND
from etl.metrics.case import CLOCK_SKEW, Case


def passages_of(case: Case, wide: pl.DataFrame) -> Iterator[tuple[pl.LazyFrame, pl.LazyFrame]]:
    """Yield for each two steps the rows of `passages`, and those of `passage_times`.

    The latter are counted here and now, the former are made as they are read.

    Args:
        case: Chain and day.
        wide: A row for each object, with the first time at each step.
    """
    firsts = wide.select("object_id", pl.col("^first_.*$")).lazy()
    pairs = [("step", start, end) for start, end in zip(case.steps, case.later, strict=False)]
    for span, start, end in [*pairs, ("chain", case.steps[0], case.steps[-1])]:
        started, reached = f"first_{start.position}", f"first_{end.position}"
        took = (pl.col(reached) - pl.col(started)).dt.total_microseconds()
        told = {
            "chain": pl.lit(case.chain.name),
            "span": pl.lit(span),
            "from_step": pl.lit(start.name),
            "to_step": pl.lit(end.name),
        }
        arrived = firsts.filter(case.is_today(reached)).select(
            "object_id", started_at=started, reached_at=reached, took=took
        )
        arrived = arrived.filter(pl.col("took") >= -(CLOCK_SKEW // MICROSECOND))
        yield (
            arrived.with_columns(**told, time_s=_seconds("took")),
            _times(arrived).with_columns(**told),
        )


def _times(arrived: pl.LazyFrame) -> pl.LazyFrame:
    """Count how many took how long, and how many that long or less."""
    counted = arrived.group_by("took").agg(objects=pl.len().cast(pl.Int64))
    different = counted.collect(engine="streaming").sort("took").lazy()
    up_to, n = pl.col("objects").cum_sum(), pl.col("objects").sum()
    return different.with_columns(time_s=_seconds("took"), up_to=up_to, n=n)


def _seconds(micros: str) -> pl.Expr:
    # By numpy: Polars multiplies by the reciprocal, and the last digit would be off.
    return pl.col(micros).map_batches(
        lambda column: pl.Series(column.to_numpy() / 1e6),
        return_dtype=pl.Float64,
        is_elementwise=True,
    )
