"""Wrong SQL of the project's own: told with its place, and no other metric stops for it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from etl.cli import main
from etl.store.measurements import read_measurements
from tests.pipeline.conftest import measured_demo, open_folder

LAST = date(2026, 3, 29)


def call(folder: Path, *words: str) -> Result:
    arguments = ["--now", "2026-04-02T01:00:00", "--project", str(folder), *words]
    return CliRunner().invoke(main, arguments)


WRONG_SQL = {
    "unknown_column": ("select sum(sise)\n as value\nfrom requests", "7:12", "Known: "),
    "no_from": ("select source, count(*) as value", "7:8", "add `from`. Views: "),
    "wrong_type": ("select\n sum(path) as value\nfrom requests", "8:2", "(path is text)"),
    "unknown_view": ("select count(*) as value from cohorte", "7:31", "Did you mean 'cohorts'?"),
    "unequal": ("select 1 as value, 2 as n union all select 3", "7:27", "equal number of columns"),
    "third_line": ("select count(*) as value\nfrom requests\nwher status = 5", "9:6", "'where'"),
}

DIVIDED = {
    "exact": "select 1.0 * count(*) / (count(*) - count(*))",
    "rounded": "select cast(count(*) as double) / (count(*) - count(*))",
    "guarded": "select 1.0 * count(*) / nullif(count(*) - count(*), 0)",
}
"""By nothing: of decimals the engine refuses it, of floats it makes infinity."""


@pytest.fixture(scope="module")
def with_wrong_sql(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wrong") / "demo"
    shutil.copytree(measured_demo(tmp_path_factory), folder, copy_function=shutil.copy2)
    (folder / "sql").mkdir()
    sheet = '/* ---\ntitle = "x"\nclass = "api"\nunit = "x"\ndefinition = "x"\n--- */\n'
    for name, (sql, _, _) in WRONG_SQL.items():
        (folder / "sql" / f"{name}.sql").write_text(sheet + sql + "\n")
    for name, sql in DIVIDED.items():
        (folder / "sql" / f"{name}.sql").write_text(f"{sheet}{sql} as value from requests\n")
    return folder


def test_wrong_own_sql_is_found_by_check(with_wrong_sql: Path) -> None:
    result = call(with_wrong_sql, "check")
    assert result.exit_code == 2
    lines = result.stdout.splitlines()
    for name, (sql, place, said) in WRONG_SQL.items():
        (at,) = (n for n, line in enumerate(lines) if f"{name}.sql:{place}: " in line)
        assert said in lines[at]
        row, column = (int(number) for number in place.split(":"))
        marked = sql.splitlines()[row - 7]
        assert lines[at + 1] == f"  {marked}", "the line as it stands, in no table"
        assert lines[at + 2].index("^") == column + 1


def test_wrong_own_sql_stops_no_other_metric(with_wrong_sql: Path) -> None:
    """Each night says so, also one that has nothing new to measure, and none of them stops."""
    for _ in range(2):
        result = call(with_wrong_sql, "run", "--day", str(LAST))
        assert result.exit_code == 3
        for name, (_, place, said) in WRONG_SQL.items():
            told = result.stdout.split(f"Not measured: {name}: ", 1)[1].splitlines()[0]
            assert f"{name}.sql:{place}: " in told
            assert said in told
    measured = read_measurements(open_folder(with_wrong_sql).warehouse, since=LAST, until=LAST)
    assert {one.metric for one in measured} >= {"http_500", "integrity_flow"}
    assert "exact.sql:7:23: division by zero; divide by nullif(…, 0)" in result.stdout
    assert {one.metric: one.value for one in measured if one.metric in DIVIDED} == {
        "rounded": None, "guarded": None}  # fmt: skip


def test_a_wrong_step_of_a_chain_is_found_before_anything_is_read(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    text = (measured_demo(tmp_path_factory) / "daytally.toml").read_text()
    wrong = text.replace("event = 'imported'", "evnt = 'imported'", 1)
    (tmp_path / "daytally.toml").write_text(wrong)
    line = next(n for n, each in enumerate(wrong.splitlines(), start=1) if "evnt" in each)
    for command in ("check", "run"):
        result = call(tmp_path, command)
        assert result.exit_code == 2
        said = result.stdout + result.stderr
        assert f"daytally.toml:{line}: chain 'customer', step 'imported': unknown column" in said
        assert "Did you mean 'event'?" in said
    assert not (tmp_path / "warehouse" / "inputs").exists()


def test_a_wrong_data_sheet_keeps_no_log_from_being_read(tmp_path: Path) -> None:
    """Logs are rotated away; a sheet can be mended, and the day measured then."""
    log = '192.0.2.1 - - [16/Mar/2026:10:00:00 +0100] "GET /a HTTP/1.1" 200 12 "-" "curl"\n'
    (tmp_path / "a.log").write_text(log)
    source = '[[source]]\nname = "api"\ninputs = ["a.log"]\nformat = "nginx:combined"\n'
    text = f'[project]\nname = "X"\ntimezone = "UTC"\n{source}[metrics.nonsense]\nowner = "me"\n'
    (tmp_path / "daytally.toml").write_text(text)
    read = call(tmp_path, "ingest")
    assert (read.exit_code, read.stdout.split(":")[0]) == (0, "Read 1 inputs, 0.0 MB")
    for command in ("check", "run", "measure"):
        result = call(tmp_path, command)
        assert result.exit_code == 2
        assert "unknown metric 'nonsense'" in result.stdout + result.stderr
