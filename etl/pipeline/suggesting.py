"""Routes that a project may want: templates of the paths that match none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from etl.metrics.templates import ID, NAME, paths, unrouted
from etl.pipeline.project import Project

_PLAIN = re.compile(r"/[A-Za-z0-9/._~%:@!$&()*+,;={}-]*")
"""What goes into the stanza of a route: nothing that TOML or a terminal could mistake."""

_PLURALS = (("ies", "y"), ("sses", "ss"), ("ses", "s"), ("xes", "x"), ("s", ""))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A route that would give some requests a name.

    Attributes:
        path: As `[[route]]` wants it.
        requests: How many would match.
        answered: How many of them were answered with a status below 400.
        example: One of the paths.
    """

    source: str
    path: str
    requests: int
    answered: int
    example: str

    @property
    def stanza(self) -> str:
        """The route as it can be pasted into daytally.toml."""
        share = f"{self.requests:,} requests, {self.answered:,} answered below 400"
        example = f"; such as {self.example}" if _PLAIN.fullmatch(self.example) else ""
        return f'# {share}{example}\n[[route]]\nsource = "{self.source}"\npath = "{self.path}"\n'


def suggest_routes(
    project: Project, day: date | None = None, source: str | None = None
) -> list[Suggestion]:
    """Return routes for the requests that match none, those with the most requests first.

    Left out are paths that were never answered with a status below 400, such as those of
    scanners (where even the first segment varies, those mostly refused), and cut paths.

    Args:
        project: The project.
        day: Only requests of this day; all where None.
        source: Only of this source; all where None.
    """
    requests = project.tables()["requests"]
    if day is not None:
        requests = requests.filter(pl.col("day") == day)
    if source is not None:
        requests = requests.filter(pl.col("source") == source)
    rows = unrouted(paths(requests)).filter(pl.col("answered") > 0).collect()
    known = {(route.source, _shape(route.path)) for route in project.settings.route}
    found = [
        Suggestion(row["source"], path, row["requests"], row["answered"], row["example"])
        for row in rows.iter_rows(named=True)
        if (path := route_of(row["template"])) is not None
        and (not path.startswith("/{") or 2 * row["answered"] >= row["requests"])
        and (row["source"], _shape(path)) not in known
    ]
    return sorted(found, key=lambda one: (-one.requests, one.source, one.path))


def route_of(template: str) -> str | None:
    """Return a template as a route with named parameters; None where it cannot be one."""
    literals = template.replace(ID, "").replace(NAME, "")
    if not _PLAIN.fullmatch(template) or re.search("[{}]", literals) or template == f"/{NAME}":
        return None
    segments = template.split("/")
    names: list[str] = []
    for name in _names(segments):
        tries = (name, *(f"{name}_{number}" for number in range(2, len(segments) + 1)))
        names.append(next(one for one in tries if one not in names))
    left = iter(names)
    return "/".join(
        f"{{{next(left)}}}" if segment in (ID, NAME) else segment for segment in segments
    )


def _names(segments: Sequence[str]) -> Iterator[str]:
    """Yield a name for each parameter, out of the segment before it."""
    for place, segment in enumerate(segments):
        if segment in (ID, NAME):
            before = segments[place - 1] if place else ""
            word = re.sub(r"\W+", "_", "" if before in (ID, NAME) else before, flags=re.ASCII)
            word = _singular(word.strip("_").lower())
            if not word or word[0].isdigit():
                yield "id" if segment == ID else "name"
            else:
                yield f"{word}_id" if segment == ID else word


def _singular(word: str) -> str:
    for ending, other in _PLURALS:
        if word.endswith(ending) and len(word) > len(ending) + 1 and not word.endswith("ss"):
            return word.removesuffix(ending) + other
    return word


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)
