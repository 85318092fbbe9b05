"""Reads our own source: which files there are, what each imports and calls."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Module:
    """A module of the package: `etl/store/tables.py` is `etl.store.tables`."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def part(self) -> str:
        """The part of the package it belongs to: `store`, or `days` for etl/days.py."""
        return self.name.split(".")[1] if "." in self.name else ""

    @property
    def place(self) -> str:
        """Its path as people write it."""
        return self.path.relative_to(ROOT).as_posix()

    def imports(self) -> Iterator[tuple[int, str]]:
        """Yield line and full dotted name of all that is imported, wherever in the module."""
        package = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = package.split(".")[: len(package.split(".")) - node.level + 1]
                origin = ".".join([*(base if node.level else []), *filter(None, [node.module])])
                yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)

    def uses(self) -> Iterator[tuple[int, str]]:
        """Yield line and full dotted name of every name that goes back to an import."""
        names = self._imported_names()
        for node in ast.walk(self.tree):
            dotted = _dotted(node)
            first, _, rest = dotted.partition(".")
            if first in names:
                yield node.lineno, f"{names[first]}.{rest}" if rest else names[first]

    def _imported_names(self) -> dict[str, str]:
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return found


@cache
def modules() -> tuple[Module, ...]:
    """Return all modules of the package."""
    return tuple(
        Module(_module_name(path), path, ast.parse(path.read_bytes(), path.name))
        for path in sorted((ROOT / "etl").rglob("*.py"))
    )


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return all files of the repository: those in git, and new ones that it does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    names = {name for name in listed.decode().split("\0") if name}
    return tuple(path for path in sorted(ROOT / name for name in names) if path.is_file())


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""
