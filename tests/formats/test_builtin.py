"""One line of each built-in format gives the columns that its documentation promises."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC
from pathlib import Path

import pytest

from etl.formats.fields import SPARE_COLUMN
from etl.formats.registry import BUILTIN_FORMATS, compile_format
from tests.parse.helpers import parse

SAMPLES = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "builtin" / "samples.toml").read_text("utf-8")
)


def test_each_built_in_format_has_a_sample() -> None:
    assert list(SAMPLES) == list(BUILTIN_FORMATS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gives_its_columns(name: str) -> None:
    case, line_format = SAMPLES[name], compile_format(builtin=name)
    parsed = parse(line_format, case["line"].encode() + b"\n")
    assert parsed.counts.records == 1, parsed.rejects.to_pylist()
    (record,) = parsed.records.to_pylist()
    assert record["at"] == case["at"].astimezone(UTC)
    assert {name: record[name] for name in case["record"]} == case["record"]
    spare = json.loads(record.get(SPARE_COLUMN[line_format.table]) or "{}")
    wanted = case.get("spare", {})
    assert {name: spare.get(name) for name in wanted} == wanted
