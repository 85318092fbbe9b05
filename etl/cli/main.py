"""The group of all commands: global options, and the one place where errors become exit codes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from etl import __version__
from etl.cli.check import check
from etl.cli.demo import demo
from etl.cli.explain import explain
from etl.cli.formats import formats
from etl.cli.inspect import rejects
from etl.cli.metrics import metrics
from etl.cli.options import State
from etl.cli.routes import routes
from etl.cli.run import backfill, ingest, measure, report, run, send, upkeep
from etl.cli.status import status
from etl.errors import EtlError

EXIT_CODES = """
\b
Exit codes:
  0  done
  1  failed; nothing half-done is left
  2  usage or configuration
  3  done, but something was skipped or is missing; it is tried again
  4  done, and a KPI missed its target (only with --strict)
  5  another run holds what this one needs
"""


class Failure(click.ClickException):
    """An error in words, and the exit code that goes with it."""

    def __init__(self, error: EtlError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code  # type: ignore[misc] # declared for the class, read here


class EtlGroup(click.Group):
    """Turns every `EtlError` into one message and its exit code."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except EtlError as error:
            if ctx.params.get("debug"):
                raise
            raise Failure(error) from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order in which they are met, not by name."""
        del ctx
        return list(self.commands)


@click.group(
    cls=EtlGroup,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "DAYTALLY"},
)
@click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder that holds daytally.toml. Default: the current one.",
)
@click.option("-v", "--verbose", count=True, help="Say more; twice for everything.")
@click.option("-q", "--quiet", is_flag=True, help="Say errors only.")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.option("--now", type=click.DateTime(), hidden=True, help="Run as if it were this UTC time.")
@click.version_option(__version__, prog_name="daytally")
@click.pass_context
def main(
    ctx: click.Context,
    *,
    project: Path,
    verbose: int,
    quiet: bool,
    debug: bool,
    now: datetime | None,
) -> None:
    """Turn back-end logs into a daily statement that a product owner can sign.

    Start with a sample: daytally demo DIR, then daytally --project DIR run.
    Every option can be given as an environment variable, DAYTALLY_PROJECT for --project.
    """
    from etl.log import set_up_logging

    set_up_logging(-1 if quiet else verbose, debug=debug)
    instant = datetime.now(UTC) if now is None else now.replace(tzinfo=UTC)
    ctx.obj = State(root=project, now=instant, quiet=quiet)


COMMANDS = (
    demo, check, run, ingest, measure, report, send, backfill, upkeep, status, rejects, metrics,
    explain, routes, formats,
)  # fmt: skip

for command in COMMANDS:
    main.add_command(command)
