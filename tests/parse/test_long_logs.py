"""Every line of the two longest published logs: identical to the slow reference."""

from __future__ import annotations

import pytest

from tests.parse import logs
from tests.parse.helpers import assert_same, block, parse, parser, read_log

PIECE = 20_000
"""Lines that are compared at a time: as Python's values they take a hundred times their bytes."""
FORMATS = {name: line_format for name, line_format, _ in logs.published()}


@pytest.mark.extra
@pytest.mark.parametrize("name", logs.LONG)
def test_every_line_of_a_long_log_reads_as_the_reference_says(name: str) -> None:
    data = read_log(name)
    lines, offset, records = data.splitlines(keepends=True), 0, 0
    for begin in range(0, len(lines), PIECE):
        piece = b"".join(lines[begin : begin + PIECE])
        parsed = parser(FORMATS[name]).parse(block(piece, offset))
        assert_same(FORMATS[name], piece, parsed, offset)
        records += parsed.counts.records
        offset += len(piece)
    assert offset == len(data)
    assert records == parse(FORMATS[name], data).counts.records == len(lines)
