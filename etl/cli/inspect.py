"""`daytally rejects`: looks, and changes nothing."""

from __future__ import annotations

from datetime import date

import click

from etl.cli.options import DAY, State, json_option, resolve_day


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
    from etl.cli.output import columns_words, print_json, print_sample
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
        columns = columns_words(one["first_column"], one["last_column"])
        click.echo(f"{one['lines']:,} × {one['source']}, {one['reason']}{columns}, {place}:")
        print_sample(one["raw"], one["detail"])
        click.echo()
    if len(groups) > limit:
        click.echo(f"… and {len(groups) - limit} more groups; --limit {len(groups)} shows all.")
