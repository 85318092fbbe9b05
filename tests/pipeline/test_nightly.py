"""Night after night: nothing is lost, nothing is counted twice, late lines restate their day."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from etl.demo import simulate
from etl.pipeline.ingest_run import run_ingest
from etl.pipeline.project import Project
from etl.pipeline.results import RunResult
from etl.pipeline.runs import run_all, run_measure
from etl.pipeline.status import project_status
from etl.store.measurements import read_measurements
from tests.pipeline.conftest import NOW, open_folder

API = """
[[source]]
name = "api"
inputs = ["logs/access.log*"]
format = "nginx:combined"
expect = "daily"
"""
FIRST = date(2026, 3, 10)

Write = Callable[..., Path]


def line(day: date, hour: int, status: int = 200) -> str:
    stamp = f"{day:%d/%b/%Y}:{hour:02}:00:00 +0000"
    return f'192.0.2.1 - - [{stamp}] "GET /a HTTP/1.1" {status} 5 "-" "t"\n'


def zstd(data: bytes) -> bytes:
    frame: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return frame


def run(folder: Path, day: date = FIRST, now: datetime | None = None) -> RunResult:
    night = datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(days=1)
    return run_all(open_folder(folder), [day], now=now or night, workers=2)


def values(project: Project, metric: str = "lines") -> dict[date, float | None]:
    rows = read_measurements(project.warehouse)
    return {one.day: one.value for one in rows if one.metric == metric}


def offsets(project: Project) -> list[int]:
    rows = project.warehouse.scan("requests", project.schema_of("requests"))
    return sorted(rows.select("offset").collect()["offset"].to_list())


def quiet(path: Path, now: datetime = NOW) -> None:
    stamp = (now - timedelta(days=2)).timestamp()
    os.utime(path, (stamp, stamp))


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"  # says who held it last, and since when
    }


def test_a_second_run_reads_nothing_and_changes_nothing(measured_folder: Path) -> None:
    day = date(2026, 3, 25)
    before = tree(measured_folder / "out"), tree(measured_folder / "warehouse")
    again = run_all(open_folder(measured_folder), [day], now=NOW + timedelta(hours=1), workers=2)
    assert again.read is not None
    assert (again.read.inputs_read, again.read.bytes_read, again.measured) == (0, 0, ())
    assert (tree(measured_folder / "out"), tree(measured_folder / "warehouse")) == before


def test_the_number_of_workers_changes_no_figure(tmp_path: Path) -> None:
    found = []
    for workers in (1, 5):
        folder = tmp_path / str(workers)
        simulate(folder, days=2, lines=4_000, seed=7)
        run_all(open_folder(folder), [date(2026, 3, 17)], now=NOW, workers=workers)
        found.append(
            {path: digest for path, digest in tree(folder / "out").items() if path.endswith(".csv")}
        )
    assert found[0] == found[1]


def test_a_growing_file_is_read_from_where_it_was_left(write_project: Write) -> None:
    folder = write_project(API)
    log = folder / "logs" / "access.log"
    log.write_text(line(FIRST, 1) + line(FIRST, 2)[:30])
    now = datetime.now(UTC)  # the file is fresh: its last line is still being written
    first = run(folder, now=now)
    log.write_text(line(FIRST, 1) + line(FIRST, 2) + line(FIRST, 3))
    second = run(folder, now=now)
    assert (first.read and first.read.counts.lines, second.read and second.read.counts.lines) == (
        1,
        2,
    )
    size = len(line(FIRST, 1))
    assert offsets(open_folder(folder)) == [0, size, 2 * size]


def test_rotation_and_compression_count_nothing_twice(write_project: Write) -> None:
    folder = write_project(API)
    log = folder / "logs" / "access.log"
    log.write_text(line(FIRST, 1) + line(FIRST, 2))
    run(folder)
    log.rename(folder / "logs" / "access.log.1")
    log.write_text(line(FIRST, 5))
    run(folder)
    with (folder / "logs" / "access.log.1").open("ab") as rotated:
        rotated.write(line(FIRST, 3).encode())  # the writer had it open for a while
    rotated_bytes = (folder / "logs" / "access.log.1").read_bytes()
    (folder / "logs" / "access.log.2.gz").write_bytes(gzip.compress(rotated_bytes))
    (folder / "logs" / "access.log.1").unlink()
    run(folder)
    again = run(folder)
    assert values(open_folder(folder)) == {FIRST: 4}
    assert again.read is not None
    assert again.read.inputs_read == 0


@pytest.mark.parametrize(("ending", "compress"), [(".gz", gzip.compress), (".zst", zstd)])
def test_a_copy_beside_its_original_is_read_once(
    write_project: Write, ending: str, compress: Callable[[bytes], bytes]
) -> None:
    """As when a rotated file is being compressed: both are there for a while."""
    folder = write_project(API)
    content = (line(FIRST, 1) + line(FIRST, 2)).encode()
    (folder / "logs" / "access.log.1").write_bytes(content)
    (folder / "logs" / f"access.log.1{ending}").write_bytes(compress(content))
    result = run(folder)
    assert result.read is not None
    assert (result.read.inputs_read, result.read.counts.lines) == (1, 2)
    (folder / "logs" / "access.log.1").unlink()
    run(folder)
    assert values(open_folder(folder)) == {FIRST: 2}


def test_late_lines_restate_their_own_day(write_project: Write) -> None:
    folder = write_project(API)
    log = folder / "logs" / "access.log"
    log.write_text(line(FIRST, 1))
    run(folder)
    with log.open("a") as file:
        file.write(line(FIRST, 23) + line(FIRST + timedelta(days=1), 4))
    result = run(folder, FIRST + timedelta(days=1))
    rows = read_measurements(open_folder(folder).warehouse, since=FIRST, until=FIRST)
    restated = {
        one.metric: (one.value, one.previous_value) for one in rows if one.metric == "lines"
    }
    assert restated == {"lines": (2, 1)}
    assert result.measured == (FIRST, FIRST + timedelta(days=1))
    page = (folder / "out" / FIRST.isoformat() / "index.html").read_text()
    assert "restated" in page.lower()


def test_a_day_that_was_measured_and_not_told_is_told_by_the_next_run(write_project: Write) -> None:
    """As when a run dies between its measurements and its pages."""
    folder = write_project(API)
    log = folder / "logs" / "access.log"
    log.write_text(line(FIRST, 1))
    run(folder)
    page = folder / "out" / FIRST.isoformat() / "index.html"
    before = page.read_text()
    with log.open("a") as file:
        file.write(line(FIRST, 23) + line(FIRST + timedelta(days=1), 4))
    later = datetime(2026, 3, 12, 1, tzinfo=UTC)
    run_ingest(open_folder(folder), now=later, workers=1)
    run_measure(open_folder(folder), [FIRST], now=later)
    assert page.read_text() == before
    run(folder, FIRST + timedelta(days=1))
    assert "restated" in page.read_text().lower()


def test_a_cut_gzip_is_skipped_named_and_read_once_it_is_whole(write_project: Write) -> None:
    folder = write_project(API)
    good, cut = folder / "logs" / "access.log.1.gz", folder / "logs" / "access.log.2.gz"
    # Too long to be seen to its end when it is planned.
    other = gzip.compress("".join(line(FIRST, hour) for hour in [*range(24)] * 100).encode())
    good.write_bytes(gzip.compress(line(FIRST, 1, 404).encode()))
    cut.write_bytes(other[:-9])
    first = run(folder)
    assert [(one.uri, "stops before its end" in one.detail) for one in first.skipped] == [
        ("logs/access.log.2.gz", True)
    ]
    assert first.is_incomplete
    assert values(open_folder(folder)) == {FIRST: 1}
    run(folder)  # with nothing else to read
    (status,) = project_status(open_folder(folder), NOW).sources
    assert status.planned_since is None  # what was left out is not what a run is at
    cut.write_bytes(other)
    second = run(folder)
    assert not second.skipped
    assert values(open_folder(folder)) == {FIRST: 2401}


def test_a_file_that_became_shorter_is_reported_and_not_read_again(write_project: Write) -> None:
    folder = write_project(API)
    log = folder / "logs" / "access.log"
    many = "".join(line(FIRST, hour) for hour in range(24)) * 4
    log.write_text(many)
    run(folder)
    log.write_text(many[:5000])
    result = run(folder)
    assert "became shorter" in result.skipped[0].detail
    assert values(open_folder(folder)) == {FIRST: 96}


def test_an_unreadable_file_is_skipped_and_named(write_project: Write) -> None:
    folder = write_project(API)
    (folder / "logs" / "access.log").write_text(line(FIRST, 1))
    (folder / "logs" / "access.log.zst").write_bytes(b"\x28\xb5\x2f\xfd nobody reads this yet")
    result = run(folder)
    assert [one.uri for one in result.skipped] == ["logs/access.log.zst"]
    assert values(open_folder(folder)) == {FIRST: 1}


def test_an_empty_day_gets_a_report_that_says_so(write_project: Write) -> None:
    folder = write_project(API)
    result = run(folder)
    assert result.is_incomplete
    assert result.missing == {FIRST: ("api",)}
    page = (folder / "out" / FIRST.isoformat() / "index.html").read_text()
    assert "incomplete" in page.lower()


def test_a_day_that_is_not_over_is_measured_only_when_asked_for(write_project: Write) -> None:
    folder = write_project(API)
    tomorrow = FIRST + timedelta(days=1)
    (folder / "logs" / "access.log").write_text(line(FIRST, 1) + line(tomorrow, 0))
    assert run(folder).measured == (FIRST,)
    assert run(folder, tomorrow).measured == (tomorrow,)


def test_lines_and_rejects_are_kept_with_input_and_offset(write_project: Write) -> None:
    folder = write_project(API)
    log = folder / "logs" / "access.log"
    log.write_text(line(FIRST, 1) + "\n" + "nonsense \x00\n" + line(FIRST, 2))
    quiet(log)
    result = run(folder)
    project = open_folder(folder)
    rejects = project.warehouse.scan("rejects", project.schema_of("rejects")).collect()
    assert result.read is not None
    counts = result.read.counts
    assert (counts.lines, counts.records, counts.rejects, counts.blank) == (4, 2, 1, 1)
    assert rejects.select("raw", "offset").rows() == [(b"nonsense \x00", len(line(FIRST, 1)) + 1)]
    inputs = project.warehouse.scan("inputs", project.schema_of("inputs")).collect()
    assert (
        rejects["input_id"].to_list()
        == inputs.filter(pl.col("state") == "read")["input_id"].to_list()
    )


@pytest.mark.parametrize("name", ["access.log", "access.log-20260310"])
def test_a_closed_files_last_line_counts_without_newline(write_project: Write, name: str) -> None:
    folder = write_project(API)
    log = folder / "logs" / name
    log.write_text(line(FIRST, 1) + line(FIRST, 2).rstrip("\n"))
    quiet(log)
    run(folder, now=NOW)
    assert values(open_folder(folder)) == {FIRST: 2}
