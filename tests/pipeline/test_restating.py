"""A day that is measured again says what it said before, since when, and why it changed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from etl.cli.main import main
from etl.metrics import defining
from etl.metrics.defining import RULES
from etl.pipeline.runs import run_all, run_backfill
from etl.store.restatements import read_restatements
from tests.pipeline.conftest import NOW, open_folder

Write = Callable[..., Path]
DAY = date(2026, 3, 10)
API = """
[[source]]
name = "api"
inputs = ["logs/access.log*"]
format = "nginx:combined"
"""
OWN = """/* ---
title = "Answers by status"
class = "errors"
unit = "requests"
definition = "Requests by status."
--- */
select source, status, count(*) {more} as value from requests group by source, status
"""


def line(hour: int, status: int = 200, day: date = DAY) -> str:
    when = f"{day:%d/%b/%Y}:{hour:02}:00:00 +0000"
    return f'192.0.2.1 - - [{when}] "GET /a HTTP/1.1" {status} 5 "-" "t"\n'


def run(folder: Path, hours: int) -> None:
    run_all(open_folder(folder), [DAY], now=NOW + timedelta(hours=hours), workers=1)


def found(folder: Path, metric: str = "own") -> list[tuple[object, ...]]:
    return [
        (one.dimensions.get("status"), one.kind, one.old_value, one.value, one.cause)
        for one in read_restatements(open_folder(folder).warehouse, DAY)
        if one.metric == metric
    ]


def project(write_project: Write, more: str = "") -> Path:
    folder = write_project(API)
    (folder / "sql").mkdir()
    (folder / "sql" / "own.sql").write_text(OWN.format(more=more))
    return folder


def test_every_change_is_kept_with_the_inputs_that_caused_it(write_project: Write) -> None:
    folder = project(write_project)
    log = folder / "logs" / "access.log"
    log.write_text(line(1))
    run(folder, 0)
    with log.open("a") as file:
        file.write(line(2) + line(3) + line(4, 404))
    run(folder, 1)
    (folder / "logs" / "access.log.2.gz").write_bytes(gzip.compress(line(5).encode()))
    run(folder, 2)
    assert found(folder) == [
        (200, "changed", 1, 3, "late: logs/access.log (3 records)"),
        (200, "changed", 3, 4, "late: logs/access.log.2.gz (1 record)"),
        (404, "appeared", None, 1, "late: logs/access.log (3 records)"),
    ]
    first, second, _ = (
        one for one in read_restatements(open_folder(folder).warehouse) if one.metric == "own"
    )
    assert first.old_measured_at == NOW
    assert first.measured_at == second.old_measured_at == NOW + timedelta(hours=1)
    table = (folder / "out" / str(DAY) / "restated.csv").read_text()
    assert "late: logs/access.log (3 records)" in table
    page = (folder / "out" / str(DAY) / "index.html").read_text()
    assert "late: logs/access.log.2.gz (1 record)" in page


def test_a_definition_that_was_edited_is_named(write_project: Write) -> None:
    folder = project(write_project)
    (folder / "logs" / "access.log").write_text(line(1) + line(2, 500))
    run(folder, 0)
    (folder / "sql" / "own.sql").write_text(OWN.format(more="filter (where status = 200)"))
    run(folder, 1)
    assert found(folder) == [(500, "changed", 1, 0, "the definition changed: SQL")]
    assert {one.metric for one in read_restatements(open_folder(folder).warehouse)} == {"own"}


def test_a_target_that_was_edited_is_told_with_what_it_was(write_project: Write) -> None:
    """A title, a comment or blanks define nothing: no day is measured again for them."""
    folder = project(write_project)
    (folder / "logs" / "access.log").write_text(line(1) + line(2, 500))
    run(folder, 0)
    same = OWN.format(more="").replace("from requests", "-- all of them\n  from   requests")
    assert same != OWN.format(more="")
    (folder / "sql" / "own.sql").write_text(same.replace("title =", "title = 'Mine' #", 1))
    assert not run_all(open_folder(folder), [DAY], now=NOW + timedelta(hours=1), workers=1).measured
    with (folder / "daytally.toml").open("a") as file:
        file.write("[metrics.http_500]\ntarget = '<= 0'\nkpi = false\n")
    run(folder, 2)
    (judged,) = read_restatements(open_folder(folder).warehouse)
    assert (judged.metric, judged.kind) == ("http_500", "judged")
    assert judged.cause == (
        "the definition changed: kpi was 'true', is 'false'; target was '<= 2', is '<= 0'"
    )


def test_what_a_rebuild_takes_away_has_vanished(write_project: Write) -> None:
    route = '[[route]]\nsource = "api"\npath = "{path}"\n'
    folder = write_project(API + route.format(path="/b"))
    (folder / "sql").mkdir()
    (folder / "sql" / "own.sql").write_text(OWN.format(more="").replace("status", "route"))
    (folder / "logs" / "access.log").write_text(line(1) + line(2, 500))
    run(folder, 0)
    with (folder / "daytally.toml").open("a") as file:
        file.write(route.format(path="/a"))
    later = NOW + timedelta(hours=1)
    run_backfill(open_folder(folder), [DAY], now=later, workers=1, rebuild=True)
    restated = {
        one.dimensions["route"]: (one.kind, one.old_value, one.value, one.inputs)
        for one in read_restatements(open_folder(folder).warehouse)
        if one.metric == "own"
    }
    assert restated == {
        None: ("vanished", 2, None, ("logs/access.log",)),
        "/a": ("appeared", None, 2, ("logs/access.log",)),
    }
    assert {str(cause).split(";")[0] for *_, cause in found(folder)} == {
        "read again: logs/access.log (2 records)"
    }


def test_a_metric_that_is_new_or_fails_restates_nothing(write_project: Write) -> None:
    folder = write_project(API)
    (folder / "logs" / "access.log").write_text(line(1))
    run(folder, 0)
    (folder / "sql").mkdir()
    own = folder / "sql" / "own.sql"
    own.write_text(OWN.format(more=""))
    run(folder, 1)
    # What a text holds is known only when it is read: `check` cannot find this one.
    broken = OWN.replace("count(*) {more}", "max(cast(path as bigint))")
    own.write_text(broken)
    result = run_all(open_folder(folder), [DAY], now=NOW + timedelta(hours=2), workers=1)
    assert result.is_incomplete
    assert list(result.failed) == ["own"]
    assert DAY in result.measured
    page = (folder / "out" / str(DAY) / "index.html").read_text()
    assert "could not be measured" in page
    own.write_text(OWN.format(more=""))
    run(folder, 3)
    assert found(folder) == []
    page = (folder / "out" / str(DAY) / "index.html").read_text()
    assert "could not be measured" not in page


def test_status_tells_what_each_metric_took(write_project: Write) -> None:
    folder = project(write_project)
    (folder / "logs" / "access.log").write_text(line(1) + line(2, 500))
    run(folder, 0)
    words = ["--project", str(folder), "status"]
    result = CliRunner().invoke(main, [*words, "-v"])
    assert result.exit_code == 0, result.output
    (row,) = (text for text in result.output.splitlines() if text.strip().startswith("own"))
    assert row.split()[2:4] == ["2", "1"]
    assert row.split()[-1] == "ok"
    assert "own" not in CliRunner().invoke(main, words).output
    (own,) = (
        one
        for one in json.loads(CliRunner().invoke(main, [*words, "--json"]).output)["metrics"]
        if one["metric"] == "own"
    )
    assert (own["rows"], own["error"]) == (2, "")


@pytest.mark.parametrize("name", RULES)
def test_other_rules_are_another_definition(
    name: str, write_project: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What agents, kinds of errors or cohorts are is no text of the metric's SQL."""
    folder = write_project(API)
    before = open_folder(folder).definitions_digest
    assert open_folder(folder).definitions_digest == before
    read = Path.read_bytes

    def edited(path: Path) -> bytes:
        return read(path) + (b"\n" if path.name == f"{name}.py" else b"")

    monkeypatch.setattr(Path, "read_bytes", edited)
    defining._hash_of_rules.cache_clear()
    after = open_folder(folder).definitions_digest
    defining._hash_of_rules.cache_clear()
    assert after != before
