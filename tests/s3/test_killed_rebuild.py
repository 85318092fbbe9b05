"""A rebuild of tables in S3 that dies at any write is as before or as after, and is finished."""

from __future__ import annotations

from collections.abc import Iterator
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
from tests.s3.servers import KEY, SECRET
from tests.s3.warehouses import copied_to, move_to_s3

pytestmark = pytest.mark.extra

BEFORE, AFTER = "rebuild/before", "rebuild/after"


@pytest.fixture(scope="module")
def before(seaweed: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a project read by the old format, whose settings now say the new one."""
    folder = tmp_path_factory.mktemp("rebuild") / "project"
    write_project(folder)
    move_to_s3(folder, seaweed, BEFORE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        run_all(open_folder(folder), [FIRST, SECOND], now=NOW, workers=2)
        path = folder / "daytally.toml"
        path.write_text(path.read_text().replace(OLD, NEW))
        yield folder


@pytest.fixture(scope="module")
def after(seaweed: str, before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same project after an undisturbed rebuild."""
    folder = copied_to(seaweed, before, tmp_path_factory.mktemp("rebuilt"), BEFORE, AFTER)
    assert not die(folder, EVERYTHING, "rebuild")
    return folder


@pytest.mark.parametrize("place", range(WRITES))
def test_each_input_is_as_before_or_after(
    seaweed: str, prefix: str, before: Path, after: Path, tmp_path: Path, place: int
) -> None:
    """Finished by a plain run, or by the same rebuild; on disk each place sees both."""
    folder = copied_to(seaweed, before, tmp_path, BEFORE, prefix)
    assert die(folder, place, "rebuild")
    if place % 2:
        run_all(open_folder(folder), [FIRST], now=NOW, workers=2)
        old, new, now = rows(before), rows(after), rows(folder)
        assert now in (old, new)
        assert figures(folder) == figures(after if now == new else before)
    else:
        run_backfill(open_folder(folder), [FIRST], now=NOW, workers=2, rebuild=True)
        assert rows(folder) == rows(after) != rows(before)
        assert figures(folder) == figures(after) != figures(before)


def test_there_is_no_further_place_to_die_at(
    seaweed: str, prefix: str, before: Path, after: Path, tmp_path: Path
) -> None:
    folder = copied_to(seaweed, before, tmp_path, BEFORE, prefix)
    assert not die(folder, WRITES, "rebuild")
    assert rows(folder) == rows(after) != rows(before)
