"""Where a warehouse lies: a local folder here, a prefix of a bucket in `bucket`.

Both offer the same few things, and everything else in this package is written once for both:
addresses that Delta opens, new files that appear whole, and a lock that is a courtesy.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import BinaryIO, Protocol

from etl.errors import StoreError
from etl.store.lock import Held, Holder, Taken, take_file


class NewFile(Protocol):
    """A file that is being written."""

    def write(self, data: bytes) -> object:
        """Append bytes."""
        ...

    def finish(self) -> int:
        """Make the file complete; return its size in bytes."""
        ...

    def abort(self) -> None:
        """Remove what was written; nothing is raised."""
        ...


class Place(Protocol):
    """A place for tables; paths are relative to it, with slashes."""

    @property
    def address(self) -> str:
        """What people call it: a path, or s3://bucket/prefix."""
        ...

    def uri(self, table: str) -> str:
        """Return the address of a table, for Delta."""
        ...

    def options(self) -> dict[str, str] | None:
        """Return what Delta and Polars need to know to open tables here."""
        ...

    def expect_writable(self, table: str) -> None:
        """Look whether a table that is there may be written, where that can be told before.

        Raises:
            OSError: It may not.
        """
        ...

    def create(self, path: str) -> NewFile:
        """Begin a new file, under a name that nothing else has."""
        ...

    def open(self, path: str) -> Path | BinaryIO:
        """Open a file for reading."""
        ...

    def size_of(self, path: str) -> int | None:
        """Return a file's size; None where there is none."""
        ...

    def commits_from(self, table: str, version: int) -> Mapping[int, object]:
        """Return a version's commit and those after it, each with what tells it from any other."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        ...

    def sweep(self, table: str, *, days: int, dry_run: bool) -> list[str]:
        """Remove what dead writers left that is older than `days` and no file; name it."""
        ...

    def take(self, me: Holder) -> Held | Taken:
        """Take the place for one run, or say who holds it."""
        ...

    def probe(self) -> str:
        """Make sure that tables can be read and written here; say in words what was tried.

        Raises:
            StoreError: They cannot.
        """
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """A local folder."""

    path: Path

    @property
    def address(self) -> str:
        """See `Place`, as for all that follows."""
        return str(self.path)

    def uri(self, table: str) -> str:
        """Return the path of a table.

        Raises:
            OSError: Nobody can tell whether it is there: Delta would say that it is not.
        """
        with suppress(FileNotFoundError):
            (self.path / table).stat()
        return str(self.path / table)

    def options(self) -> None:
        """Nothing is needed."""
        return

    def expect_writable(self, table: str) -> None:
        """Look at the folder: Delta 1.6.6 says the same, but first a thread of it panics aloud."""
        folder = self.path / table
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
            number = errno.EROFS if read_only else errno.EACCES
            raise OSError(number, os.strerror(number), str(folder))

    def create(self, path: str) -> NewFile:
        """Begin a new file."""
        return _LocalFile(self.path / path)

    def open(self, path: str) -> Path:
        """Return the path, which is opened by who reads it."""
        return self.path / path

    def size_of(self, path: str) -> int | None:
        """Return a file's size."""
        found = self.path / path
        return found.stat().st_size if found.is_file() else None

    def commits_from(self, table: str, version: int) -> Mapping[int, object]:
        """Look at the commits' files by name, as Delta's protocol numbers them."""
        log, found = self.path / table / "_delta_log", {}
        with suppress(FileNotFoundError):
            for number in count(version):
                commit = (log / f"{number:020}.json").stat()
                found[number] = (commit.st_ino, commit.st_mtime_ns)
        return found

    def remove(self, path: str) -> None:
        """Remove a file."""
        (self.path / path).unlink(missing_ok=True)

    def sweep(self, table: str, *, days: int, dry_run: bool) -> list[str]:
        """Return nothing: all that dead writers leave here is files, which Delta removes."""
        del table, days, dry_run
        return []

    def take(self, me: Holder) -> Held | Taken:
        """Lock a file in the folder."""
        return take_file(self.path, me)

    def probe(self) -> str:
        """Look whether the folder, or the one that it will be made in, can be written."""
        parents = (self.path, *self.path.resolve().parents)
        existing = next(path for path in parents if path.exists())
        if not os.access(existing, os.W_OK):
            raise StoreError(f"{existing} cannot be written")
        return f"{self.path} can be written"


class _LocalFile:
    """A file in a folder that is made with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def write(self, data: bytes) -> object:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb")
        return self._file.write(data)

    def finish(self) -> int:
        if self._file is None:
            raise StoreError(f"nothing was written to {self._path}")
        self._file.close()
        return self._path.stat().st_size

    def abort(self) -> None:
        with suppress(OSError):  # a full disk takes no last bytes; the error before counts
            if self._file is not None:
                self._file.close()
        with suppress(OSError):  # nor a read-only one a removal; `vacuum` removes what is left
            self._path.unlink(missing_ok=True)
