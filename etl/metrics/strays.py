"""Objects that a chain does not allow for: rows of the view `strays`, which `chains` explains."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from etl.metrics.case import CLOCK_SKEW, Case
from etl.metrics.gaps import any_touches
from etl.metrics.paths import Paths
from etl.metrics.sightings import Seen
from etl.metrics.steps import Step


def strays_of(case: Case, paths: Paths, others: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows of each step at which there are any.

    Args:
        case: Chain and day.
        paths: When its objects passed.
        others: A row for each one that needs a closer look, as all that are unexpected do.
    """
    since = case.known.first_at + case.chain.grace if case.known.first_at else None
    for step, firsts in zip(case.steps, paths.firsts, strict=True):
        if step.repeats:
            continue
        doubled = firsts.is_today & (firsts.seen > 1)
        if doubled.any():
            yield _rows(_doubled(case, paths.seen, step, doubled), step, "duplicated")
        upstream = [pl.col(f"first_{place}") for place in range(1, step.position)]
        if upstream and since is not None:
            here = pl.col(f"first_{step.position}")
            alone = (pl.min_horizontal(upstream) > here + CLOCK_SKEW).fill_null(value=True)
            is_today = case.is_today(f"first_{step.position}")
            hidden = any_touches(case.gaps, 1, here - case.chain.grace, here)
            strangers = others.filter(alone & is_today & (here >= since) & ~hidden)
            yield _rows(strangers.with_columns(at=here), step, "unexpected")


def _doubled(case: Case, seen: Seen, step: Step, doubled: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """Return objects that a step of the day had seen before, each with its last time."""
    rows = seen.rows[step.position - 1].lazy().filter(case.is_today())
    rows = rows.filter(pl.lit(pl.Series(doubled)).gather(pl.col("object")))
    found = rows.group_by("object").agg(pl.col("at").max()).collect(engine="streaming")
    return found.with_columns(object_id=seen.ids.texts(found["object"].to_numpy()))


def _rows(found: pl.DataFrame, step: Step, state: str) -> pl.DataFrame:
    return found.select(
        pl.lit(step.chain).alias("chain"),
        "object_id",
        pl.lit(step.name).alias("step"),
        pl.lit(step.position).alias("position"),
        "at",
        pl.lit(state).alias("state"),
    )
