"""How a case is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Wanted:
    """How a case is read.

    Attributes:
        format: Arguments of `compile_format`.
        facts: Neutral names to values; see `columns.py` for how each is compared.
        before: Lines that come before and say what the line's fields are.
        message: What is taken out of the message: its kind, and its fields by type.
    """

    format: dict[str, str]
    line: bytes
    facts: dict[str, Any] = field(default_factory=dict)
    error: bool = False
    zone: ZoneInfo = BERLIN
    reference: datetime = datetime(2026, 11, 23, 4, tzinfo=UTC)
    before: bytes = b""
    message: tuple[str, dict[str, str]] | None = None
