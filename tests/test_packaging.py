"""The wheel works by itself: what a user installs has no checkout beside it."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.source_code import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as a release does."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own; return the folder of its programs."""
    home = tmp_path_factory.mktemp("bare") / "venv"
    _run(sys.executable, "-m", "venv", "--without-pip", home)
    variables = {"base": str(home), "platbase": str(home)}
    packages = Path(sysconfig.get_path("purelib", "posix_prefix", variables))
    # The dependencies come from here; .pth files of that folder, ours among them, do not count.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = (sys.executable, "-m", "pip", "--python", home / "bin" / "python")
    _run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    return home / "bin"


def test_the_installed_command_answers_outside_a_checkout(bare: Path, tmp_path: Path) -> None:
    assert "Usage: daytally" in _run(bare / "daytally", "--help", cwd=tmp_path)


def test_metrics_and_templates_come_with_the_wheel(bare: Path, tmp_path: Path) -> None:
    """Those of the package are found, not those of a checkout that happens to be near."""
    code = "from etl.resources import *; print(sql_folder()); print(templates_folder())"
    found = [Path(line) for line in _run(bare / "python", "-c", code, cwd=tmp_path).splitlines()]
    for folder, source in zip(found, (ROOT / "sql", ROOT / "reports"), strict=True):
        assert folder.is_relative_to(bare.parent)
        assert _names(folder) == _names(source)


@pytest.mark.extra  # a new installation compiles the parser: half a minute
def test_the_installed_command_reports_on_a_demo(bare: Path, tmp_path: Path) -> None:
    demo = (bare / "daytally", "demo", "demo", "--days", "1", "--lines", "400")
    _run(*demo, cwd=tmp_path)
    day = ("--day", "2026-03-16")
    _run(bare / "daytally", "--project", "demo", "run", *day, cwd=tmp_path, codes=(0, 3))
    assert (tmp_path / "demo" / "out" / "2026-03-16" / "index.html").is_file()


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"etl"}


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file()}


def _run(*command: object, cwd: Path | None = None, codes: tuple[int, ...] = (0,)) -> str:
    words = [str(word) for word in command]
    run = subprocess.run(words, cwd=cwd, capture_output=True, check=False, text=True)
    assert run.returncode in codes, f"{words}: {run.returncode}\n{run.stdout}\n{run.stderr}"
    return run.stdout
