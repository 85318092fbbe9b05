"""The demo's measurements equal what the simulator counted: all of them, exactly."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from etl.demo import simulate
from etl.incidents.violations import derive_incidents
from etl.metrics.judging import dimensions_text
from etl.model import DayReport
from etl.pipeline.absence import missing_sources
from etl.pipeline.project import Project
from etl.pipeline.reports import build_report
from etl.pipeline.runs import run_all
from etl.store.measurements import read_measurements
from tests.pipeline.conftest import DEMO, NOW, measured_demo, open_folder

Key = tuple[str, str, str]

RUNS = [
    DEMO,
    pytest.param((14, 40_000, 2), marks=pytest.mark.extra),
    (1, 2_000, 3),
    # Two months: each kind of fault four times, and each day by the days around it.
    pytest.param((60, 30_000, 11), marks=pytest.mark.extra),
]
"""Days, lines and seed."""


@pytest.fixture(scope="module", params=RUNS, ids=str)
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    if request.param == DEMO:
        return open_folder(measured_demo(tmp_path_factory))
    days, lines, seed = request.param
    folder = tmp_path_factory.mktemp("truth") / "project"
    simulate(folder, days=days, lines=lines, seed=seed)
    project = open_folder(folder)
    now = max(NOW, datetime(2026, 3, 19, tzinfo=UTC) + timedelta(days=days))
    run_all(project, [date(2026, 3, 16)], now=now, workers=2)
    return project


@pytest.fixture(scope="module")
def reports(finished: Project) -> dict[str, DayReport]:
    """Return what the page of each day of the truth shows."""
    return {
        day: build_report(finished, date.fromisoformat(day)) for day in truth_of(finished)["days"]
    }


def truth_of(project: Project) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((project.settings.root / "truth.json").read_text())
    return truth


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def test_every_measurement_of_every_day_equals_the_truth(finished: Project) -> None:
    expected: dict[Key, tuple[object, ...]] = {
        (day, one["metric"], dimensions_text(one["dimensions"])): (
            *(one[name] for name in ("value", "numerator", "denominator", "n", "verdict")),
            instant(one["first_at"]),
            instant(one["last_at"]),
        )
        for day, of_day in truth_of(finished)["days"].items()
        for one in of_day["measurements"]
    }
    measured: dict[Key, tuple[object, ...]] = {
        (str(one.day), one.metric, dimensions_text(one.dimensions)): (
            one.value, one.numerator, one.denominator, one.n, str(one.verdict),
            one.first_at, one.last_at,
        )
        for one in read_measurements(finished.warehouse)
    }  # fmt: skip
    assert measured == expected
    silent = set(finished.sheets) - {metric for _, metric, _ in measured}
    # Its log does not count what it receives, and one day has nothing to compare with.
    assert silent <= {"bytes_received", "error_fingerprints_new", "error_fingerprints_gone"}
    assert silent == {"bytes_received"} or len(truth_of(finished)["days"]) == 1


def test_every_listed_object_equals_the_truth(
    finished: Project, reports: dict[str, DayReport]
) -> None:
    names = ("state", "object_id", "step", "entered_at", "last_step", "last_at")
    for day, of_day in truth_of(finished)["days"].items():
        with (finished.settings.out / day / "lost_customer.csv").open(newline="") as file:
            rows = [{name: row[name] for name in names} for row in csv.DictReader(file)]
        expected = [
            {name: (one[name] or "").replace("+00:00", "Z") for name in names}
            for one in of_day["objects"]
        ]
        assert sorted(rows, key=str) == sorted(expected, key=str)
        assert len(reports[day].objects) == len(expected)


def test_the_line_of_every_listed_object_names_it(
    finished: Project, reports: dict[str, DayReport]
) -> None:
    """Who follows input and offset finds the line that showed the object last."""
    root, logs = finished.settings.root, {}
    listed = [one for report in reports.values() for one in report.objects]
    for one in listed:
        if one.uri not in logs:
            data = (root / one.uri).read_bytes()
            logs[one.uri] = gzip.decompress(data) if one.uri.endswith(".gz") else data
        assert one.offset is not None
        line = logs[one.uri][one.offset :].split(b"\n", 1)[0]
        assert one.object_id.encode() in line
        assert one.offset == 0 or logs[one.uri][one.offset - 1 : one.offset] == b"\n"


def test_the_slowest_requests_are_listed(finished: Project, reports: dict[str, DayReport]) -> None:
    rows = finished.warehouse.scan("requests", finished.schema_of("requests"))
    times = rows.select("day", "request_time_s").collect()
    for (day,), of_day in times.group_by("day"):
        slowest = reports[str(day)].slowest
        expected = of_day["request_time_s"].drop_nulls().sort(descending=True).head(10)
        assert [one.request_time_s for one in slowest] == expected.to_list()


def test_every_days_verdict_and_missing_sources_equal_the_truth(
    finished: Project, reports: dict[str, DayReport]
) -> None:
    for day, of_day in truth_of(finished)["days"].items():
        report = reports[day]
        assert (day, str(report.verdict)) == (day, of_day["verdict"])
        assert list(report.missing) == of_day["missing"]


def test_every_days_error_budget_equals_the_truth(
    finished: Project, reports: dict[str, DayReport]
) -> None:
    told = [
        {"day": day, "days": one.days, "bad": one.bad, "allowed": one.allowed}
        for day, report in reports.items()
        for one in report.budgets
    ]
    assert told == truth_of(finished)["budgets"]


def test_every_inputs_sums_equal_the_truth(finished: Project) -> None:
    rows = finished.warehouse.scan("inputs", finished.schema_of("inputs"))
    read = rows.filter(pl.col("state") == "read").collect()
    sums = {
        row["uri"]: {name: row[name] for name in ("lines", "records", "rejects", "blank")}
        for row in read.iter_rows(named=True)
    }
    assert sums == truth_of(finished)["inputs"]


def test_every_incident_equals_the_truth(finished: Project) -> None:
    history = read_measurements(finished.warehouse)
    found = derive_incidents(history, finished.sheets, {}, finished.settings.zone)
    expected = [
        (one["metric"], one["started_at"], one["resolved_at"])
        for one in truth_of(finished)["incidents"]
    ]
    told = [
        (one.metric, one.started_at.isoformat(), one.resolved_at and one.resolved_at.isoformat())
        for one in found
    ]
    assert sorted(told) == sorted(expected)


def test_the_days_of_the_tables_are_the_days_of_the_truth(finished: Project) -> None:
    days = {str(one.day) for one in read_measurements(finished.warehouse)}
    assert days == set(truth_of(finished)["days"])
    assert not any(missing_sources(finished, [date(2026, 3, 16)]).values())


def test_every_kind_of_error_has_its_first_line_and_first_day(
    finished: Project, reports: dict[str, DayReport]
) -> None:
    firsts: dict[tuple[str, str], str] = {}
    for day, of_day in sorted(truth_of(finished)["days"].items()):
        kinds = {
            (one["dimensions"]["source"], one["dimensions"]["fingerprint"]): one["first_at"]
            for one in of_day["measurements"]
            if one["metric"] in {"error_fingerprints", "warning_fingerprints"}
        }
        samples = [one for one in reports[day].samples if str(one.day) == day]
        assert {(s.source, s.fingerprint): s.at.isoformat() for s in samples} == kinds
        for one in samples:
            first = firsts.setdefault((one.source, one.fingerprint), day)
            assert str(one.first_day) == first
            content = (finished.settings.root / one.uri).read_bytes()
            plain = gzip.decompress(content) if one.uri.endswith(".gz") else content
            line = plain[one.offset :].split(b"\n", 1)[0].decode()
            assert line.endswith(one.message or "?")
