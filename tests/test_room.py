"""The room in which tests run keeps what it promises."""

from __future__ import annotations

import asyncio
import os
import socket
import urllib.request
from datetime import datetime

import pytest

from tests.conftest import OutsideWorldError

ELSEWHERE = "192.0.2.1"  # reserved for documentation: nobody answers there


@pytest.mark.parametrize("host", [ELSEWHERE, "example.org"])
def test_no_socket_leaves_this_machine(host: str) -> None:
    with socket.socket() as outgoing, pytest.raises(OutsideWorldError):
        outgoing.connect((host, 80))
    with socket.socket(type=socket.SOCK_DGRAM) as outgoing, pytest.raises(OutsideWorldError):
        outgoing.sendto(b"", (host, 514))


def test_no_coroutine_leaves_this_machine() -> None:
    with pytest.raises(OutsideWorldError):
        asyncio.run(asyncio.open_connection(ELSEWHERE, 80))


def test_what_ignores_the_guard_meets_a_proxy_that_refuses() -> None:
    """Native code and subprocesses do not see Python's sockets, but read the environment."""
    assert urllib.request.getproxies()["https"].startswith("http://127.0.0.1:")


def test_no_credentials_and_an_odd_zone() -> None:
    own = {"AWS_EC2_METADATA_DISABLED", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}
    names = {name for name in os.environ if name.startswith(("AWS_", "DAYTALLY_"))}
    assert names == own
    offset = datetime.now().astimezone().utcoffset()
    assert offset is not None
    assert offset.total_seconds() % 3600 == 2700
