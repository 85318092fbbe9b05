"""What becomes typed columns out of the text of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from etl.errors import ConfigError, UnknownNameError
from etl.schema import EVENT_COLUMNS, FIELD_TYPES

MessageKind = Literal["logfmt", "json"]
KINDS: tuple[MessageKind, ...] = ("logfmt", "json")


@dataclass(frozen=True, slots=True)
class MessageFormat:
    r"""Keys of a message that become columns.

    Attributes:
        kind: `logfmt` (https://brandur.org/logfmt: `k=v k="v \" w"`) or `json` (one flat object,
            with or without the `@cee:` cookie before it).
        fields: Key, which is the column's name too, to a key of `schema.FIELD_TYPES`.
    """

    kind: MessageKind
    fields: Mapping[str, str]


def compile_message(kind: str, fields: Mapping[str, str]) -> MessageFormat:
    """Check and freeze what is wanted out of messages.

    Raises:
        UnknownNameError: There is no such kind of message or type of field.
        ConfigError: A field takes the name of a column of `events`, or there is none.
    """
    if kind not in KINDS:
        raise UnknownNameError("message format", kind, KINDS)
    if not fields:
        raise ConfigError(f"message = '{kind}' needs at least one field to take out of messages")
    for name, type_name in fields.items():
        if type_name not in FIELD_TYPES:
            raise UnknownNameError(f"type of field '{name}'", type_name, FIELD_TYPES)
        if name in EVENT_COLUMNS:
            raise ConfigError(f"field '{name}' has the name of a column of events")
        if not name or any(mark in name for mark in '= "\n'):
            raise ConfigError(f"field '{name}' cannot be a key of a message")
    return MessageFormat(kind, MappingProxyType(dict(sorted(fields.items()))))
