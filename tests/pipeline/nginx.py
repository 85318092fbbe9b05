"""A real nginx with a real logrotate, and clients that remember what was answered."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/logs/access.log combined;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/temp/body;
    proxy_temp_path {folder}/temp/proxy;
    fastcgi_temp_path {folder}/temp/fastcgi;
    uwsgi_temp_path {folder}/temp/uwsgi;
    scgi_temp_path {folder}/temp/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "ok"; }} }}
}}
"""

ROTATION = """
{folder}/logs/access.log {{
    rotate 1000
    {ways}
    postrotate
        kill -USR1 $(cat {folder}/nginx.pid)
    endscript
}}
"""
"""Without postrotate's signal nginx would write on into the renamed file; where a copy is made, it
does no harm."""

PATIENCE_S = 20


def program(name: str) -> str:
    """Return where a system's program is; folders of root's are not in everybody's path."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is not installed; make test-all installs it"
    return found


@contextmanager
def nginx(folder: Path) -> Iterator[int]:
    """Run nginx in a folder; yields its port. At the end all it has to log is written."""
    (folder / "temp").mkdir()
    (folder / "logs").mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, user=user))
    server = subprocess.Popen(
        [program("nginx"), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")],
        stdin=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        server.send_signal(signal.SIGQUIT)  # answers what it has, writes its log, leaves
        try:
            server.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
            raise


def rotate(folder: Path, ways: str) -> None:
    """Rotate the log once.

    Args:
        folder: nginx's.
        ways: logrotate's directives.
    """
    rules = folder / "logrotate.conf"
    rules.write_text(ROTATION.format(folder=folder, ways=ways))
    rules.chmod(0o600)  # it takes no rules that others may change
    subprocess.run(
        [program("logrotate"), "--force", "--state", str(folder / "rotated"), str(rules)],
        check=True, timeout=PATIENCE_S,
    )  # fmt: skip


class Clients:
    """Threads that ask for one path after the other, none of them twice.

    Args:
        port: nginx's.
        count: How many.
        most: Requests of each, at most.

    Attributes:
        answered: Paths of the requests that were answered.
        broken: What went wrong.
    """

    def __init__(self, port: int, *, count: int, most: int) -> None:
        self.answered: list[str] = []
        self.broken: list[str] = []
        self._port, self._most = port, most
        self._stop, self._go = threading.Event(), threading.Event()
        self._turns = [threading.Lock() for _ in range(count)]
        self._threads = [
            threading.Thread(target=self._ask, args=(number,)) for number in range(count)
        ]

    def __enter__(self) -> Clients:
        """Start."""
        self._go.set()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop, once all answers are in."""
        self._stop.set()
        self._go.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let nobody ask meanwhile, and nobody wait for an answer."""
        self._go.clear()
        for turn in self._turns:
            turn.acquire()  # held while a request is on its way
        try:
            yield
        finally:
            for turn in self._turns:
                turn.release()
            self._go.set()

    def _ask(self, number: int) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        try:
            for serial in range(self._most):
                self._go.wait()
                if self._stop.is_set():
                    return
                with self._turns[number]:
                    path = f"/{number}/{serial}"
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    if (answer.status, answer.read()) == (200, b"ok"):
                        self.answered.append(path)
                    else:
                        self.broken.append(f"{path}: {answer.status}")
                time.sleep(0.001)
        except OSError as error:
            self.broken.append(str(error))
        finally:
            connection.close()


def _wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError("nginx does not answer")
