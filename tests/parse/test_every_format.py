"""Each built-in format on damaged lines: the reference agrees, guards hold, cuts change nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.decode.blocks import cut_blocks
from etl.formats.fields import LineFormat
from etl.formats.registry import BUILTIN_FORMATS, compile_format
from etl.model import Counts
from etl.parse.buffers import Buffers, line_ends, line_room
from etl.parse.program import pack
from tests.conftest import examples
from tests.parse.helpers import assert_same, block, parse, parser, records, rejects
from tests.parse.test_any_bytes import GRAMMAR

SAMPLES = {
    name: case["line"].encode()
    for name, case in tomllib.loads(
        (Path(__file__).parents[1] / "cases" / "builtin" / "samples.toml").read_text("utf-8")
    ).items()
}
FORMATS = {name: compile_format(builtin=name) for name in BUILTIN_FORMATS}
PATTERN = rb"(?P<time>\S+)? ?(?P<remote_addr>[^ ]*) (?P<status>[0-9]+)?(?P<request>.*)?(?P<own>x)?"
FORMATS["regex"] = compile_format(builtin="regex:" + PATTERN.decode())
SAMPLES["regex"] = b"2026-03-10T10:00:00Z 1.2.3.4 200GET /a?b HTTP/1.1"
FORMATS["cri of json"] = compile_format(builtin="container:cri", inner="json:requests")
SAMPLES["cri of json"] = b"2026-03-10T10:00:00Z stdout F " + SAMPLES["json:requests"]
FORMATS["docker of logfmt"] = compile_format(builtin="container:docker", inner="logfmt:events")
SAMPLES["docker of logfmt"] = (
    rb'{"log":"level=info msg=\"a \\\"b\\\" \u00e9\"\r\n","time":"2026-03-10T10:00:00Z"}'
)
FORMATS["fields change"] = FORMATS["iis:w3c"]
SAMPLES["fields change"] = (
    b"#Fields: date time c-ip cs(User-Agent) x\n2026-03-10 10:00:00 1.2.3.4 a+b%20c y z\n"
    b"#Fields: nothing\n2026-03-10 10:00:01 ::1 - - \n#Fields: time sc-status date time-taken\r\n"
    b"10:00:02 404 2026-03-10 12\n#Remark: 10:00:02 404 2026-03-10 12"
)
PIECES = [
    *GRAMMAR, b"{", b"}", b"{}", b"[]", b"[[", b",", b"null", b"true", b"1e3", b"-1", b"+", b".",
    b'"":', b'"a.b":{', b'"request":{', b'"status":"', b"\t", b"  ", b" a=", b"=\"", b"\\=", b"|",
    b"level:", b"1773136800123", b"1773136800.5", b"[::1]:80", b"::1:80", b"http://h?q", b"12ms",
    b"00:00:01", b"60", b"Mar 10 1:2:3", b"2026/03/10 01:02:03", b"WARN2", b"info", b"\x1e",
    b"\x1f", b"\r", b"[72,105]", b'["a","b"]', b'{"name":', b", 10.0.0.1", b"level", b"=x",
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """A good line with pieces cut out, doubled, moved or put in."""
    data = SAMPLES[name]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = draw(st.integers(start, min(len(data), start + draw(st.sampled_from([2, 6, 40])))))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=2) | st.just(data[start:stop]))
        data = data[:start] + piece + data[draw(st.sampled_from([start, stop])) :]
    return data


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@examples(120)
def test_a_damaged_line_reads_as_the_reference_says(name: str, data: st.DataObject) -> None:
    lines = data.draw(damaged(name), label="line")
    assert_same(FORMATS[name], lines, parse(FORMATS[name], lines))


@pytest.mark.parametrize("name", FORMATS)
def test_every_beginning_of_a_good_line_reads_as_the_reference_says(name: str) -> None:
    line = SAMPLES[name].split(b"\n")[-1]
    data = b"\n".join([SAMPLES[name], *(line[:length] for length in range(len(line)))])
    assert_same(FORMATS[name], data, parse(FORMATS[name], data))


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data(), size=st.integers(1, 300))
@examples(25)
def test_cutting_a_log_at_any_bytes_changes_nothing(
    name: str, data: st.DataObject, size: int
) -> None:
    """The parser of a log that names its fields is told what came before."""
    lines = data.draw(st.lists(damaged(name) | st.binary(max_size=9), max_size=4))
    log = b"\n".join([SAMPLES[name], b"x", b"", *lines, SAMPLES[name]])
    cuts = sorted(data.draw(st.sets(st.integers(0, len(log)), max_size=6)))
    chunks = [log[a:b] for a, b in zip([0, *cuts], [*cuts, len(log)], strict=True)]
    whole = parser(FORMATS[name]).parse(block(log, 1000))
    kept = []
    for one in cut_blocks(chunks, offset=1000, block_bytes=size):
        part = parser(FORMATS[name])
        part.follow(log[: one.offset - 1000])
        kept.append(part.parse(one))
    assert [record for parsed in kept for record in records(parsed)] == records(whole)
    assert [reject for parsed in kept for reject in rejects(parsed)] == rejects(whole)
    assert sum((parsed.counts for parsed in kept), Counts()) == whole.counts


def between_guards(line_format: LineFormat, data: bytes) -> None:
    """Run the kernel with guard bytes around every room that it writes text into."""
    one = block(data)
    ends = line_ends(one.data, one.size, line_room(one.size))
    buffers = Buffers(pack(line_format), one.size, len(ends))
    guarded = []
    for slot, strings in enumerate(buffers.strings):
        arena = np.full(len(strings) + 512, 0xA5, dtype=np.uint8)
        buffers._texts[slot, 0] = arena.ctypes.data + 256
        guarded.append(arena)
    for cell, room in zip((14, 25, 26), buffers._rooms, strict=True):
        arena = np.full(len(room) + 512, 0xA5, dtype=np.uint8)
        buffers.cells[cell] = arena.ctypes.data + 256
        guarded.append(arena)
    buffers.run(one, ends, 1 << 20)
    for arena in guarded:
        assert (arena[:256] == 0xA5).all()
        assert (arena[-256:] == 0xA5).all()


HOSTILE = [
    b"\xff", b"\x01", b"\xf0\x90\x80", b'\\"', b"\\", b"\\u0001", b'"":1,', b'"":{"":', b"[",
    b"= ", b"\xff ", b"a=", b":\t", b" a= ", b"%ff", b'","":"',
]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_bytes_that_grow_most_stay_within_their_columns(name: str) -> None:
    line = SAMPLES[name].split(b"\n")[-1]
    grown = [
        line[:at] + filler * 300 + line[at:]
        for at in range(2, len(line), 1 + len(line) // 24)
        for filler in HOSTILE
    ]
    between_guards(FORMATS[name], b"\n".join(grown))


@pytest.mark.parametrize("name", [n for n in FORMATS if n.endswith((":json", ":requests"))])
@given(data=st.data())
@examples(40)
def test_writes_stay_between_guards(name: str, data: st.DataObject) -> None:
    between_guards(FORMATS[name], data.draw(damaged(name)))
