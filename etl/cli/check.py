"""`daytally check`: finds what would go wrong tonight, and changes nothing."""

from __future__ import annotations

import click

from etl.cli.options import State, json_option

FOUND_PROBLEMS = 2


@click.command(short_help="Validate everything; change nothing.")
@click.option("--no-network", is_flag=True, help="Try no mail server, and no warehouse in S3.")
@json_option
@click.pass_obj
def check(state: State, *, no_network: bool, json: bool) -> None:
    """Validate the configuration, formats, SQL, templates and inputs; change nothing.

    In a warehouse in S3 one small object is written, read and removed again.
    """
    from etl.cli.output import print_json, print_lines, print_table
    from etl.pipeline.checking import check_project

    project = state.open_project()
    findings = check_project(project, now=state.now, network=not no_network)
    if json:
        print_json([finding.__dict__ for finding in findings])
    else:
        print_table(
            ("check", "result", "detail"),
            [(one.what, "ok" if one.ok else "PROBLEM", _short(one.detail)) for one in findings],
        )
        for one in findings:
            if "\n" in one.detail:  # a table would wrap it, and tear marks from what they mark
                click.echo(f"{one.what}:")
                print_lines(one.detail)
    if not all(one.ok for one in findings):
        click.get_current_context().exit(FOUND_PROBLEMS)


def _short(detail: str) -> str:
    return "see below" if "\n" in detail else detail
