"""Inputs in the local file system, named by paths and globs."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from etl.errors import UnreadableInputError
from etl.model import Input
from etl.sources.base import date_in_name, is_rotated

QUIET = timedelta(hours=1)
"""A file untouched for this long is taken to be finished."""


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading and seeking.

    Raises:
        UnreadableInputError: It is gone, or may not be read.
    """
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise UnreadableInputError(f"{path}: cannot be opened: {error.strerror}") from error


class LocalSource:
    """Lists and opens files below a project folder, or anywhere by absolute paths.

    Args:
        root: Where relative patterns start.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def list_inputs(self, patterns: Sequence[str], *, now: datetime) -> list[Input]:
        """Return the regular files that the globs match, sorted by path, each once."""
        names: set[str] = set()
        for pattern in patterns:
            names.update(glob.glob(pattern, root_dir=self.root, recursive=True))  # noqa: PTH207 # absolute ones too
        listed = (self._describe(name, now) for name in sorted(names))
        return [found for found in listed if found is not None]

    def open_input(self, item: Input) -> BinaryIO:
        """Open a file; see `Source.open_input`."""
        return open_file(self.root / item.uri)

    def _describe(self, name: str, now: datetime) -> Input | None:
        try:
            status = (self.root / name).stat()
        except OSError:
            return None  # rotated away since it was listed: its new name is met tomorrow
        if not (self.root / name).is_file():
            return None
        changed = datetime.fromtimestamp(status.st_mtime, tz=UTC)
        base = Path(name).name
        return Input(
            uri=name,
            size_bytes=status.st_size,
            etag=f"{status.st_size}-{status.st_mtime_ns}",
            dated_at=date_in_name(base) or changed,
            closed=is_rotated(base) or now - changed >= QUIET,
        )
