"""Two runs that meet, in the one place where it is the second stage that could be misled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from etl.pipeline import ingest
from etl.pipeline.ingest_run import run_ingest
from etl.pipeline.measuring import measure_days
from tests.pipeline.conftest import NOW, open_folder
from tests.pipeline.test_nightly import API, FIRST, line, quiet, run, values


class DiedError(Exception):
    """A run has died."""


def test_a_day_measured_between_seal_and_publication_is_measured_again(
    write_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger knows lines that no table shows yet; the figures must not pass for theirs."""
    folder = write_project(API)
    (folder / "logs" / "access.log.1").write_text(line(FIRST, 1))
    run(folder)
    (folder / "logs" / "access.log.2").write_text(line(FIRST, 2) * 2)
    quiet(folder / "logs" / "access.log.2")
    true, calls = ingest.publish, [0]

    def dying(*args: object) -> object:
        calls[0] += 1
        if calls[0] > 1:
            raise DiedError
        return true(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(ingest, "publish", dying)
    with pytest.raises(DiedError):
        run_ingest(open_folder(folder), now=NOW, workers=1)
    monkeypatch.setattr(ingest, "publish", true)
    # Another run published what was sealed before that, and goes on with its second stage.
    measure_days(open_folder(folder), [FIRST], now=NOW, again=True)
    assert values(open_folder(folder))[FIRST] == 1
    run(folder, now=NOW)
    assert values(open_folder(folder))[FIRST] == 3
