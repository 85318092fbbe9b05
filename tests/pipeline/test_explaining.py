"""From a figure back to its lines, wherever the log has gone since."""

from __future__ import annotations

import bz2
import gzip
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from etl.errors import ConfigError
from etl.pipeline.explaining import Explanation, explain
from etl.pipeline.project import Project
from etl.pipeline.runs import run_all
from etl.pipeline.validating import check_metrics
from etl.schema import METRIC_RUNS
from etl.store.measurements import read_measurements
from tests.conftest import EXAMPLES
from tests.pipeline.conftest import NOW, measured_demo, open_folder

Write = Callable[..., Path]
DAY = date(2026, 3, 10)
API = """
[[source]]
name = "api"
inputs = ["logs/access*"]
format = "nginx:combined"
"""
CHAIN = """
[[source]]
name = "app"
inputs = ["logs/app*"]
format = "syslog"
message = "logfmt"
[source.fields]
event = "text"
id = "text"

[[chain]]
name = "order"
[[chain.step]]
name = "taken"
from = "events"
where = "event = 'taken'"
object = "id"
[[chain.step]]
name = "sent"
from = "events"
where = "event = 'sent'"
object = "id"
"""
COUNTS = (
    *("http_500", "http_status", "http_status_by_route", "lines", "requests_by_route"),
    *("requests_ok_by_resource", "requests_ok_by_route", "requests_by_agent_kind"),
    *("lost_objects", "late_objects", "duplicated_objects", "event_severities", "errors_hourly"),
)
MOST_GROUPS = 4 if EXAMPLES < 100 else 1_000
"""How many measurements of such a metric are followed, the largest first."""
NO_LINES = ("input_bytes", "input_files")


def request(hour: int, status: int = 200, path: str = "/a") -> str:
    when = f"{DAY:%d/%b/%Y}:{hour:02}:00:00 +0000"
    return f'192.0.2.1 - - [{when}] "GET {path} HTTP/1.1" {status} 5 "-" "t"\n'


def follow(project: Project, metric: str, day: date = DAY, **wanted: str) -> Explanation:
    return explain(project, metric, day, wanted, most=50, now=NOW)


def texts(found: Explanation) -> list[str]:
    return [(line.text or b"-").decode() for rows in found.rows for line in rows.lines]


OWN_500 = """/* ---
title = "Own"
class = "errors"
unit = "requests"
definition = "Requests answered with status 500."
--- */
select s.source, count(r.at) filter (where r.status = 500) as value
from sources s
left join requests r on s.source = r.source
group by s.source
"""


@pytest.mark.parametrize(
    ("metric", "how", "offending"),
    [("http_500", "named", ""), ("own_500", "derived", "(r.status = 500)")],
)
def test_a_count_is_followed_to_exactly_its_lines(
    metric: str, how: str, offending: str, write_project: Write
) -> None:
    folder = write_project(API)
    (folder / "sql").mkdir()
    (folder / "sql" / "own_500.sql").write_text(OWN_500)
    log = folder / "logs" / "access.log"
    log.write_text("".join(request(n, 500 if n % 5 == 0 else 200, f"/{n}") for n in range(20)))
    run_all(open_folder(folder), [DAY], now=NOW, workers=1)
    found = follow(open_folder(folder), metric, source="api")
    assert [one.value for one in found.measurements] == [4]
    (rows,) = found.rows
    assert (rows.how, rows.total, rows.offending) == (how, 4, offending)
    assert texts(found) == [request(n, 500, f"/{n}").rstrip() for n in (0, 5, 10, 15)]
    content = log.read_bytes()
    for line in rows.lines:
        assert line.uri == "logs/access.log"
        assert line.text is not None
        assert line.offset is not None
        assert content[line.offset :].startswith(line.text + b"\n")


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("access.log.1", bytes), ("access.log.2.gz", gzip.compress),
        ("access.log.3.bz2", bz2.compress),
    ],
)  # fmt: skip
def test_lines_are_found_where_the_log_was_rotated_to(
    name: str, compress: Callable[[bytes], bytes], write_project: Write
) -> None:
    folder = write_project(API)
    log = folder / "logs" / "access.log"
    log.write_text("".join(request(1, path=f"/{n}") for n in range(9_000)) + request(2, 500))
    run_all(open_folder(folder), [DAY], now=NOW, workers=1)
    (folder / "logs" / name).write_bytes(compress(log.read_bytes()))
    log.write_text(request(3, 500, "/other"))
    found = follow(open_folder(folder), "http_500")
    assert texts(found) == [request(2, 500).rstrip()]
    assert found.inputs[0].found_at == f"logs/{name}"


