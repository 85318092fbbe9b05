"""What decides about the objects of a chain on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from etl.metrics.gaps import Gap
from etl.metrics.steps import Chain, Step

CLOCK_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Known:
    """Between which instants there are data; None where there are none at all."""

    first_at: datetime | None = None
    last_at: datetime | None = None

    def seen_from(self, start: datetime, end: datetime, grace: timedelta) -> Known:
        """Return the same as far as it makes a difference to objects that enter between.

        So a day's figures depend on it no longer once everything is known that they need.
        """
        if self.first_at is None or self.last_at is None:
            return self
        return Known(
            min(max(self.first_at, start - grace), end), max(start, min(self.last_at, end + grace))
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One chain on one day.

    Attributes:
        chain: The chain.
        steps: Its steps, in their order.
        start: Midnight that begins the day, UTC.
        end: Midnight that ends it.
        known: What there are data of.
        gaps: Logs of its steps that are missing.
    """

    chain: Chain
    steps: Sequence[Step]
    start: datetime
    end: datetime
    known: Known
    gaps: Sequence[Gap]

    def is_today(self, column: str = "at") -> pl.Expr:
        """Tell whether an instant is one of the day."""
        return (pl.col(column) >= self.start) & (pl.col(column) < self.end)

    @property
    def later(self) -> Sequence[Step]:
        """All steps but the first."""
        return self.steps[1:]
