"""Properties of the kernel over any bytes: the reference agrees, sums hold, nothing is overrun."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etl.decode.blocks import cut_blocks
from etl.errors import CountMismatchError
from etl.formats.fields import LineFormat
from etl.formats.registry import compile_format
from etl.model import BLOCK_PADDING, Block, Counts
from etl.parse import walk as walk_module
from etl.parse.buffers import line_ends, line_room
from tests.conftest import examples
from tests.parse import logs
from tests.parse.helpers import assert_same, block, parse, parser, records, rejects

EVERY_OPERATION = compile_format(
    nginx="$msec [$time_local] $time_iso8601 $request_uri?$args $upstream_response_time "
    '"$upstream_addr" $upstream_status $request_time $bytes_sent "$request" $http_x_y'
)
FORMATS = {
    "nginx": logs.NGINX,
    "apache": logs.COMBINED,
    "timed": logs.NGINX_TIMED,
    "vhost": logs.APACHE_TIMED,
    "json": logs.NGINX_JSON,
    "syslog": logs.SYSLOG,
    "every": EVERY_OPERATION,
}
SAMPLES = {
    "nginx": rb'1.2.3.4 - b\x22b [10/Oct/2000:13:55:36 -0700] "GET /a?b=%20 HTTP/1.0" 200 2326 '
    rb'"-" "caf\xC3\xA9 \x22"',
    "apache": rb'::1 - - [29/Feb/2024:23:59:60 +0545] "GET /x HTTP/1.1" 304 - "a\"b" "\\x\n"',
    "timed": b'h - - [10/Oct/2000:13:55:36 +0000] "-" 502 0 "" "-" rt=1.250 uct="-, 0.001" '
    b'uht="-" urt="0.000, 0.001 : 0.002" ua="a:1, b:2" us="502, 200" rl=77',
    "vhost": b'v:80 h - u [10/Oct/2000:13:55:36 +0000] "GET / HTTP/2" 200 5 "-" "-" 1234 1 55 Id',
    "json": b'{"time":"2026-11-22T07:47:13+00:00","msec":1795333633.924,"addr":"::1","user":"",'
    b'"method":"GET","request":"GET /a\\u00e9?b HTTP/1.1","uri":"/a","status":404,"bytes":236,'
    b'"referer":"\\"\\ud83d\\ude00\\ud83d","ua":"","rt":0.000,"urt":""}',
    "syslog": b'<165>1 2003-10-11T22:14:15.003Z h app 1 ID [a@1 b="c\\"]" d=""][e] \xef\xbb\xbfm\n'
    b"<34>Oct 11 22:14:15 host su[1]: msg\nFeb 29 01:02:03 host msg alone\n"
    b"2026-03-29T02:30:00.123456789+01:00 host app: m\n2026-10-25T02:30:00 host app[]: m\n"
    b"*Apr 15 2007 21:28:13.5: %PIX-6: m\nJun 13 16:33:35 2010 haproxy[7] m\n"
    b"<8>1 2003-10-11T22:14:15Z h app[1]: m\n2026 Mar  6 10:00:00 asa: %ASA-5: m",
    "every": b"1700000000.123 [10/Oct/2000:13:55:36 +0000] 2000-10-10T13:55:36Z /a?b?c=d "
    b'0.1, 0.2 "1:2, unix:/x" 502, 200 1.5 99 "GET /q HTTP/1.1" z',
}
GRAMMAR = [b"-", b" ", b'"', b"\\", b"\\x4", b"\n", b"\r\n", b"[", b"]", b"<", b">", b":", b", "]
GRAMMAR += [b" : ", b"\xff", b"\xc3\xa9", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\x00", b"0", b"9"]
GRAMMAR += [
    b"\\u00e9",
    b'\\"',
    b"=",
    b"?",
    b"%",
    b"99999999999999999999",
    b"0.",
    b".5",
    b"Z",
    b"+01:00",
    b"T",
]


@st.composite
def mutated(draw: st.DrawFn, sample: bytes) -> bytes:
    """A good line with a few pieces cut out, doubled, or replaced by what means something."""
    data = sample
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = draw(st.integers(start, min(len(data), start + 6)))
        inserted = draw(
            st.sampled_from(GRAMMAR) | st.binary(max_size=3) | st.just(data[start:stop])
        )
        data = data[:start] + inserted + data[draw(st.sampled_from([start, stop])) :]
    return data


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@examples(250)
def test_a_damaged_line_reads_as_the_reference_says(name: str, data: st.DataObject) -> None:
    lines = data.draw(mutated(SAMPLES[name]), label="line")
    assert_same(FORMATS[name], lines, parse(FORMATS[name], lines))


@pytest.mark.parametrize("name", FORMATS)
def test_the_good_lines_are_records(name: str) -> None:
    assert parse(FORMATS[name], SAMPLES[name]).counts.rejects == 0


@pytest.mark.parametrize("name", FORMATS)
def test_every_beginning_of_a_good_line_reads_as_the_reference_says(name: str) -> None:
    line = SAMPLES[name].split(b"\n")[0]
    data = b"\n".join(line[:length] for length in range(len(line) + 1))
    assert_same(FORMATS[name], data, parse(FORMATS[name], data))


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.binary(max_size=200))
@example(b"\n" * 70)
@example(b"\r\n\r\r\n ")
@examples(60)
def test_any_bytes_are_accounted_for(name: str, data: bytes) -> None:
    parsed = parse(FORMATS[name], data)
    assert parsed.counts.balanced
    assert parsed.counts.lines == len(re.findall(rb"[^\n]*\n|[^\n]+$", data))
    assert_same(FORMATS[name], data, parsed)


@pytest.mark.parametrize("name", FORMATS)
def test_bytes_that_grow_most_stay_within_their_columns(name: str) -> None:
    """Every damaged byte becomes three and every control character six; guards must survive."""
    line = SAMPLES[name].split(b"\n")[0]
    grown = [
        line[:at] + filler * 400 + line[at:] for at in (5, len(line) - 3) for filler in HOSTILE
    ]
    data = b"\n".join(grown)
    line_parser = parser(FORMATS[name])
    parsed = line_parser.parse(block(data))
    assert_same(FORMATS[name], data, parsed)
    buffers = line_parser._parser._buffers
    for slot, strings in enumerate(buffers.strings):
        assert buffers.ends[slot].max() <= len(strings) - 64


HOSTILE = (b"\xff", b"\x01", b"\xf0\x90\x80", b'\\"', b"\xed\xbf\xbf")


def test_writes_stay_between_guards() -> None:
    """The kernel's columns are put between guard bytes; the worst lines leave these alone."""
    line_parser = parser(logs.NGINX_TIMED)
    bad = SAMPLES["timed"].replace(b'""', b'"' + b"\xff\x01" * 700 + b'"')
    data = b"\n".join([bad, b"", SAMPLES["timed"], bad[:-9]] * 5)
    line_parser.parse(block(data))
    buffers = line_parser._parser._buffers
    guarded = []
    for slot, strings in enumerate(buffers.strings):
        arena = np.full(len(strings) + 512, 0xA5, dtype=np.uint8)
        buffers._texts[slot, 0] = arena.ctypes.data + 256
        guarded.append(arena)
    one = block(data)
    buffers.run(one, line_ends(one.data, one.size, line_room(one.size)), 1 << 20)
    for arena in guarded:
        assert (arena[:256] == 0xA5).all()
        assert (arena[-256:] == 0xA5).all()


