"""Finds the line of a key in TOML text, which the parser of the standard library does not keep."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ARRAY_TABLE = re.compile(r"^\s*\[\[\s*([\w.\"'-]+)\s*\]\]")
_TABLE = re.compile(r"^\s*\[\s*([\w.\"'-]+)\s*\]")
_KEY = re.compile(r"^\s*([\w\"'-]+)\s*=")

Place = tuple[str | int, ...]


def line_of(text: str, place: Sequence[str | int]) -> int:
    """Return the 1-based line where `place` stands, or the nearest table that holds it.

    Args:
        text: The TOML text; need not be valid.
        place: Path of keys and array indices, as in `("source", 0, "format")`.

    Returns:
        1 when nothing of the path is written in the text.
    """
    wanted = tuple(place)
    best, best_length = 1, 0
    for line, found in _places(text):
        length = len(found)
        if length > best_length and found == wanted[:length]:
            best, best_length = line, length
    return best


def _places(text: str) -> list[tuple[int, Place]]:
    """List the line and path of each table header and key."""
    counts: dict[Place, int] = {}
    table: Place = ()
    places: list[tuple[int, Place]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _ARRAY_TABLE.match(line):
            base = _resolve(match[1], counts)
            counts[base] = counts.get(base, -1) + 1
            table = (*base, counts[base])
            places.append((number, table))
        elif match := _TABLE.match(line):
            table = _resolve(match[1], counts)
            places.append((number, table))
        elif match := _KEY.match(line):
            places.append((number, (*table, match[1].strip("\"'"))))
    return places


def _resolve(name: str, counts: dict[Place, int]) -> Place:
    """Turn a dotted header into a path with the indices of the arrays that it enters."""
    path: Place = ()
    parts = [part.strip("\"'") for part in name.split(".")]
    for index, part in enumerate(parts):
        path = (*path, part)
        if path in counts and index < len(parts) - 1:
            path = (*path, counts[path])
    return path
