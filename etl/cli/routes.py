"""`daytally routes`: suggests, and changes nothing."""

from __future__ import annotations

from datetime import date

import click

from etl.cli.options import DAY, State, json_option, resolve_day


@click.command(short_help="Suggest routes for paths that match none.")
@click.option("--day", type=DAY, help="Only requests of this day. Default: all that are stored.")
@click.option("--source", help="Only of this source.")
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="Routes shown."
)
@json_option
@click.pass_obj
def routes(
    state: State, *, day: date | str | None, source: str | None, limit: int, json: bool
) -> None:
    """Suggest routes for the paths that match none, as stanzas for daytally.toml.

    Segments that look like ids, and segments of which there are many in one place, become
    parameters. Paths that were never answered with a status below 400 are left out.
    """
    from etl.cli.output import print_json
    from etl.errors import UnknownNameError
    from etl.pipeline.suggesting import suggest_routes

    project = state.open_project()
    names = [one.name for one in project.settings.source]
    if source is not None and source not in names:
        raise UnknownNameError("source", source, names)
    chosen = None if day is None else resolve_day(day, state.now, project.settings.zone)
    found = suggest_routes(project, chosen, source)
    if json:
        print_json(found)
        return
    if not found:
        click.echo("Nothing to suggest: every path that was answered matches a route.")
        return
    click.echo("\n".join(one.stanza for one in found[:limit]))
    if len(found) > limit:
        click.echo(f"# … and {len(found) - limit} more; --limit {len(found)} shows all.")
