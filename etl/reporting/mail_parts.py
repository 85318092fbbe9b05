"""The two bodies of the mail: what its template sees, and the same facts as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from etl.model import DayReport, Verdict
from etl.reporting.brief import (
    budgets_brief,
    incidents_brief,
    news_brief,
    unusual_brief,
    waits_lines,
)
from etl.reporting.charts import share
from etl.reporting.context import Context, costs, day_page, web_address
from etl.reporting.headline import headline, kpi_line, reasons
from etl.reporting.judge import WORDS, Kpi
from etl.reporting.resolve import incidents_line
from etl.reporting.restated import restated_table
from etl.reporting.text import (
    clip,
    figure,
    finite,
    instant,
    long_day,
    target_bounds,
    target_words,
)
from etl.reporting.unsettled import first_line, gaps_of


def mail_context(
    report: DayReport, kpis: Sequence[Kpi], index_url: str | None, limit: int
) -> Context:
    """Return what `mail.html` sees.

    Args:
        report: What the day says.
        kpis: Its KPIs, the worst first.
        index_url: Web address of `out/index.html`, if there is one.
        limit: Rows that a table may have.
    """
    page = day_page(report).cut(limit)
    return {
        **page,
        "kpi_rows": [_row(kpi) for kpi in kpis[:limit]],
        "more_kpis": len(kpis) - limit if len(kpis) > limit else 0,
        "day_url": day_url(report, index_url),
        "incidents_line": incidents_line(report.incidents, report.resolved),
        "of_budgets": budgets_brief(report),
        "of_errors": news_brief(report),
        "of_values": unusual_brief(report),
        "of_incidents": incidents_brief(report),
        "not_measured": _not_measured(report, limit),
        "costs": costs(kpis, Verdict.MISSED)[:limit],
        "gaps": gaps_of(report, kpis)[:limit],
    }


def _row(kpi: Kpi) -> Context:
    m = kpi.measurement
    unit = kpi.sheet.unit
    return {
        "verdict": kpi.verdict.value,
        "word": WORDS[kpi.verdict],
        "title": clip(kpi.sheet.title, 100),
        "about": kpi.about,
        "value": _unbroken(figure(None if m is None else m.value, unit, kpi.target)),
        "target": _unbroken(target_words(kpi.target, unit)),
        "bar": _bar(kpi),
        "previous": ""
        if m is None or m.previous_value is None
        else figure(m.previous_value, unit, kpi.target),
    }


def _unbroken(text: str) -> str:
    """Return a short figure so that no line ends between the number and its unit."""
    return text.replace(" ", "\xa0") if len(text) <= 12 else text


def _bar(kpi: Kpi) -> float | None:
    """Return how far a value has come of what its target allows, in per cent.

    Only for targets that set an upper limit: a full bar means that nothing is left.
    """
    m = kpi.measurement
    bounds = target_bounds(kpi.target)
    if m is None or len(bounds) != 1 or not kpi.target.strip().startswith("<"):
        return None
    return share(finite(m.value), bounds[0])


def day_url(report: DayReport, index_url: str | None) -> str:
    """Return the address of the day's page beside the overview; empty where there is none."""
    address = web_address(index_url or "")
    if not address:
        return ""
    folder = address if address.endswith("/") else address.rpartition("/")[0] + "/"
    return f"{folder}{report.day}/index.html"


def mail_text(report: DayReport, kpis: Sequence[Kpi], index_url: str | None, limit: int) -> str:
    """Return the statement as plain text, the same facts in the same order."""
    lines = [*headline(report)[:1], long_day(report.day), ""]
    for cost in costs(kpis, Verdict.MISSED)[:limit]:
        lines += [f"MISSED: {cost.title}", *(f"  {line}" for line in cost.lines)]
        lines += [f"  {text}" for text in (cost.more, cost.impact) if text]
        lines += [f"  Owner: {cost.owner}"] if cost.owner else []
        lines += [f"  Runbook: {cost.runbook}"] if cost.runbook else []
        lines += [f"  What to do: {cost.advice}"] if cost.advice else []
        lines += [f"  Where it comes from: {cost.trace}"] if cost.trace else []
        lines.append("")
    if gaps := [f"  {gap.line}" for gap in gaps_of(report, kpis)[:limit]]:
        lines += ["No verdict on", *gaps, ""]
    if report.missing:
        lines += [f"Missing sources: {clip(', '.join(sorted(report.missing)), 400)}", ""]
    if waits := waits_lines(report):
        lines += [*waits, ""]
    lines += ["KPIs", *([] if kpis else [f"  {reasons(kpis)}"])]
    lines += [f"  {WORDS[kpi.verdict].upper()}: {kpi_line(kpi)}" for kpi in kpis[:limit]]
    if len(kpis) > limit:
        lines.append(f"  and {len(kpis) - limit:,} more")
    lines += _under("Error budgets", budgets_brief(report).text())
    lines += _under("Restated", _restated(report, limit))
    lines += _under("Not measured", [f"  {line}" for line in _not_measured(report, limit)])
    lines += _under("Errors that are new since yesterday", news_brief(report).text())
    lines += _under("Unusual, without a target", unusual_brief(report).text())
    lines += ["", f"Incidents: {incidents_line(report.incidents, report.resolved)}"]
    lines += incidents_brief(report).text()
    lines += ["", headline(report)[2]]
    url = day_url(report, index_url)
    lines += ["", f"The whole page: {url}"] if url else []
    lines += ["", f"Measured at {instant(report.measured_at, report.zone)} by Daytally."]
    return "\n".join(lines) + "\n"


def _restated(report: DayReport, limit: int) -> list[str]:
    rows = restated_table(report).rows
    lines = [
        f"  {row[0].text}{f' ({row[1].text})' if row[1].text else ''}: was {row[2].text}, is"
        f" {row[3].text}, because: {row[6].text}"
        for row in rows[:limit]
    ]
    more = [f"  and {len(rows) - limit:,} more"] if len(rows) > limit else []
    return [*lines, *more]


def _not_measured(report: DayReport, limit: int) -> list[str]:
    """Return the metrics that could not be measured, a line each, and why."""
    found = sorted(report.failed.items())
    lines = [f"{clip(name, 80)}: {clip(first_line(why), 300)}" for name, why in found[:limit]]
    return [*lines, *([f"and {len(found) - limit:,} more"] if len(found) > limit else [])]


def _under(title: str, lines: list[str]) -> list[str]:
    """Return lines under their heading, an empty line before it; nothing without lines."""
    return ["", title, *lines] if lines else []
