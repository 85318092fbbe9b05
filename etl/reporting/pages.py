"""Overview, catalogue and incidents as plain data for their pages."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from etl.model import Incident, Measurement, Verdict
from etl.reporting.context import Context
from etl.reporting.dimensions import Order, about, dimensions_json
from etl.reporting.judge import WORDS, DaySummary, judged, verdict_words
from etl.reporting.kpis import TREND_NOTE, trends
from etl.reporting.resolve import incident_table, incidents_line, newest_first, times_table
from etl.reporting.rows import full_value_cell, target_cell, verdict_cell
from etl.reporting.tables import Cell, Column, Raw, Table
from etl.reporting.text import (
    NOTHING,
    clip,
    count_of,
    instant,
    long_day,
    month_name,
    number,
)

TREND_DAYS = 30
"""Days that the trends of the overview look back."""


@dataclass(frozen=True, slots=True)
class Site:
    """What all overview pages need to know.

    Attributes:
        project: The project's name.
        zone: IANA name of its time zone.
        templates: The built-in templates.
        overrides: A folder whose templates replace built-in ones of the same name.
    """

    project: str
    zone: str
    templates: Path
    overrides: Path | None = None

    def context(self, kind: str, title: str) -> Context:
        """Return what every overview page shows."""
        return {"kind": kind, "root": "", "project": clip(self.project, 80), "title": title}


@dataclass(frozen=True, slots=True)
class Overview:
    """The words and tables of the overview, uncut."""

    context: Context
    days: Table
    trends: Table
    summaries: tuple[DaySummary, ...]

    def cut(self, limit: int) -> Context:
        """Return what the template sees, with the newest `10 * limit` days."""
        newest = self.summaries[: 10 * limit]
        return {
            **self.context,
            "months": _months(newest),
            "days": self.days.cut(10 * limit),
            "trends": self.trends.cut(limit),
        }


def overview(days: Sequence[DaySummary], site: Site) -> Overview:
    """Turn the days into a calendar, a list and trends, the newest first."""
    newest = tuple(sorted(days, key=lambda summary: summary.day, reverse=True))
    context = site.context("overview", "Days")
    if newest:
        last = newest[0]
        context["latest"] = {
            "href": f"{last.day}/index.html",
            "title": long_day(last.day),
            "verdict": last.verdict.value,
            "words": verdict_words(last.verdict, last.kpis),
        }
    context["legend"] = [{"verdict": v.value, "word": WORDS[v]} for v in Verdict]
    context["number_of_days"] = count_of(len(newest), "day")
    return Overview(context, _days_table(newest), _trends_table(newest), newest)


def _months(days: Sequence[DaySummary]) -> list[Context]:
    """Return calendar months, the newest first, as weeks of seven days from Monday on."""
    by_day = {summary.day: summary for summary in days}
    months = sorted({(day.year, day.month) for day in by_day}, reverse=True)
    weeks = calendar.Calendar()
    return [
        {
            "name": month_name(date(year, month, 1)),
            "weeks": [
                [_square(day, by_day.get(day)) if day.month == month else None for day in week]
                for week in weeks.monthdatescalendar(year, month)
            ],
        }
        for year, month in months
    ]


def _square(day: date, summary: DaySummary | None) -> Context:
    square: Context = {"number": day.day, "iso": day.isoformat(), "verdict": ""}
    if summary is None:
        return square
    words = verdict_words(summary.verdict, summary.kpis)
    return {
        **square,
        "verdict": summary.verdict.value,
        "word": WORDS[summary.verdict],
        "missed": number(summary.missed) if summary.missed else "",
        "label": f"{long_day(day)}: {words}",
        "href": f"{day}/index.html",
    }


def _days_table(days: Sequence[DaySummary]) -> Table:
    columns = (
        Column("day", "Day", "instant"),
        Column("verdict", "Verdict", "verdict"),
        Column("missed", "KPIs missed", "number"),
        Column("kpis", ""),
        Column("missing", "Sources missing" if any(s.missing for s in days) else ""),
        Column("restated", "Values restated" if any(s.restated for s in days) else "", "number"),
    )
    rows = tuple(
        (
            Cell(s.day, s.day.isoformat(), href=f"{s.day}/index.html"),
            Cell(s.verdict.value, WORDS[s.verdict], verdict=s.verdict.value),
            Cell(s.missed, f"{s.missed:,} of {len(judged(s.kpis)):,}"),
            Cell(len(judged(s.kpis)), ""),
            Cell(" ".join(s.missing), clip(", ".join(s.missing), 120)),
            Cell(s.restated, number(s.restated) if s.restated else NOTHING),
        )
        for s in days
    )
    return Table("days", "All days", columns, rows)


def _trends_table(newest: Sequence[DaySummary]) -> Table:
    """Return a sparkline per KPI over the newest days; every value of every day as its CSV."""
    window = newest[:TREND_DAYS]
    measured = [k.measurement for s in window for k in s.kpis if k.measurement is not None]
    sparks = trends(measured, newest[0].day) if newest else {}
    titles = {k.sheet.name: k.sheet.title for s in reversed(window) for k in s.kpis}
    series: dict[tuple[str, str], list[Measurement]] = {}
    for m in measured:
        series.setdefault((m.metric, dimensions_json(m.dimensions)), []).append(m)
    columns = (
        Column("", "KPI", "words"),
        Column("", "Newest value", "number"),
        Column("", "Target", "number"),
        Column("", "Trend", "spark"),
        Column("", "Newest verdict", "verdict"),
        Column("", "Days missed, judged", "number"),
    )
    rows = []
    order = Order.of(measured)
    for key in sorted(series, key=lambda k: (titles[k[0]], order.key(series[k][0].dimensions))):
        found = series[key]
        if all(m.value is None for m in found):
            continue  # stands in for rows that a day without data does not have
        last = max(found, key=lambda m: m.day)
        missed = sum(m.verdict is Verdict.MISSED for m in found)
        judged = missed + sum(m.verdict is Verdict.MET for m in found)
        parts = [about(last.dimensions), *([] if last.day == newest[0].day else [f"on {last.day}"])]
        rows.append(
            (
                Cell(None, clip(titles[key[0]], 120), note=", ".join(filter(None, parts))),
                full_value_cell(last),
                target_cell(last),
                Cell(None, "", spark=sparks.get(key)),
                verdict_cell(last.verdict),
                Cell(None, f"{missed} of {judged}"),
            )
        )
    long = _trend_rows(newest)
    return Table("trends", "Trends of KPIs", columns, tuple(rows), TREND_NOTE, long=long)


def _trend_rows(newest: Sequence[DaySummary]) -> tuple[Sequence[str], Sequence[Sequence[Raw]]]:
    header = [
        "day",
        "metric",
        "dimensions",
        "value",
        "unit",
        "n",
        "target",
        "verdict",
        "previous_value",
    ]
    measured = [k.measurement for s in newest for k in s.kpis if k.measurement is not None]
    ordered = sorted(measured, key=lambda m: (m.day, m.metric, dimensions_json(m.dimensions)))
    return header, [
        [
            *(m.day, m.metric, dimensions_json(m.dimensions), m.value, m.unit, m.n),
            *(m.target, m.verdict.value, m.previous_value),
        ]
        for m in ordered
    ]


def incidents_page(
    incidents: Sequence[Incident], site: Site, until: datetime
) -> tuple[Context, Table, Table]:
    """Turn incidents into the words, the list and the statistics of their page.

    Args:
        incidents: All of them.
        site: What all pages share.
        until: The instant that ages of open incidents are counted to.
    """
    ordered = newest_first(incidents)
    # Open ones first: they are what somebody has to do something about.
    shown = sorted(ordered, key=lambda i: i.resolved_at is not None)
    context = {
        **site.context("incidents", "Incidents"),
        "line": incidents_line(ordered, ordered),
        "until": instant(until, site.zone),
    }
    return context, incident_table(shown, site.zone, until), times_table(ordered)
