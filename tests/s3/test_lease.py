"""Who works on a warehouse in S3: one at a time, told by name, and nobody for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from etl.errors import BusyError
from etl.s3 import split_address
from etl.store import lease
from etl.store.bucket import Bucket
from etl.store.lock import Held, Taken, exclusive, this_run
from tests.pipeline.conftest import NOW
from tests.s3.servers import client
from tests.s3.warehouses import bucket_at

pytestmark = pytest.mark.extra
ME = this_run("run", NOW)
ELSEWHERE = replace(ME, host="other", machine="another", pid=7)


@pytest.fixture
def place(server: str, prefix: str) -> Bucket:
    return bucket_at(server, prefix)


def written(place: Bucket) -> dict[str, object]:
    found = place.store.read_small(*split_address(f"{place.address}/.lock"))
    assert found is not None
    return dict(json.loads(found.body))


def test_of_many_runs_at_the_same_moment_one_gets_it(place: Bucket) -> None:
    for _ in range(2):  # the first time there is no object yet
        with ThreadPoolExecutor(8) as pool:
            got = list(pool.map(lambda _: place.take(ME), range(8)))
        (held,) = [one for one in got if isinstance(one, Held)]
        assert all(isinstance(one, Taken) for one in got if one is not held)
        held.release()


def test_the_holder_is_named_and_waiting_has_an_end(place: Bucket) -> None:
    held = place.take(ELSEWHERE)
    assert isinstance(held, Held)
    with (
        pytest.raises(BusyError, match=r"daytally run on other, process 7, since 2026-04-02T") as e,
        exclusive(place, "ingest", started=NOW),
    ):
        pass
    assert e.value.exit_code == 5
    assert place.address in str(e.value)
    with (
        pytest.raises(BusyError, match="after 2 s of waiting"),
        exclusive(place, "ingest", started=NOW, wait_s=2),
    ):
        pass
    timer = threading.Timer(1, held.release)
    timer.start()
    with exclusive(place, "ingest", started=NOW, wait_s=60):
        assert written(place)["command"] == "ingest"
    timer.join()
    assert written(place) == {"free": True}


def test_a_lease_of_a_process_that_is_gone_is_taken_over_at_once(place: Bucket) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(timeout=60)
    assert isinstance(place.take(replace(ME, pid=ended.pid)), Held)  # and never given back
    held = place.take(ME)
    assert isinstance(held, Held)
    held.release()


def test_a_lease_that_is_not_renewed_runs_out(
    place: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = place.take(ELSEWHERE)
    assert isinstance(first, Held)
    assert isinstance(place.take(ME), Taken)
    monkeypatch.setattr(lease, "LEASE_S", 0)
    second = place.take(ME)
    assert isinstance(second, Held)
    first.release()  # it woke up: what is another's now stays that
    assert written(place)["pid"] == os.getpid()
    second.release()
    assert written(place) == {"free": True}


def test_a_lease_is_renewed_until_it_is_lost(
    place: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEW_S", 0.05)
    held = place.take(ELSEWHERE)
    assert isinstance(held, Held)
    for _ in range(400):
        if int(str(written(place)["count"])) > 3:
            break
    assert int(str(written(place)["count"])) > 3
    bucket, key = split_address(f"{place.address}/.lock")
    url = str(place.store.client.meta.endpoint_url)
    client(url).put_object(Bucket=bucket, Key=key, Body=ME.text().encode())
    held.release()
    assert written(place) == json.loads(ME.text())


def test_a_lease_that_nobody_can_read_is_replaced(place: Bucket) -> None:
    bucket, key = split_address(f"{place.address}/.lock")
    place.store.write_if(bucket, key, b"\xff not ours", None)
    held = place.take(ME)
    assert isinstance(held, Held)
    held.release()
