"""`daytally formats`: which there are, what they fill, and how well one fits a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from etl.cli.detect import detect
from etl.cli.options import State, json_option

if TYPE_CHECKING:
    from etl.formats.fields import LineFormat
    from etl.pipeline.trying import Trial

SAMPLES = 3
NOTHING_MATCHED = 3


@click.group(short_help="Show built-in formats; try or guess one.")
def formats() -> None:
    """Show the built-in formats, try a format on a file, or guess a file's format."""


formats.add_command(detect)


@formats.command(name="list", short_help="List the built-in formats.")
@json_option
def list_formats(*, json: bool) -> None:
    """List the built-in formats."""
    from etl.cli.output import print_json, print_table
    from etl.formats.registry import BUILTIN_FORMATS

    rows = [(name, one.table, one.title) for name, one in BUILTIN_FORMATS.items()]
    if json:
        print_json([dict(zip(("format", "table", "title"), row, strict=True)) for row in rows])
    else:
        print_table(("format", "table", "title"), rows)


@formats.command(short_help="Show a format's definition and columns.")
@click.argument("name", metavar="FORMAT")
@json_option
def show(name: str, *, json: bool) -> None:
    """Show what a format looks like, which columns it fills from what, and its source.

    FORMAT is a built-in name, or nginx's or Apache's own string in quotes.
    """
    from etl.cli.output import print_json, print_table
    from etl.formats.registry import BUILTIN_FORMATS, read_format

    line_format = read_format(name)
    entry = BUILTIN_FORMATS.get(name)
    columns = _column_map(line_format)
    if json:
        facts = {"format": line_format.name, "table": line_format.table}
        facts |= {"title": entry.title, "source": entry.source} if entry else {}
        print_json(facts | {"definition": line_format.definition, "columns": columns})
        return
    if entry:
        click.echo(f"{entry.title}\n{entry.source}")
    click.echo(f"\n{line_format.definition}\n\nFills {line_format.table}:")
    print_table(("column", "from"), [(column, ", ".join(by)) for column, by in columns.items()])
    for hint in line_format.hints:
        click.echo(hint)


@formats.command(name="test", short_help="Try a format on a file.")
@click.argument("name", metavar="FORMAT")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, exists=True))
@click.option("--timezone", default="UTC", show_default=True, help="Of stamps without an offset.")
@json_option
@click.pass_obj
def try_on_file(state: State, name: str, path: Path, *, timezone: str, json: bool) -> None:
    """Say how many lines of FILE match FORMAT, show some, and where the others stop matching.

    FORMAT is a built-in name, or nginx's or Apache's own string in quotes; FILE may be compressed.
    Nothing is stored. The exit code is 3 if no line matches.
    """
    from dataclasses import asdict

    from etl.cli.output import print_json
    from etl.formats.registry import read_format
    from etl.pipeline.trying import try_format

    zone = zone_named(timezone)
    line_format = read_format(name)
    trial = try_format(line_format, path, zone=zone, reference=state.now, samples=SAMPLES)
    counts = trial.counts
    if json:
        facts = {**asdict(counts), "hints": line_format.hints, "share": trial.share}
        print_json(facts | {"sample": trial.records, "rejects": trial.rejects})
    else:
        for hint in line_format.hints:
            click.echo(hint)
        _print_trial(trial)
    if not counts.records:
        click.get_current_context().exit(NOTHING_MATCHED)


def _print_trial(trial: Trial) -> None:
    from etl.cli.output import columns_words, print_sample
    from etl.pipeline.trying import percent

    counts = trial.counts
    share = "no lines" if trial.share is None else f"{percent(trial.share)} match"
    click.echo(
        f"{counts.lines:,} lines = {counts.records:,} records + {counts.rejects:,} rejects"
        f" + {counts.blank:,} blank: {share}"
    )
    for number, what in (
        (counts.drifted, "records have more fields than the format says"),
        (counts.lossy, "records have U+FFFD for bytes that are not UTF-8"),
        (counts.pieces, "lines go on in a later one: the container's runtime split them"),
    ):
        if number:
            click.echo(f"{number:,} {what}.")
    for record in trial.records:
        click.echo()
        for column, value in record.items():
            click.echo(f"  {column:16} {value!s}")
    for group in trial.rejects:
        columns = columns_words(group.first_column, group.last_column)
        click.echo(f"\n{group.lines:,} × {group.reason}{columns}, first at byte {group.offset}:")
        print_sample(group.raw, group.detail)


def zone_named(name: str) -> ZoneInfo:
    """Return the zone of `--timezone`.

    Raises:
        BadParameter: There is none of that name.
    """
    from zoneinfo import ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.BadParameter(
            f"'{name}' is no IANA time zone", param_hint="--timezone"
        ) from error


def _column_map(line_format: LineFormat) -> dict[str, list[str]]:
    """Return per column what the format fills it from, in the table's order."""
    from etl.formats.fields import SPARE_COLUMN, Op

    found: dict[str, list[str]] = {name: [] for name in line_format.columns if name != "offset"}
    spare = SPARE_COLUMN[line_format.table]
    for layout in line_format.layouts:
        for step in layout.steps:
            named = step.op in (Op.OBJECT, Op.PAIRS)
            parts = [(step, [spare] if step.key else [])] if not named else []
            parts += [(member, []) for member in step.members]
            for part, more in parts:
                for name in (*part.columns, *more):
                    if part.what not in found[name]:
                        found[name].append(part.what)
            if named:
                found[spare].append("all other names")
        if layout.trailing and "more fields" not in found[spare]:
            found[spare].append("more fields")
    return found
