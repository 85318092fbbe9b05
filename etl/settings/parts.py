"""What the tables of daytally.toml are made of."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from etl.settings.words import IDENTIFIER_PATTERN, NAME_PATTERN, PlacedError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _known_duration(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,5}[smhd]", text):
        raise ValueError("write a whole number and a unit: s, m, h or d, as in 90s, 30m, 6h, 1d")
    return text


def as_span(duration: str) -> timedelta:
    """Return a checked duration as a span of time."""
    return timedelta(**{_UNITS[duration[-1]]: int(duration[:-1])})


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""Names that appear in tables, paths and reports: lower case, digits, `_` and `-`."""

Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER_PATTERN)]
"""Names that become columns."""

Duration = Annotated[str, AfterValidator(_known_duration)]
"""A number and a unit, as in `90s`, `30m`, `6h`, `1d`."""


def _known_wait(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,6})?(ms|s)", text):
        raise ValueError("write a number and a unit, ms or s, as in 500ms, 0.5s, 2s")
    return text


def as_seconds(wait: str) -> float:
    """Return a checked wait in seconds."""
    return float(wait[:-2]) / 1000 if wait.endswith("ms") else float(wait[:-1])


Wait = Annotated[str, AfterValidator(_known_wait)]
"""How long somebody waits, as in `500ms`, `0.5s`, `2s`."""

_SIZES = {"KiB": 1 << 10, "MiB": 1 << 20}


def _known_size(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,6}(KiB|MiB)", text):
        raise ValueError("write a whole number and a unit, KiB or MiB, as in 64KiB, 1MiB, 4MiB")
    return text


def as_bytes(size: str) -> int:
    """Return a checked size in bytes."""
    return int(size[:-3]) * _SIZES[size[-3:]]


Size = Annotated[str, AfterValidator(_known_size)]
"""How many bytes, as in `64KiB`, `1MiB`."""

NonEmpty = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Part(BaseModel):
    """A table of the file: frozen, and without a key that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def refuse_doubles(kind: str, names: list[str]) -> None:
    """Refuse a list of tables, under the key `kind`, in which a name comes twice."""
    for number, name in enumerate(names):
        if name in names[:number]:
            message = f"{kind} name '{name}' is used twice; names must differ"
            raise PlacedError(message, kind, number, "name")
