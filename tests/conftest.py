"""The room in which every test runs: an odd time zone, no credentials, no way out."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from etl.cli.start import COLLECT_EVERY

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
NO_SHARED_DATA = "../shared/data is not on this machine"
"""The reason of the only skips that CI lets pass; .ci/run knows it by these words."""

ODD_ZONE = "Pacific/Chatham"  # 45 minutes off the hour, and it changes clocks
NOWHERE = "http://127.0.0.1:9"  # the discard port: whoever asks this proxy is refused at once

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
"""Per cent of the usual number of examples that properties are tried on.

`make test` has five minutes and takes a quarter, `make test-all` takes all of them, `make fuzz`
many times as many, new ones each time.
"""
FUZZ = EXAMPLES > 100

settings.register_profile(
    "daytally", deadline=None, max_examples=max(5, EXAMPLES), derandomize="CI" in os.environ
)
settings.register_profile("fuzz", deadline=None, max_examples=EXAMPLES, print_blob=True)
settings.load_profile("fuzz" if FUZZ else "daytally")


def examples(usual: int) -> settings:
    """Say how many examples a property needs that is not content with the usual 100."""
    return settings(max_examples=max(5, usual * EXAMPLES // 100))


class OutsideWorldError(Exception):
    """A test tried to talk to another machine."""


def pytest_configure() -> None:
    """Prepare the process, and through its environment all that tests start."""
    gc.set_threshold(COLLECT_EVERY)
    for name in [name for name in os.environ if name.startswith(("AWS_", "DAYTALLY_"))]:
        del os.environ[name]
    for name in ("http_proxy", "https_proxy", "all_proxy"):  # for native code and subprocesses
        os.environ[name] = os.environ[name.upper()] = NOWHERE
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost,::1"
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["TZ"] = ODD_ZONE
    time.tzset()


@pytest.fixture(autouse=True)
def _no_outside_world(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real logs beside the repository; skip where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip(NO_SHARED_DATA)
    return SHARED_DATA


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the checkout."""
    return REPOSITORY


def _guarded(method: Any) -> Any:
    def guarded(self: socket.socket, *args: Any) -> Any:
        address = args[-1]  # sendto has data, and perhaps flags, before it
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise OutsideWorldError(f"tests talk to this machine only, not to {address}")
        return method(self, *args)

    return guarded


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name: it would have to be looked up outside
        return False
