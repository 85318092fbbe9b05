"""`daytally status`: the state of sources and tables; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from etl.cli.options import State, json_option

if TYPE_CHECKING:
    from etl.pipeline.status import MetricTime, ProjectStatus, SourceStatus
    from etl.settings import Settings

PROBLEM = 3
SHOWN = 10
"""Most inputs of a source that are listed one by one."""


@click.command(short_help="Show what was ingested, what waits, and whether the sums hold.")
@click.option("-v", "--verbose", is_flag=True, help="Also time and rows of each metric.")
@json_option
@click.pass_obj
def status(state: State, *, verbose: bool, json: bool) -> None:
    """Show what was ingested, what waits, what was skipped, and whether the sums hold.

    For each source: lines = records + rejects + blank, and as many rows in the tables as the ledger
    counts. Exit code 3 where they do not match, or an input cannot be read.
    """
    from etl.cli.output import print_json, print_table
    from etl.pipeline.status import project_status

    project = state.open_project()
    found = project_status(project, state.now)
    if json:
        print_json(found)
    else:
        zone = project.settings.zone
        columns = ("source", "inputs", "lines", "records", "rejects", "blank", "sums", "last line")
        print_table((*columns, "last batch"), [_source_row(one, zone) for one in found.sources])
        if found.tables:
            print_table(
                ("table", "rows", "files", "size", "first day", "last day", "version"),
                _table_rows(found),
            )
        for one in found.sources:
            for line in _open_ends(one, zone):
                click.echo(f"{one.source}: {line}")
        if verbose:
            print_table(
                ("metric", "seconds", "rows", "days", "last measured", "result"),
                [_metric_row(one, zone) for one in found.metrics],
            )
        click.echo(_retention_line(found, project.settings))
    if not found.is_sound:
        click.get_current_context().exit(PROBLEM)


def _source_row(one: SourceStatus, zone: ZoneInfo) -> tuple[object, ...]:
    figures = (one.inputs, one.lines, one.records, one.rejects, one.blank)
    sums = "DIFFER" if one.differences else "MATCH" if one.batch else None
    batch = f"{one.batch}, {_clock(one.batch_at, zone)}" if one.batch else None
    last = _clock(one.last_at, zone) if one.last_at else None
    return (one.source, *figures, sums, last, batch)


def _table_rows(found: ProjectStatus) -> list[tuple[object, ...]]:
    return [
        (t.table, t.rows, t.files, _size(t.size_bytes), t.first_day, t.last_day, t.version)
        for t in found.tables
    ]


def _metric_row(one: MetricTime, zone: ZoneInfo) -> tuple[object, ...]:
    result = one.error.splitlines()[0] if one.error else "ok"
    at = _clock(one.measured_at, zone)
    return (one.metric, round(one.seconds, 3), one.rows, one.days, at, result)


def _oddities(one: SourceStatus) -> Iterator[str]:
    """Yield what is odd about lines that are records all the same."""
    if one.drifted:
        yield (
            f"{one.drifted:,} records have more fields than the format says;"
            " they are in extra, under 'trailing'"
        )
    if one.lossy:
        yield f"{one.lossy:,} records have U+FFFD for bytes that are not UTF-8"
    if one.pieces:
        yield f"{one.pieces:,} lines go on in a later one: the container's runtime split them"


def _open_ends(one: SourceStatus, zone: ZoneInfo) -> Iterator[str]:
    from etl.pipeline.telling import together

    if not one.batch:
        yield "nothing was read yet. Next: daytally run"
    for said in one.differences:
        yield f"DIFFERS: {said}. To read the inputs again: daytally backfill --rebuild"
    if one.planned_since is not None:
        at = _clock(one.planned_since, zone)
        yield f"a batch was planned at {at} and is not read yet: a run is at it, or died; run again"
    if one.sealed:
        yield f"batches read and not in the tables yet: {one.sealed}; the next run shows them"
    if one.retired or one.retired_rejects:
        yield f"retention has removed {one.retired:,} records, {one.retired_rejects:,} rejects"
    yield from _oddities(one)
    if one.refused:
        reasons = ", ".join(f"{lines:,} {reason}" for reason, lines in one.refused.items())
        yield f"rejects: {reasons}. See: daytally rejects --source {one.source}"
    for uri, size in one.waiting[:SHOWN]:
        yield f"{uri} waits with {size:,} bytes"
    if len(one.waiting) > SHOWN:
        yield f"and {len(one.waiting) - SHOWN:,} more inputs wait; --json lists them"
    for named, why in together(one.skipped):
        yield f"{named} cannot be read: {why}"


def _retention_line(found: ProjectStatus, settings: Settings) -> str:
    kept = [
        f"{table} since {day} ({settings.retention.by_table[table]} days)"
        for table, day in found.retention.before.items()
    ]
    rest = "all else for ever" if kept else "all rows for ever"
    waits = found.retention.waits_for
    waiting = f" It waits for {waits}, which is not measured yet." if waits else ""
    said = ", ".join([*kept, rest])
    return f"Kept: {said}; files out of use for {found.files_days} days.{waiting}"


def _clock(at: datetime | None, zone: ZoneInfo) -> str:
    return "–" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _size(size_bytes: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:,.1f} {unit}"
    return f"{size_bytes} B"
