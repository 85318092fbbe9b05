"""`daytally run` and its four stages, each alone."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from etl.cli.options import (
    DAY,
    State,
    json_option,
    resolve_day,
    resolve_window,
    wait_option,
    window_options,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etl.pipeline.project import Project
    from etl.pipeline.results import RunResult
    from etl.pipeline.sending import SendResult

SKIPPED, KPI_MISSED = 3, 4

Day = date | str | None


@click.command(short_help="Ingest, measure, report, send: the nightly job.")
@window_options
@click.option("--send", is_flag=True, help="Mail the statement of the last day.")
@click.option("--strict", is_flag=True, help="Exit 4 when a KPI of the days missed its target.")
@click.option("--workers", type=click.IntRange(1, 256), help="Threads. Default: one per core.")
@wait_option
@json_option
@click.pass_obj
def run(  # noqa: PLR0913 # one parameter per option
    state: State,
    *,
    day: Day,
    since: Day,
    until: Day,
    send: bool,
    strict: bool,
    workers: int | None,
    wait: float,
    json: bool,
) -> None:
    """Ingest, measure, report, and with --send mail: the nightly job.

    Besides the days asked for, every day whose lines are new is measured and reported.
    """
    from etl.cli.output import progress
    from etl.pipeline.runs import run_all

    project = state.open_project(wait)
    days = resolve_window(day, since, until, state.now, project.settings.zone)
    with progress("reading", quiet=state.quiet) as tell:
        result = run_all(project, days, now=state.now, workers=_workers(workers), on_progress=tell)
    mailed = None
    try:
        mailed = _mail(project, days[-1], state) if send else None
    finally:  # what was measured and reported is told also where no mail can be sent
        _tell(result, json=json, quiet=state.quiet, mailed=mailed.said if mailed else None)
    if mailed and mailed.refused:
        click.get_current_context().exit(SKIPPED)
    _leave(result, strict=strict)


@click.command()
@click.option("--workers", type=click.IntRange(1, 256), help="Threads. Default: one per core.")
@wait_option
@json_option
@click.pass_obj
def ingest(state: State, *, workers: int | None, wait: float, json: bool) -> None:
    """Read what is new in all inputs into the warehouse."""
    from etl.cli.output import progress
    from etl.pipeline.ingest_run import run_ingest

    project = state.open_intake(wait)
    with progress("reading", quiet=state.quiet) as tell:
        result = run_ingest(project, now=state.now, workers=_workers(workers), on_progress=tell)
    _tell(result, json=json, quiet=state.quiet)
    _leave(result)


@click.command()
@window_options
@wait_option
@json_option
@click.pass_obj
def measure(state: State, *, day: Day, since: Day, until: Day, wait: float, json: bool) -> None:
    """Measure the days asked for, and those whose lines are new."""
    from etl.pipeline.runs import run_measure

    project = state.open_project(wait)
    days = resolve_window(day, since, until, state.now, project.settings.zone)
    result = run_measure(project, days, now=state.now)
    _tell(result, json=json, quiet=state.quiet)
    _leave(result)


@click.command(short_help="Measure and report past days again; --rebuild: read them again.")
@click.option("--since", type=DAY, required=True, help="First day.")
@click.option("--until", type=DAY, required=True, help="Last day, included.")
@click.option("--rebuild", is_flag=True, help="Read the days' inputs again, replacing their rows.")
@click.option("--workers", type=click.IntRange(1, 256), help="Threads. Default: one per core.")
@wait_option
@json_option
@click.pass_obj
def backfill(  # noqa: PLR0913 # one parameter per option
    state: State,
    *,
    since: Day,
    until: Day,
    rebuild: bool,
    workers: int | None,
    wait: float,
    json: bool,
) -> None:
    """Measure and report past days again, by today's definitions.

    With --rebuild the inputs that gave rows of these days are read again from their beginning, and
    what came from them is replaced; days that they touch besides are measured again too. An input
    that is gone keeps its rows, and is named.
    """
    from etl.cli.output import progress
    from etl.pipeline.runs import run_backfill

    project = state.open_project(wait)
    days = resolve_window(None, since, until, state.now, project.settings.zone)
    with progress("reading", quiet=state.quiet or not rebuild) as tell:
        result = run_backfill(
            project,
            days,
            now=state.now,
            workers=_workers(workers),
            rebuild=rebuild,
            on_progress=tell,
        )
    _tell(result, json=json, quiet=state.quiet)
    _leave(result)


@click.command()
@window_options
@wait_option
@json_option
@click.pass_obj
def report(state: State, *, day: Day, since: Day, until: Day, wait: float, json: bool) -> None:
    """Write the pages and CSV files of measured days."""
    from etl.pipeline.runs import run_report

    project = state.open_project(wait)
    days = resolve_window(day, since, until, state.now, project.settings.zone)
    result = run_report(project, days, now=state.now)
    _tell(result, json=json, quiet=state.quiet)
    _leave(result)


@click.command(short_help="Cut old rows, put small files together: part of every run.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@wait_option
@json_option
@click.pass_obj
def upkeep(state: State, *, dry_run: bool, wait: float, json: bool) -> None:
    """Apply [retention], put small files of closed days together, delete files out of use."""
    from etl.cli.output import print_json
    from etl.pipeline.runs import run_upkeep

    done = run_upkeep(state.open_project(wait), now=state.now, dry_run=dry_run)
    if json:
        print_json(done.plain())
    elif not state.quiet:
        _print_lines(done.lines() if list(done.lines()) else ["Nothing to do."])
    if done.trouble:
        click.get_current_context().exit(SKIPPED)


@click.command(short_help="Mail the statement of a day, once.")
@click.option("--day", type=DAY, help="Which day's statement. Default: yesterday.")
@click.option("--again", is_flag=True, help="Also when this very statement was mailed before.")
@wait_option
@click.pass_obj
def send(state: State, *, day: Day, again: bool, wait: float) -> None:
    """Mail the statement of a measured day; the same one is never mailed twice."""
    project = state.open_project(wait)
    chosen = resolve_day(day or "yesterday", state.now, project.settings.zone)
    result = _mail(project, chosen, state, again=again)
    click.echo(result.said)
    if result.refused:
        click.get_current_context().exit(SKIPPED)


def _mail(project: Project, day: date, state: State, *, again: bool = False) -> SendResult:
    from etl.cli.secrets import mail_secrets
    from etl.pipeline.sending import send_day

    return send_day(project, day, secrets=mail_secrets(project), now=state.now, again=again)


def _workers(asked: int | None) -> int:
    import os

    return asked or len(os.sched_getaffinity(0))


def _tell(result: RunResult, *, json: bool, quiet: bool, mailed: str | None = None) -> None:
    from etl.cli.output import print_json

    if json:
        print_json(result.plain() | ({"mail": mailed} if mailed else {}))
    elif not quiet:
        _print_lines(result.lines())
        if mailed:
            click.echo(mailed)


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _leave(result: RunResult, *, strict: bool = False) -> None:
    context = click.get_current_context()
    if result.is_incomplete:
        context.exit(SKIPPED)
    if strict and result.kpis_missed:
        context.exit(KPI_MISSED)
