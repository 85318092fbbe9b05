"""Cases as data: a format, lines, and the records or rejects that must come out."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from etl.formats.fields import LineFormat
from etl.formats.registry import compile_format
from tests.parse import reference
from tests.parse.helpers import assert_same, parse, records, rejects

CASES = sorted((Path(__file__).parents[1] / "cases" / "formats").glob("*.toml"))


def case_format(case: dict[str, Any]) -> LineFormat:
    families = ("builtin", "nginx", "apache")
    return compile_format(**{name: case[name] for name in families if name in case})


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_gives_its_records_and_rejects(path: Path) -> None:
    case = tomllib.loads(path.read_text("utf-8"))
    line_format = case_format(case)
    data = case["input"].encode()
    parsed = parse(line_format, data)
    nothing = dict.fromkeys(line_format.columns)
    wanted = [reference.comparable(nothing | record) for record in case.get("records", [])]
    found = records(parsed)
    for one, other in zip(found, wanted, strict=False):
        assert one == other
    assert len(found) == len(wanted)
    assert [[reason, why] for reason, why, *_ in rejects(parsed)] == case.get("rejects", [])
    assert_same(line_format, data, parsed)


def test_there_are_cases() -> None:
    assert CASES
