"""One run at a time per warehouse, on one machine."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from etl.errors import BusyError
from etl.store.trouble import writing

LOCK_FILE = ".lock"


@contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Hold the warehouse in `root` for the time of a run.

    The kernel lets go of the lock when the process ends, however it ends.

    Raises:
        BusyError: Another process holds it; the message names its process id.
        StoreError: The folder cannot be written.
    """
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        handle = os.open(root / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise BusyError(
                f"another run holds {root} (process {holder}). Wait for it to end; to see what is"
                " already in: daytally status"
            ) from None
        with writing(root):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
