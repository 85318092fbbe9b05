"""Commands as a person types them: what they print, and the exit code they leave."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from socket import socket

import pytest
from click.testing import CliRunner, Result

from etl.cli import main
from etl.demo import simulate
from etl.pipeline.turns import alone
from tests.pipeline.conftest import NOW as NOW_UTC
from tests.pipeline.conftest import measured_demo, open_folder

NOW = "2026-04-02T01:00:00"

Call = Callable[..., Result]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demo project after its nightly job; commands that change it copy it first."""
    folder = tmp_path_factory.mktemp("cli") / "demo"
    template = measured_demo(tmp_path_factory)
    return Path(shutil.copytree(template, folder, copy_function=shutil.copy2))


def call(folder: Path, *words: str) -> Result:
    arguments = ["--now", NOW, *([] if words[0] == "demo" else ["--project", str(folder)]), *words]
    return CliRunner().invoke(main, arguments)


def test_a_run_says_what_it_read_and_ends_with_what_the_report_says(tmp_path: Path) -> None:
    folder, window = tmp_path / "demo", ("--since", "2026-03-16", "--until", "2026-03-17")
    assert call(folder, "demo", str(folder), "--days", "2", "--lines", "900").exit_code == 0
    lines = call(folder, "run", *window).stdout.splitlines()
    assert "lines = " in lines[0]
    assert "records + " in lines[0]
    assert lines[-4].startswith("Report: ")
    assert Path(lines[-4].removeprefix("Report: ")).is_file()
    assert "2026-03-17" in lines[-3]
    again = call(folder, "run", *window)
    assert again.stdout.splitlines()[0] == "Nothing new to read."


def test_a_run_whose_mail_cannot_be_sent_says_what_it_did(finished: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(finished, tmp_path / "demo", copy_function=shutil.copy2))
    with socket() as closed, (folder / "daytally.toml").open("a") as settings:
        closed.bind(("127.0.0.1", 0))  # taken, and nobody listens
        port = closed.getsockname()[1]
        settings.write(
            f'[mail]\nhost = "127.0.0.1"\nport = {port}\nfrom = "a@b.ch"\nto = ["c@d.ch"]\n'
        )
        settings.flush()
        result = call(folder, "run", "--day", "2026-03-20", "--send")
    assert result.exit_code == 1
    assert "Report: " in result.stdout
    assert "no connection with 127.0.0.1" in result.stderr
    assert result.stderr.rstrip().endswith("Then run: daytally send --day 2026-03-20")


def test_json_is_one_document(finished: Path) -> None:
    for words in (
        ("status",),
        ("rejects",),
        ("metrics",),
        ("run", "--day", "2026-03-29"),
        ("check",),
        ("upkeep",),
    ):
        result = call(finished, *words, "--json")
        assert json.loads(result.stdout), words


def test_strict_leaves_with_4_when_a_kpi_missed(finished: Path) -> None:
    assert call(finished, "run", "--day", "2026-03-25").exit_code == 0
    assert call(finished, "run", "--day", "2026-03-25", "--strict").exit_code == 4
    assert call(finished, "run", "--day", "2026-03-28", "--strict").exit_code == 0


def test_a_day_with_a_missing_source_leaves_with_3(finished: Path) -> None:
    result = call(finished, "run", "--day", "2026-03-27")
    assert result.exit_code == 3
    assert "Missing on 2026-03-27: transformer" in result.stdout


def test_status_shows_that_sums_hold_and_nothing_waits(finished: Path) -> None:
    result = call(finished, "status")
    assert result.exit_code == 0
    assert result.stdout.count("MATCH") == 4
    assert "Kept: all rows for ever" in result.stdout
    assert "waits with" not in result.stdout
    assert "waits for" not in result.stdout


