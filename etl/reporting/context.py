"""A day's report as plain data for its page. All counting and wording ends here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from etl.model import DayReport, Verdict
from etl.reporting.brief import waits_lines
from etl.reporting.evidence import with_evidence
from etl.reporting.headline import reasons
from etl.reporting.judge import SEVERITY, WORDS, Kpi, count, statement, verdict_of, verdict_words
from etl.reporting.kpis import kpi_table, trends
from etl.reporting.marks import budgets_table, unusual_table
from etl.reporting.messages import told_sections
from etl.reporting.proof import (
    count_cells,
    inputs_table,
    missing_table,
    oddities_line,
    proof_line,
    rejects_table,
    total_of,
)
from etl.reporting.resolve import incident_table, open_count, times_table
from etl.reporting.restated import explain_command, restated_table
from etl.reporting.sections import Section
from etl.reporting.tables import Cell, Column, Table
from etl.reporting.text import (
    clip,
    instant,
    long_day,
    number,
)
from etl.reporting.unsettled import first_line, gaps_of

Context: TypeAlias = dict[str, object]
"""What a template sees."""

_NAMED = 5
"""So many lines stand under one missed KPI; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a missed KPI costs: its metric once, with each set of dimensions that missed.

    Attributes:
        runbook: What to do, as an address.
        advice: What to do, in words.
        trace: The command that shows where the first of its numbers comes from.
    """

    title: str
    impact: str
    owner: str
    runbook: str
    advice: str
    lines: tuple[str, ...]
    more: str
    trace: str


@dataclass(frozen=True, slots=True)
class Day:
    """The tables and words of a day's page, uncut.

    Attributes:
        context: Everything but tables.
        sections: The five classes.
        tables: All other tables by name.
    """

    context: Context
    sections: tuple[Section, ...]
    tables: Mapping[str, Table]

    def cut(self, limit: int) -> Context:
        """Return what the template sees, with at most `limit` rows a table."""
        return {
            **self.context,
            **{name: table.cut(limit) for name, table in self.tables.items()},
            "sections": [
                {
                    "name": section.name,
                    "title": section.title,
                    "question": section.question,
                    "silent": [clip(title, 120) for title in section.silent],
                    "none": [clip(title, 120) for title in section.none],
                    "tables": [table.cut(limit) for table in section.tables],
                }
                for section in self.sections
            ],
        }

    def all_tables(self) -> list[Table]:
        """Return every table of the page, for its CSV."""
        return [*self.tables.values(), *(t for section in self.sections for t in section.tables)]


def day_page(report: DayReport, days: Collection[date] | None = None) -> Day:
    """Turn a report into the words and tables of its page.

    Args:
        report: What the day says.
        days: Days that have a page; None where only the history tells.
    """
    kpis, verdict = statement(report), verdict_of(report)
    context: Context = {
        "kind": "day",
        "root": "../",
        "project": clip(report.project, 80),
        "title": long_day(report.day),
        "day": report.day.isoformat(),
        "span": span(report),
        "verdict": verdict.value,
        "verdict_words": verdict_words(verdict, kpis),
        "reasons": reasons(kpis),
        "counts": kpi_counts(kpis),
        "costs": costs(kpis, Verdict.MISSED),
        "gaps": gaps_of(report, kpis),
        "missing_sources": [clip(name, 60) for name in sorted(report.missing)],
        "waits": waits_lines(report),
        "empty": not any(m.value for m in report.measurements) and not report.inputs,
        "open_incidents": open_count(report.incidents),
        "proof": proof_line(report.inputs, report.missing),
        "total": count_cells(total_of(report.inputs), read=bool(report.inputs)),
        "oddities": oddities_line(total_of(report.inputs)),
        "all_there": bool(report.inputs) and not report.missing,
        "links": links(report, days),
        "measured_at": instant(report.measured_at, report.zone),
        "versions": sorted({clip(m.data_version, 40) for m in report.measurements}),
    }
    tables = {
        "kpis": kpi_table(kpis, trends(report.history, report.day)),
        "restated": restated_table(report),
        "budgets": budgets_table(report.budgets, report.sheets),
        "unusual": unusual_table(report),
        "failed": failed_table(report),
        "time_to_resolve": incident_table(report.incidents, report.zone, report.ended_at),
        "resolve_times": times_table(report.resolved),
        "inputs": inputs_table(report.inputs, report.zone),
        "missing": missing_table(report.missing),
        "rejects": rejects_table(report.rejects),
    }
    return Day(context, with_evidence(told_sections(report), report), tables)


def span(report: DayReport) -> str:
    """Return the day's bounds and length, as the day itself may have 23 or 25 hours."""
    hours = (report.ended_at - report.started_at).total_seconds() / 3600
    start, end = (instant(at, report.zone) for at in (report.started_at, report.ended_at))
    return f"{start} to {end} ({hours:.4g} h, {report.zone})"


