"""Projects that pipeline tests run on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl.demo import simulate
from etl.pipeline.project import Project, open_project
from etl.settings import load_settings

NOW = datetime(2026, 4, 2, 1, 0, tzinfo=UTC)
"""When tests run the nightly job: the demo's days are over, its files are quiet."""


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a simulated project that no test may change."""
    folder = tmp_path_factory.mktemp("demo") / "project"
    simulate(folder, days=14, lines=6_000, seed=7)
    return folder


@pytest.fixture
def demo_folder(demo_template: Path, tmp_path: Path) -> Path:
    """Return a fresh copy of the simulated project; time stamps of files are kept."""
    return Path(shutil.copytree(demo_template, tmp_path / "project", copy_function=shutil.copy2))


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