def test_an_input_that_is_gone_is_said_to_be_gone(write_project: Write) -> None:
    folder = write_project(API)
    log = folder / "logs" / "access.log"
    log.write_text(request(1, 500) + request(2))
    run_all(open_folder(folder), [DAY], now=NOW, workers=1)
    log.write_text(request(1, 500, "/x") + request(2))
    found = follow(open_folder(folder), "http_500")
    assert texts(found) == ["-"]
    (one,) = found.inputs
    assert (one.uri, one.found_at) == ("logs/access.log", "")
    assert "gone" in one.trouble
    (line,) = found.rows[0].lines
    assert line.row["status"] == 500  # what was stored can still be told


@pytest.mark.parametrize(
    ("metric", "dimension"), [("requests_by_client", "client"), ("requests_by_user", "remote_user")]
)
def test_the_rest_shows_the_rows_that_have_no_figure_of_their_own(
    metric: str, dimension: str, write_project: Write
) -> None:
    """Of 60 askers ten are put together: those who asked once; nobody's name is a listed one."""
    folder = write_project(API)
    lines = [
        request(n % 24, path=f"/{n}/{again}").replace("192.0.2.1 - -", f"192.0.2.{n} - u{n}")
        for n in range(1, 61)
        for again in range(1 if n > 50 else 2)
    ]
    lines.append(request(5, path="/nobody"))  # one client more, and no user
    (folder / "logs" / "access.log").write_text("".join(lines))
    run_all(open_folder(folder), [DAY], now=NOW, workers=1)
    found = follow(open_folder(folder), metric, **{dimension: "(other)"})
    (rest,) = found.measurements
    (rows,) = found.rows
    assert rows.total == rest.value
    assert dict(rows.cut)[dimension] == "(other)"
    mine = {" ".join(line.split()[:3]) for line in texts(found)}
    assert mine <= {f"192.0.2.{n} - u{n}" for n in range(51, 61)} | {"192.0.2.1 - -"}
    assert len(texts(found)) == rest.value


def forget_definitions(folder: Path) -> None:
    """Make the table that of a version that did not keep what metrics are defined by."""
    warehouse = open_folder(folder).warehouse
    rows = warehouse.scan("metric_runs", METRIC_RUNS).drop("definition").collect().to_arrow()
    shutil.rmtree(folder / "warehouse" / "metric_runs")
    warehouse.replace_day("metric_runs", DAY, rows)


def test_a_figure_of_an_older_definition_is_said_to_be_one(write_project: Write) -> None:
    folder = write_project(API)
    (folder / "logs" / "access.log").write_text(request(1, 500))
    run_all(open_folder(folder), [DAY], now=NOW, workers=1)
    assert follow(open_folder(folder), "http_500").notes == ()
    with (folder / "daytally.toml").open("a") as config:
        config.write('[metrics.http_500]\ntarget = "<= 9"\n')
    (note,) = follow(open_folder(folder), "http_500").notes
    assert "has changed since 2026-03-10 was measured: target was '<= 2', is '<= 9'. " in note
    assert follow(open_folder(folder), "http_status").notes == ()
    forget_definitions(folder)
    assert "a part that was not kept" in follow(open_folder(folder), "http_status").notes[0]
    run_all(open_folder(folder), [DAY], now=NOW, workers=1)
    assert follow(open_folder(folder), "http_500").notes == ()


def test_an_integrity_ratio_lists_the_objects_with_their_last_lines(write_project: Write) -> None:
    folder = write_project(CHAIN)
    said = [
        "01 taken A", "02 sent A", "03 taken LOST", "04 taken TWICE", "05 sent TWICE",
        "06 sent TWICE", "07 sent STRANGER",
    ]  # fmt: skip
    lines = [
        f"{DAY}T{hour}:00:00Z h app[1]: event={event} id={name}"
        for hour, event, name in (each.split() for each in said)
    ]
    (folder / "logs" / "app.log").write_text("\n".join(lines) + "\n")
    run_all(open_folder(folder), [DAY], now=NOW, workers=1)
    found = follow(open_folder(folder), "integrity_flow")
    (rows,) = found.rows
    assert rows.how == "between"
    assert {
        (line.row["object_id"], line.row["state"], line.text.decode()) if line.text else None
        for line in rows.lines
    } == {
        ("LOST", "lost or in flight", lines[2]),
        ("TWICE", "duplicated downstream", lines[5]),
        ("STRANGER", "unexpected, or entered on another day", lines[6]),
    }


