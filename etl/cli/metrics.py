"""`daytally metrics`: the catalogue, one sheet of it, and what is thin in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from etl.cli.options import State, json_option

if TYPE_CHECKING:
    from etl.model import Measurement, Sheet

FINDINGS_EXIT_CODE = 3
NEWEST_ROWS = 12


@click.group(
    invoke_without_command=True, short_help="List metrics, show one, or say what is thin in them."
)
@json_option
@click.pass_obj
def metrics(state: State, *, json: bool) -> None:
    """List the metrics of the project, show one, or say what is thin in their data sheets."""
    if click.get_current_context().invoked_subcommand is None:
        _list(state, json=json)


@metrics.command(name="list", short_help="List all metrics.")
@json_option
@click.pass_obj
def list_metrics(state: State, *, json: bool) -> None:
    """List all metrics: class, whether a KPI, target, owner and title."""
    _list(state, json=json)


def _list(state: State, *, json: bool) -> None:
    from etl.cli.output import print_json, print_table

    project = state.open_project()
    sheets = project.sheets.values()
    if json:
        print_json(list(sheets))
        return
    rows = [
        (one.name, one.metric_class, "KPI" if one.kpi else "", _target(one), one.owner, one.title)
        for one in sheets
    ]
    print_table(("metric", "class", "kpi", "target", "owner", "title"), rows)
    for name, reason in project.idle.items():
        click.echo(f"Not measured: {name}, because {reason}.")


@metrics.command(short_help="Show a metric's data sheet, SQL and newest values.")
@click.argument("name", metavar="NAME")
@json_option
@click.pass_obj
def show(state: State, name: str, *, json: bool) -> None:
    """Show a metric's data sheet, where each key of it stands, its SQL and its newest values."""
    from etl.cli.output import print_json, print_table
    from etl.errors import UnknownNameError
    from etl.pipeline.sheets import newest_values, sheet_facts

    project = state.open_project()
    if name in project.idle:
        click.echo(f"Not measured: {name}, because {project.idle[name]}.")
        return
    if name not in project.sheets:
        raise UnknownNameError("metric", name, project.sheets)
    sheet, newest = project.sheets[name], newest_values(project, name)
    if json:
        print_json({"sheet": sheet, "newest": newest})
        return
    print_table(("key", "value", "from"), sheet_facts(sheet))
    click.echo(sheet.sql[sheet.sql.index("*/") + 2 :].strip())
    click.echo()
    if not newest:
        click.echo("Not measured yet. Run: daytally measure")
        return
    click.echo(f"On {newest[0].day}:")
    print_table(
        ("about", "value", "n", "target", "verdict", "usual"), [_row(one) for one in newest]
    )


@metrics.command(short_help="Say what is thin in data sheets.")
@click.option("--strict", is_flag=True, help="Exit 3 when anything is found.")
@json_option
@click.pass_obj
def lint(state: State, *, strict: bool, json: bool) -> None:
    """Say what is thin in data sheets, one line each with file and line.

    An impact that repeats the definition, an owner that is nobody, a review date in the past, a
    target that is always or never met: nothing that stops a run, but nothing to sign either.
    """
    from etl.cli.output import print_json
    from etl.pipeline.sheets import lint_findings

    project = state.open_project()
    found = lint_findings(project, state.now)
    if json:
        print_json(found)
    else:
        for one in found:
            click.echo(f"{one.place}: {one.metric}: {one.what}")
        thin = len({one.metric for one in found})
        sheets = len(project.sheets)
        click.echo(
            f"{len(found)} {'finding' if len(found) == 1 else 'findings'} in {thin} of {sheets}"
            " data sheets."
            if found
            else f"Nothing is thin in {sheets} data sheets."
        )
    if strict and found:
        click.get_current_context().exit(FINDINGS_EXIT_CODE)


def _target(sheet: Sheet) -> str:
    more = f"{len(sheet.targets)} by condition" if sheet.targets else ""
    return ", ".join(filter(None, (sheet.target, more)))


def _row(one: Measurement) -> tuple[object, ...]:
    about = ", ".join(f"{key} {value}" for key, value in one.dimensions.items())
    usual = "" if one.band_low is None else f"{one.band_low:g} to {one.band_high:g}"
    return (about, one.value, one.n, one.target, one.verdict.value, usual)
