"""What everyone keeps to: sizes, docstrings, no leftovers, nothing of one machine."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.source_code import ROOT, Module, modules, tracked_files

LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
LONG_FOR_A_REASON = {
    "etl/model.py": "types without behaviour; their attributes' meanings take the room",
}
"""Path, or `path:function`, of what may be longer, and why."""

HEAVY = ("boto3", "deltalake", "jinja2", "numba", "numpy", "polars", "pyarrow", "pydantic")
"""What `daytally --help` has no time for."""

# Spelt with brackets, so that this file is no finding of its own.
FORBIDDEN = {
    "a registry's host": re.compile(r"pypi\.(?:org|io)|pythonhos[t]ed\.|registry\.np[m]js"),
    "a path of one machine": re.compile(r"(?<![\w.:/])/(?:work/(?:main|shared)|root/|home/\w+/)"),
    "a leftover": re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b|^(?:<{7}|>{7}) ", re.MULTILINE),
}
BINARY = {".gz", ".png", ".parquet", ".ico", ".bz2", ".zst"}
CASE_FOLDERS = ("tests/cases/", "tests/golden/")
"""Lines of logs, which may say anything."""


def _python_files() -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".py"]


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_modules_stay_small_enough_to_read() -> None:
    lengths = {_place(path): path.read_bytes().count(b"\n") for path in _python_files()}
    long = {place: lines for place, lines in lengths.items() if lines > LONGEST_MODULE}
    assert not set(long) - set(LONG_FOR_A_REASON), long


def test_functions_stay_small_enough_to_hold_in_mind() -> None:
    long = {
        f"{_place(path)}:{function.name}": _length(function)
        for path in _python_files()
        for function in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and _length(function) > LONGEST_FUNCTION
    }
    assert not set(long) - set(LONG_FOR_A_REASON), long


def test_everything_public_says_what_it_does() -> None:
    missing = [f"{module.place}:{name}" for module in modules() for name in _undocumented(module)]
    assert not missing


def test_the_command_line_starts_without_what_is_heavy() -> None:
    """`daytally --help` has to answer before anyone asks whether it hangs."""
    code = "import etl.cli, json, sys; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert not set(json.loads(run.stdout)) & set(HEAVY)


def test_no_file_names_a_registry_or_a_machine_or_has_leftovers() -> None:
    found = [
        f"{_place(path)}: {what}: {match.group()}"
        for path in tracked_files()
        if path.suffix not in BINARY and not _place(path).startswith(CASE_FOLDERS)
        for what, pattern in FORBIDDEN.items()
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_pins_are_versions_with_hashes_and_nothing_else() -> None:
    pin = re.compile(r"#.*|[a-z0-9-]+==[0-9][\w.]* \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?")
    for name in (
        "constraints.txt",
        "constraints-airflow.txt",
        "constraints-fuzz.txt",
        "constraints-s3.txt",
    ):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if not pin.fullmatch(line)] == []


def test_every_dependency_has_its_reason_and_its_pin() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = re.findall(r'^  "([\w-]+)>=[\d.]+",(.*)$', text, re.MULTILINE)
    pinned = set(re.findall(r"^([\w-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    assert {name for name, _ in declared} <= pinned
    unexplained = [name for name, reason in declared if "#" not in reason]
    assert unexplained == []


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count lines from `def` to the end, without the docstring: explaining is not punished."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def _undocumented(module: Module) -> Iterator[str]:
    if ast.get_docstring(module.tree) is None:
        yield "the module"
    yield from _undocumented_in(module.tree.body, "")


def _undocumented_in(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _undocumented_in(node.body, f"{prefix}{node.name}.")
