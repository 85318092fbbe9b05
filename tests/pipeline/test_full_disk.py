"""A disk that is full wherever a run has got to: said in words, and the next run goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.pipeline.disks import SmallDisk, can_mount, small_disk
from tests.pipeline.faults import (
    WINDOW,
    assert_said,
    assert_same,
    daytally,
    write_logs,
)

MOST_STEPS = 20
"""Times that the disk grows, at most."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that was read with room for everything."""
    folder = tmp_path_factory.mktemp("plain") / "project"
    write_logs(folder, inputs=4)
    assert daytally(folder, "run", *WINDOW).returncode == 0
    return folder


def fail_until_there_is_room(folder: Path, disk: SmallDisk, *words: str) -> int:
    """Run, and double the disk after each failure; return how many there were."""
    for failed in range(MOST_STEPS):
        done = daytally(folder, "-q", *words, under=disk.under())
        if done.returncode == 0:
            return failed
        # A file of Delta's log that cannot be finished makes one of its threads say so by itself.
        assert_said(done, 1, "Error: ", "Make room on its disk", panics=True)
        disk.grow(2 * disk.kib)
    raise AssertionError("the disk never was large enough")


def test_files_that_may_not_become_large_stop_a_run_in_their_middle(
    tmp_path: Path, plain: Path
) -> None:
    """Nobody needs to be root for this."""
    folder = tmp_path / "project"
    write_logs(folder, inputs=4)
    with small_disk(folder / "warehouse", 2, mounted=False) as disk:
        assert fail_until_there_is_room(folder, disk, "run", *WINDOW) >= 2
    assert_same(folder, plain)


def test_pages_that_may_not_become_large_are_written_by_the_next_run(
    tmp_path: Path, plain: Path
) -> None:
    folder = Path(shutil.copytree(plain, tmp_path / "project"))
    pages = contents(folder / "out")
    shutil.rmtree(folder / "out")
    with small_disk(folder / "out", 2, mounted=False) as disk:
        assert fail_until_there_is_room(folder, disk, "report", *WINDOW) >= 2
    assert contents(folder / "out") == pages


@pytest.mark.extra
@pytest.mark.parametrize("which", ["warehouse", "out"])
def test_a_full_disk_stops_a_run_and_the_next_one_heals(
    tmp_path: Path, plain: Path, which: str
) -> None:
    folder = tmp_path / "project"
    write_logs(folder, inputs=4)
    with small_disk(folder / which, 64, mounted=can_mount(tmp_path)) as disk:
        assert fail_until_there_is_room(folder, disk, "run", *WINDOW) >= 2
        assert_same(folder, plain)
        assert contents(folder / "out") == contents(plain / "out")


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
