"""Lines that are of no format at all are named as what they are, and accounted for all the same."""

from __future__ import annotations

import pytest

from etl.decode.blocks import cut_blocks
from etl.formats.fields import LineFormat
from etl.formats.registry import compile_format
from etl.model import Counts
from tests.parse import logs
from tests.parse.helpers import assert_same, block, parse, parser, rejects

LINE = '::1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326 "-" "x"'
WIDE = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]


def reasons(data: bytes) -> list[str]:
    parsed = parse(logs.NGINX, data)
    assert parsed.counts.balanced
    assert parsed.counts.records == 0
    assert_same(logs.NGINX, data, parsed)
    return [str(reject[0]) for reject in rejects(parsed)]


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_line_of_a_wide_encoding_is_refused_as_such(encoding: str, end: str) -> None:
    """Empty lines too, of which NUL is all that is left between two newlines."""
    data = end.join([LINE, "", "caf\u00e9", LINE, ""]).encode(encoding)
    assert set(reasons(data)) == {"wide_encoding"}


@pytest.mark.parametrize("encoding", WIDE)
def test_a_wide_encoding_is_named_wherever_the_file_is_cut(encoding: str) -> None:
    data = "\n".join([LINE] * 3).encode(encoding)
    line_parser = parser(logs.NGINX)
    for place in (at + 1 for at, byte in enumerate(data) if byte == ord("\n")):
        (first, *_) = rejects(line_parser.parse(block(data[place:], place)))
        assert first[0] == "wide_encoding"


@pytest.mark.parametrize("line", [bytes(2000), LINE[:40].encode() + bytes(8), bytes(5) + b"ab\0"])
def test_a_hole_in_a_log_is_named(line: bytes) -> None:
    """Blocks of NUL are what a crash leaves, and a log that was truncated under its writer."""
    damaged = LINE.replace(":13", "").encode()
    assert reasons(damaged + b"\n" + line) == ["bad_timestamp", "nul_bytes"]


@pytest.mark.parametrize("hole", [1, 3, 64, (1 << 20) - 40])
def test_a_line_behind_a_hole_is_a_record(hole: int) -> None:
    """The writer went on at its old place in a log that was truncated."""
    data = bytes(hole) + LINE.encode()
    parsed = parse(logs.NGINX, data)
    (record,) = parsed.records.to_pylist() or [{}]
    if len(data) <= 1 << 20:
        assert (record["remote_addr"], record["offset"]) == ("::1", 0)
        assert_same(logs.NGINX, data, parsed)
    else:
        assert [reject[0] for reject in rejects(parsed)] == ["nul_bytes"]


@pytest.mark.parametrize("line", [b"x\0y", b"a\0b\0 binary", b"\xff", b"plain"])
def test_a_stray_nul_is_no_encoding(line: bytes) -> None:
    """The place where the line stops matching says more."""
    assert set(reasons(line)) <= {"cut_short", "no_match"}


@pytest.mark.parametrize(
    "line_format",
    [logs.NGINX, logs.SYSLOG]
    + [compile_format(builtin=name) for name in ("iis:w3c", "regex:(?P<time>[0-9]+)")]
    + [compile_format(builtin="container:cri", inner="nginx:combined")],
)
def test_a_line_too_long_to_be_held_is_one_reject(line_format: LineFormat) -> None:
    chunks = [b"\n", *[b"x" * 1000] * 20, b"\n\n"]
    line_parser = parser(line_format, max_line_bytes=900)
    blocks = list(cut_blocks(chunks, offset=5, block_bytes=100, line_bytes=3000))
    parsed = [line_parser.parse(one) for one in blocks]
    assert sum((one.counts for one in parsed), Counts()) == Counts(3, 0, 1, 2)
    ((reason, detail, raw, offset),) = [reject for one in parsed for reject in rejects(one)]
    assert (reason, raw, offset) == ("too_long", b"x" * 3000, 6)
    assert detail == "line of 20000 bytes, limit 900; raw holds the first 3000"
    assert len({one.records.schema for one in parsed}) == 1


def test_a_pattern_and_an_inner_format_name_it_too() -> None:
    wide = LINE.encode("utf-16-le")
    pattern = compile_format(builtin="regex:(?P<time>[0-9]+)")
    assert [reject[0] for reject in rejects(parse(pattern, wide))] == ["wide_encoding"]
    nested = compile_format(builtin="container:cri", inner="nginx:combined")
    assert [reject[0] for reject in rejects(parse(nested, wide))] == ["wide_encoding"]


@pytest.mark.parametrize(
    ("path", "lossy"),
    [
        (b"/a\xff", 1),
        (b"/caf\xc3\xa9", 0),
        (b"/\xef\xbf\xbd", 0),  # one that was sent
        (rb"/\xC3\xA9", 0),
        (rb"/\xC3", 1),
        (b"/\xff\xff?\xff", 1),  # of one record
    ],
)
def test_records_with_bytes_that_are_no_utf_8_are_counted(path: bytes, lossy: int) -> None:
    data = LINE.encode().replace(b"/a", path) + b"\n" + LINE.encode() + b"\n"
    parsed = parse(logs.NGINX, data)
    assert (parsed.counts.records, parsed.counts.lossy) == (2, lossy)
    assert_same(logs.NGINX, data, parsed)


def test_a_refused_line_is_kept_exactly_and_not_counted_as_lossy() -> None:
    line = LINE.encode().replace(b"/a", b"/\xff").replace(b"200", b"OK")
    parsed = parse(logs.NGINX, line)
    assert (parsed.counts.rejects, parsed.counts.lossy) == (1, 0)
    assert rejects(parsed)[0][2] == line


def test_an_attempt_that_failed_leaves_no_mark() -> None:
    """The first layout reads the bytes as text before it gives up; the second has none."""
    data = b"<13>Oct 11 22:14:15 h a: ok\nOct 11 22:14:15 h a: \xff\n"
    assert parse(logs.SYSLOG, data).counts.lossy == 1


def test_lossy_lines_within_lines_count_once() -> None:
    nested = compile_format(builtin="container:cri", inner="nginx:combined")
    head = b"2026-03-10T10:00:00Z stdout F "
    bad = LINE.encode().replace(b"/a", rb"/\xC3" + b"\xff")
    parsed = parse(nested, b"\n".join([head + LINE.encode(), head + bad, head + b"\xff"]))
    assert (parsed.counts.records, parsed.counts.rejects, parsed.counts.lossy) == (2, 1, 1)
