"""A rebuild that dies at any write leaves each input as it was, or as it becomes, and is finished.

Rows and measurements by the old format differ from those by the new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from etl.pipeline.runs import run_all, run_backfill
from etl.store.measurements import read_measurements
from tests.pipeline.conftest import NOW, open_folder
from tests.pipeline.faults import copied
from tests.pipeline.test_killed import die

FIRST, SECOND = date(2026, 3, 10), date(2026, 3, 11)
HEAD = '[project]\nname = "Test"\ntimezone = "UTC"\n[[source]]\nname = "api"\ninputs = ["logs/*"]\n'
NEW = "log_format = '{}'\n".format(
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $request_time'
)
OLD = NEW.replace("$status", "$upstream_status")  # nobody sees that requests failed
EVERYTHING = 100
"""A number of writes that no job reaches."""

Row = tuple[object, ...]


def write_project(folder: Path) -> None:
    """Write three inputs: of both days, of the second alone, and one with a line that is refused.

    The second is in one data file with the first, and has to stay as it is.
    """
    folder.mkdir()
    (folder / "logs").mkdir()
    (folder / "daytally.toml").write_text(HEAD + OLD)
    (folder / "logs" / "a.log.1").write_text(line(FIRST, "/a") * 2 + line(SECOND, "/b"))
    (folder / "logs" / "b.log.2").write_text(line(SECOND, "/c"))
    (folder / "logs" / "c.log.3").write_text(line(FIRST, "/d") + "nonsense\n")


def line(day: date, path: str) -> str:
    return f'192.0.2.1 - - [{day:%d/%b/%Y}:01:00:00 +0000] "GET {path} HTTP/1.1" 500 5 0.25\n'


def rows(folder: Path) -> dict[str, list[Row]]:
    """Return the rows of each input, sorted."""
    project = open_folder(folder)
    found: dict[str, list[Row]] = {}
    for table in ("requests", "rejects"):
        frame = project.warehouse.scan(table, project.schema_of(table)).collect()
        for row in frame.select("input_id", *sorted(set(frame.columns) - {"input_id"})).rows():
            found.setdefault(row[0], []).append((table, *row[1:]))
    return {input_id: sorted(own, key=repr) for input_id, own in found.items()}


def figures(folder: Path) -> list[Row]:
    kept = read_measurements(open_folder(folder).warehouse)
    return sorted(
        ((one.day, one.metric, sorted(one.dimensions.items()), one.value, one.n) for one in kept),
        key=repr,
    )


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project read by the old format, whose settings now say the new one."""
    folder = tmp_path_factory.mktemp("rebuild") / "project"
    write_project(folder)
    run_all(open_folder(folder), [FIRST, SECOND], now=NOW, workers=2)
    (folder / "daytally.toml").write_text(HEAD + NEW)
    return folder


@pytest.fixture(scope="module")
def after(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same project after an undisturbed rebuild."""
    folder = copied(before, tmp_path_factory.mktemp("rebuilt"))
    assert not die(folder, EVERYTHING, "rebuild")
    return folder


WRITES = 14
"""Plan, seal, a commit with the rest of a shared file, another one, two days measured, with what
that took and what it changed, and what was noticed on them."""


def deaths() -> Iterator[Any]:
    """Yield places and what comes after: both for `make test-all`, else one or the other."""
    for place in range(WRITES):
        for number, again in enumerate(("run", "rebuild")):
            yield pytest.param(place, again, marks=[pytest.mark.extra] * ((place + number) % 2))


@pytest.mark.parametrize(("place", "again"), list(deaths()))
def test_each_input_is_as_before_or_after(
    before: Path, after: Path, tmp_path: Path, place: int, again: str
) -> None:
    folder = copied(before, tmp_path)
    assert die(folder, place, "rebuild")
    if again == "run":
        run_all(open_folder(folder), [FIRST], now=NOW, workers=2)
        old, new, now = rows(before), rows(after), rows(folder)
        assert now in (old, new)  # they were one batch
        assert figures(folder) == figures(after if now == new else before)
    else:
        run_backfill(open_folder(folder), [FIRST], now=NOW, workers=2, rebuild=True)
        assert rows(folder) == rows(after)
        assert figures(folder) == figures(after)


def test_there_is_no_further_place_to_die_at(before: Path, after: Path, tmp_path: Path) -> None:
    folder = copied(before, tmp_path)
    assert not die(folder, WRITES, "rebuild")
    assert rows(folder) == rows(after) != rows(before)
    assert figures(folder) == figures(after) != figures(before)