@pytest.mark.parametrize("data", [b"", b"\n", b"\n" * 100_000, b"\r\n" * 1000, b"\r", b" "])
def test_empty_and_blank_blocks(data: bytes) -> None:
    parsed = parse(logs.NGINX, data)
    spaces = data.strip(b"\r\n")
    assert parsed.counts == Counts(
        max(data.count(b"\n"), bool(data)), 0, bool(spaces), data.count(b"\n") or data == b"\r"
    )


def test_a_line_over_the_limit_is_one_reject() -> None:
    """It is never split into two records, and its beginning is kept."""
    long = SAMPLES["nginx"].replace(b"/a", b"/" + b"a" * (1 << 20))
    data = b"\n".join([SAMPLES["nginx"], long, SAMPLES["nginx"]])
    parsed = parse(logs.NGINX, data)
    assert parsed.counts == Counts(3, 2, 1, 0)
    (reason, detail, raw, offset) = rejects(parsed)[0]
    assert (reason, offset) == ("too_long", len(SAMPLES["nginx"]) + 1)
    assert raw == long[: 1 << 16]
    assert "1048576" in detail
    assert_same(logs.NGINX, data, parsed)
    assert parse(logs.NGINX, long, max_line_bytes=len(long)).counts.records == 1
    assert parse(logs.NGINX, long, max_line_bytes=len(long) - 1).counts.rejects == 1


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data(), size=st.integers(1, 300))
@examples(40)
def test_cutting_a_log_at_any_bytes_changes_nothing(
    name: str, data: st.DataObject, size: int
) -> None:
    """Chunks end anywhere; blocks are made of them; results outlive later calls."""
    lines = data.draw(st.lists(mutated(SAMPLES[name]) | st.binary(max_size=9), max_size=5))
    log = b"\n".join([SAMPLES[name], b"x", b"", *lines, SAMPLES[name]])
    cuts = sorted(data.draw(st.sets(st.integers(0, len(log)), max_size=8)))
    chunks = [log[a:b] for a, b in zip([0, *cuts], [*cuts, len(log)], strict=True)]
    line_parser = parser(FORMATS[name])
    whole = line_parser.parse(block(log, 1000))
    kept = [line_parser.parse(one) for one in cut_blocks(chunks, offset=1000, block_bytes=size)]
    assert [record for parsed in kept for record in records(parsed)] == records(whole)
    assert [reject for parsed in kept for reject in rejects(parsed)] == rejects(whole)
    assert sum((parsed.counts for parsed in kept), Counts()) == whole.counts


def test_a_wrong_sum_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    real = walk_module.reject_batch
    monkeypatch.setattr(walk_module, "reject_batch", lambda *args: real(*args)[:0])
    with pytest.raises(CountMismatchError):
        parse(logs.NGINX, b"x\n")


def test_a_block_without_its_padding_is_refused() -> None:
    bare = np.zeros(10 + BLOCK_PADDING - 1, dtype=np.uint8)
    with pytest.raises(ValueError, match="spare bytes"):
        parser(logs.NGINX).parse(Block(bare, 10, 0))


def test_read_only_and_strided_blocks_are_read_alike() -> None:
    one = block(SAMPLES["nginx"])
    expected = records(parse(logs.NGINX, SAMPLES["nginx"]))
    one.data.flags.writeable = False
    assert records(parser(logs.NGINX).parse(one)) == expected
    strided = np.repeat(one.data, 2)[::2]
    assert records(parser(logs.NGINX).parse(replace(one, data=strided))) == expected


def test_the_schema_is_the_table_s() -> None:
    for line_format in FORMATS.values():
        assert isinstance(line_format, LineFormat)
        batch = parse(line_format, b"").records
        assert tuple(batch.schema.names) == line_format.columns
