"""The catalogue as plain data for its page: every data sheet whole, with how it has fared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from etl.model import CLASSES, BudgetState, Measurement, Sheet
from etl.reporting.context import Context, web_address
from etl.reporting.dimensions import about
from etl.reporting.fared import HISTORY_DAYS, History, histories
from etl.reporting.marks import days_left_words
from etl.reporting.pages import Site
from etl.reporting.sections import TITLES
from etl.reporting.tables import Cell, Column, Table, slug
from etl.reporting.text import (
    clip,
    count_of,
    figure,
    long_day,
    target_words,
    visible,
)

_UNITS = {"s": "seconds", "ms": "milliseconds", "B": "bytes", "%": "per cent"}
SERIES = ((40, 6), (20, 4), (10, 3), (5, 2), (0, 1))
"""Rows that a page may have, to the series that a metric shows of its history."""

KEYS = (
    *("name", "title", "metric_class", "kpi", "unit", "data_source", "owner", "stakeholders"),
    *("definition", "objective", "business_value", "target", "targets", "budget", "impact"),
    *("runbook", "since", "review", "lookback_days", "min_n", "better"),
)
"""Columns of `catalogue.csv`."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the catalogue tells.

    Attributes:
        sheets: All metrics by name, in the order in which pages show them.
        measurements: Of the newest days, at least `HISTORY_DAYS` where there are so many.
        budgets: How error budgets stand on the newest day.
        notes: What is thin in a sheet, by metric.
        idle: Metrics that have nothing to measure in this project, and why.
    """

    sheets: Mapping[str, Sheet]
    measurements: Sequence[Measurement] = ()
    budgets: Sequence[BudgetState] = ()
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    idle: Mapping[str, str] = field(default_factory=dict)

    @property
    def day(self) -> date | None:
        """The newest day that was measured."""
        return max((m.day for m in self.measurements), default=None)


def catalogue_page(catalogue: Catalogue, site: Site, limit: int) -> Context:
    """Turn all data sheets into the catalogue's page: per class, KPIs first; an index by owner.

    Args:
        catalogue: What it tells.
        site: What all pages share.
        limit: Rows that a table may have; the fewer, the fewer series of a metric's history.
    """
    sheets = catalogue.sheets
    fared = histories(
        catalogue.measurements, sheets, next(n for least, n in SERIES if limit >= least)
    )
    entries = {name: _entry(sheet, catalogue, fared) for name, sheet in sheets.items()}
    by_class: dict[str, list[Context]] = {name: [] for name in CLASSES}
    by_owner: dict[str, list[Context]] = {}
    for name, sheet in sorted(sheets.items(), key=lambda item: not item[1].kpi):
        by_class.setdefault(sheet.metric_class, []).append(entries[name])
        by_owner.setdefault(clip(sheet.owner, 80) or "Nobody yet", []).append(entries[name])
    notes = sum(len(found) for found in catalogue.notes.values())
    return {
        **site.context("catalogue", "Catalogue of metrics"),
        "classes": [
            {"id": slug(f"class-{name}"), **_heading(name), "sheets": found}
            for name, found in by_class.items()
            if found
        ],
        "owners": [
            {"name": owner, "sheets": found}
            for owner, found in sorted(by_owner.items(), key=_most_kpis)
        ],
        "number_of_metrics": count_of(len(sheets), "metric"),
        "number_of_kpis": count_of(sum(s.kpi for s in sheets.values()), "KPI"),
        "number_of_notes": count_of(notes, "note") if notes else "",
        "until": "" if catalogue.day is None else long_day(catalogue.day),
        "history_words": f"Last {HISTORY_DAYS} days",
        "idle": [(visible(name), visible(why)) for name, why in sorted(catalogue.idle.items())],
    }


def _heading(metric_class: str) -> dict[str, str]:
    title, question = TITLES.get(metric_class, (visible(metric_class), ""))
    return {"title": title, "question": question}


def _most_kpis(item: tuple[str, list[Context]]) -> tuple[bool, int, str]:
    owner, found = item
    return owner == "Nobody yet", -sum(bool(entry["kpi"]) for entry in found), owner


def _entry(sheet: Sheet, catalogue: Catalogue, fared: Mapping[str, History]) -> Context:
    history = fared.get(sheet.name)
    return {
        "id": slug(f"metric-{sheet.name}"),
        "name": visible(sheet.name),
        "title": clip(sheet.title, 200),
        "kpi": sheet.kpi,
        "groups": [
            {"title": title, "facts": found} for title, facts in _facts(sheet) if (found := facts)
        ],
        "runbook": web_address(sheet.runbook),
        "budgets": [_budget(one) for one in catalogue.budgets if one.metric == sheet.name],
        "notes": [visible(note) for note in catalogue.notes.get(sheet.name, ())],
        "state": history.state if history is not None and sheet.kpi else None,
        "history": history.table if history is not None else None,
        "more": history.more if history is not None else "",
        "sql": _select(sheet.sql),
    }


def _facts(sheet: Sheet) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what a sheet says, in the order in which a team asks for it."""
    lookback = count_of(sheet.lookback_days, "day") if sheet.lookback_days else ""
    enough = f"{sheet.min_n:,} observations; fewer are marked" if sheet.min_n else ""
    words = "" if web_address(sheet.runbook) else sheet.runbook
    groups = {
        "What it says": (
            ("Definition", sheet.definition),
            ("Unit", _UNITS.get(sheet.unit, sheet.unit)),
            ("Better is", sheet.better),
            ("Source of data", sheet.data_source),
            ("Looks back", lookback),
            ("Needs", enough),
        ),
        "Why and for whom": (
            ("Business objective", sheet.objective),
            ("Business value", sheet.business_value),
            ("Accountable", sheet.owner),
            ("Stakeholders", ", ".join(sheet.stakeholders)),
            ("Definition as of", _day(sheet.since)),
            ("Next review", _day(sheet.review)),
        ),
        "What is expected": (
            ("Target", target_words(sheet.target, sheet.unit) if sheet.target else ""),
            *((f"Target {rule.when}", _target(rule.target, sheet)) for rule in sheet.targets),
            ("Error budget", sheet.budget),
            ("Impact of a miss", sheet.impact),
            ("What to do", words),
        ),
    }
    return [
        (title, [(visible(name), visible(text)) for name, text in facts if text])
        for title, facts in groups.items()
    ]