def links(report: DayReport, days: Collection[date] | None) -> dict[str, dict[str, str]]:
    """Return where the page leads to: the days beside it.

    A day beside it that has no page yet is linked to its place in the overview, which shows it
    as soon as it exists: a page that is written once must not point into the void for ever.
    """
    earlier = {m.day for m in report.history} if days is None else set(days)
    before = max((day for day in earlier if day < report.day), default=None)
    after = min((day for day in earlier if day > report.day), default=None)
    return {
        "previous": _link(before, report.day - timedelta(days=1)),
        "next": _link(after, report.day + timedelta(days=1)),
    }


def _link(day: date | None, otherwise: date) -> dict[str, str]:
    if day is None:
        return {"href": f"../index.html#d{otherwise}", "text": otherwise.isoformat()}
    return {"href": f"../{day}/index.html", "text": day.isoformat()}


def kpi_counts(kpis: Sequence[Kpi]) -> list[dict[str, str]]:
    """Return how many KPIs stand how, those without any left out, the worst first."""
    return [
        {"verdict": v.value, "count": number(count(kpis, v)), "word": WORDS[v]}
        for v in sorted(SEVERITY, key=lambda v: SEVERITY[v])
        if count(kpis, v)
    ]


def costs(kpis: Sequence[Kpi], verdict: Verdict) -> list[Cost]:
    """Return the KPIs that stand so, with what their sheets say it costs."""
    by_metric: dict[str, list[Kpi]] = {}
    for kpi in kpis:
        if kpi.verdict is verdict:
            by_metric.setdefault(kpi.sheet.name, []).append(kpi)
    found = []
    for group in by_metric.values():
        sheet = group[0].sheet
        rest = len(group) - _NAMED
        lines = (f"{k.about}: {k.figures}" if k.about else k.figures for k in group[:_NAMED])
        found.append(
            Cost(
                title=clip(sheet.title, 120),
                impact=clip(sheet.impact, 600),
                owner=clip(sheet.owner, 80),
                runbook=web_address(sheet.runbook),
                advice="" if web_address(sheet.runbook) else clip(sheet.runbook, 600),
                lines=tuple(lines),
                more=f"and {rest:,} more" if rest > 0 else "",
                trace=_trace(group[0]),
            )
        )
    return found


def _trace(kpi: Kpi) -> str:
    m = kpi.measurement
    return "" if m is None else explain_command(m.metric, m.day, m.dimensions)


def failed_table(report: DayReport) -> Table:
    """Return the metrics that could not be measured, and why."""
    columns = (Column("metric", "Metric"), Column("reason", "Why", "log"))
    rows = tuple(
        (Cell(name, clip(name, 80)), Cell(why, clip(first_line(why), 500)))
        for name, why in sorted(report.failed.items())
    )
    return Table("failed", "Metrics that could not be measured", columns, rows)


def web_address(text: str) -> str:
    """Return an address that is safe to link to, else nothing: no `javascript:` links."""
    return text if text.lower().startswith(("https://", "http://")) else ""
