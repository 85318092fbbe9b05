"""KPIs of which a day does not tell whether their target was met: what is known of them, and why.

A figure that waits for a log is no verdict, yet it is not nothing: it is told with what it lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from etl.model import DayReport, Measurement, Verdict
from etl.reporting.judge import Kpi
from etl.reporting.text import clip

NAMED = 3
"""Sets of dimensions that are named for one KPI, and logs that it waits for."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A KPI without verdict.

    Attributes:
        owner: Who answers for it; empty for nobody.
        said: What is known of it, and why that is not enough.
    """

    title: str
    owner: str
    said: str

    @property
    def line(self) -> str:
        """The whole in one line of text."""
        return f"{self.title}: {self.said}{f' ({self.owner})' if self.owner else ''}"


def gaps_of(report: DayReport, kpis: Sequence[Kpi]) -> list[Gap]:
    """Return the KPIs without verdict, those first that have a figure and wait for more."""
    by_metric: dict[tuple[bool, str], list[Kpi]] = {}
    for kpi in kpis:
        if kpi.verdict in {Verdict.INCOMPLETE, Verdict.NO_DATA}:
            key = kpi.verdict is Verdict.NO_DATA, kpi.sheet.name
            by_metric.setdefault(key, []).append(kpi)
    return [_gap(report, by_metric[key]) for key in sorted(by_metric, key=lambda key: key[0])]


def _gap(report: DayReport, group: Sequence[Kpi]) -> Gap:
    by_words: dict[str, list[str]] = {}
    for kpi in group:
        by_words.setdefault(_said(report, kpi), []).append(kpi.about)
    said = "; ".join(f"{_listed(about)}{words}" for words, about in _first(by_words))
    if len(by_words) > NAMED:
        said += f"; and {len(by_words) - NAMED:,} more"
    sheet = group[0].sheet
    return Gap(clip(sheet.title, 120), clip(sheet.owner, 80), said)


def _first(by_words: dict[str, list[str]]) -> Iterator[tuple[str, list[str]]]:
    return iter(list(by_words.items())[:NAMED])


def _listed(about: Sequence[str]) -> str:
    named = [each for each in about if each]
    rest = len(named) - NAMED
    more = f" and {rest:,} more" if rest > 0 else ""
    return f"{' or '.join(named[:NAMED])}{more}, " if named else ""


def _said(report: DayReport, kpi: Kpi) -> str:
    m = kpi.measurement
    if kpi.sheet.name in report.failed:
        return f"could not be measured: {clip(first_line(report.failed[kpi.sheet.name]), 300)}"
    if m is None:
        return "nothing was measured"
    if kpi.verdict is Verdict.INCOMPLETE:
        so_far = "no figure yet" if m.value is None else f"so far {kpi.figures}"
        return f"{so_far}; incomplete{_waits(report, m)}"
    if m.value is None or m.n == 0:
        return "no data, nothing was there to measure"
    return f"{kpi.figures}, but no day to compare it with"


def _waits(report: DayReport, m: Measurement) -> str:
    """Say for which logs a figure waits: its source's, its chain's, or all that are missing."""
    source, chain = m.dimensions.get("source"), m.dimensions.get("chain")
    days = {one.source: one.log_day for one in report.waits if chain in {None, one.chain}}
    if source in report.missing:
        names = [str(source)]
    elif chain is not None and days:
        names = [f"{name} of {day}" for name, day in sorted(days.items())]
    else:
        names = sorted(report.missing)
    if not names:
        return ""
    rest = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    listed = ", ".join(clip(name, 60) for name in names[:NAMED])
    return f": waiting for the {'log' if len(names) == 1 else 'logs'} of {listed}{rest}"


def first_line(text: str) -> str:
    """Return the first line: of an error, what it says without the marked place."""
    return text.partition("\n")[0]
