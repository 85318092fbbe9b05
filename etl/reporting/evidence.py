"""Tables of what stands behind the figures: objects that went astray, and the slowest requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from etl.model import DayReport, ListedObject, SlowRequest
from etl.reporting.charts import share
from etl.reporting.families import MOST_SHOWN
from etl.reporting.sections import Section
from etl.reporting.tables import Cell, Column, Table, slug
from etl.reporting.text import NOTHING, clip, figure, instant

SLOWEST = "slowest"

_STATES = {
    "lost": ("lost", "missed"),
    "late": ("late", "incomplete"),
    "skipped": ("skipped a step", "incomplete"),
    "unexpected": ("unexpected", "incomplete"),
    "duplicated": ("duplicated", "incomplete"),
    "in_flight": ("in flight", "no_data"),
}
"""State to its words and the shape beside them, the worst first."""

_OBJECTS = (
    Column("state", "State", "verdict"),
    Column("object_id", "Object", "log"),
    Column("step", "At step"),
    Column("last_step", "Last seen at"),
    Column("last_at", "Last seen", "instant"),
    Column("entered_at", "Entered", "instant"),
    Column("source", ""),
    Column("input", "Input", "path"),
    Column("offset", "Byte", "number"),
)

_SLOW = (
    Column("request_time_s", "Time", "number"),
    Column("at", "At", "instant"),
    Column("source", "Source"),
    Column("method", "Method"),
    Column("path", "Path", "log"),
    Column("route", "Route", "code"),
    Column("status", "Status", "number"),
    Column("request_id", "Request id", "log"),
    Column("input", "Input", "path"),
    Column("offset", "Byte", "number"),
)


def list_name(chain: str) -> str:
    """Return the name of a chain's list of objects."""
    return f"lost_{slug(chain)}"


def with_evidence(sections: Sequence[Section], report: DayReport) -> tuple[Section, ...]:
    """Return the sections with each chain's objects under integrity, and the slowest requests."""
    of_chains = tuple(objects_table(report, chain) for chain in report.chains)
    more = {"integrity": of_chains, "performance": _slowest(report)}
    return tuple(
        replace(section, tables=(*section.tables, *more.get(section.name, ())))
        for section in sections
    )


def objects_table(report: DayReport, chain: str) -> Table:
    """Return the objects of a chain that did not simply get through, the worst state first."""
    rows = [one for one in report.objects if one.chain == chain]
    order = {state: place for place, state in enumerate(_STATES)}
    rows.sort(key=lambda one: (order.get(one.state, -1), one.object_id, one.step, one.last_at))
    return Table(
        name=list_name(chain),
        title=f"Objects of chain {clip(chain, 60)} to look after",
        columns=_OBJECTS,
        rows=tuple(_object_row(one, report.zone) for one in rows),
        note="Each with the step that it concerns, and the line that showed the object last.",
        most=MOST_SHOWN,
        empty="None is lost, late, doubled or unexpected, as far as the data of the day show.",
    )


def _object_row(one: ListedObject, zone: str) -> tuple[Cell, ...]:
    words, shape = _STATES.get(one.state, (clip(one.state, 40), "none"))
    return (
        Cell(one.state, words, verdict=shape),
        Cell(one.object_id, clip(one.object_id, 80)),
        Cell(one.step, clip(one.step, 60)),
        Cell(one.last_step, clip(one.last_step, 60)),
        Cell(one.last_at, instant(one.last_at, zone)),
        Cell(one.entered_at, instant(one.entered_at, zone)),
        Cell(one.source, ""),
        Cell(one.uri, clip(one.uri, 160)),
        Cell(one.offset, NOTHING if one.offset is None else f"{one.offset:,}"),
    )


def _slowest(report: DayReport) -> tuple[Table, ...]:
    """Return the slowest requests; nothing for a day none of whose requests has a time."""
    if not report.slowest:
        return ()
    rows = sorted(report.slowest, key=lambda one: (-one.request_time_s, one.at, one.offset))
    longest = rows[0].request_time_s
    return (
        Table(
            name=SLOWEST,
            title="Slowest requests",
            columns=_SLOW,
            rows=tuple(_slow_row(one, report.zone, longest) for one in rows),
            note="Of the whole day, whatever their route, with the line that tells of each.",
        ),
    )


def _slow_row(one: SlowRequest, zone: str, longest: float) -> tuple[Cell, ...]:
    took = figure(one.request_time_s, "s")
    return (
        Cell(one.request_time_s, took, bar=share(one.request_time_s, longest)),
        Cell(one.at, instant(one.at, zone)),
        Cell(one.source, clip(one.source, 60)),
        *(
            Cell(text, NOTHING if text is None else clip(text, length))
            for text, length in ((one.method, 20), (one.path, 120), (one.route, 80))
        ),
        Cell(one.status, NOTHING if one.status is None else str(one.status)),
        Cell(one.request_id, NOTHING if one.request_id is None else clip(one.request_id, 60)),
        Cell(one.uri, clip(one.uri, 160)),
        Cell(one.offset, f"{one.offset:,}"),
    )
