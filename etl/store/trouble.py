"""Says in words why the warehouse cannot be read or written, and what to do about it."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deltalake.exceptions import DeltaError

from etl.errors import StoreError
from etl.s3.words import hint_in

_ROOM = "Make room on its disk, then start the same command again: what is complete stays."
_WRITABLE = "Let this user read and write it, then start the same command again."
_FOLDER = "A file lies where a folder belongs; move it away, then start the same command again."

WHAT_TO_DO = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EACCES: _WRITABLE,
    errno.EPERM: _WRITABLE,
    errno.EROFS: _WRITABLE,
    errno.ENOTDIR: _FOLDER,
    errno.EEXIST: _FOLDER,
}
"""Error numbers of the system that somebody at the keyboard can end."""

_TREE = re.compile(r"\x1b\[[0-9;]*m|↳")
_NUMBER = re.compile(r"\(os error (\d+)\)|\[errno (\d+)\]", re.IGNORECASE)


def in_words(error: Exception) -> str:
    """Return an error of a library or the system on one line: its causes, then what to do.

    Delta draws its causes as a coloured tree, one a line, and hides the system's number in it.
    """
    lines = (_TREE.sub("", line).strip() for line in str(error).splitlines())
    said = ": ".join(line for line in lines if line)
    if (hint := hint_in(said)) is not None:
        return hint
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (found := _NUMBER.search(said)):
        number = int(found[1] or found[2])
    if number in WHAT_TO_DO:
        return f"{os.strerror(number)}. {WHAT_TO_DO[number]}"
    return said or type(error).__name__


@contextmanager
def writing(place: Path | str) -> Iterator[None]:
    """Turn what the system says against writing into an error that names the place.

    Raises:
        StoreError: Instead of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(f"{place}: cannot be written: {in_words(error)}") from error


def and_polars(*errors: type[Exception]) -> tuple[type[Exception], ...]:
    """Return errors, and the base of those of Polars where anything has imported it.

    To import it takes as long as to read 60 MB of a log, which needs nothing of it.
    """
    of_polars = getattr(sys.modules.get("polars.exceptions"), "PolarsError", None)
    return errors if of_polars is None else (*errors, of_polars)


@contextmanager
def store_errors(table: str) -> Iterator[None]:
    """Turn what Delta and Polars raise into a `StoreError` that names the table."""
    try:
        yield
    except and_polars(DeltaError, OSError) as error:
        raise StoreError(f"table '{table}': {in_words(error)}") from error


@contextmanager
def reading(address: str) -> Iterator[None]:
    """Turn what Polars raises where data files of a bucket are read, late, into a `StoreError`.

    Args:
        address: Of the warehouse.
    """
    try:
        yield
    except and_polars(OSError) as error:
        if "object-store error" not in str(error):
            raise
        raise StoreError(f"{address}: {in_words(error)}") from error
