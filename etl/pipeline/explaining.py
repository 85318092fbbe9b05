"""What `daytally explain` says: from a measurement to its sheet, SQL, rows, inputs and lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from etl.days import day_bounds
from etl.errors import ConfigError, UnknownNameError
from etl.metrics.between import is_between_steps, objects_between, with_last_lines
from etl.metrics.chain_schemas import SCHEMAS
from etl.metrics.chains import chain_views
from etl.metrics.meanings import meanings
from etl.metrics.scope import words_of
from etl.metrics.sightings import sightings
from etl.metrics.tracing import NAMED, OTHER, Trace, rest_of, trace
from etl.metrics.views import build_views, cut
from etl.model import Dimensions, Measurement, Restatement, Sheet, Verdict
from etl.pipeline.absence import absent_around
from etl.pipeline.caveats import caveats
from etl.pipeline.lines_of import InputRead, fetch_lines
from etl.pipeline.project import Project
from etl.pipeline.windows import ahead_days, known_span, lookback_days
from etl.reporting.text import target_words
from etl.store.measurements import read_measurements
from etl.store.restatements import read_restatements

_HEADER = re.compile(r"\s*/\*.*?\*/\s*", re.DOTALL)
_SHOWN_OF_ROWS = ("input_id", "offset")
BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class Line:
    """A row behind a measurement, and the line that it was.

    Attributes:
        row: Its columns that hold anything.
        uri: The input's address; empty where a row has no line.
        text: The line without its end; None where it cannot be shown.
    """

    row: Mapping[str, Any]
    uri: str
    offset: int | None
    text: bytes | None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows behind a measurement; see `Trace`.

    Attributes:
        how: `named`, `derived`, `all`, or `between`: objects that two steps counted otherwise.
        cut: Dimensions that the rows are cut to besides.
        total: How many there are.
        lines: The first of them.
    """

    how: str
    view: str
    sql: str
    offending: str
    cut: Dimensions
    total: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a metric's figures of a day come from.

    Attributes:
        measurements: Those that were asked for.
        restatements: All their changes, oldest first.
        sql: Of the metric, without its data sheet.
        views: What the views stand for on the day.
        inputs: Those that the shown rows came from.
        notes: What else one has to know.
    """

    sheet: Sheet
    day: date
    started_at: datetime
    ended_at: datetime
    measurements: tuple[Measurement, ...]
    restatements: tuple[Restatement, ...]
    sql: str
    views: tuple[tuple[str, str], ...]
    rows: tuple[Rows, ...]
    inputs: tuple[InputRead, ...]
    notes: tuple[str, ...]


def explain(
    project: Project, metric: str, day: date, wanted: Mapping[str, str], *, most: int, now: datetime
) -> Explanation:
    """Follow a metric's figures of a day back to lines.

    Args:
        project: The project.
        metric: Its name.
        day: The day.
        wanted: Dimensions and their values as people type them; `null` for none.
        most: Rows that are shown, of each kind.
        now: The run's time, UTC.

    Raises:
        ConfigError: The metric, a dimension or a value is not known, or nothing was measured.
    """
    sheet = _sheet(project, metric)
    found = _measurements(project, metric, day, wanted)
    common = _with_rest(project, sheet, day, _common(found))
    views = _views(project, sheet, day)
    rows, inputs = _rows(project, sheet, views, common, most, now)
    changes = read_restatements(project.warehouse, day)
    asked = [dict(one.dimensions) for one in found]
    start, end = day_bounds(day, project.settings.zone)
    return Explanation(
        sheet=sheet,
        day=day,
        started_at=start,
        ended_at=end,
        measurements=tuple(found),
        restatements=tuple(
            one for one in changes if one.metric == metric and dict(one.dimensions) in asked
        ),
        sql=_HEADER.sub("", sheet.sql, count=1).strip(),
        views=tuple(meanings(sheet, project.definitions, day)),
        rows=tuple(rows),
        inputs=tuple(inputs),
        notes=tuple(caveats(project, metric, day, found)),
    )


def target_of(one: Measurement) -> str:
    """Return the target that a measurement was held against, as people read it."""
    return target_words(one.target, one.unit)


def _views(project: Project, sheet: Sheet, day: date) -> dict[str, pl.LazyFrame]:
    """Return the day's views, and `sightings`: all steps from its look-back to its grace's end."""
    tables, definitions = project.tables(), project.definitions
    views = build_views(tables, definitions, day, sheet.lookback_days)
    first = day - timedelta(days=lookback_days([sheet], definitions))
    last = day + timedelta(days=ahead_days(definitions, day))
    views["sightings"] = cut(tables, definitions, first, last)["steps"]
    if set(SCHEMAS) & words_of(sheet):
        seen = sightings(tables, definitions, day)
        known, absent = known_span(project.warehouse), absent_around(project, day)
        views |= chain_views(seen, definitions, day, known, absent)
    return views


def _sheet(project: Project, metric: str) -> Sheet:
    if metric in project.idle:
        raise ConfigError(f"metric '{metric}' is not measured: {project.idle[metric]}")
    if metric not in project.sheets:
        raise UnknownNameError("metric", metric, project.sheets)
    return project.sheets[metric]


def _measurements(
    project: Project, metric: str, day: date, wanted: Mapping[str, str]
) -> list[Measurement]:
    """Return the measurements that were asked for, the worst first."""
    of_day = read_measurements(project.warehouse, since=day, until=day)
    if not of_day:
        raise ConfigError(f"{day} has not been measured. Run: daytally run --day {day}")
    found = [one for one in of_day if one.metric == metric]
    names = sorted({name for one in found for name in one.dimensions})
    for name, value in wanted.items():
        if found and name not in names:
            raise UnknownNameError("dimension", name, names)
        values = {_typed(one.dimensions.get(name)) for one in found}
        if found and value not in values:
            raise UnknownNameError(f"{name} of {metric} on {day}:", value, values)
        found = [one for one in found if _typed(one.dimensions.get(name)) == value]
    if wanted and not found:
        said = ", ".join(f"{name} {value}" for name, value in wanted.items())
        raise ConfigError(f"no measurement of {metric} on {day} has {said} together")
    order = {Verdict.MISSED: 0, Verdict.INCOMPLETE: 1, Verdict.NO_DATA: 2}
    return sorted(found, key=lambda one: order.get(one.verdict, 3))


def _typed(value: object) -> str:
    """Return a dimension's value as one types it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _common(found: Sequence[Measurement]) -> Dimensions:
    """Return the dimensions that all measurements share."""
    if not found:
        return {}
    first = found[0].dimensions
    return {k: v for k, v in first.items() if all(o.dimensions.get(k, "") == v for o in found)}


