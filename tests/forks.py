"""Processes that begin with everything imported, a tenth of what `python -m …` costs to start.

A server, one for each worker of the tests, has imported what `daytally` does and started no thread
of its own. For each process that is asked for it forks a keeper, which forks the process, says
its id, waits for it and says how it ended.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
IMPORTED = (
    *("etl.cli.run", "etl.cli.status", "etl.parse.batch", "etl.parquet.writer", "etl.s3"),
    *("etl.pipeline.ingest", "etl.pipeline.reports", "etl.pipeline.runs", "etl.store.encode"),
    *("tests.pipeline.dying", "tests.pipeline.faults"),
)
MOST_BYTES = 150_000  # of a request: environments are small, and a packet is not cut


@dataclass(slots=True)
class Fork:
    """A process.

    Attributes:
        pid: Its id.
        stdout: What it writes, as it comes.
        returncode: How it ended, as `subprocess` says it; None until `wait` has seen that.
    """

    pid: int
    stdout: IO[str]
    _stderr: IO[str]
    _keeper: IO[str]
    returncode: int | None = field(default=None)

    def wait(self, seconds: float) -> int:
        """Return how it ended.

        Raises:
            TimeoutError: It has not ended in time.
        """
        if self.returncode is None:
            if not select.select([self._keeper], [], [], seconds)[0]:
                raise TimeoutError
            self.returncode = os.waitstatus_to_exitcode(int(self._keeper.readline()))
        return self.returncode

    def kill(self) -> None:
        """Kill it, if it has not ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def end(self, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Wait for the end; return it with what it wrote and nobody has read yet."""
        with self.stdout, self._keeper, self._stderr:
            said = self.stdout.read()
            code = self.wait(seconds)
            self._stderr.seek(0)
            return subprocess.CompletedProcess((), code, said, self._stderr.read())


def fork(module: str, *words: str, env: Mapping[str, str], under: Sequence[str] = ()) -> Fork:
    """Start a process that calls a module's `_main` with words as `sys.argv[1:]`.

    Args:
        module: Its name.
        words: The arguments.
        env: The whole environment.
        under: What the process is put under, as names of `UNDER` with their values: `fsize=1024`.
    """
    out, out_end = os.pipe()
    keeper, keeper_end = os.pipe()
    stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115 - `Fork.end` closes it
    request = json.dumps([module, words, dict(env), list(under)]).encode()
    assert len(request) < MOST_BYTES
    socket.send_fds(_server(), [request], [out_end, stderr.fileno(), keeper_end])
    os.close(out_end)
    os.close(keeper_end)
    told = os.fdopen(keeper)
    return Fork(int(told.readline()), os.fdopen(out), stderr, told)


@cache
def _server() -> socket.socket:
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    env = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.forks", str(its.fileno())],
        env=env, cwd=ROOT, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL,
    )  # fmt: skip
    its.close()

    def end() -> None:
        ours.close()  # which is how it learns that nobody asks any more
        server.wait(60)

    atexit.register(end)
    return ours


def _limit_files(value: str) -> None:
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (int(value), resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    )


def _obey(_: str) -> None:
    """Give up root's right to pass over the permissions of files (capabilities(7), capset(2))."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this thread: there is no other yet
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice 32 bits of each
    if libc.capget(header, sets):
        raise OSError(ctypes.get_errno(), "capget")
    passing = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    for place in range(3):
        sets[place] &= ~passing
    if libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")


UNDER: Mapping[str, Callable[[str], None]] = {"fsize": _limit_files, "obedient": _obey}


def _serve(asked: socket.socket) -> None:
    """Fork until nobody can ask any more; in a forked process, return when its work is done."""
    signal.signal(signal.SIGCHLD, _bury)
    while True:
        request, files, *_ = socket.recv_fds(asked, MOST_BYTES, 3)
        if not request:
            return
        if os.fork() == 0:
            asked.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(*files, *json.loads(request))
            return
        for each in files:
            os.close(each)


def _warm() -> None:
    for name in IMPORTED:
        importlib.import_module(name)
    from etl.native.jit import Entry

    for kernel in [each for each in gc.get_objects() if isinstance(each, Entry)]:
        assert kernel.address  # which loads it


def _bury(*_: object) -> None:
    """Take note of keepers that have ended, so that their time counts as the server's."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _keep(
    out: int, err: int, keeper: int, module: str, words: list[str], env: dict[str, str],
    under: list[str],
) -> None:  # fmt: skip
    pid = os.fork()
    if pid:
        os.close(out)
        os.write(keeper, b"%d\n" % pid)
        os.write(keeper, b"%d\n" % os.waitpid(pid, 0)[1])
        os._exit(0)
    os.close(keeper)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    for name, _, value in (each.partition("=") for each in under):
        UNDER[name](value)
    sys.argv = [module, *words]
    importlib.import_module(module)._main()


if __name__ == "__main__":
    _warm()
    _serve(socket.socket(fileno=int(sys.argv[1])))
