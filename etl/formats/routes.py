"""Path templates such as `/customers/{customer_id}`, compiled to one tree of segments.

A template matches a path as the client sent it (percent signs and all), segment by segment; where
a literal segment and a parameter both fit, the literal one is tried first, and the parameter if
the rest of the path does not fit after it. A parameter takes one segment that is not empty. A
slash at the end makes it another path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from etl.errors import ConfigError

_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
MAX_SEGMENTS = 64
"""Bounds the memory of the search; no path of a real service is that deep."""


@dataclass(frozen=True, slots=True)
class RouteTable:
    """Compiled templates.

    Attributes:
        templates: As written, in the order given.
        segments: Per template its segments: bytes for a literal one, the parameter's name
            otherwise.
        params: All parameter names, sorted.
    """

    templates: tuple[str, ...]
    segments: tuple[tuple[bytes | str, ...], ...]
    params: tuple[str, ...] = field(default=())


def compile_routes(paths: Sequence[str]) -> RouteTable:
    """Compile path templates.

    Raises:
        ConfigError: A template is malformed, or two of them match the same paths.
    """
    segments = tuple(_segments(path) for path in paths)
    shapes: dict[tuple[bytes | None, ...], str] = {}
    for path, parts in zip(paths, segments, strict=True):
        shape = tuple(part if isinstance(part, bytes) else None for part in parts)
        if shape in shapes:
            raise ConfigError(f"routes '{shapes[shape]}' and '{path}' match the same paths")
        shapes[shape] = path
    names = {part for parts in segments for part in parts if isinstance(part, str)}
    return RouteTable(tuple(paths), segments, tuple(sorted(names)))


def _segments(path: str) -> tuple[bytes | str, ...]:
    if not path.startswith("/"):
        raise ConfigError(f"route '{path}' must start with '/'")
    if "?" in path:
        raise ConfigError(f"route '{path}': the query is no part of a route")
    parts = tuple(_segment(part, path) for part in path[1:].split("/"))
    if len(parts) > MAX_SEGMENTS:
        raise ConfigError(f"route '{path}' has more than {MAX_SEGMENTS} segments")
    names = [part for part in parts if isinstance(part, str)]
    if len(names) != len(set(names)):
        raise ConfigError(f"route '{path}' names a parameter twice")
    return parts


def _segment(text: str, path: str) -> bytes | str:
    match = _PARAMETER.fullmatch(text)
    if match:
        return match[1]
    if "{" in text or "}" in text:
        raise ConfigError(f"route '{path}': '{text}' is neither plain text nor one {{parameter}}")
    return text.encode()
