"""The nightly job over kinds of logs that need more than one line at a time."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from etl.cli.main import main
from etl.errors import ConfigError
from etl.model import Counts
from etl.pipeline.ingest_run import run_ingest
from etl.pipeline.status import project_status
from tests.pipeline.conftest import NOW, open_folder

Write = Callable[..., Path]
W3C = "#Fields: date time c-ip cs-method cs-uri-stem sc-status time-taken\n"
OTHER = "#Fields: time date sc-status cs-uri-stem\n"


STAMP = "2026-03-10T10:00:00Z"
CRI = f"{STAMP} stdout F"
SYSLOG = "Mar 10 10:00:00 host tag:"


def source(format_lines: str) -> str:
    return f'[[source]]\nname = "s"\ninputs = ["logs/*"]\n{format_lines}\n'


def ingest(folder: Path) -> Counts:
    """Read what is new; all files are closed, so that last lines count."""
    for path in (folder / "logs").iterdir():
        os.utime(path, (NOW.timestamp() - 90_000,) * 2)
    summary = run_ingest(open_folder(folder), now=NOW, workers=2).read
    assert summary is not None
    return summary.counts


def rows(folder: Path, table: str = "requests") -> list[dict[str, Any]]:
    project = open_folder(folder)
    found: pl.DataFrame = project.warehouse.scan(table, project.schema_of(table)).collect()
    return found.sort("offset").to_dicts()


def test_a_w3c_log_is_read_by_the_directive_before_each_line(write_project: Write) -> None:
    folder = write_project(source('format = "iis:w3c"'))
    log = folder / "logs" / "u_ex.log"
    log.write_text(
        "#Software: x\n" + W3C + "2026-03-10 10:00:00 1.2.3.4 GET /a 200 1500\n"
        + OTHER + "10:00:01 2026-03-10 404 /b\n"
    )  # fmt: skip
    assert ingest(folder) == Counts(lines=5, records=2, rejects=0, blank=3)
    log.write_text(log.read_text() + "10:00:02 2026-03-10 500 /c\n")
    assert ingest(folder) == Counts(lines=1, records=1, rejects=0, blank=0)
    found = rows(folder)
    assert [row["path"] for row in found] == ["/a", "/b", "/c"]
    assert [row["status"] for row in found] == [200, 404, 500]
    assert [row["request_time_s"] for row in found] == [1.5, None, None]
    assert found[2]["at"] == datetime(2026, 3, 10, 10, 0, 2, tzinfo=UTC)


NGINX = '1.2.3.4 - - [10/Mar/2026:11:00:00 +0100] "GET /%s HTTP/1.1" 200 5 "-" "t"'


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("format_lines", "line", "column"),
    [
        ('format = "nginx:combined"', NGINX, "path"),
        ('format = "json:events"', '{"time":"2026-03-10T10:00:00Z","msg":"%s"}', "message"),
        ('format = "syslog"', f"{SYSLOG} %s", "message"),
        ('format = "syslog"\nmessage = "logfmt"\nfields = {a = "text"}', f"{SYSLOG} a=%s", "a"),
        ('format = "container:cri"\ninner = "nginx:combined"', f"{CRI} {NGINX}", "path"),
        (r"format = 'regex:events:(?P<time>\S+) (?P<message>.*)'", f"{STAMP} %s", "message"),
    ],
)
def test_a_source_says_how_long_its_lines_may_be(  # one per column of the table
    write_project: Write, format_lines: str, line: str, column: str, *, compressed: bool
) -> None:
    folder = write_project(source(f'{format_lines}\nlongest_line = "3MiB"'))
    sizes = (10, 2 << 20, 4 << 20, 9 << 20, 20)
    log = "".join(line % ("x" * size) + "\n" for size in sizes).encode()
    name, data = ("a.log.gz", gzip.compress(log, 1)) if compressed else ("a.log", log)
    (folder / "logs" / name).write_bytes(data)
    assert ingest(folder) == Counts(lines=5, records=3, rejects=2, blank=0)
    found = rows(folder, "requests" if column == "path" else "events")
    assert [row[column].count("x") for row in found] == [10, 2 << 20, 20]
    assert [row["reason"] for row in rows(folder, "rejects")] == ["too_long"] * 2


def test_a_container_s_lines_are_read_by_the_inner_format(write_project: Write) -> None:
    folder = write_project(source('format = "container:cri"\ninner = "nginx:combined"'))
    good = '1.2.3.4 - - [10/Mar/2026:11:00:00 +0100] "GET /a HTTP/1.1" 200 5 "-" "t"'
    head = "2026-03-10T10:00:00.5Z stdout F "
    before = f"{head}{good}\n{head}starting\n\nnot cri\n"
    (folder / "logs" / "0.log").write_text(f"{before}{head}{good}")
    assert ingest(folder) == Counts(lines=5, records=2, rejects=2, blank=1)
    first, second = rows(folder)
    assert (first["remote_addr"], first["offset"], second["offset"]) == ("1.2.3.4", 0, len(before))
    refused = rows(folder, "rejects")
    assert [row["raw"] for row in refused] == [f"{head}starting".encode(), b"not cri"]
    assert refused[0]["detail"].startswith("message from column 33, column 1: expected")
    shown = CliRunner().invoke(main, ["--project", str(folder), "rejects"]).stdout.splitlines()
    place = shown.index(f"  {head}starting")
    assert shown[place + 1].index("^") == shown[place].index("starting")


def test_docker_s_json_holds_events_whose_time_is_docker_s(write_project: Write) -> None:
    folder = write_project(source('format = "container:docker"\ninner = "logfmt:events"'))
    (folder / "logs" / "0.log").write_text(
        r'{"log":"level=warn msg=\"disk é\" n=1\n","stream":"stdout","time":"2026-03-10T10:00:00Z"}'
        "\n"
    )
    assert ingest(folder) == Counts(lines=1, records=1, rejects=0, blank=0)
    (event,) = rows(folder, "events")
    assert event["at"] == datetime(2026, 3, 10, 10, tzinfo=UTC)
    assert (event["severity"], event["message"]) == (4, "disk é")


def test_a_regular_expression_reads_what_nothing_else_does(write_project: Write) -> None:
    pattern = r"(?P<time>\S+ \S+) \| (?P<status>\d+|-) \| (?P<request_time_s>\S+) (?P<who>\w*)"
    folder = write_project(source(f"format = 'regex:{pattern}'"))
    (folder / "logs" / "a.log").write_text(
        "2026-03-10 10:00:00,5 | 200 | 12ms bob\n2026-03-10 10:00:01 | - | 1.5s x\nwhat?\n\n"
    )
    assert ingest(folder) == Counts(lines=4, records=2, rejects=1, blank=1)
    first, second = rows(folder)
    assert (first["status"], first["request_time_s"], first["extra"]) == (
        200,
        0.012,
        '{"who":"bob"}',
    )
    assert (second["status"], second["request_time_s"]) == (None, 1.5)


def test_columns_come_from_where_the_project_says(write_project: Write) -> None:
    mapped = '[source.columns]\npath = "http.url"\nat = "when"\nrequest_time_s = "took"'
    folder = write_project(source('format = "json:requests"\n' + mapped))
    (folder / "logs" / "a.log").write_text(
        '{"when":1773136800123,"http":{"url":"/a?b=c","v":2},"took":"250ms","status":201}\n'
    )
    assert ingest(folder).records == 1
    (row,) = rows(folder)
    assert row["at"] == datetime(2026, 3, 10, 10, 0, 0, 123000, tzinfo=UTC)
    assert (row["path"], row["query"], row["request_time_s"]) == ("/a", "b=c", 0.25)
    assert (row["status"], row["extra"]) == (201, '{"http.v":2}')


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('format = "syslog"\ninner = "nginx:combind"', "source[0].inner: "),
        ('format = "nginx:combined"\ninner = "syslog"', "no message"),
        ('format = "syslog"\n[source.columns]\nat = "t"', "no names to map"),
        ('format = "json:events"\n[source.columns]\nmesage = "m"', "Did you mean 'message'"),
        ("format = 'regex:(?P<time>'", "missing )"),
        ("format = 'regex:(?P<status>x)'", "no group is the time stamp"),
    ],
)
def test_a_mistake_is_named_with_its_place(write_project: Write, lines: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_folder(write_project(source(lines)))
    assert words in str(caught.value)
    assert "daytally.toml:" in str(caught.value)


def test_a_copied_log_does_not_jump_a_year(write_project: Write) -> None:
    """Its days lie on both sides of the day on which it was copied."""
    folder = write_project(source('format = "syslog"'))
    (folder / "logs" / "auth.log").write_text(
        "Mar 20 10:00:00 h a: 1\nMar 30 10:00:00 h a: 2\nApr  5 10:00:00 h a: 3\n"
    )
    ingest(folder)  # "changed" on 2026-03-31
    days = [row["at"].date() for row in rows(folder, "events")]
    assert days == [date(2025, 3, 20), date(2025, 3, 30), date(2025, 4, 5)]


def test_more_fields_than_the_format_says_are_kept_and_counted(write_project: Write) -> None:
    folder = write_project(source('format = "nginx:combined"'))
    line = '1.2.3.4 - - [10/Mar/2026:11:00:00 +0100] "GET /a HTTP/1.1" 200 5 "-" "t"'
    (folder / "logs" / "a.log").write_text(f'{line} 0.123 "x"\n{line}\n{line}x\n')
    counts = ingest(folder)
    assert (counts.records, counts.rejects, counts.drifted) == (2, 1, 1)
    assert rows(folder)[0]["extra"] == '{"trailing":"0.123 \\"x\\""}'
    assert sum(row["drifted"] or 0 for row in rows_of_inputs(folder)) == 1


def test_what_is_not_utf_8_is_marked_and_counted(write_project: Write) -> None:
    folder = write_project(source('format = "nginx:combined"'))
    line = b'1.2.3.4 - - [10/Mar/2026:11:00:00 +0100] "GET /%s HTTP/1.1" 200 5 "-" "t"\n'
    (folder / "logs" / "a.log").write_bytes(line % b"\xff" + line % b"\xc3\xa9")
    assert ingest(folder).lossy == 1
    assert [row["path"] for row in rows(folder)] == ["/\ufffd", "/\u00e9"]
    assert sum(row["lossy"] or 0 for row in rows_of_inputs(folder)) == 1


def test_lines_that_a_runtime_split_are_counted(write_project: Write) -> None:
    """Each piece is an event of its own; their number is told."""
    folder = write_project(source('format = "container:cri"'))
    (folder / "logs" / "a.log").write_text(
        "2026-03-10T10:00:00Z stdout P a long\n2026-03-10T10:00:00Z stdout F  line\n"
    )
    counts = ingest(folder)
    assert (counts.lines, counts.records, counts.pieces) == (2, 2, 1)
    assert sum(row["pieces"] or 0 for row in rows_of_inputs(folder)) == 1
    assert project_status(open_folder(folder), NOW).sources[0].pieces == 1


def test_a_utf_16_log_is_named(write_project: Write) -> None:
    folder = write_project(source('format = "nginx:combined"'))
    line = '1.2.3.4 - - [10/Mar/2026:11:00:00 +0100] "GET / HTTP/1.1" 200 5 "-" "t"\n'
    (folder / "logs" / "a.log").write_bytes((line * 2).encode("utf-16"))
    project = open_folder(folder)
    os.utime(folder / "logs" / "a.log", (NOW.timestamp() - 90_000,) * 2)
    said = "\n".join(run_ingest(project, now=NOW, workers=1).lines())
    assert "a.log: no line is of the format of 's' (3 wide_encoding)" in said
    (state,) = project_status(project, NOW).sources
    assert (state.refused, state.differences) == ({"wide_encoding": 3}, ())


def rows_of_inputs(folder: Path) -> list[dict[str, Any]]:
    project = open_folder(folder)
    found: pl.DataFrame = project.warehouse.scan("inputs", project.schema_of("inputs")).collect()
    return found.to_dicts()
