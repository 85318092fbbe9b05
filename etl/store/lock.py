"""One run at a time per warehouse: a courtesy that saves work, see docs/exactly-once.md.

Nothing is lost or doubled where it does not hold.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from etl.errors import BusyError
from etl.store.trouble import writing

if TYPE_CHECKING:
    from etl.store.place import Place

LOCK_FILE = ".lock"

POLL_S = 1.0
"""How often a run that waits looks whether it is its turn."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A run, as it says who it is.

    Attributes:
        command: What it does: `run`, `ingest` …
        started: When it began, ISO 8601.
        machine: Tells apart machines, and containers with process ids of their own.
    """

    command: str
    host: str
    pid: int
    started: str
    machine: str

    def text(self) -> str:
        """Return what `holder_in` reads."""
        return json.dumps(asdict(self), sort_keys=True)

    def __str__(self) -> str:
        """Say who it is, to people."""
        return f"daytally {self.command} on {self.host}, process {self.pid}, since {self.started}"


@dataclass(frozen=True, slots=True)
class Held:
    """The place is ours until `release` is called, or this process ends."""

    release: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Taken:
    """The place is another run's: whose, and what more is known of that."""

    holder: Holder | None
    more: str = ""


def this_run(command: str, started: datetime) -> Holder:
    """Return how this process says who it is."""
    return Holder(
        command,
        socket.gethostname(),
        os.getpid(),
        started.isoformat(timespec="seconds"),
        _machine(),
    )


def holder_in(text: bytes) -> Holder | None:
    """Return who wrote a text; None where nobody did that we know."""
    try:
        found = json.loads(text)
        return Holder(**{name: found[name] for name in Holder.__dataclass_fields__})
    except (ValueError, TypeError, KeyError):
        return None


@contextmanager
def exclusive(
    place: Place, command: str, *, started: datetime, wait_s: float = 0
) -> Iterator[None]:
    """Hold a warehouse for the time of a run.

    Args:
        place: Where it lies.
        command: What is done, for others to read.
        started: When this run began.
        wait_s: How long to wait for another run, in seconds.

    Raises:
        BusyError: Another run holds it; the message says which.
        StoreError: The place cannot be written.
    """
    me, until = this_run(command, started), time.monotonic() + wait_s
    got, told = place.take(me), False
    while isinstance(got, Taken):
        holder = str(got.holder or "one that does not say who it is") + got.more
        left = until - time.monotonic()
        if left <= 0:
            waited = f" after {wait_s:,.0f} s of waiting" if wait_s else ""
            raise BusyError(
                f"another run holds {place.address}{waited}: {holder}. To wait for it: --wait 30m;"
                " to see what is already in: daytally status"
            )
        if not told:
            logger.bind(holder=holder, wait_s=wait_s).warning("waiting for another run")
            told = True
        time.sleep(min(POLL_S, left))
        got = place.take(me)
    try:
        yield
    finally:
        got.release()


def take_file(root: Path, me: Holder) -> Held | Taken:
    """Lock a file in a folder; the kernel lets go of it when the process ends, however it ends.

    Raises:
        StoreError: The folder cannot be written.
    """
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        handle = os.open(root / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with writing(root):
            os.ftruncate(handle, 0)
            os.pwrite(handle, me.text().encode(), 0)
    except BlockingIOError:
        holder = holder_in(os.pread(handle, 4096, 0))
        os.close(handle)
        return Taken(holder)
    except BaseException:
        os.close(handle)
        raise
    return Held(lambda: os.close(handle))


def _machine() -> str:
    """Return what tells this system, and this space of process ids, from all others."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # no Linux, or no /proc: then nothing is known of other processes
        return ""
