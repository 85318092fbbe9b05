"""What becomes typed columns out of the text of a message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from etl.errors import ConfigError, LogFormatError, UnknownNameError
from etl.schema import EVENT_COLUMNS, FIELD_TYPES

MessageKind = Literal["logfmt", "json", "pairs", "regex"]
REGEX = "regex:"
KINDS = ("logfmt", "json", "pairs", REGEX + "(?P<name>…)")
MAX_KEY_BYTES = 1000
"""Of one key: no log has longer ones, and the kernel keeps a frame for each point in it."""

_KEYS = {
    "logfmt": re.compile(r'[^\x00-\x20="]+'),
    "json": re.compile(r'[^\n"]+'),
    "pairs": re.compile(r"[\w.-]+"),
    "regex": re.compile(r".+"),  # the pattern says which there are
}


@dataclass(frozen=True, slots=True)
class MessageFormat:
    r"""Keys of a message that become columns.

    Attributes:
        kind: `logfmt` (https://brandur.org/logfmt: `k=v k="v \" w"`), `json` (one object, with or
            without the `@cee:` cookie before it; keys with points reach into nested values),
            `pairs` (`key=value` inside of free text) or `regex`.
        fields: Column to a key of `schema.FIELD_TYPES`.
        keys: Column to the key of the message, or the group of the pattern, that fills it.
        pattern: Of `regex`, in the syntax of Rust's regex crate (https://docs.rs/regex), which
            takes time in proportion to the text whatever the pattern; "" for the other kinds.
    """

    kind: MessageKind
    fields: Mapping[str, str]
    keys: Mapping[str, str]
    pattern: str = ""


def compile_message(
    kind: str, fields: Mapping[str, str], keys: Mapping[str, str] | None = None
) -> MessageFormat:
    """Check and freeze what is wanted out of messages.

    Args:
        kind: One of `KINDS`; behind `regex:` stands a pattern with named groups.
        fields: Column to a key of `FIELD_TYPES`.
        keys: Columns whose key in the message is not their own name, to that key.

    Raises:
        UnknownNameError: There is no such kind of message, type of field, or group of the pattern.
        LogFormatError: The pattern is none; knows the place.
        ConfigError: A field takes the name of a column of `events`, its key cannot be one or is
            another field's, or there is no field.
    """
    known, pattern = _kind(kind)
    if not fields:
        raise ConfigError(f"message = '{kind}' needs at least one field to take out of messages")
    keys = {name: (keys or {}).get(name, name) for name in sorted(fields)}
    groups = _groups(pattern) if known == "regex" else None
    taken: dict[str, str] = {}
    for name, key in keys.items():
        if fields[name] not in FIELD_TYPES:
            raise UnknownNameError(f"type of field '{name}'", fields[name], FIELD_TYPES)
        if name in EVENT_COLUMNS:
            raise ConfigError(f"field '{name}' has the name of a column of events")
        if groups is not None and key not in groups:
            raise UnknownNameError(f"group of the pattern in field '{name}':", key, groups)
        if not _KEYS[known].fullmatch(key) or len(key.encode()) > MAX_KEY_BYTES:
            raise ConfigError(f"field '{name}': '{key}' cannot be a key of {known} messages")
        if taken.setdefault(key, name) != name:
            raise ConfigError(f"fields '{taken[key]}' and '{name}' both take the key '{key}'")
    types = {name: fields[name] for name in keys}
    return MessageFormat(known, MappingProxyType(types), MappingProxyType(keys), pattern)


def _kind(kind: str) -> tuple[MessageKind, str]:
    if kind.startswith(REGEX):
        return "regex", kind.removeprefix(REGEX)
    for known in ("logfmt", "json", "pairs"):
        if kind == known:
            return known, ""
    raise UnknownNameError("message format", kind, KINDS)


def _groups(pattern: str) -> list[str]:
    """Return the names of a pattern's groups."""
    import polars as pl  # takes as long as reading 60 MB, and few messages ask for it

    try:
        fields = pl.Series([""]).str.extract_groups(pattern).struct.fields
    except pl.exceptions.ComputeError as error:
        raise _pattern_error(pattern, str(error)) from error
    return [name for name in fields if not name.isdecimal()]  # numbers are groups without name


def _pattern_error(pattern: str, said: str) -> LogFormatError:
    """Turn the words of the regex crate into ours.

    They are `regex parse error:`, the pattern, a line of carets, all indented by four, and
    `error: …`; of a pattern of several lines the carets are left out here.
    """
    lines = said.splitlines()
    what = lines[-1].removeprefix("error: ").removeprefix("regex error: ").rstrip(".")
    position, length = 0, len(pattern)
    if len(lines) == 4 and lines[1] == "    " + pattern and "^" in lines[2]:
        carets = lines[2][4:]
        position = carets.index("^")
        length = len(carets[position:].split(" ")[0])
    return LogFormatError(
        f"the pattern is no regular expression: {what}",
        text=pattern,
        position=position,
        length=length,
        hint="(syntax: https://docs.rs/regex)",
    )
