"""Object code is kept between runs, and never taken for what it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from etl.native import compiler, objects
from etl.native.cells import cell, set_cell
from etl.native.jit import helper, inlined, kernel
from tests.source_code import ROOT


def doubled(k: int) -> None:
    """Write twice the first cell into the second."""
    set_cell(k, 1, 2 * cell(k, 0))


def run() -> int:
    table = np.array([21, 0], dtype=np.int64)
    kernel(doubled)(table.ctypes.data)
    return int(table[1])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(objects, "_folders", lambda: iter([tmp_path]))
    return tmp_path


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what had to be compiled."""
    names: list[str] = []
    real = compiler.compile_entry

    def noted(function: object, parameters: int) -> tuple[str, bytes]:
        names.append(function.__name__)  # type: ignore[attr-defined]
        return real(function, parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(compiler, "compile_entry", noted)
    return names


def test_what_was_compiled_once_is_loaded(folder: Path, compiled: list[str]) -> None:
    assert (run(), run(), compiled) == (42, 42, ["doubled"])
    assert [path.suffix for path in folder.iterdir()] == [".o"]


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_file_is_compiled_again(folder: Path, compiled: list[str], damage: str) -> None:
    """A disk that filled up, or a copy that was cut, must not crash the night."""
    run()
    (file,) = folder.iterdir()
    kept = file.read_bytes()
    flipped = bytes([*kept[:-1], kept[-1] ^ 1])
    file.write_bytes({"cut": kept[:-10], "flipped": flipped, "empty": b""}[damage])
    assert run() == 42
    assert compiled == ["doubled", "doubled"]
    assert run() == 42  # and the file is whole again
    assert len(compiled) == 2


def test_code_that_nobody_has_compiled_for_long_goes(folder: Path) -> None:
    old, recent, foreign = (folder / f"kernel-{n}.o" for n in ("doubled-1", "doubled-2", "other-1"))
    for path in (old, recent, foreign):
        path.write_bytes(b"x")
    for path in (old, foreign):
        os.utime(path, (0, 0))
    assert run() == 42
    assert not old.exists()
    assert recent.exists()
    assert foreign.exists()


def test_where_nothing_can_be_written_each_process_compiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    barred = tmp_path / "file"
    barred.write_text("no folder")
    monkeypatch.setattr(objects, "_folders", lambda: iter([barred]))
    assert run() == 42


@inlined
def added(number: int) -> int:
    return number + AMOUNT


def shifted(k: int) -> None:
    set_cell(k, 1, added(cell(k, 0)))


AMOUNT = 1


def test_a_change_far_below_a_kernel_makes_another_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stale piece inside of a kernel that was kept would be a wrong answer."""
    stamps = {objects.stamp_of(shifted)}
    monkeypatch.setitem(globals(), "AMOUNT", 2)
    stamps.add(objects.stamp_of(shifted))
    monkeypatch.setitem(globals(), "added", inlined(lambda number: number * AMOUNT))
    stamps.add(objects.stamp_of(shifted))
    monkeypatch.setitem(globals(), "added", helper(lambda number: number * AMOUNT))
    stamps.add(objects.stamp_of(shifted))
    monkeypatch.setattr(objects, "_machine", lambda: b"another processor")
    stamps.add(objects.stamp_of(shifted))
    assert len(stamps) == 5


def test_a_stamp_is_the_same_in_each_process() -> None:
    code = "from etl.native.objects import stamp_of; from etl.parse.kernel import parse_lines as p;"
    ask = [sys.executable, "-c", code + "print(stamp_of(p.function))"]
    ran = [subprocess.run(ask, cwd=ROOT, capture_output=True, check=True) for _ in range(2)]
    assert ran[0].stdout == ran[1].stdout


def test_a_run_that_finds_its_kernels_starts_without_the_compiler() -> None:
    code = (
        "import sys, numpy as np; from etl.parse.buffers import line_ends, line_room;"
        "line_ends(np.frombuffer(b'a\\nb', np.uint8), 3, line_room(3));"
        "print([name for name in sys.modules if name == 'numba'])"
    )
    for _ in range(2):
        ran = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True
        )
    assert ran.stdout.strip() == "[]"
