"""What was restated, and the command that shows where a number comes from."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import date

from etl.model import DayReport, Dimensions, Restatement, Verdict
from etl.reporting.dimensions import about, dimensions_json
from etl.reporting.judge import WORDS
from etl.reporting.tables import Cell, Column, Table
from etl.reporting.text import NOTHING, clip, figure, instant

_KINDS = {"appeared": "not there", "vanished": "no longer there"}
_LONGEST = 120
"""A dimension that is longer is left out of a command: nobody would type it."""


def restated_table(report: DayReport) -> Table:
    """Return all changes of the day's measurements, those of one measurement together."""
    columns = (
        Column("metric", "Metric", "words"),
        Column("dimensions", "About", "words"),
        Column("previous_value", "Was", "number"),
        Column("value", "Is", "number"),
        Column("previous_measured_at", "Measured", "instant"),
        Column("measured_at", "Again", "instant"),
        Column("cause", "Because", "words"),
        *(Column(k, "") for k in ("kind", "unit", "previous_verdict", "verdict", "inputs")),
    )
    ordered = sorted(
        report.restatements,
        key=lambda one: (one.metric, dimensions_json(one.dimensions), one.measured_at),
    )
    rows = tuple(_row(one, report) for one in ordered)
    return Table("restated", "Restated values", columns, rows)


def _row(one: Restatement, report: DayReport) -> tuple[Cell, ...]:
    sheet = report.sheets.get(one.metric)
    old = _figure(one, one.old_value, one.old_verdict, gone=one.kind == "appeared")
    new = _figure(one, one.value, one.verdict, gone=one.kind == "vanished")
    return (
        Cell(one.metric, clip(sheet.title if sheet else one.metric, 120)),
        Cell(dimensions_json(one.dimensions), about(one.dimensions)),
        Cell(one.old_value, old),
        Cell(one.value, new),
        Cell(one.old_measured_at, instant(one.old_measured_at, report.zone)),
        Cell(one.measured_at, instant(one.measured_at, report.zone)),
        Cell(one.cause, clip(one.cause, 400)),
        Cell(one.kind, ""),
        Cell(one.unit, ""),
        Cell(one.old_verdict.value, ""),
        Cell(one.verdict.value, ""),
        Cell("; ".join(one.inputs), ""),
    )


def _figure(one: Restatement, value: float | None, verdict: Verdict, *, gone: bool) -> str:
    """Return a value as people read it, with its verdict where only that has changed."""
    if gone:
        return _KINDS[one.kind]
    said = figure(value, one.unit, one.target)
    if one.kind == "judged" or said == NOTHING:
        said += f" ({WORDS[verdict]})"
    return said


def restated_count(found: Sequence[Restatement]) -> int:
    """Return how many measurements were restated, however often."""
    return len({(one.metric, dimensions_json(one.dimensions)) for one in found})


def explain_command(metric: str, day: date, dimensions: Dimensions) -> str:
    """Return the command that shows where a measurement comes from, fit to be pasted."""
    words = ["daytally", "explain", metric, "--day", day.isoformat()]
    for name, value in sorted(dimensions.items()):
        text = "null" if value is None else str(value).lower() if value is True else str(value)
        if not text.isprintable() or len(text) > _LONGEST or not name.isprintable():
            continue
        plain = name == "source" and not text.startswith("-")
        words += ["--source", text] if plain else ["--where", f"{name}={text}"]
    return shlex.join(words)
