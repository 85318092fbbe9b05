"""Kills processes at one of their requests to S3, which a gate counts."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from tests.forks import Fork
from tests.s3.gate import Gate, Judgement, opened

WRITING = frozenset({"PUT", "POST", "DELETE"})
NEVER = -1


class Killer:
    """A gate before a server, for one process at a time.

    The test's own process does not go through it: Delta holds the interpreter while it waits.

    Args:
        server: Its address.
        writes_only: Whether only requests that change something are counted.
    """

    def __init__(self, server: str, *, writes_only: bool = False) -> None:
        self._server, self._writes_only = server, writes_only
        self._ending = ExitStack()
        self._gate = ""
        self._started = threading.Event()
        self._landed = self._dead = False
        self._fatal = NEVER
        self._pid = 0
        self.count = 0

    def __enter__(self) -> Killer:
        """Listen."""
        self._gate = self._ending.enter_context(opened(Gate(self._judge), self._server))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Listen no more."""
        self._ending.close()

    def kill(
        self, folder: Path, start: Callable[[], Fork], fatal: int, *, landed: bool = False
    ) -> bool:
        """Start a process on a project and kill it; tell whether it died, by its return code.

        Args:
            folder: The project, whose settings name the server.
            start: Starts the process.
            fatal: Number, from 0, of the request at which it is killed.
            landed: Whether the server still does what this request asks for.
        """
        self._started.clear()
        self._fatal, self._landed, self._dead, self.count = fatal, landed, False, 0
        toml = folder / "daytally.toml"
        own = toml.read_text()
        assert self._server in own
        toml.write_text(own.replace(self._server, self._gate))
        victim = start()
        self._pid = victim.pid
        self._started.set()
        done = victim.end()
        toml.write_text(own)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.returncode == -signal.SIGKILL

    def _judge(self, method: str, path: str) -> Judgement:
        del path
        assert self._started.wait(60)
        if self._dead:
            return "SlowDown"  # to a thread of the dead; nobody hears it
        if self._writes_only and method not in WRITING:
            return "pass"
        self.count += 1
        if self.count - 1 != self._fatal:
            return "pass"
        os.kill(self._pid, signal.SIGKILL)
        self._dead = True
        return "cut" if self._landed else "SlowDown"
