"""Who may import whom: the data travels one way, and each tool has one home."""

from __future__ import annotations

import ast

from tests.source_code import ROOT, Module, modules

BASE = frozenset({"", "days", "errors", "model", "native", "resources", "s3", "schema"})
STAGES = frozenset(
    {"sources", "decode", "formats", "parse", "store", "metrics", "incidents", "reporting"}
)
ALLOWED: dict[str, frozenset[str]] = {
    "__main__": frozenset({"cli"}),
    # The command line reaches over the pipeline only for what needs no project.
    "cli": BASE | {"pipeline", "settings", "log", "demo", "formats"},
    "pipeline": BASE | STAGES | {"settings"},
    "settings": BASE,
    "log": BASE,
    "demo": frozenset({"errors"}),  # the oracle of the tests shares no code with what it judges
    "parse": BASE | {"formats"},  # the kernel runs the programs that formats compile
    "parquet": frozenset({"", "native"}),
    "store": BASE | {"parquet"},
    **{name: frozenset({"", "errors"}) for name in BASE},
    **{name: BASE for name in STAGES - {"parse", "store"}},
}
"""Part of the package to the parts that it may import, besides itself."""

HOMES = {
    "boto3": "etl.s3",
    "botocore": "etl.s3",
    "click": "etl.cli",
    "deltalake": "etl.store",
    "jinja2": "etl.reporting",
    "llvmlite": "etl.native",
    "numba": "etl.native",
}
"""A library to the only module or package that knows it, so that it can be replaced there."""

CLOCK_AND_ENVIRONMENT = (
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "os.environ",
    "os.getenv",
    "time.gmtime",
    "time.localtime",
    "time.time",
    "time.time_ns",
)
EXCEPTIONS = {
    ("etl.store.actions", "time.time"): "Delta's own bookkeeping of a file; no figure reads it",
    ("etl.store.upkeep", "time.time"): "Delta's own bookkeeping of a file; no figure reads it",
}
READERS_OF_THE_WORLD = frozenset({"cli", "settings"})


def test_a_part_imports_only_what_lies_below_it() -> None:
    wrong = [
        f"{module.place}:{line}: {name}"
        for module in modules()
        for line, name in module.imports()
        if name.partition(".")[0] == "etl"
        and _part_of(name) not in ALLOWED[module.part] | {module.part}
    ]
    assert not wrong


def test_each_library_is_known_in_one_place() -> None:
    wrong = [
        f"{module.place}:{line}: {name} belongs to {home}"
        for module in modules()
        for line, name in module.imports()
        if (home := HOMES.get(name.partition(".")[0])) and not _is_inside(module.name, home)
    ]
    assert not wrong


def test_no_stage_reads_the_clock_or_the_environment() -> None:
    """What it needs to know of them is an argument, so a day is a function of its data."""
    wrong = [
        f"{module.place}:{line}: {name}"
        for module in modules()
        if module.part not in READERS_OF_THE_WORLD
        for line, name in module.uses()
        if any(_is_inside(name, banned) for banned in CLOCK_AND_ENVIRONMENT)
        and (module.name, name) not in EXCEPTIONS
    ]
    assert not wrong


def test_only_the_command_line_sets_up_logging() -> None:
    sinks = ("loguru.logger.add", "loguru.logger.remove", "loguru.logger.configure")
    wrong = [
        f"{module.place}:{line}: {name}"
        for module in modules()
        if module.part != "log"
        for line, name in module.uses()
        if name in sinks
    ]
    assert not wrong


def test_every_part_of_the_package_has_its_rule() -> None:
    assert {module.part for module in modules()} <= set(ALLOWED)


def test_imports_and_uses_are_seen_in_every_spelling() -> None:
    """The rules above are worth as much as the reading that they rest on."""
    source = """
import os, numba.core as core
from datetime import datetime as stamp
from . import kernel
from ..store.tables import Store
def late() -> None:
    from time import time
    stamp.now(); os.environ["A"]; time(); core.f()
"""
    module = Module("etl.parse.batch", ROOT / "etl" / "parse" / "batch.py", ast.parse(source))
    imported = {name for _, name in module.imports()}
    assert {"numba.core", "etl.parse.kernel", "etl.store.tables.Store", "time.time"} <= imported
    used = {name for _, name in module.uses()}
    assert {"datetime.datetime.now", "os.environ", "time.time", "numba.core.f"} <= used


def _is_inside(name: str, home: str) -> bool:
    return name == home or name.startswith(f"{home}.")


def _part_of(name: str) -> str:
    """Return the part that `etl.store.tables.Store` belongs to; "" for `from etl import x`."""
    pieces = name.split(".")
    parts = {module.part for module in modules()}
    return pieces[1] if len(pieces) > 1 and pieces[1] in parts else ""
