"""Renders templates: escaping always on, a user's own templates first, mistakes with their line."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import jinja2

from etl.errors import ConfigError, FatalError

PAGE_BYTES = 1_000_000
"""No page may be larger; tables are cut until it fits."""

ROW_LIMITS = (40, 20, 10, 5, 2)
"""Rows a table may show, tried one after the other."""


@functools.lru_cache(maxsize=8)
def environment(templates: Path, overrides: Path | None = None) -> jinja2.Environment:
    """Return the environment that renders all pages; templates are compiled once for many days.

    Args:
        templates: The built-in templates.
        overrides: A folder whose files of the same name replace built-in ones.
    """
    folders = [templates] if overrides is None else [overrides, templates]
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
        autoescape=True,  # for every file name: what came from a log is hostile everywhere
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def check_templates(templates: Path, overrides: Path | None = None) -> None:
    """Compile all templates without rendering any.

    Raises:
        ConfigError: One is wrong; says which, and the line.
    """
    env = environment(templates, overrides)
    for name in env.list_templates(extensions=["html"]):
        try:
            env.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            place = f"{error.filename or error.name}:{error.lineno}"
            raise ConfigError(f"{place}: report template: {error.message}") from error


def render(env: jinja2.Environment, name: str, context: Mapping[str, object]) -> str:
    """Render one template.

    Raises:
        ConfigError: A template is missing or wrong; says which, and the line.
    """
    try:
        return env.get_template(name).render(context)
    except jinja2.TemplateNotFound as error:
        raise ConfigError(
            f"report template '{error.name}' is missing. Run: daytally check"
        ) from error
    except jinja2.TemplateSyntaxError as error:
        place = f"{error.filename or error.name}:{error.lineno}"
        raise ConfigError(f"{place}: report template: {error.message}") from error
    except jinja2.TemplateError as error:
        raise ConfigError(f"{_place(error, name)}: report template: {error}") from error


def _place(error: Exception, name: str) -> str:
    """Return file and line of the innermost template in an error's traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.endswith(".html")]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else name


def fitting(
    make: Callable[[int], str], *, limits: Sequence[int] = ROW_LIMITS, size: int = PAGE_BYTES
) -> bytes:
    """Return the page with the most rows that is not larger than allowed.

    Args:
        make: Renders the page with so many rows a table.
        limits: Numbers of rows, most first.
        size: Largest size in bytes.

    Raises:
        FatalError: Even the shortest page is too large.
    """
    for limit in limits:
        page = make(limit).encode("utf-8", "backslashreplace")
        if len(page) <= size:
            return page
    raise FatalError(f"a page has more than {size:,} bytes even with {limits[-1]} rows a table")
