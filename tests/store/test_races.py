"""All who write to a warehouse, and who looks at it, at once: nothing is lost, nothing double."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from etl.store.place import Folder
from etl.store.tables import Warehouse
from tests.forks import fork
from tests.pipeline.dying import be_eager
from tests.store.racing import WHO, assert_nothing_lost_or_doubled

NAMES = ["seal"] * 3 + ["rebuild"] + ["note"] * 2 + ["measure"] * 2
NAMES += ["restate"] * 2 + ["compact", "look"]


def test_threads_that_share_one_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    be_eager(monkeypatch.setattr)
    warehouse = Warehouse(Folder(tmp_path))
    with ThreadPoolExecutor(len(NAMES)) as pool:
        racers = [pool.submit(WHO[name], warehouse, me) for me, name in enumerate(NAMES)]
    for each in racers:
        each.result()
    assert_nothing_lost_or_doubled(warehouse, NAMES)


def test_processes_with_a_warehouse_each(tmp_path: Path) -> None:
    racers = [
        fork("tests.store.racing", name, str(tmp_path), str(me), env=os.environ)
        for me, name in enumerate(NAMES)
    ]
    for done in [each.end() for each in racers]:
        assert done.returncode == 0, done.stderr
    assert_nothing_lost_or_doubled(Warehouse(Folder(tmp_path)), NAMES)