def test_status_shows_what_waits(finished: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(finished, tmp_path / "demo", copy_function=shutil.copy2))
    with (folder / "logs" / "api" / "access.log").open("a") as log:
        log.write("more\n")
    assert "logs/api/access.log waits with 5 bytes" in call(folder, "status").stdout


def test_rejects_are_grouped_with_a_sample_and_its_place(finished: Path) -> None:
    result = call(finished, "rejects", "--source", "api")
    assert result.exit_code == 0
    assert "logs/api/access.log" in result.stdout
    groups = json.loads(call(finished, "rejects", "--json").stdout)
    truth = json.loads((finished / "truth.json").read_text())
    total = sum(one["rejects"] for one in truth["inputs"].values())
    assert sum(group["lines"] for group in groups) == total


def test_lint_names_file_and_line_and_is_strict_on_demand(finished: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(finished, tmp_path / "demo")
    with (folder / "daytally.toml").open("a") as config:
        config.write('\n[metrics.lines]\nowner = "TBD"\n')
    line = (folder / "daytally.toml").read_text().splitlines().index('owner = "TBD"') + 1
    result = call(folder, "metrics", "lint")
    assert result.exit_code == 0
    said = f"{folder}/daytally.toml:{line}: lines: owner 'TBD' is nobody"
    assert any(each.startswith(said) for each in result.stdout.splitlines())
    assert call(folder, "metrics", "lint", "--strict").exit_code == 3
    found = json.loads(call(folder, "metrics", "lint", "--json").stdout)
    assert {"metric": "lines", "key": "owner"}.items() <= found[-1].items()


def test_metrics_show_tells_where_each_key_comes_from(finished: Path) -> None:
    output = call(finished, "metrics", "show", "http_500").stdout
    assert "Requests answered with status 500" in output
    assert "http_500.sql:" in output
    assert "group by s.source" in output
    assert "On 2026-03-29:" in output
    shown = json.loads(call(finished, "metrics", "show", "http_500", "--json").stdout)
    assert shown["newest"][0]["verdict"] == "met"
    wrong = call(finished, "metrics", "show", "http_50")
    assert wrong.exit_code == 2
    assert "Did you mean 'http_500'?" in wrong.output


def test_metrics_lists_the_catalogue(finished: Path) -> None:
    output = call(finished, "metrics").stdout
    assert "http_500" in output
    assert "between 0.99 and 1.01" in output


def test_check_of_a_good_project_is_content(finished: Path) -> None:
    result = call(finished, "check")
    assert result.exit_code == 0, result.output
    assert "PROBLEM" not in result.stdout


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('format = "syslog"', 'format = "syslogg"', "Did you mean 'syslog'?"),
        ("$remote_addr - ", "$remote_addr$remote_user - ", "log_format"),
        ("event = 'imported'", "evnt = 'imported'", "evnt"),
        ('/customers/{customer_id}"', '/customers/{customer id}"', "customer id"),
        ('message = "json"', 'message = "jsn"', "source[3].message: unknown message format 'jsn'"),
        ('message = "json"', "message = 'regex:(?P<event>x'", "\n  (?P<event>x\n  ^"),
        ('message = "json"', "message = 'regex:(?P<evnt>x)'", "Known: evnt."),
    ],
)
def test_a_config_mistake_leaves_with_2_and_names_it(
    finished: Path, tmp_path: Path, old: str, new: str, says: str
) -> None:
    text = (finished / "daytally.toml").read_text()
    assert old in text
    (tmp_path / "daytally.toml").write_text(text.replace(old, new, 1))
    for command in ("check", "run"):
        result = call(tmp_path, command)
        assert result.exit_code == 2, result.output
        assert says in result.stderr + result.stdout
        assert "Traceback" not in result.output
    assert not (tmp_path / "warehouse" / "inputs").exists()


def test_a_wrong_template_is_found_by_check(finished: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(finished, tmp_path / "demo", copy_function=shutil.copy2))
    (folder / "reports").mkdir()
    (folder / "reports" / "day.html").write_text("{% if %}")
    result = call(folder, "check")
    assert result.exit_code == 2
    assert "day.html:1" in result.stdout.replace("\n", "")


