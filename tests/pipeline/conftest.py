"""Projects that pipeline tests run on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from etl.demo import simulate
from etl.pipeline.project import Project, open_project
from etl.pipeline.runs import run_all
from etl.settings import load_settings
from tests.once import once

NOW = datetime(2026, 4, 2, 1, 0, tzinfo=UTC)
"""When tests run the nightly job: the demo's days are over, its files are quiet."""


DEMO = (14, 6_000, 7)
"""Days, lines and seed of the simulated project that tests share."""


def measured_demo(factory: pytest.TempPathFactory) -> Path:
    """Return the simulated project after its first nightly job; whoever changes it copies it."""

    def make(folder: Path) -> None:
        days, lines, seed = DEMO
        simulate(folder, days=days, lines=lines, seed=seed)
        run_all(open_folder(folder), [date(2026, 3, 16)], now=NOW, workers=2)

    return once(factory, "measured-demo", make)


@pytest.fixture
def measured_folder(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """Return a copy of the measured project; time stamps of files are kept."""
    template = measured_demo(tmp_path_factory)
    return Path(shutil.copytree(template, tmp_path / "project", copy_function=shutil.copy2))


def open_folder(folder: Path) -> Project:
    return open_project(load_settings(folder))


@pytest.fixture
def write_project(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a small project around given sources."""

    def write(sources: str, *, timezone: str = "UTC") -> Path:
        head = f'[project]\nname = "Test"\ntimezone = "{timezone}"\n\n'
        (tmp_path / "logs").mkdir(exist_ok=True)
        (tmp_path / "daytally.toml").write_text(head + sources)
        return tmp_path

    return write
