"""What is around a line changes nothing in it: ends as Windows has them, a mark, NUL, quotes."""

from __future__ import annotations

from typing import Any

import pytest

from etl.formats.assemble import IN_QUOTES
from etl.formats.fields import Op
from tests.parse.helpers import parse, records
from tests.parse.test_every_format import FORMATS, SAMPLES

IN_QUOTES_TOO = [
    name
    for name, line_format in FORMATS.items()
    if any(layout.name == IN_QUOTES for layout in line_format.layouts)
    and (line_format.layouts[0].steps[-1].op is not Op.TEXT or SAMPLES[name].endswith(b'"'))
]
"""Formats that know the last quote from the text before it."""


def read(name: str, data: bytes) -> list[dict[str, Any]]:
    parsed = parse(FORMATS[name], data)
    assert parsed.counts.rejects == 0, parsed.rejects.to_pylist()
    return [{k: v for k, v in record.items() if k != "offset"} for record in records(parsed)]


@pytest.mark.parametrize("name", FORMATS)
def test_a_carriage_return_before_the_newline_is_none_of_the_line(name: str) -> None:
    data = SAMPLES[name].replace(b"\r\n", b"\n") + b"\n"
    assert read(name, data.replace(b"\n", b"\r\n")) == read(name, data) != []


@pytest.mark.parametrize(
    ("name", "before"),
    [
        (name, before)
        for name in FORMATS
        for before in (b"\xef\xbb\xbf", b"\r\n\n", bytes(3))
        if before.strip(b"\0") or not SAMPLES[name].startswith(b"#")  # a directive begins its line
    ],
)
def test_a_mark_blank_lines_or_a_hole_before_it_change_no_line(name: str, before: bytes) -> None:
    assert read(name, before + SAMPLES[name]) == read(name, SAMPLES[name]) != []


@pytest.mark.parametrize("name", IN_QUOTES_TOO)
def test_an_access_log_s_whole_line_may_stand_in_quotes(name: str) -> None:
    assert read(name, b'"' + SAMPLES[name] + b'"') == read(name, SAMPLES[name]) != []


def test_access_logs_of_strings_have_that_layout() -> None:
    assert {"nginx:combined", "apache:combined", "apache:common"} <= set(IN_QUOTES_TOO)