def test_a_source_without_inputs_is_a_problem(finished: Path, tmp_path: Path) -> None:
    shutil.copy(finished / "daytally.toml", tmp_path)
    result = call(tmp_path, "check")
    assert result.exit_code == 2
    assert "no input matches logs/api/access.log*" in result.stdout


def test_a_run_logs_how_long_its_stages_took(finished: Path) -> None:
    result = call(finished, "run", "--day", "2026-03-20")
    events = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    stages = [event for event in events if event["event"] == "stage done"]
    assert [event["stage"] for event in stages] == ["ingest", "measure", "report", "upkeep"]
    assert all(event["wall_s"] > 0 and event["cpu_s"] > 0 for event in stages)


def test_a_second_run_leaves_with_5(finished: Path) -> None:
    with alone(open_folder(finished), "run", NOW_UTC):
        result = call(finished, "run")
        waited = call(finished, "ingest", "--wait", "1s")
    assert (result.exit_code, waited.exit_code) == (5, 5)
    said = result.stderr.replace("\n", " ")
    assert re.search(
        rf"another run holds .*: daytally run on .*, process {os.getpid()}, since", said
    )
    assert "after 1 s of waiting" in waited.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--day", "2026-13-01"),
        ("run", "--day", "tomorrow"),
        ("run", "--day", "2026-03-16", "--since", "2026-03-16"),
        ("run", "--until", "2026-03-16"),
        ("run", "--wait", "soon"),
        ("run", "--since", "2026-03-18", "--until", "2026-03-16"),
        ("rejects", "--source", "nobody"),
        ("send", "--day", "2026-03-16"),
        ("nonsense",),
    ],
)
def test_wrong_usage_leaves_with_2(finished: Path, words: tuple[str, ...]) -> None:
    result = call(finished, *words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_no_project_says_what_to_type(tmp_path: Path) -> None:
    result = call(tmp_path, "status")
    assert result.exit_code == 2
    assert "daytally demo DIR" in result.stderr


def test_demo_does_not_overwrite(finished: Path) -> None:
    result = call(finished, "demo", str(finished))
    assert result.exit_code == 2
    assert str(finished) in result.stderr


def test_report_alone_writes_the_same_pages(finished: Path) -> None:
    page = finished / "out" / "2026-03-26" / "index.html"
    before = page.read_bytes()
    page.unlink()
    assert call(finished, "report", "--day", "2026-03-26").exit_code == 0
    assert page.read_bytes() == before


def test_stages_alone_make_what_run_makes(tmp_path: Path) -> None:
    window = ("--since", "2026-03-16", "--until", "2026-03-17")
    ways = {
        "stages": (("ingest",), ("measure", *window), ("report", *window)),
        "run": (("run", *window),),
    }
    for way, commands in ways.items():
        simulate(tmp_path / way, days=2, lines=1_500, seed=1)
        for words in commands:
            assert call(tmp_path / way, *words).exit_code == 0
    for name in ("measurements.csv", "kpis.csv", "time_to_resolve.csv", "index.html"):
        one, other = (tmp_path / way / "out" / "2026-03-17" / name for way in ways)
        assert one.read_bytes() == other.read_bytes(), name


def test_routes_suggests_what_the_demo_leaves_without_a_route(finished: Path) -> None:
    result = call(finished, "routes", "--source", "api", "--limit", "3")
    assert result.exit_code == 0
    assert 'path = "/customers/{customer_id}/orders"' in result.stdout
    assert "/.env" not in call(finished, "routes", "--limit", "1000").stdout
    unknown = call(finished, "routes", "--source", "apl")
    assert (unknown.exit_code, "Did you mean 'api'?" in unknown.stderr) == (2, True)
