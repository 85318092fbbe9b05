"""What may not be read or written any more: said in words, and the next run after that goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.disks import can_mount, permissions, read_only
from tests.pipeline.faults import (
    WINDOW,
    all_rows,
    assert_said,
    assert_same,
    copied,
    daytally,
    requests,
    write_logs,
)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that was read, and whose logs have grown since, by a new one too."""
    folder = tmp_path_factory.mktemp("before") / "project"
    write_logs(folder, inputs=3)
    assert daytally(folder, "run", *WINDOW).returncode == 0
    with (folder / "logs" / "access.log").open("a") as log:
        log.writelines(requests("grown", 2000, 20))
    (folder / "logs" / "shop.log.7").write_text("".join(requests("new", 3000, 20)))
    return folder


@pytest.fixture(scope="module")
def after(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same project after a run that nobody disturbed."""
    folder = copied(before, tmp_path_factory.mktemp("after"))
    assert daytally(folder, "run", *WINDOW).returncode == 0
    return folder


@pytest.mark.parametrize(
    ("path", "bits", "code", "words"),
    [
        ("daytally.toml", 0o000, 2, "daytally.toml: cannot be read: Permission denied"),
        ("warehouse", 0o000, 1, "warehouse: cannot be written: Permission denied. Let this user"),
        ("warehouse/inputs", 0o500, 1, "table 'inputs': Permission denied. Let this user"),
        ("warehouse/requests/_delta_log", 0o500, 1, "table 'requests': Permission denied. Let"),
        ("warehouse/measurements", 0o000, 1, "table 'measurements': Permission denied. Let this"),
        ("out", 0o500, 1, "Permission denied. Make the folder writable or set another one"),
        ("logs", 0o000, 3, "logs: cannot be listed: Permission denied"),
        ("logs", 0o600, 3, "logs/access.log: cannot be opened: Permission denied"),
        ("logs/access.log", 0o000, 3, "logs/access.log: cannot be opened: Permission denied"),
    ],
)  # fmt: skip
def test_a_permission_lost_is_named_and_the_run_after_heals(
    before: Path, after: Path, tmp_path: Path, path: str, bits: int, code: int, words: str
) -> None:
    folder = copied(before, tmp_path)
    with permissions(folder / path, bits) as under:
        assert_said(daytally(folder, "run", *WINDOW, under=under), code, words)
    assert daytally(folder, "run", *WINDOW).returncode == 0
    assert_same(folder, after)


@pytest.mark.parametrize("pattern", ["hosts/*/access*", "hosts/**", "host*/**/access*"])
def test_a_folder_met_by_a_wildcard_is_named_and_the_others_are_read(
    before: Path, tmp_path: Path, pattern: str
) -> None:
    folder = copied(before, tmp_path)
    toml = folder / "daytally.toml"
    toml.write_text(toml.read_text().replace("logs/access*", pattern))
    for host in ("a", "b"):
        (folder / "hosts" / host).mkdir(parents=True)
        (folder / "hosts" / host / "access.log.1").write_text("".join(requests(host, 7_000, 20)))
    with permissions(folder / "hosts" / "a", 0o000) as under:
        done = daytally(folder, "ingest", under=under)
        assert_said(done, 3, "hosts/a: cannot be opened: Permission denied")
    assert rows_of_hosts(folder) == [0, 20]
    assert daytally(folder, "ingest").returncode == 0
    assert rows_of_hosts(folder) == [20, 20]


def rows_of_hosts(folder: Path) -> list[int]:
    rows = [repr(row) for row in all_rows(folder)["requests"]]
    return [sum(f"'/{host}/7" in row for row in rows) for host in ("a", "b")]


def test_a_warehouse_that_may_not_be_read_is_not_taken_for_an_empty_one(
    before: Path, tmp_path: Path
) -> None:
    folder = copied(before, tmp_path)
    with permissions(folder / "warehouse", 0o000) as under:
        for words in (("status",), ("rejects",), ("report", *WINDOW)):
            assert_said(daytally(folder, *words, under=under), 1, "Permission denied. Let this")
    assert all_rows(folder) == all_rows(before)


@pytest.mark.extra
@pytest.mark.parametrize(("which", "words"), [("warehouse", "start the same"), ("out", "report")])
def test_a_read_only_disk_is_named_and_the_run_after_heals(
    before: Path, after: Path, tmp_path: Path, which: str, words: str
) -> None:
    folder = copied(before, tmp_path)
    with read_only(folder / which, mounted=can_mount(tmp_path)) as under:
        assert_said(daytally(folder, "run", *WINDOW, under=under), 1, "Error: ", words)
    assert daytally(folder, "run", *WINDOW).returncode == 0
    assert_same(folder, after)
