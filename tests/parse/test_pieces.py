"""Lines that a container's runtime has split are counted, and each piece is a line of its own."""

from __future__ import annotations

import pytest

from etl.formats.registry import compile_format
from tests.parse.helpers import parse

CRI = b"""2026-03-10T10:00:00.1Z stdout P {"msg":"a long
2026-03-10T10:00:00.1Z stderr F between
2026-03-10T10:00:00.1Z stdout P:x  line
2026-03-10T10:00:00.1Z stdout F  ends"}
2026-03-10T10:00:01Z stdout F "tag":"P"
"""
DOCKER = b"""{"log":"{\\"msg\\":\\"a long","stream":"stdout","time":"2026-03-10T10:00:00Z"}
{"log":" line\\"}\\n","stream":"stdout","time":"2026-03-10T10:00:00Z"}
{"log":"{\\"msg\\":\\"short\\"}\\r\\n","stream":"stdout","time":"2026-03-10T10:00:01Z"}
{"stream":"stdout","time":"2026-03-10T10:00:01Z"}
"""


@pytest.mark.parametrize(
    ("name", "data", "pieces"), [("container:cri", CRI, 2), ("container:docker", DOCKER, 1)]
)
def test_pieces_are_records_and_are_counted(name: str, data: bytes, pieces: int) -> None:
    counts = parse(compile_format(builtin=name), data).counts
    assert (counts.lines, counts.records) == (data.count(b"\n"), data.count(b"\n"))
    assert counts.pieces == pieces


@pytest.mark.parametrize(
    ("name", "data", "pieces", "refused"),
    [("container:cri", CRI, 2, 5), ("container:docker", DOCKER, 1, 2)],
)
def test_pieces_are_counted_where_an_inner_format_refuses_them(
    name: str, data: bytes, pieces: int, refused: int
) -> None:
    parsed = parse(compile_format(builtin=name, inner="json:events"), data)
    assert (parsed.counts.pieces, parsed.counts.rejects) == (pieces, refused)
    assert parsed.counts.balanced


def test_other_formats_have_no_pieces() -> None:
    line = b'<13>1 2026-03-10T10:00:00Z h a - - [x tag="P"] no newline'
    assert parse(compile_format(builtin="syslog"), line).counts.pieces == 0
