"""A project of many small inputs and batches, and its whole warehouse, for tests that break things.

Its `_main` is `daytally` with batches of three inputs.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from etl.store.ledger import READ
from etl.store.measurements import read_measurements
from tests.conftest import REPOSITORY
from tests.forks import Fork, fork
from tests.pipeline.conftest import NOW, open_folder

SOURCES = """
[project]
name = "Test"
timezone = "UTC"

[[source]]
name = "api"
inputs = ["logs/access*"]
format = "nginx:combined"

[[source]]
name = "app"
inputs = ["logs/app*"]
format = "syslog"

[[source]]
name = "shop"
inputs = ["logs/shop*"]
format = "nginx:combined"
"""
DAYS = (date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12))
WINDOW = ("--since", str(DAYS[0]), "--until", str(DAYS[-1]))
CLOCK = f"{NOW:%Y-%m-%dT%H:%M:%S}"
TABLES = ("requests", "events", "rejects")
INPUTS_OF_A_BATCH = 3
SCREEN_LINES = 24

Rows = dict[str, list[tuple[object, ...]]]


def write_logs(folder: Path, *, inputs: int = 8) -> None:
    """Write a project whose sources have live, numbered and compressed logs of three days.

    Args:
        folder: Made if need be.
        inputs: Of each source.
    """
    (folder / "logs").mkdir(parents=True)
    (folder / "daytally.toml").write_text(SOURCES)
    for name, lines in (("access", requests), ("app", events), ("shop", requests)):
        for number in range(inputs):
            text = "".join(lines(f"{name}-{number}", number * 100, 40)).encode()
            path = folder / "logs" / (f"{name}.log.{number}" if number else f"{name}.log")
            if number % 3 == 2:
                path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(text, mtime=0))
            else:
                path.write_bytes(text)


def copied(folder: Path, into: Path) -> Path:
    """Copy a project into a folder, with the times of its logs."""
    return Path(shutil.copytree(folder, into / "project", copy_function=shutil.copy2))


def requests(name: str, start: int, count: int) -> Iterator[str]:
    """Yield lines of an access log: requests of three days, some nonsense, some blanks."""
    for number in range(start, start + count):
        day = DAYS[number % 3]
        yield (
            f'192.0.2.{number % 250} - - [{day:%d/%b/%Y}:{number % 24:02}:00:00 +0000] "GET'
            f' /{name}/{number} HTTP/1.1" {(200, 404, 500)[number % 7 % 3]} {number} "-" "t"\n'
        )
        if number % 11 == 0:
            yield f"nonsense {name} {number}\n"
        if number % 13 == 0:
            yield "\n"


def events(name: str, start: int, count: int) -> Iterator[str]:
    """Yield lines of a syslog of three days, some nonsense, some blanks."""
    for number in range(start, start + count):
        yield f"{DAYS[number % 3]}T{number % 24:02}:00:00Z h app[{number}]: hello from {name}\n"
        if number % 17 == 0:
            yield f"nonsense {name} {number}\n\n"


def started(
    folder: Path, *words: str, under: Sequence[str] = (), module: str = "tests.pipeline.faults"
) -> Fork:
    """Start the command line of `daytally` on a project, with small batches.

    Args:
        folder: The project.
        words: The arguments.
        under: What the process is put under; see `fork`.
        module: What sets it up.
    """
    arguments = ("--now", CLOCK, "--project", str(folder), *words)
    return fork(module, *arguments, env=environment(), under=under)


def daytally(
    folder: Path, *words: str, under: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the command line on a project until it ends."""
    return started(folder, *words, under=under).end()


