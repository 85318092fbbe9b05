"""nginx under load, its log rotated every second or so, and read in a loop: one row a request."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pipeline.conftest import open_folder
from tests.pipeline.faults import environment
from tests.pipeline.nginx import PATIENCE_S, Clients, nginx, rotate

pytestmark = pytest.mark.extra

LOAD_S = 6
"""How long clients ask, by rotation."""

BETWEEN_S = 1.0
"""From one rotation to the next."""

MOST_REQUESTS = 5_000
"""Of each of four clients."""

WAYS = {
    "create": "create",
    "create, compressed": "create\ncompress\ndelaycompress",
    "create, compressed, dated": (
        "create\ncompress\ndelaycompress\ndateext\ndateformat -%Y%m%d-%s"
    ),
    "copytruncate, compressed": "copytruncate\ncompress\ndelaycompress",
}
"""What logrotate is told. It loses lines with `compress` alone: nginx goes on for a moment with the
file that is being compressed."""


def ingest(folder: Path) -> int:
    """Run `daytally ingest`; what is in the middle of being compressed may be left (3)."""
    done = subprocess.run(
        [sys.executable, "-m", "etl", "--project", str(folder), "-q", "ingest"],
        env=environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stdout + done.stderr
    return done.returncode


def ingest_in_a_loop(folder: Path, stop: threading.Event, codes: list[int]) -> None:
    while not stop.is_set():
        codes.append(ingest(folder))


def logged(folder: Path) -> list[str]:
    """Return the paths in all whole lines of the logs that are left, by names' order."""
    texts = []
    for path in sorted((folder / "logs").iterdir()):
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        texts.append(content.rpartition(b"\n")[0].decode())
    return [line.split()[6] for text in texts for line in text.splitlines()]


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def rotations(folder: Path, clients: Clients, ways: str, *, paused: bool) -> Iterator[None]:
    """Rotate until the time is over.

    Args:
        folder: nginx's.
        clients: Those who ask it.
        ways: logrotate's directives.
        paused: Let nobody ask meanwhile, and all that was answered be in the log before: nginx
            writes a line after its answer.
    """
    end = time.monotonic() + LOAD_S
    while time.monotonic() < end:
        time.sleep(BETWEEN_S)
        if paused:
            with clients.paused():
                until(lambda: len(logged(folder)) >= len(clients.answered))
                rotate(folder, ways)
        else:
            rotate(folder, ways)
        yield


def under_load(folder: Path, ways: str, *, paused: bool = False) -> list[str]:
    """Let clients ask, logrotate rotate and daytally ingest; return what was answered."""
    (folder / "daytally.toml").write_text(
        '[project]\nname = "Test"\ntimezone = "UTC"\n[[source]]\nname = "api"\n'
        'inputs = ["logs/access.log*"]\nformat = "nginx:combined"\n'
    )
    stop, codes = threading.Event(), list[int]()
    reader = threading.Thread(target=ingest_in_a_loop, args=(folder, stop, codes))
    with nginx(folder) as port:
        reader.start()
        try:
            with Clients(port, count=4, most=MOST_REQUESTS) as clients:
                rotated = sum(1 for _ in rotations(folder, clients, ways, paused=paused))
        finally:
            stop.set()
            reader.join()
    assert not clients.broken
    assert rotated > 2
    assert codes
    return clients.answered


@pytest.mark.parametrize("ways", WAYS.values(), ids=WAYS.keys())
def test_every_answered_request_is_one_row(tmp_path: Path, ways: str) -> None:
    """`copytruncate` itself loses nothing only while nobody writes."""
    answered = Counter(under_load(tmp_path, ways, paused="copytruncate" in ways))
    assert Counter(logged(tmp_path)) == answered  # logrotate has lost nothing
    assert ingest(tmp_path) == 0
    assert rows(tmp_path) == answered
    assert ingest(tmp_path) == 0
    assert rows(tmp_path) == answered
    assert not rejects(tmp_path)


def test_what_copytruncate_leaves_is_there_and_nothing_twice(tmp_path: Path) -> None:
    """It loses what is written between its copy and its truncation, unless we were faster.

    That may begin in the middle of a line: the copy then ends with the half of it that was there.
    """
    answered = Counter(under_load(tmp_path, "copytruncate"))
    ingest(tmp_path)
    kept, refused = rows(tmp_path), rejects(tmp_path)
    assert Counter(refused) <= Counter(cut_off(tmp_path))
    assert Counter(logged(tmp_path)) <= kept <= answered


def cut_off(folder: Path) -> list[bytes]:
    """Return what stands after the last newline of each log that was left by its writer."""
    ends = [path.read_bytes().rpartition(b"\n")[2] for path in (folder / "logs").glob("*.log.*")]
    return [end for end in ends if end]


def rejects(folder: Path) -> list[bytes]:
    project = open_folder(folder)
    table = project.warehouse.scan("rejects", project.schema_of("rejects"))
    return table.select("raw").collect()["raw"].to_list()


def rows(folder: Path) -> Counter[str]:
    project = open_folder(folder)
    table = project.warehouse.scan("requests", project.schema_of("requests"))
    return Counter(table.select("path").collect()["path"].to_list())
