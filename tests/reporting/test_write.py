"""Files appear whole, stale ones go, and a failure leaves what was there."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from etl.errors import ConfigError, FatalError
from etl.reporting import check_templates, write_day
from tests.reporting.figures import DAY
from tests.reporting.statements import empty_report, rich_report


def files_of(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / str(DAY)).iterdir()}


def test_the_page_is_the_first_of_the_files_returned(tmp_path: Path, templates: Path) -> None:
    paths = write_day(tmp_path, rich_report(), templates=templates)
    assert paths[0] == tmp_path / "2026-03-20" / "index.html"
    assert all(path.is_file() for path in paths)
    assert {path.name for path in paths} == set(files_of(tmp_path))


def test_files_that_no_longer_belong_go_and_others_stay(tmp_path: Path, templates: Path) -> None:
    write_day(tmp_path, rich_report(), templates=templates)
    (tmp_path / str(DAY) / "notes.txt").write_text("mine")
    write_day(tmp_path, empty_report(), templates=templates)
    names = set(files_of(tmp_path))
    assert "integrity_flow.csv" not in names
    assert {"notes.txt", "index.html", "measurements.csv", "rejects.csv"} <= names


def test_nothing_hidden_is_left_behind(tmp_path: Path, templates: Path) -> None:
    (tmp_path / f".{DAY}.new").mkdir(parents=True)
    (tmp_path / f".{DAY}.new" / "half.csv").write_text("a,")
    write_day(tmp_path, rich_report(), templates=templates)
    assert [path.name for path in tmp_path.iterdir()] == [str(DAY)]
    assert "half.csv" not in files_of(tmp_path)


@pytest.mark.parametrize("stop_at", [0, 3, 9])
def test_a_crash_at_any_moment_leaves_every_file_whole(
    stop_at: int, tmp_path: Path, templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between two renames: each file is the old or the new one, and the page is there."""
    write_day(tmp_path, rich_report(), templates=templates)
    old = files_of(tmp_path)
    changed = replace(rich_report(), project="Renamed hub")
    write_day(tmp_path / "other", changed, templates=templates)
    new = files_of(tmp_path / "other")
    moved: list[Path] = []
    real = Path.replace

    def dying(self: Path, target: Path) -> Path:
        if len(moved) == stop_at:
            raise KeyboardInterrupt
        moved.append(target)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", dying)
    with pytest.raises(KeyboardInterrupt):
        write_day(tmp_path, changed, templates=templates)
    for name, content in files_of(tmp_path).items():
        assert content in (old[name], new[name])
    assert files_of(tmp_path)["index.html"] == old["index.html"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, templates: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(FatalError, match=r"cannot write the report to .*out.*daytally report"):
        write_day(tmp_path / "out", rich_report(), templates=templates)


def test_pages_can_be_read_by_others(tmp_path: Path, templates: Path) -> None:
    """A web server runs as somebody else."""
    before = os.umask(0o022)
    try:
        write_day(tmp_path, rich_report(), templates=templates)
    finally:
        os.umask(before)
    assert (tmp_path / str(DAY)).stat().st_mode & 0o777 == 0o755


def test_a_template_of_the_users_replaces_the_built_in_one(tmp_path: Path, templates: Path) -> None:
    own = tmp_path / "reports"
    own.mkdir()
    (own / "day.html").write_text("<p>{{ project }}: {{ verdict_words }}</p>\n")
    page = write_day(tmp_path, rich_report(), templates=templates, overrides=own)[0]
    assert page.read_text("utf-8") == "<p>Customer hub: MISSED 3 of 9 KPIs</p>\n"


def test_escaping_stays_on_in_a_template_of_any_name(tmp_path: Path, templates: Path) -> None:
    own = tmp_path / "reports"
    own.mkdir()
    (own / "part.txt").write_text("{{ project }}")
    (own / "day.html").write_text('{% include "part.txt" %}')
    report = replace(rich_report(), project="<b>")
    page = write_day(tmp_path, report, templates=templates, overrides=own)[0]
    assert page.read_text("utf-8") == "&lt;b&gt;"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("<p>\n{% if %}", 2, "report template"),
        ("<p>\n\n{{ projct }}", 3, "projct"),
        ("{{ verdict.upper( }}", 1, "report template"),
    ],
)
def test_a_mistake_in_a_template_is_told_with_file_and_line(
    text: str, line: int, what: str, tmp_path: Path, templates: Path
) -> None:
    own = tmp_path / "reports"
    own.mkdir()
    (own / "day.html").write_text(text)
    with pytest.raises(ConfigError, match=what) as caught:
        write_day(tmp_path, rich_report(), templates=templates, overrides=own)
    assert f"{own / 'day.html'}:{line}" in str(caught.value)
    assert not (tmp_path / str(DAY)).exists()


def test_all_templates_can_be_checked_before_a_run(tmp_path: Path, templates: Path) -> None:
    check_templates(templates)
    (tmp_path / "index.html").write_text("{% endfor %}")
    with pytest.raises(ConfigError, match=r"index\.html:1: report template"):
        check_templates(templates, tmp_path)
    with pytest.raises(ConfigError, match=r"'day\.html' is missing"):
        write_day(tmp_path, rich_report(), templates=tmp_path / "nowhere")
