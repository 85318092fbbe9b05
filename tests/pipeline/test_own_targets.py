"""What a project says of metrics is checked with line and nearest name, and judges no past day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from etl.errors import ConfigError
from etl.model import Measurement
from etl.pipeline.runs import run_all
from etl.pipeline.validating import check_metrics
from etl.store.measurements import read_measurements
from tests.pipeline.conftest import open_folder

SOURCE = """[[source]]
name = "api"
inputs = ["logs/api.log"]
format = "nginx:combined"
"""
NOW = datetime(2026, 3, 12, 1, tzinfo=UTC)
LINE = '1.1.1.1 - - [{day:02}/Mar/2026:09:00:00 +0000] "GET / HTTP/1.1" 500 1 "-" "x"\n'

WriteProject = Callable[..., Path]


@pytest.mark.parametrize(
    ("said", "line", "what"),
    [
        ("[metrics.http_50]\ntarget = '= 1'", 10, "unknown metric 'http_50'.*'http_500'"),
        ("[metrics.http_500]\ntaget = '= 1'", 11, "unknown key 'taget'.*Did you mean 'target'"),
        ("[metrics.http_500]\ntarget = 'one'", 11, "target 'one' is not understood"),
        ("[metrics.lines]\nkpi = true\ntarget = '= 1'", 11, "a quantity cannot be a KPI"),
        ("[metrics.lines]\nbudget = '1 bad day in 7'", 11, "add a target"),
        (
            "[metrics.http_500]\n[[metrics.http_500.targets]]\ndays = 'holliday'\ntarget='= 1'\n"
            "[special_days]\nholiday = ['2026-12-24']",
            11,
            r"targets\[0\]: days: 'holliday' is neither.*Did you mean 'holiday'",
        ),
        ("[special_days]\nholiday = ['2026-13-24']", 11, "special_days.holiday"),
    ],
)
def test_a_mistake_names_its_line(
    write_project: WriteProject, said: str, line: int, what: str
) -> None:
    folder = write_project(SOURCE + "\n" + said + "\n")
    text = (folder / "daytally.toml").read_text().splitlines()
    with pytest.raises(ConfigError, match=rf"(?s)daytally\.toml:{line}: .*{what}") as caught:
        open_folder(folder)
    assert text[line - 1] in said, "the test's own line"
    assert caught.value.exit_code == 2


def test_a_rule_about_a_dimension_that_the_metric_lacks_is_refused(
    write_project: WriteProject,
) -> None:
    rule = "[metrics.http_500]\ntargets = [{ sorce = 'api', target = '= 1' }]\n"
    project = open_folder(write_project(SOURCE + "\n" + rule))
    with pytest.raises(ConfigError, match=r"toml:11: targets\[0\].*Did you mean 'source'"):
        check_metrics(project)


def test_an_edited_target_judges_the_day_asked_for_and_no_other(
    write_project: WriteProject,
) -> None:
    folder = write_project(SOURCE + "\n[metrics.http_500]\ntarget = '<= 5'\n")
    (folder / "logs" / "api.log").write_text(LINE.format(day=10) + LINE.format(day=11))
    run_all(open_folder(folder), [date(2026, 3, 11)], now=NOW, workers=1)
    assert {one.day.day: (one.target, str(one.verdict)) for one in failures(folder)} == {
        10: ("<= 5", "met"), 11: ("<= 5", "met")}  # fmt: skip
    config = folder / "daytally.toml"
    config.write_text(config.read_text().replace("<= 5", "<= 0"))
    run_all(open_folder(folder), [date(2026, 3, 11)], now=NOW, workers=1)
    assert {one.day.day: (one.target, str(one.verdict)) for one in failures(folder)} == {
        10: ("<= 5", "met"), 11: ("<= 0", "missed")}  # fmt: skip


def failures(folder: Path) -> list[Measurement]:
    found = read_measurements(open_folder(folder).warehouse)
    return [one for one in found if one.metric == "http_500"]
