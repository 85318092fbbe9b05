"""Which objects of a chain simply got through, so that only the others need a closer look.

Nearly all do. One pass over the times of their steps counts them; what became of the others is
told by expressions over rows, each of them another pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from etl.days import MICROSECOND, from_micros, to_micros
from etl.metrics.case import CLOCK_SKEW, Case
from etl.metrics.firsts import EARLIEST, LATEST, Firsts, Ints, instants
from etl.metrics.numbering import Numbers
from etl.metrics.sightings import Seen
from etl.metrics.steps import Step
from etl.native.cells import addresses, cell, set_cell
from etl.native.jit import kernel
from etl.native.memory import load64, store32

THREADS = 2
"""Steps that are worked on at a time."""

STEPS, STEP_COUNT, OBJECT_COUNT, START, END, SKEW, GRACE = range(7)
OTHERS, OTHER_COUNT, THROUGH, FIRST_ENTRY, LAST_ENTRY = range(7, 12)
"""Cells of the table. STEPS: for each one the address of the objects' first times, and from when
on an object that it is the first to see is unexpected. OTHERS: room for the numbers of all objects.
What comes behind it is written by the kernel."""


@kernel
def tell_apart(k: int) -> None:
    """Count the objects that got through, and find those that need a closer look.

    An object of the day got through if each later step saw it first between its entry and the end
    of its grace period. One of another day is passed over unless a step of the day was the first
    to see it.
    """
    steps, start, end = cell(k, STEPS), cell(k, START), cell(k, END)
    skew, grace = cell(k, SKEW), cell(k, GRACE)
    others, through, count = cell(k, OTHERS), 0, 0
    first_entry, last_entry = LATEST, EARLIEST
    for number in range(cell(k, OBJECT_COUNT)):
        place, is_plain = 8 * number, True
        entered = upstream = load64(cell(steps, 0) + place)
        is_of_day = start <= entered < end
        for step in range(1, cell(k, STEP_COUNT)):
            first = load64(cell(steps, 2 * step) + place)
            if is_of_day:
                if first < entered - skew or first > entered + grace:
                    is_plain = False
            elif start <= first < end and cell(steps, 2 * step + 1) <= first < upstream - skew:
                is_plain = False
            upstream = min(upstream, first)
        if not is_plain:
            store32(others + 4 * count, number)
            count += 1
        elif is_of_day:
            through += 1
            first_entry, last_entry = min(first_entry, entered), max(last_entry, entered)
    set_cell(k, OTHER_COUNT, count)
    set_cell(k, THROUGH, through)
    set_cell(k, FIRST_ENTRY, first_entry)
    set_cell(k, LAST_ENTRY, last_entry)


@dataclass(frozen=True, slots=True)
class Paths:
    """When the objects of a chain were seen at its steps.

    Attributes:
        seen: Where.
        firsts: Figures of each step.
        others: Numbers of the objects that need a closer look.
        through: How many of the day's objects got through; none of `others` is one of them.
        entered: When the first of these entered and when the last one did.
    """

    seen: Seen
    firsts: Sequence[Firsts]
    others: Numbers
    through: int
    entered: tuple[datetime | None, datetime | None]

    def of_others(self) -> pl.DataFrame:
        """Return a row for each of `others`: `object, object_id, first_1, …`."""
        columns = _columns([of_step.first[self.others] for of_step in self.firsts])
        ids = self.seen.ids.texts(self.others).alias("object_id")
        return pl.DataFrame([pl.Series("object", self.others), ids, *columns])

    def of_all(self) -> pl.LazyFrame:
        """Return a row for each object: `object_id, is_other, first_1, …`.

        The ids are made when somebody reads them: no built-in metric does.
        """
        is_other = np.zeros(len(self.seen.ids), dtype=np.bool_)
        is_other[self.others] = True
        columns = _columns([of_step.first for of_step in self.firsts])
        rows = pl.DataFrame([pl.Series("is_other", is_other), *columns]).with_row_index("object")
        texts = cache(self.seen.ids.texts)
        ids = pl.col("object").map_batches(
            lambda numbers: texts().gather(numbers), return_dtype=pl.String, is_elementwise=True
        )
        return rows.lazy().with_columns(ids.alias("object_id")).drop("object")


def _columns(firsts: Sequence[Ints]) -> list[pl.Series]:
    return [instants(f"first_{n}", first, LATEST) for n, first in enumerate(firsts, start=1)]


def paths_of(case: Case, seen: Seen) -> Paths:
    """Return when each object was first seen at each step, and which of them just got through."""
    with ThreadPoolExecutor(THREADS) as pool:
        firsts = list(pool.map(partial(_firsts, case, seen), case.steps))
    others = np.empty(len(seen.ids), dtype=np.int32)
    unexpected = [_unexpected_from(case, step) for step in case.steps]
    steps = addresses(
        [part for of, at in zip(firsts, unexpected, strict=True) for part in (of.first, at)]
    )
    day = (to_micros(case.start), to_micros(case.end))
    spans = (CLOCK_SKEW // MICROSECOND, case.chain.grace // MICROSECOND)
    table = addresses([steps, len(firsts), len(seen.ids), *day, *spans, others, *[0] * 4])
    tell_apart(table.ctypes.data)
    count, through, *entered = (int(figure) for figure in table[OTHER_COUNT:])
    return Paths(
        seen,
        firsts,
        others[:count].copy(),  # a small part of what was made room for
        through,
        (from_micros(entered[0]), from_micros(entered[1])) if through else (None, None),
    )


def _unexpected_from(case: Case, step: Step) -> int:
    """Return from when on an object that no earlier step saw is unexpected; see `chains`."""
    if step.repeats or case.known.first_at is None:
        return LATEST
    return to_micros(case.known.first_at + case.chain.grace)


def _firsts(case: Case, seen: Seen, step: Step) -> Firsts:
    found = Firsts(len(seen.ids), case.start, case.end)
    found.see(*_arrays(seen.rows[step.position - 1], "object", "at"))
    before = seen.before.filter(pl.col("number") == step.position)
    found.see_before(*_arrays(before, "object", "at", "seen"))
    return found


def _arrays(rows: pl.DataFrame, *names: str) -> Iterator[npt.NDArray[Any]]:
    """Yield columns as numbers."""
    for name in names:
        yield rows[name].to_physical().to_numpy()
