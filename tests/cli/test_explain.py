"""`daytally explain` as a person types it, and as the page and the mail tell to."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from etl.cli import main
from etl.pipeline.runs import run_all
from etl.reporting.restated import explain_command
from tests.pipeline.conftest import open_folder

NOW = datetime(2026, 3, 12, 1, tzinfo=UTC)
DAY = date(2026, 3, 10)
CONFIG = """
[project]
name = "Test"
timezone = "UTC"

[[source]]
name = "api"
inputs = ["logs/access*"]
format = "nginx:combined"
"""
LINE = '192.0.2.1 - - [10/Mar/2026:{:02}:00:00 +0000] "GET /\x1b[31m HTTP/1.1" {} 5 "-" "t"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a measured project whose KPI missed its target."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "daytally.toml").write_text(CONFIG)
    log = tmp_path / "logs" / "access.log"
    log.write_text("".join(LINE.format(n, 500 if n < 5 else 200) for n in range(9)))
    run_all(open_folder(tmp_path), [DAY], now=NOW, workers=1)
    return tmp_path


def call(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--project", str(folder), *words])


def test_a_figure_is_told_with_sheet_sql_views_rows_and_lines(folder: Path) -> None:
    result = call(folder, "explain", "http_500", "--day", str(DAY), "--lines", "2")
    assert result.exit_code == 0, result.output
    said = result.output
    assert "source api: 5 requests, n 9, target ≤ 2 requests: MISSED" in said
    assert "owner: API team" in said
    assert "sum(r.requests) filter (where r.status = 500)" in said
    assert "day = 2026-03-10 (2026-03-10 00:00:00Z to 2026-03-11 00:00:00Z, 24 h, UTC)" in said
    assert "(2 of 5)" in said
    assert "logs/access.log:0\n    192.0.2.1 - - [10/Mar/2026:00:00:00 +0000]" in said
    assert "\x1b" not in said


def test_json_has_all_of_it(folder: Path) -> None:
    result = call(folder, "explain", "http_500", "--day", str(DAY), "--lines", "1", "--json")
    found = json.loads(result.output)
    assert found["measurements"][0]["value"] == 5
    assert found["rows"][0]["total"] == 5
    assert found["rows"][0]["lines"][0]["offset"] == 0


def test_the_page_and_the_command_line_agree(folder: Path) -> None:
    page = (folder / "out" / str(DAY) / "index.html").read_text()
    (told,) = set(re.findall(r"<code>(daytally explain http_500[^<]*)</code>", page))
    assert call(folder, *shlex.split(told)[1:]).exit_code == 0


def test_a_command_for_odd_dimensions_can_be_pasted() -> None:
    odd = {"route": None, "path": "/it's; rm -rf $HOME", "source": "-x", "unseen": "a\u202eb"}
    words = shlex.split(explain_command("m", DAY, odd))
    assert words[5:] == [
        "--where", "path=/it's; rm -rf $HOME", "--where", "route=null", "--where", "source=-x",
    ]  # fmt: skip


def test_what_is_no_dimension_is_a_mistake_of_usage(folder: Path) -> None:
    result = call(folder, "explain", "http_500", "--day", str(DAY), "--where", "source")
    assert result.exit_code == 2
    assert "write it as dimension=value" in result.output
    result = call(folder, "explain", "http_50", "--day", str(DAY))
    assert (result.exit_code, "Did you mean 'http_500'?" in result.output) == (2, True)
