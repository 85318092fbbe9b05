"""`daytally explain`: from a figure back to the lines that it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from etl.cli.options import DAY, State, json_option, resolve_day

if TYPE_CHECKING:
    from etl.model import Measurement, Restatement, Sheet
    from etl.pipeline.explaining import Explanation, Line, Rows

SHOWN = 20
"""Measurements that are listed one by one."""

HOW = {
    "named": "The rows that the data sheet names as evidence",
    "derived": "The rows behind it, by its own SQL without the grouping",
    "all": "The rows of `{view}` that the metric sees; its SQL does not say which of them count,"
    " `evidence` in its data sheet would",
    "between": "The objects that make the difference between the two steps",
}


def _dimension(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise click.BadParameter(f"'{text}': write it as dimension=value")
    return name.strip(), value


@click.command(short_help="Show where a number comes from, down to the lines.")
@click.argument("metric")
@click.option("--day", type=DAY, default="yesterday", show_default=True, help="Which day's figure.")
@click.option("--source", help="Of this source: the same as --where source=NAME.")
@click.option(
    "--where", multiple=True, metavar="DIMENSION=VALUE",
    help="Of this dimension; `null` for none. May be given several times.",
)  # fmt: skip
@click.option("--lines", type=click.IntRange(0, 10_000), default=10, show_default=True,
              help="Rows that are shown with their lines.")  # fmt: skip
@json_option
@click.pass_obj
def explain(  # noqa: PLR0913 # one parameter per option
    state: State,
    *,
    metric: str,
    day: date | str,
    source: str | None,
    where: tuple[str, ...],
    lines: int,
    json: bool,
) -> None:
    """Follow a metric's figure of a day back: data sheet, SQL, views, rows, inputs and lines.

    The rows that say most come first: the offending ones, the slowest, the objects that are
    missing. Each line is fetched from its input, which may have been rotated or compressed since.
    """
    from etl.cli.output import print_json
    from etl.pipeline.explaining import explain as follow

    project = state.open_project()
    chosen = resolve_day(day, state.now, project.settings.zone)
    wanted = dict(_dimension(text) for text in where)
    if source is not None:
        wanted["source"] = source
    found = follow(project, metric, chosen, wanted, most=lines, now=state.now)
    if json:
        print_json(found)
        return
    for text in _words(found, project.settings.zone):
        click.echo(text)


def _words(found: Explanation, zone: ZoneInfo) -> Iterator[str]:
    yield f"{found.sheet.name} on {found.day}: {found.sheet.title}"
    yield from _measurements(found, zone)
    for note in found.notes:
        yield f"Note: {note}"
    yield from _title("Data sheet")
    yield from _sheet(found.sheet)
    yield from _title(f"SQL, {found.sheet.path}")
    yield from (f"  {line}" for line in found.sql.splitlines())
    yield from _title("What its views are on this day")
    width = max((len(name) for name, _ in found.views), default=0)
    yield from (f"  {name:<{width}}  {meaning}" for name, meaning in found.views)
    for rows in found.rows:
        yield from _rows(rows, zone)
    if found.inputs:
        yield from _title("Inputs of these rows")
    for one in found.inputs:
        read = f"batch {one.batch}, read {_clock(one.read_at, zone)}"
        yield f"  {_seen(one.uri)} ({one.source}; {read}): {one.rows:,} of the rows shown"
        if one.trouble:
            yield f"    cannot be shown: {_seen(one.trouble)}"
        elif one.found_at != one.uri:
            yield f"    now at {_seen(one.found_at)}"


def _title(text: str) -> Iterator[str]:
    yield ""
    yield text


def _measurements(found: Explanation, zone: ZoneInfo) -> Iterator[str]:
    if not found.measurements:
        yield "  The metric gave no row on this day."
    for one in found.measurements[:SHOWN]:
        yield f"  {_measurement(one)}"
        for change in found.restatements:
            if change.dimensions == one.dimensions:
                yield f"    {_change(change, zone)}"
    rest = len(found.measurements) - SHOWN
    if rest > 0:
        yield f"  and {rest:,} more; --where DIMENSION=VALUE picks some, --json lists all"


def _measurement(one: Measurement) -> str:
    from etl.pipeline.explaining import target_of

    about = ", ".join(f"{name} {_seen(_value(v))}" for name, v in sorted(one.dimensions.items()))
    said = f"{about + ': ' if about else ''}{_value_of(one)}"
    if one.numerator is not None or one.denominator is not None:
        said += f" ({_figure(one.numerator)} / {_figure(one.denominator)})"
    if one.n is not None:
        said += f", n {one.n:,}"
    if one.target:
        said += f", target {target_of(one)}: {str(one.verdict).replace('_', ' ').upper()}"
    return said


def _value_of(one: Measurement) -> str:
    """Return a value with its unit and all its digits; shares in per cent, ratios bare."""
    if one.unit == "share" and one.value is not None:
        return f"{_figure(100 * one.value)} %"
    return (
        _figure(one.value) if one.unit in {"share", "ratio"} else f"{_figure(one.value)} {one.unit}"
    )


def _change(one: Restatement, zone: ZoneInfo) -> str:
    was = {"appeared": "not there"}.get(one.kind, _figure(one.old_value))
    now = {"vanished": "no longer there"}.get(one.kind, _figure(one.value))
    if one.kind == "judged":
        was, now = f"{was} ({one.old_verdict})", f"{now} ({one.verdict})"
    times = f"measured {_clock(one.old_measured_at, zone)}, again {_clock(one.measured_at, zone)}"
    return f"restated: was {was}, became {now}; {times}; {_seen(one.cause)}"


def _sheet(sheet: Sheet) -> Iterator[str]:
    kind = f"{sheet.metric_class}, KPI" if sheet.kpi else sheet.metric_class
    for name, text in (
        ("class", kind),
        ("definition", sheet.definition),
        ("source of data", sheet.data_source),
        ("owner", sheet.owner),
        ("stakeholders", ", ".join(sheet.stakeholders)),
        ("objective", sheet.objective),
        ("business value", sheet.business_value),
        ("target", sheet.target),
        ("impact", sheet.impact),
        ("runbook", sheet.runbook),
    ):
        if text:
            yield f"  {name}: {text}"


def _rows(rows: Rows, zone: ZoneInfo) -> Iterator[str]:
    title = HOW[rows.how].format(view=rows.view)
    shown = len(rows.lines)
    count = f"{rows.total:,}" if shown == rows.total else f"{shown:,} of {rows.total:,}"
    yield from _title(f"{title} ({count})")
    if rows.offending:
        yield f"  counted are those with: {' '.join(rows.offending.split())}"
    yield from (f"  {line}" for line in rows.sql.splitlines())
    if rows.cut:
        about = (f"{name} {_seen(_value(value))}" for name, value in sorted(rows.cut.items()))
        yield f"  cut to {', '.join(about)}"
    for line in rows.lines:
        yield from _line(line, zone)


def _line(line: Line, zone: ZoneInfo) -> Iterator[str]:
    place = f"{_seen(line.uri)}:{line.offset}" if line.uri else "no line"
    if line.text is None or "object_id" in line.row:
        named = (f"{name}={_seen(_plain(value, zone))}" for name, value in line.row.items())
        yield f"  {place}  {' '.join(named)}"
    else:
        yield f"  {place}"
    if line.text is not None:
        yield f"    {_seen(line.text.decode('utf-8', 'backslashreplace'))}"


def _plain(value: object, zone: ZoneInfo) -> str:
    return _clock(value, zone) if isinstance(value, datetime) else _value(value)


def _value(value: object) -> str:
    return "null" if value is None else str(value)


def _figure(value: float | None) -> str:
    return "no value" if value is None else f"{value:,.10g}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _seen(text: str) -> str:
    """Keep what a log holds from steering the terminal."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