def test_a_value_out_of_a_log_never_becomes_sql(write_project: Write) -> None:
    folder = write_project(API)
    evil = "/x'or'1'='1/%22;drop"
    (folder / "sql").mkdir()
    (folder / "sql" / "own.sql").write_text(
        '/* ---\ntitle = "Own"\nclass = "api"\nunit = "requests"\ndefinition = "Paths."\n--- */\n'
        "select path, count(*) filter (where status >= 200 and status < 300) as value\n"
        "from requests where status is not null group by path;"
    )
    (folder / "logs" / "access.log").write_text(request(1, path=evil) + request(2, path="/ok"))
    run_all(open_folder(folder), [DAY], now=NOW, workers=1)
    found = follow(open_folder(folder), "own", path=evil)
    assert texts(found) == [request(1, path=evil).rstrip()]


def test_what_was_typed_wrong_is_told_with_what_there_is(write_project: Write) -> None:
    folder = write_project(API)
    (folder / "logs" / "access.log").write_text(request(1, 500))
    run_all(open_folder(folder), [DAY], now=NOW, workers=1)
    project = open_folder(folder)
    for metric, wanted, said in (
        ("http_50", {}, "Did you mean 'http_500'?"),
        ("http_500", {"sorce": "api"}, "Did you mean 'source'?"),
        ("http_500", {"source": "apo"}, "Did you mean 'api'?"),
        ("http_status", {"source": "api", "status": "501"}, "Did you mean '500'?"),
        ("integrity_flow", {}, "no chain is configured"),
    ):
        with pytest.raises(ConfigError) as caught:
            follow(project, metric, **wanted)
        assert said in str(caught.value)
    with pytest.raises(ConfigError, match="has not been measured"):
        follow(project, "http_500", DAY - timedelta(days=30))


def test_every_built_in_metric_shows_the_rows_behind_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """All lines can be fetched; where a metric counts lines, there are as many as it says."""
    day = date(2026, 3, 20)
    project = open_folder(measured_demo(tmp_path_factory))
    measured = read_measurements(project.warehouse, since=day, until=day)
    assert {one.metric for one in measured} >= set(COUNTS)
    seen: Counter[str] = Counter()
    for one in sorted(measured, key=lambda one: -(one.value or 0)):
        seen[one.metric] += 1
        if seen[one.metric] > (MOST_GROUPS if one.metric in COUNTS else 1):
            continue
        wanted = {k: "null" if v is None else str(v) for k, v in one.dimensions.items()}
        found = explain(project, one.metric, day, wanted, most=3, now=NOW)
        assert found.measurements == (one,)
        assert found.sql
        assert found.views
        assert all(rows.how != "all" for rows in found.rows), one.metric
        if one.metric in COUNTS:
            assert [rows.total for rows in found.rows] == [one.value], one.metric
        elif one.value and one.metric not in NO_LINES and not one.metric.startswith("integrity"):
            assert sum(rows.total for rows in found.rows), one.metric
        for line in (line for rows in found.rows for line in rows.lines):
            assert line.text or one.metric in NO_LINES, one.metric
        assert not any(read.trouble for read in found.inputs)


def test_evidence_that_does_not_run_is_found_before_the_night(write_project: Write) -> None:
    folder = write_project(API)
    (folder / "sql").mkdir()
    (folder / "sql" / "own.sql").write_text(
        '/* ---\ntitle = "Own"\nclass = "api"\nunit = "requests"\ndefinition = "All."\n'
        'evidence = "select * from requests where statsu = 200"\n--- */\n'
        "select count(*) as value from requests"
    )
    with pytest.raises(ConfigError, match=r"own.sql:6: evidence:.*unknown column 'statsu'"):
        check_metrics(open_folder(folder))
