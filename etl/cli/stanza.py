"""The stanza of a source, as it goes into daytally.toml."""

from __future__ import annotations

import json
import re
from itertools import count
from pathlib import Path

import click

_ROTATED = re.compile(r"(.*?\.log|.*?[_-]log|syslog|messages)([.-].*)?$", re.IGNORECASE)


def with_rotated(path: Path) -> str:
    """Return a pattern for a log and what rotation makes of it, where the name shows how."""
    match = _ROTATED.match(path.name)
    return str(path.with_name(match[1] + "*")) if match else str(path)


class Stanzas:
    """Prints stanzas whose sources all have different names."""

    def __init__(self) -> None:
        """Begin with no name taken."""
        self._taken: set[str] = set()

    def of_log(self, path: Path, format_: str) -> None:
        """Print the stanza of a log and what rotation makes of it."""
        match = _ROTATED.match(path.name)
        name = re.sub(r"\.log$", "", match[1], flags=re.IGNORECASE) if match else path.stem
        self.of_source(name, [with_rotated(path)], "format", format_, folder=path.parent.name)

    def of_source(
        self, name: str, inputs: list[str], key: str, text: str, *, folder: str = ""
    ) -> None:
        """Print a stanza.

        Args:
            name: What the source is to be called, with any characters.
            inputs: Its patterns.
            key: Of the format, as in `log_format`.
            text: The format.
            folder: Goes before the name if that is taken.
        """
        listed = ", ".join(json.dumps(each, ensure_ascii=False) for each in inputs)
        source = json.dumps(self._free(_plain(name) or "access", _plain(folder)))
        click.echo(f"\n[[source]]\nname = {source}\ninputs = [{listed}]\n{key} = {_as_toml(text)}")

    def _free(self, name: str, folder: str) -> str:
        if name in self._taken and folder:
            name = f"{folder}-{name}"
        free = name
        for number in count(2):
            if free not in self._taken:
                break
            free = f"{name}-{number}"
        self._taken.add(free)
        return free


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")


def _as_toml(text: str) -> str:
    """Return a text as TOML's literal string, which has no escapes, where there can be one."""
    if "'" not in text and "\n" not in text:
        return f"'{text}'"
    literal = "'''" not in text and not text.endswith("'") and not text.startswith("\n")
    return f"'''{text}'''" if literal else json.dumps(text)
