"""Blocks, parsers and comparisons for the tests of parsing."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from etl.formats.fields import LineFormat
from etl.model import BLOCK_PADDING, Block, ParsedBlock
from etl.parse.batch import BlockParser
from tests.conftest import NO_SHARED_DATA, SHARED_DATA
from tests.parse import reference

BERLIN = ZoneInfo("Europe/Berlin")
REFERENCE = datetime(2026, 11, 23, 4, tzinfo=UTC)


def block(data: bytes, offset: int = 0) -> Block:
    padded = np.full(len(data) + BLOCK_PADDING, ord('"'), dtype=np.uint8)
    padded[: len(data)] = np.frombuffer(data, dtype=np.uint8)
    return Block(padded, len(data), offset)


def parser(line_format: LineFormat, **options: Any) -> BlockParser:
    options = {"zone": BERLIN, "reference": REFERENCE} | options
    return BlockParser(line_format, **options)


def parse(line_format: LineFormat, data: bytes, **options: Any) -> ParsedBlock:
    return parser(line_format, **options).parse(block(data))


def records(parsed: ParsedBlock) -> list[dict[str, Any]]:
    return [reference.comparable(record) for record in parsed.records.to_pylist()]


def rejects(parsed: ParsedBlock) -> list[tuple[Any, ...]]:
    return [tuple(reject.values()) for reject in parsed.rejects.to_pylist()]


def assert_same(line_format: LineFormat, data: bytes, parsed: ParsedBlock, offset: int = 0) -> None:
    """The kernel's records, rejects and counts are those of the slow reference."""
    expected = reference.Parser(line_format, BERLIN, REFERENCE).parse(data, offset)
    wanted = [{n: reference.plain(v) for n, v in each.items()} for each in expected.records]
    found = records(parsed)
    if found != wanted:
        for one, other in zip(found, wanted, strict=False):
            assert one == other, data[one["offset"] - offset :].partition(b"\n")[0]
    assert len(found) == len(wanted)
    assert len(parsed.rejects) == len(expected.rejects)
    for kernels, references in zip(rejects(parsed), expected.rejects, strict=True):
        assert kernels[0] == references[0]
        assert_same_place(kernels[1], references[1])
        assert kernels[2:] == references[2:]
    assert parsed.counts.blank == expected.blank
    assert parsed.counts.balanced
    assert_lossy(parsed, data)


def assert_lossy(parsed: ParsedBlock, data: bytes) -> None:
    """What is counted as lossy is what U+FFFD shows, if neither bytes nor escapes mean one.

    Of a member that came twice the last one stands: what was lost of the first one is counted, and
    not shown.
    """
    texts = [[v for v in row.values() if isinstance(v, str)] for row in parsed.records.to_pylist()]
    marked = sum(any("\ufffd" in text for text in row) for row in texts)
    assert parsed.counts.lossy <= max(marked, sum(map(_is_damaged, data.split(b"\n"))))
    if not re.search(rb"\xef\xbf\xbd|\\u|%EF", data, re.IGNORECASE):
        assert parsed.counts.lossy >= marked


def _is_damaged(line: bytes) -> bool:
    return "\ufffd" in line.decode("utf-8", "replace")


def assert_same_place(kernels: str, references: str) -> None:
    """Both say the same, but each may know of more layouts that wanted something else there.

    The kernel names what every layout of the same beginning wants at the place, the reference
    what those wanted that gave up there.
    """
    place, expected, words = kernels.partition(": expected ")
    other_place, other_expected, other_words = references.partition(": expected ")
    assert (place, expected) == (other_place, other_expected)
    assert not words or set(words.split(" or ")) & set(other_words.split(" or ")), references


def read_log(name: str) -> bytes:
    path = SHARED_DATA / name
    if not SHARED_DATA.is_dir():
        pytest.skip(NO_SHARED_DATA)
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
