"""What a figure is to be read with: its band, few observations, its budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from etl.model import BudgetState, DayReport, Measurement, Sheet
from etl.reporting.dimensions import Order, about, dimensions_json
from etl.reporting.judge import sheet_for
from etl.reporting.limits import band_words
from etl.reporting.rows import full_value_cell
from etl.reporting.tables import Cell, Column, Table
from etl.reporting.text import NOTHING, clip, figure, number

UNUSUAL_NOTE = (
    "Values without a target that lie outside of what was usual on this weekday. They ask for a "
    "look; they are not missed."
)
BUDGET_NOTE = (
    "What may go wrong within a window of days, and how much of it did. Days left: until the "
    "budget is used up, if it goes on as in this window."
)
_FIGURES = ("bad", "allowed", "burn", "left", "days_left")


def unusual_table(report: DayReport) -> Table:
    """Return the day's values outside of their bands."""
    columns = (
        Column("metric", "Metric", "words"),
        Column("dimensions", "About", "words"),
        Column("value", "Value", "number"),
        Column("", "Usual", "number"),
        Column("band_low", ""),
        Column("band_high", ""),
        Column("unit", ""),
    )
    rows = tuple(
        (
            Cell(m.metric, clip(sheet_for(m, report.sheets).title, 120)),
            Cell(dimensions_json(m.dimensions), about(m.dimensions)),
            full_value_cell(m),
            Cell(None, band_words(m)),
            Cell(m.band_low, ""),
            Cell(m.band_high, ""),
            Cell(m.unit, ""),
        )
        for m in unusual_ones(report)
    )
    return Table("unusual", "Unusual values", columns, rows, UNUSUAL_NOTE)


def unusual_ones(report: DayReport) -> list[Measurement]:
    """Return the day's values outside of their bands, in the catalogue's order."""
    order, places = Order.of(report.measurements), {n: i for i, n in enumerate(report.sheets)}
    found = (m for m in report.measurements if m.unusual)
    return sorted(found, key=lambda m: (places.get(m.metric, len(places)), order.key(m.dimensions)))


def budgets_table(states: Iterable[BudgetState], sheets: Mapping[str, Sheet]) -> Table:
    """Return how the error budgets stand, those that are used up first."""
    columns = (
        Column("metric", "Metric", "words"),
        Column("dimensions", ""),
        Column("budget", "Budget"),
        Column("state", "State", "verdict"),
        Column("burn", "Used", "number"),
        Column("bad", "Bad", "number"),
        Column("allowed", "Allowed", "number"),
        Column("left", "Left", "number"),
        Column("days_left", "Days left", "number"),
        Column("days", ""),
        Column("since", ""),
        Column("until", ""),
    )
    rows = tuple(_budget_row(state, sheets[state.metric]) for state in sorted_budgets(states))
    return Table("budgets", "Error budgets", columns, rows, BUDGET_NOTE)


def sorted_budgets(states: Iterable[BudgetState]) -> list[BudgetState]:
    """Return the budgets, those that are used up first, then by how much is used."""
    return sorted(states, key=lambda state: (not state.is_spent, -(state.burn or 0.0)))


def _budget_row(state: BudgetState, sheet: Sheet) -> tuple[Cell, ...]:
    unit = "days" if "bad day" in state.budget else ""
    left = state.days_left
    word = "used up" if state.is_spent else "holds"
    return (
        Cell(sheet.name, clip(sheet.title, 120), note=about(state.dimensions)),
        Cell(dimensions_json(state.dimensions), ""),
        Cell(state.budget, clip(state.budget, 80)),
        Cell(word.replace(" ", "_"), word, verdict="missed" if state.is_spent else "met"),
        Cell(state.burn, NOTHING if state.burn is None else f"{100 * state.burn:,.0f} %"),
        Cell(state.bad, figure(state.bad, unit)),
        Cell(state.allowed, figure(state.allowed, unit)),
        Cell(state.left, figure(state.left, unit).replace("-", "−")),
        Cell(left, days_left_words(state)),
        Cell(state.days, ""),
        Cell(state.since, ""),
        Cell(state.until, ""),
    )


def days_left_words(state: BudgetState) -> str:
    """Return how long a budget lasts; whole days, rounded down: nobody plans with a half."""
    if state.days_left is None:
        return "no end in sight"
    return number(int(state.days_left))


def budgets_json(states: Sequence[BudgetState]) -> list[dict[str, object]]:
    """Return the budgets for `summary.json`."""
    return [
        {
            "metric": state.metric,
            "dimensions": dict(state.dimensions),
            "budget": state.budget,
            "since": state.since.isoformat(),
            "until": state.until.isoformat(),
            "days": state.days,
            "used_up": state.is_spent,
            **{name: getattr(state, name) for name in _FIGURES},
        }
        for state in states
    ]