def assert_said(
    done: subprocess.CompletedProcess[str], code: int, *words: str, panics: bool = False
) -> None:
    """Hold a failed run against what people may expect: its exit code, and words on one screen.

    Args:
        done: The run.
        code: Its exit code.
        words: What it says.
        panics: Whether Delta's own threads may report besides that they came to grief.
    """
    news = ('{"at": ', "ready")  # the log, and this module's own word
    said = [s for s in (done.stdout + done.stderr).splitlines() if not s.startswith(news)]
    text = "\n".join(said)
    assert done.returncode == code, text
    assert "Traceback" not in text
    assert panics or "panicked" not in text
    assert len(said) <= SCREEN_LINES, text
    for each in words:
        assert each in text, text


def say(figure: str) -> None:
    """Tell people a figure that a test found, also where pytest keeps what is printed."""
    sys.__stderr__.write(f"\n{figure}\n")  # type: ignore[union-attr]


def environment() -> dict[str, str]:
    """Return what processes need to find this checkout."""
    return os.environ | {"PYTHONPATH": str(REPOSITORY)}


def all_rows(folder: Path) -> Rows:
    """Return every row of the tables of records, whole: day, source, input, offset and all fields.

    Rows are sorted, as the order in which batches came in means nothing. Inputs are numbered in
    this order: an id depends on how many bytes an input had when it was first seen.
    """
    project = open_folder(folder)
    found: Rows = {}
    for table in TABLES:
        frame = project.warehouse.scan(table, project.schema_of(table)).collect()
        rest = sorted(set(frame.columns) - {"input_id"})
        numbers: dict[str, int] = {}
        found[table] = [
            (*row, numbers.setdefault(input_id, len(numbers)))
            for *row, input_id in sorted(frame.select(*rest, "input_id").rows(), key=repr)
        ]
    return found


def all_figures(folder: Path) -> list[tuple[object, ...]]:
    """Return every measurement, without when and from which reads it was made.

    How many bytes an input had when it was read depends on whether it was compressed by then.
    """
    return sorted(
        (
            (one.day, one.metric, sorted(one.dimensions.items()), one.value, one.numerator,
             one.denominator, one.n, str(one.verdict))
            for one in read_measurements(open_folder(folder).warehouse)
            if one.metric != "input_bytes"
        ),
        key=repr,
    )  # fmt: skip


def assert_undisturbed(folder: Path, plain: Path) -> None:
    """Hold a project's tables against those of a run that nobody disturbed, row for row.

    Args:
        folder: The project.
        plain: Where the other one is made, of the same logs.
    """
    (plain / "logs").mkdir(parents=True)
    lines = (folder / "daytally.toml").read_text().splitlines(keepends=True)
    own = [line for line in lines if not line.startswith("warehouse =")]  # it may be in S3
    (plain / "daytally.toml").write_text("".join(own))
    for path in (folder / "logs").iterdir():
        shutil.copy2(path, plain / path.relative_to(folder))
    done = daytally(plain, "run", *WINDOW)
    assert done.returncode == 0, done.stderr
    assert_same(folder, plain)


def assert_same(folder: Path, plain: Path) -> None:
    """Hold rows and figures of one project against another's, and the ledger's counts."""
    assert all_rows(folder) == all_rows(plain)
    assert all_figures(folder) == all_figures(plain)
    assert_balanced(folder)


def assert_balanced(folder: Path) -> None:
    """Hold the ledger's counts against the tables' rows, source by source."""
    project = open_folder(folder)
    tables = project.tables()
    reads = tables["inputs"].filter(pl.col("state") == READ).group_by("source")
    counts = ("lines", "records", "rejects", "blank")
    for source, lines, records, rejects, blank in (
        reads.agg(pl.col(*counts).sum()).collect().select("source", *counts).iter_rows()
    ):
        own = pl.col("source") == source
        kept = {name: tables[name].filter(own).collect().height for name in TABLES}
        assert lines == records + rejects + blank
        assert (records, rejects) == (kept["requests"] + kept["events"], kept["rejects"])


def _main() -> None:
    from etl.cli.start import start
    from etl.pipeline import packing

    packing.BATCH_INPUTS = INPUTS_OF_A_BATCH
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    start()
