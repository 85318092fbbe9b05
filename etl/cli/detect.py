"""`daytally formats detect`: which format a log has, or which ones a configuration names."""

from __future__ import annotations

import json as json_module
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etl.cli.options import State, json_option

if TYPE_CHECKING:
    from etl.formats.conf import ConfiguredFormat
    from etl.pipeline.detecting import Guess, Miss

NOTHING_FOUND = 3
SHOWN = 5
_CONFIGURATION_BYTES = 1 << 20
_BEST_SHARE = 0.5
_NAMING = ("iis:w3c", "aws:cloudfront")
"""Formats whose logs name their fields."""


@click.command(short_help="Guess a log's format, or read it out of nginx.conf or httpd.conf.")
@click.argument(
    "paths",
    metavar="FILE…",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
)
@click.option("--timezone", default="UTC", show_default=True, help="Of stamps without an offset.")
@json_option
@click.pass_obj
def detect(state: State, paths: tuple[Path, ...], *, timezone: str, json: bool) -> None:
    """Rank the built-in formats by how well they fit a sample of each FILE.

    FILE is a log, compressed or not, or a server's configuration with log_format or LogFormat in
    it. The confidence is the share of lines that match, times the share of their text that is
    literal or has a column; of messages half counts, of fields without a column seven tenths.
    Lines with more fields than the format says count half. The stanza printed goes into
    daytally.toml. The exit code is 3 if nothing fits a FILE.
    """
    found: list[dict[str, Any]] = []
    missed = False
    for path in paths:
        facts = _look_at(state.now, path, timezone, quiet=json)
        found.append(facts)
        missed = missed or not (facts["guesses"] or any(not f["error"] for f in facts["formats"]))
    if json:
        click.echo(json_module.dumps(found, indent=2))
    if missed:
        click.get_current_context().exit(NOTHING_FOUND)


def _look_at(now: datetime, path: Path, timezone: str, *, quiet: bool) -> dict[str, Any]:
    from dataclasses import asdict

    from etl.cli.formats import zone_named
    from etl.formats.conf import includes_others, read_formats
    from etl.pipeline.detecting import detect as rank
    from etl.pipeline.detecting import nearest_miss, refused_by

    zone = zone_named(timezone)
    text = _configuration(path)
    configured = read_formats(text)
    guesses = [] if configured else rank(path, zone=zone, reference=now)
    if not quiet:
        click.echo(f"{path}:")
        if configured:
            _print_configured(configured)
            if includes_others(text):
                click.echo("\nIt includes other files, which were not read: give these as well.")
        elif guesses:
            best = guesses[0]
            refused = None
            if best.matched < 1:
                refused = refused_by(best.format, path, zone=zone, reference=now)
            _print_guesses(path, guesses, refused)
        else:
            _print_nothing(path, nearest_miss(path, zone=zone, reference=now))
        click.echo()
    return {
        "file": str(path),
        "guesses": [asdict(one) | {"confidence": round(one.confidence, 4)} for one in guesses],
        "formats": [asdict(one) for one in configured],
    }


def _configuration(path: Path) -> str:
    """Return a file's text if it may be a server's configuration."""
    with path.open("rb") as stream:
        head = stream.read(_CONFIGURATION_BYTES)
    if not re.search(rb"(?im)^[ \t]*(?:log_?format|access_log|customlog)\s", head):
        return ""
    return head.decode(errors="replace")


