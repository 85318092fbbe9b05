"""What every place that logs come from can do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO, Protocol

from etl.model import Input


class Source(Protocol):
    """A place that holds inputs: a file system, or an object store."""

    def list_inputs(self, patterns: Sequence[str], *, now: datetime) -> list[Input]:
        """Return what the patterns name today, sorted by address, each once."""
        ...

    def open_input(self, item: Input) -> BinaryIO:
        """Open an input's stored bytes for reading and seeking.

        Raises:
            UnreadableInputError: It is gone, or may not be read.
            ChangedInputError: It is no longer what was listed: an object of another version, a file
                that was renamed to it.
        """
        ...


COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
"""Endings of inputs that nobody appends to."""

_DATE_IN_NAME = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")
_ROTATED = re.compile(r"\.\d{1,4}$|[-._]\d{4}-?\d{2}-?\d{2}$")


def date_in_name(name: str) -> datetime | None:
    """Return the date that logrotate's `dateext` or a dated path put into a name, or None."""
    for year, month, day in reversed(_DATE_IN_NAME.findall(name)):
        try:
            return datetime(int(year), int(month), int(day), 23, 59, 59, tzinfo=UTC)
        except ValueError:
            continue
    return None


def is_rotated(name: str) -> bool:
    """Tell whether a name says that the writer has moved on: compressed, numbered or dated."""
    return name.endswith(COMPRESSED) or _ROTATED.search(name) is not None
