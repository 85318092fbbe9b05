"""Kinds of errors and warnings: how often, since when, and a line to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from etl.model import DayReport, Measurement, MessageSample, Sheet
from etl.reporting.evidence import list_name
from etl.reporting.families import MOST_SHOWN, OTHER
from etl.reporting.sections import Section, sections
from etl.reporting.tables import Cell, Column, Table
from etl.reporting.text import NOTHING, clip, clock, finite, instant, number

NEW = "error_fingerprints_new"
"""The metric whose kinds are marked as new in the table of all."""

GONE = "error_fingerprints_gone"
"""The metric of kinds that only the day before had; its figures and lines are of that day."""

_COLUMNS = (
    Column("source", "Source"),
    Column("fingerprint", "Message", "log"),
    Column("value", "Events", "number"),
    Column("state", "Known since"),
    Column("first_at", "First"),
    Column("last_at", "Last"),
    Column("message", "", "log"),
    Column("", "First line", "path"),
    Column("input", ""),
    Column("offset", ""),
)
_GONE_LABELS = {"value": "Events, the day before", "first_at": "", "last_at": "Last seen"}


def told_sections(report: DayReport) -> tuple[Section, ...]:
    """Return the sections of a day, with kinds of messages told by sample and first day."""
    by_metric: dict[str, list[Measurement]] = {}
    for m in report.measurements:
        if "fingerprint" in m.dimensions and m.metric != NEW and m.first_at is not None:
            by_metric.setdefault(m.metric, []).append(m)
    fresh = {_kind(m) for m in report.measurements if m.metric == NEW}
    told = {
        name: messages_table(report.sheets[name], rows, fresh, report)
        for name, rows in by_metric.items()
        if name in report.sheets
    }
    plain = sections(report.measurements, report.sheets, map(list_name, report.chains))
    return tuple(_replaced(section, told) for section in plain)


def _replaced(section: Section, told: Mapping[str, Table]) -> Section:
    if section.name != "errors":
        return section
    tables = [told.get(table.name, table) for table in section.tables if table.name != NEW]
    # What failed, in its own words, comes before counts of it.
    first = [table for table in tables if table.name in told]
    return replace(section, tables=(*first, *(table for table in tables if table not in first)))


def messages_table(
    sheet: Sheet, rows: Sequence[Measurement], fresh: set[tuple[str, str]], report: DayReport
) -> Table:
    """Return a row per kind: the new ones first, then the most frequent, the rest of them last.

    Of kinds that are gone, figures and line are those of the day before.
    """
    is_gone = sheet.name == GONE
    day = report.day - timedelta(days=1) if is_gone else report.day
    samples = {
        (one.source, one.fingerprint, one.severity > 3): one
        for one in report.samples
        if one.day == day
    }
    is_warning = sheet.name.startswith("warning")

    def key(m: Measurement) -> tuple[bool, bool, float, tuple[str, str]]:
        kind = _kind(m)
        return kind[1] == OTHER, kind not in fresh, -(finite(m.value) or 0.0), kind

    lines = tuple(
        _line(m, samples.get((*_kind(m), is_warning)), _kind(m) in fresh, report)
        for m in sorted(rows, key=key)
    )
    labels = _GONE_LABELS if is_gone else {}
    columns = tuple(replace(one, label=labels.get(one.key, one.label)) for one in _COLUMNS)
    return Table(sheet.name, sheet.title, columns, lines, sheet.definition, most=MOST_SHOWN)


def _line(
    m: Measurement, sample: MessageSample | None, is_new: bool, report: DayReport
) -> tuple[Cell, ...]:
    source, fingerprint = _kind(m)
    last = instant if m.metric == GONE else clock
    since = None if sample is None else sample.first_day
    words = NOTHING if since is None else since.isoformat()
    if is_new:
        words = "new" if since == report.day else f"new since yesterday, first on {words}"
    return (
        Cell(source, clip(source, 60)),
        Cell(fingerprint, clip(fingerprint, 200) or '""'),
        Cell(m.value, number(finite(m.value) or 0.0)),
        Cell(words if is_new else since, words),
        Cell(m.first_at, clock(m.first_at, report.zone)),
        Cell(m.last_at, last(m.last_at, report.zone)),
        Cell(None if sample is None else sample.message, ""),
        Cell(None, NOTHING if sample is None else f"{clip(sample.uri, 160)} @ {sample.offset:,}"),
        Cell(None if sample is None else sample.uri, ""),
        Cell(None if sample is None else sample.offset, ""),
    )


def _kind(m: Measurement) -> tuple[str, str]:
    return str(m.dimensions.get("source")), str(m.dimensions.get("fingerprint"))


def new_kinds(report: DayReport) -> list[tuple[Measurement, MessageSample | None]]:
    """Return the kinds of errors that the day before did not have, each with its first line.

    Those that no day had before come first, then those that came back; the most frequent ahead.
    """
    samples = {(o.source, o.fingerprint): o for o in report.samples if o.day == report.day}
    found = [(m, samples.get(_kind(m))) for m in report.measurements if m.metric == NEW]

    def key(one: tuple[Measurement, MessageSample | None]) -> tuple[bool, float, tuple[str, str]]:
        m, sample = one
        is_known = sample is not None and sample.first_day < report.day
        return is_known, -(finite(m.value) or 0.0), _kind(m)

    return sorted(found, key=key)