def _target(text: str, sheet: Sheet) -> str:
    return target_words(text, sheet.unit) if text else "none"


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _select(sql: str) -> str:
    """Return the SQL without its sheet, which stands above it; its lines are kept."""
    text = sql.partition("*/")[2] if sql.lstrip().startswith("/*") else sql
    return "\n".join(visible(line.expandtabs(2)) for line in text.strip().split("\n"))


def _budget(state: BudgetState) -> Context:
    unit = "days" if "bad day" in state.budget else ""
    used = f"{figure(state.bad, unit)} of {figure(state.allowed, unit)}"
    left = "" if state.is_spent else f", days left at this rate: {days_left_words(state)}"
    return {
        "verdict": "missed" if state.is_spent else "met",
        "word": "used up" if state.is_spent else "holds",
        "words": f"{about(state.dimensions) or 'in all'}: {used} used{left}",
    }


def catalogue_table(sheets: Mapping[str, Sheet]) -> Table:
    """Return the data sheets as one table, for its CSV."""
    columns = tuple(Column("class" if key == "metric_class" else key, key) for key in KEYS)
    rows = tuple(tuple(_raw_cell(sheet, key) for key in KEYS) for sheet in sheets.values())
    return Table("catalogue", "Catalogue of metrics", columns, rows)


def _raw_cell(sheet: Sheet, key: str) -> Cell:
    if key == "targets":
        rules = (f"{rule.when}: {rule.target or 'none'}" for rule in sheet.targets)
        return Cell("; ".join(rules), "")
    value = getattr(sheet, key)
    return Cell("; ".join(value) if isinstance(value, tuple) else value, "")
