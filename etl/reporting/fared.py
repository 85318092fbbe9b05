"""How metrics have fared: a few series of each, with their trend against target or band."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from etl.model import Measurement, Sheet, Verdict
from etl.reporting.charts import Spark
from etl.reporting.context import Context
from etl.reporting.dimensions import Order, about, dimensions_json
from etl.reporting.judge import SEVERITY, WORDS
from etl.reporting.kpis import trends
from etl.reporting.limits import band_words
from etl.reporting.rows import full_value_cell, target_cell, verdict_cell
from etl.reporting.tables import Cell, Column, Table, slug
from etl.reporting.text import NOTHING, finite

HISTORY_DAYS = 30


@dataclass(frozen=True, slots=True)
class History:
    """How a metric has fared.

    Attributes:
        state: The worst verdict of the newest day; None where it was not measured then.
        table: Some of its series.
        more: How many there are, where they are not all shown.
    """

    state: Context | None
    table: Table
    more: str


def histories(
    measurements: Sequence[Measurement], sheets: Mapping[str, Sheet], most: int
) -> dict[str, History]:
    """Return how each metric has fared over the newest `HISTORY_DAYS` days.

    Args:
        measurements: Of any days.
        sheets: All metrics by name.
        most: Series to show of a metric.
    """
    until = max((m.day for m in measurements), default=None)
    if until is None:
        return {}
    since = until - timedelta(days=HISTORY_DAYS - 1)
    recent = [m for m in measurements if m.day >= since]
    order = Order.of(recent)
    by_metric: dict[str, dict[str, list[Measurement]]] = {}
    for m in recent:
        of_metric = by_metric.setdefault(m.metric, {})
        of_metric.setdefault(dimensions_json(m.dimensions), []).append(m)
    found = {}
    for name, series in by_metric.items():
        if name not in sheets:
            continue
        known = [rows for rows in series.values() if any(m.value is not None for m in rows)]
        ranked = sorted(known, key=lambda rows: _rank(rows, order))
        shown = ranked[:most]
        sparks = trends([m for rows in shown for m in rows], until)
        found[name] = History(
            state=_state(series.values(), until),
            table=_table(sheets[name], shown, sparks, until),
            more=f"{len(shown)} of {len(ranked):,} series" if len(ranked) > len(shown) else "",
        )
    return found


def _rank(rows: Sequence[Measurement], order: Order) -> tuple[int, bool, float, object]:
    """Sort series: those that missed most, then unusual ones, then those with most behind them."""
    last = max(rows, key=lambda m: m.day)
    missed = sum(m.verdict is Verdict.MISSED for m in rows)
    size = max((m.n or finite(m.value) or 0.0 for m in rows), default=0.0)
    return -missed, not last.unusual, -size, order.key(last.dimensions)


def _state(series: Iterable[Sequence[Measurement]], until: date) -> Context | None:
    """Return the worst verdict of the newest day."""
    verdicts = [m.verdict for rows in series for m in rows if m.day == until]
    if not verdicts:
        return None
    worst = min(verdicts, key=lambda verdict: SEVERITY[verdict])
    return {"verdict": worst.value, "word": WORDS[worst]}


def _table(
    sheet: Sheet,
    shown: Sequence[Sequence[Measurement]],
    sparks: Mapping[tuple[str, str], Spark],
    until: date,
) -> Table:
    judged = any(m.target for rows in shown for m in rows)
    columns = (
        Column("", "About", "words"),
        Column("", "Newest value", "number"),
        *((Column("", "Target", "number"),) if judged else (Column("", "Usual", "number"),)),
        Column("", "Trend", "spark"),
        *((Column("", "Days missed, judged", "number"),) if judged else ()),
        *((Column("", "Newest verdict", "verdict"),) if judged else ()),
    )
    rows = tuple(_row(sheet, found, sparks, until, judged=judged) for found in shown)
    return Table(slug(f"history-{sheet.name}"), "History", columns, rows)


def _row(
    sheet: Sheet,
    rows: Sequence[Measurement],
    sparks: Mapping[tuple[str, str], Spark],
    until: date,
    *,
    judged: bool,
) -> tuple[Cell, ...]:
    last = max(rows, key=lambda m: m.day)
    stale = "" if last.day == until else f"on {last.day}"
    missed = sum(m.verdict is Verdict.MISSED for m in rows)
    total = missed + sum(m.verdict is Verdict.MET for m in rows)
    key = (sheet.name, dimensions_json(last.dimensions))
    return (
        Cell(None, about(last.dimensions) or "in all", note=stale),
        full_value_cell(last, sheet),
        target_cell(last) if last.target else _band_cell(last, judged=judged),
        Cell(None, "", spark=sparks.get(key)),
        *((Cell(None, f"{missed} of {total}"), verdict_cell(last.verdict)) if judged else ()),
    )


def _band_cell(m: Measurement, *, judged: bool) -> Cell:
    """Return what is usual, saying so where the column is about targets."""
    band = band_words(m)
    if not judged:
        return Cell(None, band or NOTHING)
    return Cell(None, NOTHING, note=f"usual: {band}" if band else "")
