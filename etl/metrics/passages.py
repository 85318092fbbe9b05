"""How long objects took from step to step, and from the first step to the last."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import polars as pl

from etl.days import MICROSECOND, to_micros
from etl.metrics.case import CLOCK_SKEW, Case
from etl.metrics.firsts import LATEST, Ints
from etl.metrics.paths import THREADS, Paths
from etl.metrics.steps import Step
from etl.native.cells import addresses, cell, set_cell
from etl.native.jit import kernel
from etl.native.memory import load64, store64

STARTED, REACHED, OBJECTS, START, END, SKEW, TOOK, COUNT = range(8)
"""Cells of the table: first times at two steps by object, the day, and room for a time of each
object. The last one is written by the kernel."""


@kernel
def passage_times(k: int) -> None:
    """Write how long each object took that reached a step on the day."""
    started, reached, took = cell(k, STARTED), cell(k, REACHED), cell(k, TOOK)
    start, end, skew, count = cell(k, START), cell(k, END), cell(k, SKEW), 0
    for number in range(cell(k, OBJECTS)):
        since, at = load64(started + 8 * number), load64(reached + 8 * number)
        if start <= at < end and since != LATEST and at - since >= -skew:
            store64(took + 8 * count, at - since)
            count += 1
    set_cell(k, COUNT, count)


def passages_of(
    case: Case, paths: Paths, objects: pl.LazyFrame
) -> list[tuple[pl.LazyFrame, pl.LazyFrame]]:
    """Return for each two steps the rows of `passages`, and those of `passage_times`.

    The latter are counted here and now, the former are made as they are read.

    Args:
        case: Chain and day.
        paths: When its objects passed.
        objects: A row for each of them.
    """
    pairs = [("step", start, end) for start, end in zip(case.steps, case.later, strict=False)]
    spans = [*pairs, ("chain", case.steps[0], case.steps[-1])]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(partial(_passages, case, paths, objects), *zip(*spans, strict=True)))


def _passages(
    case: Case, paths: Paths, objects: pl.LazyFrame, span: str, start: Step, end: Step
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    started, reached = f"first_{start.position}", f"first_{end.position}"
    told = {
        "chain": pl.lit(case.chain.name),
        "span": pl.lit(span),
        "from_step": pl.lit(start.name),
        "to_step": pl.lit(end.name),
    }
    took = (pl.col(reached) - pl.col(started)).dt.total_microseconds()
    arrived = objects.filter(case.is_today(reached)).select(
        "object_id", started_at=started, reached_at=reached, took=took
    )
    arrived = arrived.filter(pl.col("took") >= -(CLOCK_SKEW // MICROSECOND))
    firsts = [paths.firsts[step.position - 1].first for step in (start, end)]
    times = _counted(_took(case, firsts))
    return arrived.with_columns(**told, time_s=_seconds("took")), times.with_columns(**told)


def _took(case: Case, firsts: list[Ints]) -> Ints:
    """Return how long each object took that arrived on the day: microseconds, sorted."""
    room = np.empty(len(firsts[0]), dtype=np.int64)
    day = (to_micros(case.start), to_micros(case.end))
    table = addresses([*firsts, len(room), *day, CLOCK_SKEW // MICROSECOND, room, 0])
    passage_times(table.ctypes.data)
    took = room[: int(table[COUNT])]
    took.sort()
    return took


def _counted(took: Ints) -> pl.LazyFrame:
    """Count how many took how long, and how many that long or less."""
    is_last = np.append(took[1:] != took[:-1], np.ones(min(len(took), 1), dtype=np.bool_))
    (ends,) = is_last.nonzero()
    times = {"time_s": took[ends] / 1e6, "objects": np.diff(ends, prepend=-1), "up_to": ends + 1}
    return pl.LazyFrame(times).with_columns(n=pl.lit(len(took), dtype=pl.Int64))


def _seconds(micros: str) -> pl.Expr:
    # By numpy: Polars multiplies by the reciprocal, and the last digit would be off.
    return pl.col(micros).map_batches(
        lambda column: pl.Series(column.to_numpy() / 1e6),
        return_dtype=pl.Float64,
        is_elementwise=True,
    )
