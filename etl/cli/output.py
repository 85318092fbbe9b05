"""Tables and JSON on standard output, progress on standard error."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime

import click

SAMPLE_WIDTH = 100
"""Most characters that are shown of a refused line."""


def print_json(value: object) -> None:
    """Print a value as indented JSON; dates in ISO format, bytes as text with escapes."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a table; columns of numbers are aligned to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        values = [row[number] for row in rows]
        is_number = bool(values) and all(isinstance(v, int | float | None) for v in values)
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    width = None if sys.stdout.isatty() else 200
    Console(width=width, highlight=False).print(table)


def print_lines(text: str) -> None:
    """Print a text of several lines as it is, save what would steer the terminal."""
    for line in text.split("\n"):
        click.echo(_visible(line))


def print_sample(raw: bytes, detail: str) -> None:
    """Print a refused line with a caret under the column that its detail names."""
    raw = raw.rstrip(b"\r")
    named = re.match(r"(?:message from column (\d+), )?column (\d+): ", detail)
    place = int(named[1] or 1) + int(named[2]) - 2 if named else 0
    before, after = _printable(raw[:place]), _printable(raw[place : place + SAMPLE_WIDTH])
    if len(before) > SAMPLE_WIDTH // 2:
        before = "…" + before[-(SAMPLE_WIDTH // 2) :]
    shown = (before + after)[:SAMPLE_WIDTH]
    click.echo(f"  {shown}")
    caret = " " * _width(before) + "^ " if named else ""
    click.echo(f"  {caret}{detail}")


def columns_words(first: int | None, last: int | None) -> str:
    """Say at which columns lines were refused that are shown by one sample."""
    return f" at columns {first} to {last}" if first is not None and first != last else ""


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show bytes done on a terminal; yields what is told (more bytes to do, bytes done)."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=0)
        total = 0

        def tell(more: int, done: int) -> None:
            nonlocal total
            total += more
            bar.update(task, total=total, advance=done)

        yield tell


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return _visible(str(value))


def _printable(raw: bytes) -> str:
    return _visible(raw.decode("utf-8", "replace").replace("\t", "→"))


def _width(text: str) -> int:
    """Return how many columns a terminal takes for a text."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _visible(text: str) -> str:
    """Keep what a log holds from steering the terminal."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
