"""`daytally formats`: what there is, and how well it fits a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from etl.cli import main
from etl.formats.registry import BUILTIN_FORMATS
from etl.pipeline.trying import percent

GOOD = '1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET /a?b HTTP/1.0" 200 2326 "-" "x"\n'
BAD = GOOD.replace("/Oct/", "/Okt/")


def call(*words: str) -> Result:
    return CliRunner().invoke(main, ["formats", *words])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_bytes((GOOD + BAD + "\n" + BAD).encode() + b"\x1b[31m\xc3\xa9\n")
    return path


def test_list_names_every_builtin_format() -> None:
    output = call("list").stdout
    assert all(name in output for name in BUILTIN_FORMATS)
    assert [row["format"] for row in json.loads(call("list", "--json").stdout)] == [
        *BUILTIN_FORMATS
    ]


@pytest.mark.parametrize("name", BUILTIN_FORMATS)
def test_show_has_definition_source_and_columns(name: str) -> None:
    output = call("show", name).stdout
    assert BUILTIN_FORMATS[name].definition in output
    assert BUILTIN_FORMATS[name].source in output
    columns = json.loads(call("show", name, "--json").stdout)["columns"]
    assert all(columns.values())


def test_show_takes_a_string_and_says_what_goes_where() -> None:
    columns = json.loads(call("show", "$time_local|$status|$my_own", "--json").stdout)["columns"]
    assert columns["at"] == ["$time_local"]
    assert columns["status"] == ["$status"]
    assert columns["extra"] == ["$my_own", "more fields"]


def test_a_wrong_name_or_string_leaves_with_2_and_a_hint(log: Path) -> None:
    assert "Did you mean 'nginx:combined'" in call("test", "nginx:combind", str(log)).output
    result = call("test", "%h %t %Z", str(log))
    assert result.exit_code == 2
    assert "%h %t %Z\n        ^^" in result.output


def test_test_shows_share_sample_and_where_lines_stop_matching(log: Path) -> None:
    result = call("test", "nginx:combined", str(log))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "5 lines = 1 records + 3 rejects + 1 blank: 25.0% match"
    assert "  path             /a" in lines
    place = next(
        number for number, line in enumerate(lines) if line.startswith("2 × bad_timestamp")
    )
    assert f"first at byte {len(GOOD)}:" in lines[place]
    assert lines[place + 1].index("10/Okt") == lines[place + 2].index("^")
    assert lines[place + 2].endswith("^ column 14: expected $time_local")
    assert "\x1b" not in result.stdout


def test_test_prints_one_json_document(log: Path) -> None:
    found = json.loads(call("test", "nginx:combined", str(log), "--json").stdout)
    assert (found["lines"], found["records"], found["blank"]) == (5, 1, 1)
    assert [group["lines"] for group in found["rejects"]] == [2, 1]


def test_a_file_of_another_format_leaves_with_3(log: Path) -> None:
    assert call("test", "syslog", str(log)).exit_code == 3


def test_an_unknown_zone_is_a_mistake_of_usage(log: Path) -> None:
    result = call("test", "syslog", str(log), "--timezone", "Europe/Berln")
    assert result.exit_code == 2
    assert "no IANA time zone" in result.output


def test_a_long_line_is_cut_around_its_caret(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    path.write_text(GOOD.replace("/a?b", "/" + "a" * 400).replace("200 2326", "OK 2326"))
    lines = call("test", "nginx:combined", str(path)).stdout.splitlines()
    assert lines[-2].startswith("  …")
    assert lines[-2].index("OK 2326") == lines[-1].index("^")
    assert len(lines[-2]) < 110


def test_lines_refused_at_other_columns_for_one_reason_are_one_group(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(BAD + BAD.replace("1.2.3.4", "10.20.30.40"))
    found = json.loads(call("test", "nginx:combined", str(path), "--json").stdout)["rejects"]
    assert [(one["lines"], one["first_column"], one["last_column"]) for one in found] == [
        (2, 14, 18)
    ]
    stdout = call("test", "nginx:combined", str(path)).stdout
    assert "2 × bad_timestamp at columns 14 to 18, first at byte 0:" in stdout


def test_a_caret_stands_under_its_place_behind_tabs_and_wide_letters(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text("\t\u65e5\u672c" + BAD)
    *_, sample, caret = call("test", "nginx:combined", str(path)).stdout.splitlines()
    assert sample.startswith("  \u2192\u65e5\u672c1.2.3.4")
    assert caret.index("^") == sample.index("10/Okt") + 2  # each of the two takes two columns


@pytest.mark.parametrize(
    ("share", "said"), [(1.0, "100.0%"), (0.9999, "99.9%"), (0.0, "0.0%"), (0.5, "50.0%")]
)
def test_a_hundred_percent_means_all(share: float, said: str) -> None:
    assert percent(share) == said
