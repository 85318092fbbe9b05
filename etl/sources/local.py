"""Inputs in the local file system, named by paths and globs."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from etl.errors import ChangedInputError, UnreadableInputError
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
        """Return the regular files that the globs match, sorted by path, each once.

        A folder that a wildcard met and that may not be listed is among them: whoever opens it will
        say why.

        Raises:
            UnreadableInputError: A folder that a pattern names may not be read: nobody knows what
                lies there.
        """
        names: set[str] = set()
        closed: set[str] = set()
        for pattern in patterns:
            self._look_into(pattern)
            closed.update(self._closed_folders(pattern))
            names.update(glob.glob(pattern, root_dir=self.root, recursive=True))  # noqa: PTH207 # absolute ones too
        listed = (
            _unknown(name, now) if name in closed else self._describe(name, now)
            for name in sorted(names | closed)
        )
        return [found for found in listed if found is not None]

    def open_input(self, item: Input) -> BinaryIO:
        """Open a file; see `Source.open_input`.

        Raises:
            ChangedInputError: Another file has its name since it was listed, as when logs rotate:
                what was listed of the one says nothing of the other.
        """
        file = open_file(self.root / item.uri)
        status = os.fstat(file.fileno())
        # Some file systems give a file another number now and then: then its times tell.
        if item.inode not in (0, status.st_ino) and _etag(status) != item.etag:
            file.close()
            raise ChangedInputError(f"{item.uri}: another file has this name since it was listed")
        return file

    def _look_into(self, pattern: str) -> None:
        """Make sure that the folder before a pattern's first wildcard can be listed.

        Globs pass over what they may not read as if it were empty.
        """
        folder = self.root
        for part in Path(pattern).parts[:-1]:
            if glob.has_magic(part):
                break
            folder /= part
        try:
            with os.scandir(folder):
                pass
        except (FileNotFoundError, NotADirectoryError):
            return  # no logs yet
        except OSError as error:
            raise UnreadableInputError(f"{folder}: cannot be listed: {error.strerror}") from error

    def _closed_folders(self, pattern: str) -> Iterator[str]:
        """Yield the folders met by a pattern's wildcards that may not be listed."""
        parts = Path(pattern).parts
        for count, part in enumerate(parts, start=1):
            if not glob.has_magic(part) or (count == len(parts) and part != "**"):
                continue
            folders = str(Path(*parts[:count]))
            for name in glob.glob(folders, root_dir=self.root, recursive=True):  # noqa: PTH207
                try:
                    with os.scandir(self.root / name):
                        pass
                except PermissionError:
                    yield name
                except OSError:
                    continue  # a file, or gone

    def _describe(self, name: str, now: datetime) -> Input | None:
        try:
            status = (self.root / name).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None  # rotated away since it was listed: its new name is met tomorrow
        except OSError:
            return _unknown(name, now)
        if not stat.S_ISREG(status.st_mode):
            return None
        changed = datetime.fromtimestamp(status.st_mtime, tz=UTC)
        base = Path(name).name
        return Input(
            uri=name,
            size_bytes=status.st_size,
            etag=_etag(status),
            dated_at=date_in_name(base) or changed,
            closed=is_rotated(base) or now - changed >= QUIET,
            inode=status.st_ino,
        )


def _etag(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


def _unknown(name: str, now: datetime) -> Input:
    """Return what stands for a path of which nothing is known but that it is there."""
    return Input(name, 0, "", now, closed=True)
