"""What several metrics of a day read, made once: a day is then read one time, not once per metric.

Made are the views that cost more than the metrics over them: counts, and the steps of chains.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from etl.metrics.counts import MADE_OF
from etl.metrics.scope import words_of
from etl.model import Sheet

COSTLY = frozenset({"steps", *MADE_OF, "cohort_counts", "passage_times"})
"""Views that are worth being made once; each also with `_before`."""

Views = dict[str, pl.LazyFrame]


def share(views: Mapping[int, Views], sheets: Collection[Sheet]) -> dict[int, Views]:
    """Return the views by look-back, those that several metrics read held in memory.

    Args:
        views: By look-back.
        sheets: The metrics that will read them.
    """
    made: dict[tuple[str, int], pl.LazyFrame] = {}
    return {
        span: of_span | {name: _made(made, span, of_span, name) for name in _shared(span, sheets)}
        for span, of_span in views.items()
    }


def _shared(span: int, sheets: Collection[Sheet]) -> list[str]:
    """Return the views that more than one metric reads, of those with a look-back."""
    found = []
    for name in sorted(COSTLY | {f"{name}_before" for name in COSTLY}):
        readers = [sheet for sheet in sheets if name in words_of(sheet)]
        if name.endswith("_before"):
            readers = [sheet for sheet in readers if sheet.lookback_days == span]
        if len(readers) > 1:
            found.append(name)
    return found


def _made(
    made: dict[tuple[str, int], pl.LazyFrame], span: int, views: Views, name: str
) -> pl.LazyFrame:
    key = (name, span if name.endswith("_before") else 0)
    if key not in made:
        made[key] = views[name].collect(engine="streaming").lazy()
    return made[key]
