"""Pages are written again where what they show is new, and left alone where it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from etl.pipeline.runs import run_all, run_measure, run_report
from tests.pipeline.conftest import NOW, open_folder

Write = Callable[..., Path]
DAYS = [date(2026, 3, 10) + timedelta(days=n) for n in range(4)]
API = """
[[source]]
name = "api"
inputs = ["logs/access.log"]
format = "nginx:combined"
"""


def add_line(folder: Path, day: date, status: int) -> None:
    text = f'1.1.1.1 - - [{day:%d/%b/%Y}:09:00:00 +0000] "GET / HTTP/1.1" {status} 1 "-" "x"\n'
    with (folder / "logs" / "access.log").open("a") as log:
        log.write(text)


def ready(write_project: Write) -> Path:
    folder = write_project(API)
    for day in DAYS:
        add_line(folder, day, 200)
    run_all(open_folder(folder), DAYS, now=NOW, workers=1)
    return folder


def pages_of(folder: Path) -> dict[date, int]:
    return {day: (folder / "out" / str(day) / "index.html").stat().st_mtime_ns for day in DAYS}


def rewritten(folder: Path, before: dict[date, int]) -> list[date]:
    return [day for day, at in pages_of(folder).items() if at != before[day]]


def test_a_day_that_is_asked_for_again_rewrites_its_own_page_alone(write_project: Write) -> None:
    folder = ready(write_project)
    before = pages_of(folder)
    run_all(open_folder(folder), [DAYS[1]], now=NOW, workers=1)
    assert rewritten(folder, before) == [DAYS[1]]


def test_a_day_with_late_lines_rewrites_the_pages_whose_trends_show_it(
    write_project: Write,
) -> None:
    folder = ready(write_project)
    before = pages_of(folder)
    add_line(folder, DAYS[1], 500)
    run_all(open_folder(folder), [DAYS[3]], now=NOW + timedelta(hours=1), workers=1)
    assert rewritten(folder, before) == DAYS[1:]


def test_pages_that_are_behind_are_written_with_those_that_show_them(write_project: Write) -> None:
    folder = ready(write_project)
    before = pages_of(folder)
    (folder / "daytally.toml").write_text(
        (folder / "daytally.toml").read_text() + '[metrics.http_500]\ntarget = "<= 9"\n'
    )
    run_measure(open_folder(folder), [DAYS[2]], now=NOW + timedelta(hours=1))
    assert rewritten(folder, before) == [], "measured, and its run died"
    run_report(open_folder(folder), [DAYS[0]], now=NOW + timedelta(hours=2))
    assert rewritten(folder, before) == [DAYS[0], *DAYS[2:]]