def _print_guesses(path: Path, guesses: list[Guess], refused: Miss | None) -> None:
    from etl.cli.output import print_sample, print_table
    from etl.pipeline.trying import percent

    rows = [
        (one.format, f"{one.confidence:.2f}", percent(one.matched), f"{one.explained:.0%}")
        for one in guesses[:SHOWN]
    ]
    print_table(("format", "confidence", "lines that match", "text explained"), rows)
    best = guesses[0]
    alike = [one.format for one in guesses[1:] if _alike(one, best)]
    if alike:
        click.echo(f"{', '.join(alike)} would read these lines as well.")
    if best.drifted:
        better = "better give the server's own format string (log_format or apache_format)"
        if best.format in _NAMING:
            better = "its #Fields line does not name them"
        click.echo(
            f"{percent(best.drifted)} of the records have more fields than {best.format} says:"
            f" {better}."
        )
    if refused is not None:
        click.echo(f"It refuses {1 - best.matched:.1%} of the lines, such as:")
        print_sample(refused.raw, refused.detail)
    if best.confidence < _BEST_SHARE:
        click.echo("None fits well: compare with `daytally formats test FORMAT FILE`.")
    _print_stanza(path.name.split(".")[0], _with_rotated(path), "format", best.format)


def _with_rotated(path: Path) -> str:
    """Return a pattern for a log and what rotation makes of it, where the name shows how."""
    match = re.match(r"(.*?\.log|.*?[_-]log|syslog|messages)([.-].*)?$", path.name, re.IGNORECASE)
    return str(path.with_name(match[1] + "*")) if match else str(path)


def _alike(one: Guess, other: Guess) -> bool:
    return round(one.confidence, 2) == round(other.confidence, 2) and one.columns == other.columns


def _print_configured(configured: list[ConfiguredFormat]) -> None:
    for one in configured:
        click.echo(f"\n{' '.join(filter(None, (one.key, one.name)))} (line {one.line})")
        if one.error:
            click.echo(one.error)
        else:
            files = one.files or ("/path/to/access.log",)
            _print_stanza(one.name, *map(_file_of, files), one.key, one.text)
            for hint in one.hints:
                click.echo(hint)


def _file_of(written: str) -> str:
    """Return a pattern for what a server writes to; of a pipe's words the one with a path."""
    words = written.removeprefix("|").split() if written.startswith("|") else [written]
    paths = [word for word in words[1:] if "/" in word] or words[-1:]
    return re.sub(r"%.*", "", paths[0]) + "*"


def _print_stanza(name: str, *words: str) -> None:
    """Print a source's stanza: its name, its inputs, the key of the format and its text."""
    *inputs, key, text = words
    plain = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_") or "access"
    listed = ", ".join(json_module.dumps(each, ensure_ascii=False) for each in inputs)
    click.echo(f"\n[[source]]\nname = {json_module.dumps(plain)}\ninputs = [{listed}]")
    click.echo(f"{key} = {_as_toml(text)}")


def _as_toml(text: str) -> str:
    """Return a text as TOML's literal string, which has no escapes, where there can be one."""
    if "'" not in text and "\n" not in text:
        return f"'{text}'"
    literal = "'''" not in text and not text.endswith("'") and not text.startswith("\n")
    return f"'''{text}'''" if literal else json_module.dumps(text)


def _print_nothing(path: Path, miss: Miss | None) -> None:
    from etl.cli.output import print_sample
    from etl.pipeline.detecting import first_lines

    if miss is not None and not miss.format:
        click.echo(f"No line can be read: {miss.detail}.")
        return
    if miss is not None:
        click.echo(f"No built-in format fits; {miss.format} comes furthest:")
        print_sample(miss.raw, miss.detail)
    else:
        click.echo("No built-in format fits.")
    if miss is not None and miss.lacks_time:
        click.echo(
            "It is JSON, and no name in it is known to say when. Say which one does, in"
            " daytally.toml:\n\n"
            f"format = '{miss.format}'\n[source.columns]\nat = \"NAME\"\n"
        )
        return
    click.echo("The first lines are:")
    for line in first_lines(path):
        click.echo("  " + line[:200].decode("utf-8", "backslashreplace"))
    click.echo(
        "Write the format down as log_format (nginx's variables), apache_format (Apache's"
        " directives)\nor format = 'regex:(?P<time>…) (?P<status>…)', and try it with"
        " `daytally formats test`."
    )