def _with_rest(project: Project, sheet: Sheet, day: date, common: Dimensions) -> Dimensions:
    """Return dimensions whose `(other)` knows the values that it stands beside."""
    rest = [name for name, value in common.items() if value == OTHER]
    if not rest:
        return common
    fixed = {name: value for name, value in common.items() if name not in rest}
    of_day = read_measurements(project.warehouse, since=day, until=day)
    beside = [
        one.dimensions
        for one in of_day
        if one.metric == sheet.name and fixed.items() <= dict(one.dimensions).items()
    ]
    return fixed | {name: rest_of(about.get(name) for about in beside) for name in rest}


def _rows(
    project: Project,
    sheet: Sheet,
    views: Mapping[str, pl.LazyFrame],
    dimensions: Dimensions,
    most: int,
    now: datetime,
) -> tuple[list[Rows], list[InputRead]]:
    is_flow = is_between_steps(dimensions) and bool({"steps", "step_counts"} & words_of(sheet))
    if is_flow and not sheet.evidence:
        objects = objects_between(views, dimensions)
        traces = [Trace(BETWEEN, "steps", "", "", objects, dimensions)]
    else:
        traces = trace(sheet, views, dimensions)
    light = _light(project, sheet)
    all_taken = [_take(one, views, most, light) for one in traces]
    some = any(total for total, _ in all_taken)
    pairs = [pair for pair in zip(traces, all_taken, strict=True) if pair[1][0] or not some]
    traces, taken = [one for one, _ in pairs], [each for _, each in pairs]
    wanted: dict[tuple[str, str], list[int]] = {}
    for _, rows in taken:
        for row in rows:
            if row.get("input_id") and row.get("offset") is not None:
                wanted.setdefault((row["source"], row["input_id"]), []).append(row["offset"])
    inputs, lines = fetch_lines(project, wanted, now)
    uris = {one.input_id: one.found_at or one.uri for one in inputs}
    return [
        Rows(
            each.how, each.view, each.sql, each.offending, each.cut, total,
            tuple(_line(row, uris, lines) for row in rows),
        )
        for each, (total, rows) in zip(traces, taken, strict=True)
    ], inputs  # fmt: skip


def _light(project: Project, sheet: Sheet) -> pl.Expr:
    """Return all columns but those that are worked out for each row, and not asked for."""
    tables = project.tables()
    bare = {n: set(tables[n].collect_schema().names()) for n in ("requests", "events")}
    views = build_views(tables, project.definitions, date.min + timedelta(days=9), 0)
    worked_out = {c for n in bare for c in set(views[n].collect_schema().names()) - bare[n]}
    return pl.exclude(sorted(worked_out - words_of(sheet)))


def _take(
    one: Trace, views: Mapping[str, pl.LazyFrame], most: int, light: pl.Expr
) -> tuple[int, list[dict[str, Any]]]:
    """Return how many rows there are, and the first of them."""
    total = int(one.rows.select(pl.len()).collect(engine="streaming").item())
    first = one.rows.select(light).head(most).collect(engine="streaming")
    rows = with_last_lines(first.lazy(), views).collect()
    if one.how == NAMED and "source" not in rows.columns:
        rows = rows.with_columns(source=pl.lit(None, dtype=pl.String))
    return total, list(rows.iter_rows(named=True))


def _line(
    row: dict[str, Any], uris: Mapping[str, str], lines: Mapping[tuple[str, int], bytes]
) -> Line:
    input_id, offset = row.get("input_id"), row.get("offset")
    shown = {
        name: value
        for name, value in row.items()
        if value is not None and name not in _SHOWN_OF_ROWS and value != {}
    }
    text = lines.get((input_id, offset)) if input_id and offset is not None else None
    return Line(shown, uris.get(input_id or "", ""), offset, text)
