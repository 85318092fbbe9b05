"""A rebuild of tables in S3 that dies at any write is as before or as after, and is finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.pipeline.runs import run_all, run_backfill
from tests.pipeline.conftest import NOW, open_folder
from tests.pipeline.test_killed import die
from tests.pipeline.test_killed_rebuild import (
    EVERYTHING,
    FIRST,
    NEW,
    OLD,
    SECOND,
    WRITES,
    figures,
    rows,
    write_project,
)
from tests.s3.warehouses import Original

pytestmark = pytest.mark.extra


@pytest.fixture(scope="module")
def before(seaweed: str, tmp_path_factory: pytest.TempPathFactory) -> Original:
    """Return a project read by the old format, whose settings now say the new one."""
    folder = tmp_path_factory.mktemp("rebuild") / "project"
    write_project(folder)
    made = Original(seaweed, folder)
    run_all(open_folder(folder), [FIRST, SECOND], now=NOW, workers=2)
    path = folder / "daytally.toml"
    path.write_text(path.read_text().replace(OLD, NEW))
    return made


@pytest.fixture(scope="module")
def after(before: Original, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same project after an undisturbed rebuild."""
    folder = before.copied(tmp_path_factory.mktemp("rebuilt"))
    assert not die(folder, EVERYTHING, "rebuild")
    return folder


@pytest.mark.parametrize("place", range(WRITES))
def test_each_input_is_as_before_or_after(
    before: Original, after: Path, tmp_path: Path, place: int
) -> None:
    """Finished by a plain run, or by the same rebuild; on disk each place sees both."""
    folder = before.copied(tmp_path)
    assert die(folder, place, "rebuild")
    if place % 2:
        run_all(open_folder(folder), [FIRST], now=NOW, workers=2)
        old, new, now = rows(before.folder), rows(after), rows(folder)
        assert now in (old, new)
        assert figures(folder) == figures(after if now == new else before.folder)
    else:
        run_backfill(open_folder(folder), [FIRST], now=NOW, workers=2, rebuild=True)
        assert rows(folder) == rows(after) != rows(before.folder)
        assert figures(folder) == figures(after) != figures(before.folder)


def test_there_is_no_further_place_to_die_at(before: Original, after: Path, tmp_path: Path) -> None:
    folder = before.copied(tmp_path)
    assert not die(folder, WRITES, "rebuild")
    assert rows(folder) == rows(after) != rows(before.folder)
