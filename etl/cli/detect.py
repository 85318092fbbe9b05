"""`daytally formats detect`: which format a log has, or which ones a configuration names."""

from __future__ import annotations

import json as json_module
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from etl.cli.options import State, json_option
from etl.cli.stanza import Stanzas, with_rotated

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
    daytally.toml; the files that rotation made of one log have one. The exit code is 3 if nothing
    fits a FILE.
    """
    from etl.cli.formats import zone_named

    zone, stanzas = zone_named(timezone), Stanzas()
    found: dict[Path, _Look] = {}
    for log in _logs(paths):
        looks = [_look_at(path, zone, state.now) for path in log]
        found |= {look.path: look for look in looks}
        if not json:
            for alike in _alike_in(looks):
                _print(alike, zone, state.now, stanzas)
                click.echo()
    if json:
        click.echo(json_module.dumps([found[path].facts() for path in paths], indent=2))
    if not all(look.fits() for look in found.values()):
        click.get_current_context().exit(NOTHING_FOUND)


@dataclass(frozen=True, slots=True)
class _Look:
    """What was found in a file: formats that it names, or else formats that fit it, best first."""

    path: Path
    includes_others: bool = False
    configured: list[ConfiguredFormat] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)

    def fits(self) -> bool:
        return bool(self.guesses) or any(not one.error for one in self.configured)

    def best(self) -> str:
        return self.guesses[0].format if self.guesses else str(self.path)

    def alike(self) -> list[str]:
        """Return other formats that find as much in the file as the best one."""
        best = self.guesses[:1]
        return [one.format for one in self.guesses[1:] if best and _alike(one, best[0])]

    def preferring(self, formats: Collection[str]) -> _Look:
        """Return the same with one of some formats first, if it finds as much as the best one."""
        chosen = next((name for name in (self.best(), *self.alike()) if name in formats), "")
        guesses = sorted(self.guesses, key=lambda one: one.format != chosen)
        return replace(self, guesses=guesses)

    def facts(self) -> dict[str, object]:
        return {
            "file": str(self.path),
            "guesses": [
                asdict(one) | {"confidence": round(one.confidence, 4)} for one in self.guesses
            ],
            "formats": [asdict(one) for one in self.configured],
        }


def _logs(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """Put together the files that rotation made of one log."""
    logs: dict[str, list[Path]] = {}
    for path in paths:
        logs.setdefault(with_rotated(path), []).append(path)
    yield from logs.values()


def _alike_in(looks: list[_Look]) -> Iterator[list[_Look]]:
    """Put together the files of one log that one format fits best.

    A file in which two formats find the same is of the one that another file tells apart.
    """
    formats: dict[str, list[_Look]] = {}
    told_apart = {look.best() for look in looks if not look.alike()}
    for look in (one.preferring(told_apart) for one in looks):
        formats.setdefault(look.best(), []).append(look)
    yield from formats.values()


def _look_at(path: Path, zone: ZoneInfo, now: datetime) -> _Look:
    from etl.formats.conf import includes_others, read_formats
    from etl.pipeline.detecting import detect as rank

    text = _configuration(path)
    configured = read_formats(text)
    if configured:
        return _Look(path, includes_others=includes_others(text), configured=configured)
    return _Look(path, guesses=rank(path, zone=zone, reference=now))


def _print(alike: list[_Look], zone: ZoneInfo, now: datetime, stanzas: Stanzas) -> None:
    """Print what is known of files that one format fits best: of the one that it fits least."""
    from etl.pipeline.detecting import nearest_miss, refused_by

    look = min(alike, key=lambda one: one.guesses[0].confidence if one.guesses else 0)
    path = look.path
    if len(alike) > 1:
        click.echo(f"{with_rotated(path)}, {len(alike)} files; the one that fits least is")
    click.echo(f"{path}:")
    if look.configured:
        _print_configured(look.configured, stanzas)
        if look.includes_others:
            click.echo("\nIt includes other files, which were not read: give these as well.")
    elif look.guesses:
        best, refused = look.guesses[0], None
        if best.matched < 1:
            refused = refused_by(best.format, path, zone=zone, reference=now)
        _print_guesses(look, refused)
        stanzas.of_log(path, best.format)
    else:
        _print_nothing(path, nearest_miss(path, zone=zone, reference=now))


def _configuration(path: Path) -> str:
    """Return a file's text if it may be a server's configuration."""
    with path.open("rb") as stream:
        head = stream.read(_CONFIGURATION_BYTES)
    if not re.search(
        rb"(?im)(?:^|[;{}])[ \t]*(?:log_?format|access_log|(?:custom|global|transfer)log)\s", head
    ):
        return ""
    return head.decode(errors="replace")


def _print_guesses(look: _Look, refused: Miss | None) -> None:
    from etl.cli.output import print_sample, print_table
    from etl.pipeline.trying import percent

    rows = [
        (one.format, f"{one.confidence:.2f}", percent(one.matched), f"{one.explained:.0%}")
        for one in look.guesses[:SHOWN]
    ]
    print_table(("format", "confidence", "lines that match", "text explained"), rows)
    best = look.guesses[0]
    if look.alike():
        click.echo(f"{', '.join(look.alike())} would read these lines as well.")
    if best.drifted:
        better = "better give the server's own format string (log_format or apache_format)"
        if best.format in _NAMING:
            better = "its #Fields line does not name them"
        click.echo(
            f"{percent(best.drifted)} of the records have more fields than {best.format} says:"
            f" {better}."
        )
    if refused is not None:
        refuses = max(1 - best.matched, 0.001)
        click.echo(f"It refuses {refuses:.1%} of the lines, such as:")
        print_sample(refused.raw, refused.detail)
    if best.confidence < _BEST_SHARE:
        click.echo("None fits well: compare with `daytally formats test FORMAT FILE`.")


def _alike(one: Guess, other: Guess) -> bool:
    sizes = [(round(each.confidence, 2), each.columns, each.values) for each in (one, other)]
    return sizes[0] == sizes[1]


def _print_configured(configured: list[ConfiguredFormat], stanzas: Stanzas) -> None:
    for one in configured:
        click.echo(f"\n{' '.join(filter(None, (one.key, one.name)))} (line {one.line})")
        if one.error:
            click.echo(one.error)
        else:
            files = list(filter(None, map(_file_of, one.files))) or ["/path/to/access.log*"]
            stanzas.of_source(one.name, files, one.key, one.text)
            for hint in one.hints:
                click.echo(hint)


def _file_of(written: str) -> str:
    """Return a pattern for what a server writes to; empty if that is no file.

    Of a pipe's words it is the first one with a path behind the program.
    """
    if written.startswith(("syslog:", "/dev/")):
        return ""
    if written.startswith("|"):
        written = next((word for word in written.split()[1:] if "/" in word), "")
    dated = re.sub(r"%\w(?:[-_.]?%\w)*", "*", written)  # rotatelogs and cronolog, as strftime
    return dated.rstrip("*") + "*" if dated else ""


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
