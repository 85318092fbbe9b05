"""Two runs that meet: they take turns, and where they cannot, no figure passes for another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from etl.pipeline import ingest
from etl.pipeline.ingest_run import run_ingest
from etl.pipeline.measuring import measure_days
from tests.pipeline.conftest import NOW, open_folder
from tests.pipeline.faults import WINDOW, assert_same, daytally, started, write_logs
from tests.pipeline.test_nightly import API, FIRST, line, quiet, run, values


class DiedError(Exception):
    """A run has died."""


def die_when_it_is_sealed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read what is new, and die before it is published."""
    true, calls = ingest.publish, [0]

    def dying(*args: object) -> object:
        calls[0] += 1
        if calls[0] > 1:
            raise DiedError
        return true(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(ingest, "publish", dying)
        with pytest.raises(DiedError):
            run_ingest(open_folder(folder), now=NOW, workers=1)


@pytest.mark.parametrize("nights", [0, 1])
def test_what_was_sealed_is_shown_though_its_source_has_left_the_settings(
    write_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, nights: int
) -> None:
    folder = write_project(API)
    (folder / "logs" / "access.log.1").write_text(line(FIRST, 1))
    for _ in range(nights):
        run(folder)
    (folder / "logs" / "access.log.2").write_text(line(FIRST, 2) * 2)
    quiet(folder / "logs" / "access.log.2")
    die_when_it_is_sealed(folder, monkeypatch)
    write_project(API.replace('name = "api"', 'name = "shop"').replace("access.log", "shop.log"))
    run(folder, now=NOW)
    project = open_folder(folder)
    rows = project.warehouse.scan("requests", project.schema_of("requests")).collect()
    assert rows["source"].to_list() == ["api"] * 3


def test_a_day_measured_between_seal_and_publication_is_measured_again(
    write_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger knows lines that no table shows yet; the figures must not pass for theirs."""
    folder = write_project(API)
    (folder / "logs" / "access.log.1").write_text(line(FIRST, 1))
    run(folder)
    (folder / "logs" / "access.log.2").write_text(line(FIRST, 2) * 2)
    quiet(folder / "logs" / "access.log.2")
    die_when_it_is_sealed(folder, monkeypatch)
    # Another run published what was sealed before that, and goes on with its second stage.
    measure_days(open_folder(folder), [FIRST], now=NOW, again=True)
    assert values(open_folder(folder))[FIRST] == 1
    run(folder, now=NOW)
    assert values(open_folder(folder))[FIRST] == 3


def test_two_runs_at_once_are_one_after_the_other(tmp_path: Path) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    for folder in (alone, together):
        write_logs(folder, inputs=4)
    assert daytally(alone, "run", *WINDOW).returncode == 0
    runs = [started(together, "run", "--wait", "10m", *WINDOW) for _ in range(2)]
    for done in [one.end() for one in runs]:
        assert done.returncode == 0, done.stderr
    assert_same(together, alone)
