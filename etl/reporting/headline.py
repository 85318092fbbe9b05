"""What a statement says in three lines, for a terminal and the head of a mail."""

from __future__ import annotations

from collections.abc import Sequence

from etl.model import DayReport, Verdict
from etl.reporting.judge import Kpi, statement, verdict_of, verdict_words
from etl.reporting.proof import proof_line
from etl.reporting.resolve import incidents_line
from etl.reporting.text import clip, count_of

_NAMED = 2
"""So many KPIs are named one by one; the rest is counted."""


def headline(report: DayReport) -> list[str]:
    """Return exactly three lines: the verdict, what is behind it, and the proof.

    Behind a bad verdict are the KPIs with their figures; after a good one, incidents are news.

    No line holds a control character, whatever the logs held.
    """
    kpis = statement(report)
    return [
        f"{clip(report.project, 80)}, {report.day}: {verdict_words(verdict_of(report), kpis)}",
        reasons(kpis) or f"Incidents: {incidents_line(report.incidents, report.resolved)}",
        f"Proof: {proof_line(report.inputs, report.missing)}",
    ]


def reasons(kpis: Sequence[Kpi]) -> str:
    """Return the KPIs behind a bad verdict with their figures, in one line; else nothing."""
    for verdict, lead in (
        (Verdict.MISSED, "Missed"),
        (Verdict.INCOMPLETE, "Incomplete"),
        (Verdict.NO_DATA, "No data"),
    ):
        held = [kpi for kpi in kpis if kpi.verdict is verdict]
        if held:
            return f"{lead}: {_named(held)}"
    if not kpis:
        return "No KPI is defined: give a metric a target, an owner and kpi = true."
    return ""


def _named(kpis: Sequence[Kpi]) -> str:
    said = "; ".join(kpi_line(kpi) for kpi in kpis[:_NAMED])
    rest = len(kpis) - _NAMED
    return f"{said}; and {count_of(rest, 'more', 'more')}" if rest > 0 else said


def kpi_line(kpi: Kpi) -> str:
    """Return one KPI with what it is about and its figures."""
    about = f", {kpi.about}" if kpi.about else ""
    return f"{clip(kpi.sheet.title, 100)}{about}: {kpi.figures}"
