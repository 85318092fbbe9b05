"""What a mail says besides KPIs, a line each: budgets, new errors, unusual values, incidents."""

from __future__ import annotations

import math
from dataclasses import dataclass

from etl.model import BudgetState, DayReport, Incident, Measurement, MessageSample
from etl.reporting.dimensions import about, spoken
from etl.reporting.judge import sheet_for
from etl.reporting.limits import band_words
from etl.reporting.marks import days_left_words, sorted_budgets, unusual_ones
from etl.reporting.messages import new_kinds
from etl.reporting.ranks import stem_of
from etl.reporting.resolve import newest_first, title_of
from etl.reporting.text import clip, clock, count_of, duration, figure

MOST = 5
"""Lines of each kind; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Note:
    """One line: what it is about, and what is said of it.

    Attributes:
        title: Of the metric or incident.
        about: Its dimensions in words.
        said: The figures.
        verdict: `missed` where it asks for attention as a missed KPI does, `met` where all is
            well, empty where nobody judges.
        word: The verdict as people read it.
    """

    title: str
    about: str
    said: str
    verdict: str = ""
    word: str = ""

    @property
    def line(self) -> str:
        """The whole in one line of text."""
        lead = f"{self.word.upper()}: " if self.word else ""
        return f"{lead}{', '.join(filter(None, (self.title, self.about)))}: {self.said}"


@dataclass(frozen=True, slots=True)
class Brief:
    """At most `MOST` lines, and how many more there are."""

    notes: tuple[Note, ...]
    more: str = ""

    def text(self) -> list[str]:
        """Return the lines as plain text."""
        lines = [f"  {note.line}" for note in self.notes]
        return [*lines, *([f"  {self.more}"] if self.more else [])]


def budgets_brief(report: DayReport) -> Brief:
    """Return the budgets, those that are used up or nearly so first."""
    states = sorted_budgets(report.budgets)
    notes = tuple(
        Note(
            clip(report.sheets[state.metric].title, 100),
            about(state.dimensions),
            _used(state),
            "missed" if state.is_spent else "met",
            "used up" if state.is_spent else "holds",
        )
        for state in states[:MOST]
    )
    spent = sum(state.is_spent for state in states[MOST:])
    more = f"and {len(states) - MOST:,} more, {spent:,} of them used up"
    return Brief(notes, more if len(states) > MOST else "")


def _used(state: BudgetState) -> str:
    budget = clip(state.budget, 80)
    if state.burn is None:
        return f"{figure(state.bad, '')} bad, none allowed ({budget})"
    said = f"{100 * state.burn:,.0f} % used of {budget}"
    if state.is_spent or not state.bad:
        return said
    days = "1 day" if days_left_words(state) == "1" else f"{days_left_words(state)} days"
    return f"{said}; lasts {days} at this rate"


def news_brief(report: DayReport) -> Brief:
    """Return the kinds of errors that are new, those that nobody has seen before first."""
    found = new_kinds(report)
    notes = tuple(_new(m, sample, report) for m, sample in found[:MOST])
    return Brief(notes, f"and {len(found) - MOST:,} more" if len(found) > MOST else "")


def _new(m: Measurement, sample: MessageSample | None, report: DayReport) -> Note:
    kind = spoken(m.dimensions.get("fingerprint"), 200)
    said = f"{figure(m.value, m.unit)}, first at {clock(m.first_at, report.zone)}"
    if sample is not None and sample.first_day < report.day:
        said += f"; known since {sample.first_day}, not on the day before"
    return Note(kind, f"source {spoken(m.dimensions.get('source'))}", said)


def waits_lines(report: DayReport) -> list[str]:
    """Return a sentence for each overdue log that has to tell what became of the day's objects."""
    lines = [
        f"Waiting for the log of {clip(one.source, 60)} of {one.log_day}: it has to tell whether"
        f" {count_of(one.objects, 'object')} of {clip(one.chain, 60)} passed {clip(one.step, 60)}."
        for one in report.waits[:MOST]
    ]
    rest = len(report.waits) - MOST
    return [*lines, *([f"And for {count_of(rest, 'log')} more."] if rest > 0 else [])]


def unusual_brief(report: DayReport) -> Brief:
    """Return the unusual values: of those that move together, the one that lies farthest out."""
    topics: dict[str, list[Measurement]] = {}
    for m in unusual_ones(report):
        topics.setdefault(stem_of(m.metric).partition("_by_")[0], []).append(m)
    notes = []
    for found in list(topics.values())[:MOST]:
        worst = max(found, key=_beyond)
        rest = f" (and {count_of(len(found) - 1, 'figure')} like it)" if len(found) > 1 else ""
        notes.append(
            Note(
                clip(sheet_for(worst, report.sheets).title, 100),
                about(worst.dimensions),
                f"{figure(worst.value, worst.unit)}, usual {band_words(worst)}{rest}",
            )
        )
    left = sum(len(found) for found in list(topics.values())[MOST:])
    return Brief(tuple(notes), f"and {left:,} more" if left else "")


def _beyond(m: Measurement) -> float:
    """Return how far a value lies outside of its band, in widths of it."""
    if m.value is None or m.band_low is None or m.band_high is None:
        return 0.0
    out = max(m.band_low - m.value, m.value - m.band_high)
    width = m.band_high - m.band_low
    return out / width if width > 0 else math.inf


def incidents_brief(report: DayReport) -> Brief:
    """Return the open incidents, the newest first."""
    still = [one for one in newest_first(report.incidents) if one.resolved_at is None]
    notes = tuple(_open(one, report) for one in still[:MOST])
    more = f"and {len(still) - MOST:,} more" if len(still) > MOST else ""
    return Brief(notes, more)


def _open(incident: Incident, report: DayReport) -> Note:
    age = duration((report.ended_at - incident.started_at).total_seconds())
    owner = f", {clip(incident.owner, 80)}" if incident.owner else ""
    return Note(
        clip(title_of(incident), 120), clip(incident.affected, 160), f"open for {age}{owner}"
    )
