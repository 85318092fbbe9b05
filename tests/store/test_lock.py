"""One run at a time on a folder; others are told which, and may wait."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from etl.errors import BusyError
from etl.store.lock import Held, exclusive, this_run
from etl.store.place import Folder
from tests.pipeline.conftest import NOW

OTHER = replace(this_run("run", NOW), host="other", pid=7)


def test_the_holder_is_named_and_waiting_has_an_end(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    held = folder.take(OTHER)
    assert isinstance(held, Held)
    with (
        pytest.raises(BusyError, match=r"daytally run on other, process 7, since 2026-04-02T") as e,
        exclusive(folder, "ingest", started=NOW),
    ):
        pass
    assert e.value.exit_code == 5
    assert str(tmp_path) in str(e.value)
    with (
        pytest.raises(BusyError, match="after 1 s of waiting"),
        exclusive(folder, "ingest", started=NOW, wait_s=1),
    ):
        pass
    held.release()


def test_a_run_that_waits_gets_its_turn(tmp_path: Path) -> None:
    held = Folder(tmp_path).take(OTHER)
    assert isinstance(held, Held)
    timer = threading.Timer(0.5, held.release)
    timer.start()
    with exclusive(Folder(tmp_path), "ingest", started=NOW, wait_s=60):
        assert json.loads((tmp_path / ".lock").read_text())["command"] == "ingest"
    timer.join()


def test_a_lock_file_that_says_nothing_names_nobody(tmp_path: Path) -> None:
    held = Folder(tmp_path).take(OTHER)
    assert isinstance(held, Held)
    (tmp_path / ".lock").write_bytes(b"\xff\n[]")
    with (
        pytest.raises(BusyError, match="one that does not say who it is"),
        exclusive(Folder(tmp_path), "ingest", started=NOW),
    ):
        pass
    held.release()
