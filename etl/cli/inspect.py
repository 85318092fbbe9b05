"""`daytally status`, `rejects` and `metrics`: look, and change nothing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from etl.cli.options import DAY, State, json_option, resolve_day

if TYPE_CHECKING:
    from etl.pipeline.inspecting import SourceStatus

PROBLEM = 3


@click.command(short_help="Show what was ingested and what waits.")
@json_option
@click.pass_obj
def status(state: State, *, json: bool) -> None:
    """Show what was ingested, what waits, what was skipped, and whether the sums hold."""
    from etl.cli.output import print_json, print_table
    from etl.pipeline.inspecting import source_statuses

    found = source_statuses(state.open_project(), state.now)
    if json:
        print_json(found)
    else:
        columns = ("source", "inputs", "lines", "records", "rejects", "blank", "sums", "last line")
        print_table(columns, [_row(one) for one in found])
        for one in found:
            _print_open_ends(one)
    if any(one.skipped or not one.balanced for one in found):
        click.get_current_context().exit(PROBLEM)


@click.command(short_help="Show refused lines by reason, with samples.")
@click.option("--day", type=DAY, help="Day of ingestion. Default: all days.")
@click.option("--source", help="Only of this source.")
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="Groups shown."
)
@json_option
@click.pass_obj
def rejects(
    state: State, *, day: date | str | None, source: str | None, limit: int, json: bool
) -> None:
    """Show refused lines by reason, each with a sample, its input and byte offset.

    A caret shows where the line stopped to be what its format says.
    """
    from etl.cli.output import print_json, print_sample
    from etl.errors import UnknownNameError
    from etl.pipeline.inspecting import reject_groups

    project = state.open_project()
    names = [one.name for one in project.settings.source]
    if source is not None and source not in names:
        raise UnknownNameError("source", source, names)
    chosen = None if day is None else resolve_day(day, state.now, project.settings.zone)
    groups = reject_groups(project, chosen, source)
    if json:
        print_json(groups)
        return
    if not groups:
        click.echo("No line was refused.")
        return
    for one in groups[:limit]:
        place = f"first at {one['uri']} @ {one['offset']}"
        click.echo(f"{one['lines']:,} × {one['source']}, {one['reason']}, {place}:")
        print_sample(one["raw"], one["detail"])
        click.echo()
    if len(groups) > limit:
        click.echo(f"… and {len(groups) - limit} more groups; --limit {len(groups)} shows all.")


@click.command(short_help="List the catalogue of metrics.")
@json_option
@click.pass_obj
def metrics(state: State, *, json: bool) -> None:
    """List all metrics: class, whether a KPI, target, owner and file."""
    from etl.cli.output import print_json, print_table

    project = state.open_project()
    sheets = project.sheets.values()
    if json:
        print_json(list(sheets))
        return
    rows = [
        (one.name, one.metric_class, "KPI" if one.kpi else "", one.target, one.owner, one.title)
        for one in sheets
    ]
    print_table(("metric", "class", "kpi", "target", "owner", "title"), rows)
    for name, reason in project.idle.items():
        click.echo(f"Not measured: {name}, because {reason}.")


def _row(one: SourceStatus) -> tuple[object, ...]:
    figures = (one.inputs, one.lines, one.records, one.rejects, one.blank)
    return (one.source, *figures, "hold" if one.balanced else "DO NOT HOLD", one.last_at)


def _print_open_ends(one: SourceStatus) -> None:
    if one.drifted:
        click.echo(
            f"{one.source}: {one.drifted:,} records have more fields than the format says;"
            " they are in extra, under 'trailing'."
        )
    for batch in one.unfinished:
        click.echo(f"{one.source}: batch {batch} was not finished; the next run does it again.")
    for uri, size in one.waiting:
        click.echo(f"{one.source}: {uri} waits with {size:,} bytes.")
    for uri, why in one.skipped:
        click.echo(f"{one.source}: {uri} cannot be read: {why}.")
