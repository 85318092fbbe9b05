"""`daytally demo`: a sample project with simulated logs and known faults."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from etl.errors import ConfigError


@click.command(short_help="Write a sample project with simulated logs.")
@click.argument("folder", metavar="[DIR]", default="demo", type=click.Path(path_type=Path))
@click.option(
    "--days", type=click.IntRange(1, 120), default=14, show_default=True, help="Days simulated."
)
@click.option(
    "--lines",
    type=click.IntRange(100),
    default=200_000,
    show_default=True,
    help="Lines of the access log over all days, about.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of chance."
)
def demo(folder: Path, days: int, lines: int, seed: int) -> None:
    """Write a sample project with simulated logs of a customer-data service into DIR.

    Known faults are inside: lost and doubled customers, a burst of errors, a slow day, a missing
    log, late lines. truth.json says what each metric must be. The same seed gives the same bytes.
    """
    from etl.demo import FIRST_DAY, simulate

    try:
        config = simulate(folder, days=days, lines=lines, seed=seed)
    except FileExistsError as error:
        raise ConfigError(str(error)) from error
    window = f"--since {FIRST_DAY} --until {FIRST_DAY + timedelta(days=days - 1)}"
    click.echo(f"Wrote {config}. Next: daytally --project {folder} run {window}")
