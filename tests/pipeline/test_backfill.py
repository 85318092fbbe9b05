"""Past days measured again, and their inputs read again."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from etl.pipeline.results import RunResult
from etl.pipeline.runs import run_all, run_backfill
from etl.store.measurements import read_measurements
from tests.pipeline.conftest import NOW, open_folder

Write = Callable[..., Path]
FIRST, SECOND = date(2026, 3, 10), date(2026, 3, 11)

WRONG = '[[source]]\nname = "api"\ninputs = ["logs/*"]\nformat = "apache:common"\n'
RIGHT = '[[source]]\nname = "api"\ninputs = ["logs/*"]\nlog_format = \'{}\'\n'.format(
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent $request_time'
)


def line(day: date, path: str) -> str:
    return f'192.0.2.1 - - [{day:%d/%b/%Y}:01:00:00 +0000] "GET {path} HTTP/1.1" 200 5 0.25\n'


def rebuild(folder: Path, *, since: date = FIRST, until: date = FIRST) -> RunResult:
    days = sorted({since, until})
    return run_backfill(open_folder(folder), days, now=NOW, workers=2, rebuild=True)


def rows(folder: Path) -> list[tuple[object, ...]]:
    project = open_folder(folder)
    frame = project.warehouse.scan("requests", project.schema_of("requests"))
    columns = ("day", "path", "request_time_s", "offset")
    return sorted(frame.select(columns).collect().rows(), key=str)


def lines_of(folder: Path, day: date) -> list[float | None]:
    found = read_measurements(open_folder(folder).warehouse, since=day, until=day)
    return [one.value for one in found if one.metric == "lines"]


def test_a_mended_format_is_read_into_the_past(write_project: Write) -> None:
    folder = write_project(WRONG)
    (folder / "logs" / "a.log.1").write_text(line(FIRST, "/a") + line(SECOND, "/b"))
    (folder / "logs" / "b.log.2.gz").write_bytes(gzip.compress(line(SECOND, "/c").encode()))
    run_all(open_folder(folder), [FIRST, SECOND], now=NOW, workers=2)
    assert [row[2] for row in rows(folder)] == [None, None, None]  # the time is in `extra`
    write_project(RIGHT)
    result = rebuild(folder)
    size = len(line(FIRST, "/a"))
    assert rows(folder) == [
        (FIRST, "/a", 0.25, 0),
        (SECOND, "/b", 0.25, size),
        (SECOND, "/c", None, 0),  # the other input has no row of the day
    ]
    assert result.measured == (FIRST, SECOND)
    rebuild(folder, until=SECOND)
    assert [row[2] for row in rows(folder)] == [0.25, 0.25, 0.25]
    assert (lines_of(folder, FIRST), lines_of(folder, SECOND)) == ([1], [2])


def test_what_was_refused_altogether_is_read_again(write_project: Write) -> None:
    folder = write_project(WRONG.replace("apache:common", "aws:s3"))
    (folder / "logs" / "a.log.1").write_text(line(FIRST, "/a"))
    run_all(open_folder(folder), [FIRST], now=NOW, workers=2)
    assert rows(folder) == []
    write_project(RIGHT)
    result = rebuild(folder)
    project = open_folder(folder)
    rejects = project.warehouse.scan("rejects", project.schema_of("rejects")).collect()
    assert (len(rows(folder)), rejects.height) == (1, 0)
    assert result.measured == (FIRST,)
    assert lines_of(folder, FIRST) == [1]


@pytest.mark.parametrize("other", ["aws:s3", "regex:events:(?P<message>.*\\[(?P<time>[^]]*)\\].*)"])
def test_rows_go_from_a_table_that_gets_none_in_their_place(
    write_project: Write, other: str
) -> None:
    """By the new format all lines are refused, or rows of another table."""
    folder = write_project(RIGHT)
    (folder / "logs" / "a.log.1").write_text(line(FIRST, "/a") + line(FIRST, "/b"))
    run_all(open_folder(folder), [FIRST], now=NOW, workers=2)
    assert len(rows(folder)) == 2
    write_project(WRONG.replace('"apache:common"', f"'{other}'"))
    result = rebuild(folder)
    assert rows(folder) == []
    project = open_folder(folder)
    held = {
        table: project.warehouse.scan(table, project.schema_of(table)).collect().height
        for table in ("events", "rejects")
    }
    refused = 2 if other == "aws:s3" else 0
    assert held == {"events": 2 - refused, "rejects": refused}
    assert result.measured == (FIRST,)
    assert lines_of(folder, FIRST) == [held["events"]]


def test_an_input_that_is_gone_keeps_its_rows_and_is_named(write_project: Write) -> None:
    folder = write_project(RIGHT)
    for name in ("a", "b"):
        (folder / "logs" / f"{name}.log.1").write_text(line(FIRST, f"/{name}"))
    run_all(open_folder(folder), [FIRST], now=NOW, workers=2)
    before = rows(folder)
    (folder / "logs" / "b.log.1").unlink()
    result = rebuild(folder)
    assert rows(folder) == before
    assert [(one.uri, "gone" in one.detail) for one in result.skipped] == [("logs/b.log.1", True)]


def test_rebuilding_what_is_right_changes_no_row(measured_folder: Path) -> None:
    before = rows(measured_folder)
    result = rebuild(measured_folder, since=date(2026, 3, 25), until=date(2026, 3, 26))
    assert result.read is not None
    assert result.read.inputs_read > 0
    assert rows(measured_folder) == before
    project = open_folder(measured_folder)
    inputs = project.warehouse.scan("inputs", project.schema_of("inputs"))
    reads = inputs.filter(pl.col("state") == "read").collect()
    assert reads["input_id"].n_unique() == reads.height


def test_backfill_alone_reads_nothing_and_measures_again(write_project: Write) -> None:
    folder = write_project(RIGHT)
    (folder / "logs" / "a.log.1").write_text(line(FIRST, "/a"))
    run_all(open_folder(folder), [FIRST], now=NOW, workers=2)
    (folder / "logs" / "b.log.1").write_text(line(FIRST, "/b"))
    result = run_backfill(open_folder(folder), [FIRST], now=NOW, workers=2)
    assert (result.read, result.measured) == (None, (FIRST,))
    assert len(rows(folder)) == 1
