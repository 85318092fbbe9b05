"""Why a day that is measured again says otherwise: late inputs, rebuilt ones, definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from etl.days import day_bounds
from etl.model import Dimensions
from etl.pipeline.project import Project
from etl.pipeline.windows import ahead_days, lookback_days
from etl.schema import INPUTS
from etl.store.ledger import READ

NAMED = 3
"""Inputs that a cause names; the others are counted."""


@dataclass(frozen=True, slots=True)
class LateInput:
    """An input that was read after a day had been measured, and holds records of it.

    Attributes:
        again: It was read again from its beginning.
        records: How many of the day, or of days that its metrics look back at.
    """

    source: str
    uri: str
    again: bool
    records: int


@dataclass(frozen=True, slots=True)
class Causes:
    """What is new since a day was measured before.

    Attributes:
        redefined: What defines a metric otherwise than before, by metric; None where only that
            some definition changed is known.
        reread: The day is made of other reads than before.
        ahead: Inputs with records of the days that follow: what became of the day's objects.
    """

    late: tuple[LateInput, ...]
    redefined: Mapping[str, str] | None
    reread: bool
    ahead: tuple[LateInput, ...] = ()

    def words(self, metric: str, dimensions: Dimensions) -> str:
        """Return the cause of a change of a metric, in words."""
        late = self._of(dimensions)
        said = [_said(one, ahead=not self.late) for one in late[:NAMED]]
        if len(late) > NAMED:
            said.append(f"and {len(late) - NAMED:,} more inputs")
        if self.redefined is None:
            said.append("the definition changed")
        elif metric in self.redefined:
            said.append(f"the definition changed: {self.redefined[metric]}")
        if not said:
            said.append("rows came or went" if self.reread else "measured again")
        return "; ".join(said)

    def inputs(self, dimensions: Dimensions) -> tuple[str, ...]:
        """Return the addresses of the inputs that caused a change."""
        return tuple(one.uri for one in self._of(dimensions))

    def _of(self, dimensions: Dimensions) -> tuple[LateInput, ...]:
        """Return the inputs behind a change: those of its source, if it has one."""
        found = self.late or self.ahead
        own = tuple(one for one in found if one.source == dimensions.get("source"))
        return own if "source" in dimensions and own else found


def _said(one: LateInput, *, ahead: bool) -> str:
    how = "read again" if one.again else "of the next days" if ahead else "late"
    return f"{how}: {one.uri} ({one.records:,} {'record' if one.records == 1 else 'records'})"


def causes_of(
    project: Project,
    day: date,
    versions: tuple[str, str],
    *,
    since: datetime,
    redefined: Mapping[str, str] | None,
) -> Causes:
    """Find what has changed for a day since it was measured.

    Args:
        project: The project.
        day: The day.
        versions: Of data and definitions that it was measured from, then and now.
        since: When it was measured before.
        redefined: Metrics that are defined otherwise than then, and how; None if nobody knows.
    """
    (old_data, old_definitions), (data, definitions) = (each.split("-") for each in versions)
    changed = {} if old_definitions == definitions else redefined
    lookback = lookback_days(project.sheets.values(), project.definitions)
    # A run's reads carry the time of its measuring: what was read at `since` was measured then.
    late = _late_inputs(project, day - timedelta(days=lookback), day, since)
    last = day + timedelta(days=ahead_days(project.definitions, day))
    ahead = _late_inputs(project, day + timedelta(days=1), last, since) if last > day else ()
    return Causes(late, changed, old_data != data, ahead)


def _late_inputs(
    project: Project, first: date, last: date, since: datetime
) -> tuple[LateInput, ...]:
    zone = project.settings.zone
    start, end = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    reads = (
        project.warehouse.scan("inputs", INPUTS)
        .filter((pl.col("state") == READ) & (pl.col("read_at") > since))
        .filter((pl.col("first_at") < end) & (pl.col("last_at") >= start))
        .sort("batch")
        .group_by("source", "input_id")
        .agg(
            pl.col("uri").last(),
            pl.col("rebuilt").fill_null(value=False).any(),
            pl.col("from_offset").min(),
        )
        .collect()
    )
    counts = _records(project, reads, first, last) if reads.height else {}
    found = [
        LateInput(row["source"], row["uri"], row["rebuilt"], counts[row["input_id"]])
        for row in reads.iter_rows(named=True)
        if counts.get(row["input_id"])
    ]
    return tuple(sorted(found, key=lambda one: (-one.records, one.source, one.uri)))


def _records(project: Project, reads: pl.DataFrame, first: date, last: date) -> Mapping[str, int]:
    """Count the records of the days that lie behind the place where each input was read on."""
    tables = project.tables()
    places = reads.select("input_id", "from_offset").lazy()
    found: dict[str, int] = {}
    for name in ("requests", "events"):
        rows = tables[name].filter(pl.col("day").is_between(first, last))
        counted = (
            rows.select("input_id", "offset")
            .join(places, on="input_id")
            .filter(pl.col("offset") >= pl.col("from_offset"))
            .group_by("input_id")
            .agg(pl.len())
            .collect(engine="streaming")
        )
        found |= dict(counted.iter_rows())
    return found
