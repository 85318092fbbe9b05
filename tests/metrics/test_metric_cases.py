"""Cases as data: lines of logs, and the measurements that must come of them by the real job.

A file of tests/cases/metrics holds `project`, the sources, routes and chains that its cases share,
and any number of `[[case]]`. A case has a `name`, may have a `timezone` (UTC if not), a `project`
of its own, and `sql."name"`: a metric's file. Each of its `[[case.run]]` is a night:

    now       when it runs; yesterday is measured, and every other day whose data are new
    write     file = lines, appended before the run
    expect    day.metric = [rows]: exactly these measurements of the metric on that day. Of a row,
              `value`, `numerator`, `denominator`, `n`, `verdict` and the like are compared where
              they are given ("null" is none); all its other keys are the dimensions.
    listed    day.list = [rows]: exactly these rows of `out/<day>/<list>.csv`, in any order, by the
              columns that are given
    waits     day = ["chain step source day-of-the-log objects"]: who waits for which overdue log
"""

from __future__ import annotations

import csv
import json
import math
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from etl.days import day_of
from etl.metrics.judging import dimensions_text
from etl.model import Measurement
from etl.pipeline.project import Project, open_project
from etl.pipeline.runs import run_all
from etl.settings import load_settings
from etl.store.evidence import read_waits
from etl.store.measurements import read_measurements

FOLDER = Path(__file__).parents[1] / "cases" / "metrics"
SQL = Path(__file__).parents[2] / "sql"
COMPARED = {field.name for field in fields(Measurement)} - {"day", "metric", "dimensions"}


def cases() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.toml")):
        shared = tomllib.loads(path.read_text("utf-8"))
        for case in shared["case"]:
            given = {"timezone": "UTC", "project": shared.get("project", "")} | case
            yield pytest.param(given, id=f"{path.stem}: {case['name']}")


@pytest.mark.parametrize("case", list(cases()))
def test_a_case_gives_its_measurements(case: dict[str, Any], tmp_path: Path) -> None:
    head = f'[project]\nname = "Case"\ntimezone = "{case["timezone"]}"\n'
    (tmp_path / "daytally.toml").write_text(head + case["project"])
    for name, text in case.get("sql", {}).items():
        (tmp_path / "sql").mkdir(exist_ok=True)
        (tmp_path / "sql" / f"{name}.sql").write_text(text)
    for night in case["run"]:
        project = run_night(tmp_path, night)
        for day, metrics in night.get("expect", {}).items():
            assert_measured(project, date.fromisoformat(day), metrics)
        for day, waits in night.get("waits", {}).items():
            told = read_waits(project.warehouse, date.fromisoformat(day))
            assert [f"{o.chain} {o.step} {o.source} {o.log_day} {o.objects}" for o in told] == waits
        for day, lists in night.get("listed", {}).items():
            for name, rows in lists.items():
                assert_listed(project.settings.out / day / f"{name}.csv", rows)


def test_each_built_in_metric_is_worked_out_by_hand() -> None:
    worked = {
        metric
        for case in cases()
        for night in case.values[0]["run"]
        for metrics in night.get("expect", {}).values()
        for metric, rows in metrics.items()
        if rows
    }
    assert {path.stem for path in SQL.glob("*.sql")} - worked == set()


def run_night(root: Path, night: Mapping[str, Any]) -> Project:
    now: datetime = night["now"]
    for name, text in night.get("write", {}).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(text)
        os.utime(path, (now.timestamp(), now.timestamp()))
    project = open_project(load_settings(root))
    yesterday = day_of(now, project.settings.zone) - timedelta(days=1)
    result = run_all(project, [yesterday], now=now, workers=1)
    assert not result.failed
    return project


def assert_measured(project: Project, day: date, metrics: Mapping[str, Any]) -> None:
    found = read_measurements(project.warehouse, since=day, until=day)
    for metric, rows in metrics.items():
        got = {dimensions_text(one.dimensions): one for one in found if one.metric == metric}
        wanted = dict(split(row) for row in rows)
        assert set(got) == set(wanted), f"{day} {metric}"
        for about, values in wanted.items():
            have = {name: plain(getattr(got[about], name)) for name in values}
            assert have == {k: near(have[k], v) for k, v in values.items()}, f"{metric} {about}"


def split(row: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a row's dimensions as text, and its values."""
    dimensions = {k: none_of(v) for k, v in row.items() if k not in COMPARED}
    return dimensions_text(dimensions), {k: none_of(row[k]) for k in row if k in COMPARED}


def none_of(value: Any) -> Any:
    return None if value == "null" else value


def plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def near(have: Any, value: Any) -> Any:
    """Return the value, or for a fraction what we have if it is the same but for rounding."""
    both = isinstance(value, float) and isinstance(have, float)
    return have if both and math.isclose(have, value, rel_tol=1e-12) else value


def assert_listed(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    names = {name for row in rows for name in row}
    got = sorted(json.dumps({name: row[name] for name in sorted(names)}) for row in found)
    assert got == sorted(json.dumps(dict(sorted(row.items()))) for row in rows), path.name
