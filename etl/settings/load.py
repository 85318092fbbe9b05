"""Reads daytally.toml and says every mistake with its line, value and nearest known name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from etl.errors import ConfigError, nearest
from etl.settings.model import Settings
from etl.settings.places import line_of
from etl.settings.words import place_in, words_of

PROJECT_FILE = "daytally.toml"
MOST_MISTAKES = 10


def load_settings(root: Path) -> Settings:
    """Read and check the project in `root`.

    Raises:
        ConfigError: The file is absent, is not TOML, or holds mistakes; the message names each
            with file and line.
    """
    path = root / PROJECT_FILE
    text = _read(path)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    try:
        return Settings.model_validate({**raw, "root": root})
    except ValidationError as error:
        mistakes = error.errors()
        said = [f"{path}:{line}: {what}" for line, what in sorted(_say(text, m) for m in mistakes)]
        said = said[:MOST_MISTAKES]
        if len(mistakes) > MOST_MISTAKES:
            said.append(f"… and {len(mistakes) - MOST_MISTAKES} more")
        raise ConfigError("\n".join(said)) from error


def place_of(root: Path, *place: str | int) -> str:
    """Return `file:line` of a key in the project file, for errors found after loading."""
    path = root / PROJECT_FILE
    return f"{path}:{line_of(_read(path), place)}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"no {path.name} in {path.parent.resolve()}. Name the project folder with"
            " --project DIR, or write a sample project: daytally demo DIR"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: cannot be read: {error}. Save it as UTF-8") from error


def _say(text: str, mistake: ErrorDetails) -> tuple[int, str]:
    """Return the line and the words for one mistake."""
    place = place_in(mistake)
    line, dotted = line_of(text, place), _dotted(place)
    if mistake["type"] == "extra_forbidden":
        known = _keys_at(Settings, place[:-1])
        return line, f"{dotted}: unknown key '{place[-1]}'. {nearest(str(place[-1]), known)}"
    if mistake["type"] == "missing":
        return line, f"{dotted}: missing; it must be given"
    return line, f"{dotted + ': ' if dotted else ''}{words_of(mistake)}"


def _dotted(place: list[str | int]) -> str:
    out = ""
    for part in place:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else part
    return out


def _keys_at(model: type[BaseModel], place: list[str | int]) -> list[str]:
    """List the keys that may stand in the table at `place`."""
    current: type[BaseModel] = model
    named = False  # the part before holds tables by names that the file chooses
    for part in place:
        if isinstance(part, str) and not named:
            names = {field.alias or name: field for name, field in current.model_fields.items()}
            inner = _model_in(names[part].annotation) if part in names else None
            if inner is None:
                return []
            named = get_origin(names[part].annotation) is dict
            current = inner
        else:
            named = False
    keys = [field.alias or name for name, field in current.model_fields.items()]
    return [key for key in keys if not (current is Settings and key == "root")]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model inside an annotation such as `list[RouteSettings]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        if (found := _model_in(inner)) is not None:
            return found
    return None
