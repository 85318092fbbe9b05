"""Says what is wrong with a value of daytally.toml, in the words of whoever writes the file."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic_core import ErrorDetails

NAME_PATTERN = r"^[a-z][a-z0-9_-]{0,62}$"
IDENTIFIER_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
SERVER_PATTERN = r"^https?://"

_WHOLE, _DAY, _TABLE = "a whole number", "a day such as 2026-12-24, in quotes or bare", "a table"
_KINDS = {
    "string_type": "text in quotes",
    "list_type": 'a list, as in ["one", "two"]',
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
}
"""Pydantic's type of a mistake to what the value must be.

https://docs.pydantic.dev/latest/errors/validation_errors/
"""

_PATTERNS = {
    NAME_PATTERN: "must be lower case: letters, digits, '_' and '-', a letter first, 63 at most",
    IDENTIFIER_PATTERN: "must be lower case: letters, digits and '_', a letter first, 63 at most",
    SERVER_PATTERN: "must begin with http:// or https://",
}


class PlacedError(ValueError):
    """A mistake that is found where several tables are looked at, and stands in one of them.

    Attributes:
        place: Path from there to the key or table that is wrong.
    """

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place


def place_in(mistake: ErrorDetails) -> list[str | int]:
    """Return the path of what is wrong, without the names that pydantic gives validators."""
    found = [part for part in mistake["loc"] if not (isinstance(part, str) and "[" in part)]
    error = mistake.get("ctx", {}).get("error")
    return [*found, *error.place] if isinstance(error, PlacedError) else found


def words_of(mistake: ErrorDetails) -> str:
    """Say what is wrong, and with which value."""
    value = mistake["input"]
    shown = "" if isinstance(value, dict | list | BaseModel) else f" (it is {value!r})"
    return _message(mistake) + shown


def _message(mistake: ErrorDetails) -> str:
    kind, context = mistake["type"], mistake.get("ctx", {})
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}"
    if kind == "literal_error":
        return f"must be {context['expected']}"
    if kind == "greater_than_equal":
        return f"must be {context['ge']} or more"
    if kind == "less_than_equal":
        return f"must be {context['le']} or less"
    if kind == "too_short":
        return f"needs {context['min_length']} or more; it has {context['actual_length']}"
    if kind == "string_too_short":
        return "must not be empty"
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        return _PATTERNS.get(pattern, f"must look like {pattern}")
    return mistake["msg"].removeprefix("Value error, ")
