"""Lines of named values: JSON objects against Python's json, LTSV, logfmt and CEF rendered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.formats.builtin.shapes import ANY_TIME, URI, integer, seconds, text
from etl.formats.fields import Field, Layout, LineFormat, Op, Pairs
from etl.formats.registry import BUILTIN_FORMATS, compile_format
from etl.formats.template import json_object, named_values
from etl.model import Counts
from tests.parse.helpers import block, parse, parser

STAMP = "2026-03-10T10:00:00Z"
MEMBERS: dict[str, Field] = {
    "t": ANY_TIME,
    "addr": text("remote_addr"),
    "http.url": URI,
    "http.res.status": integer("status"),
    "http.res.took": seconds("request_time_s"),
    "http.agent": text("user_agent"),
}
JSON_LINES = LineFormat(
    "json", "requests", "", (Layout("line", (json_object(MEMBERS, "requests"),)),)
)

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | WORDS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
)


@given(
    addr=WORDS,
    status=st.none() | st.integers(0, 999_999_999),
    took=st.none() | st.floats(0, 1e6, allow_nan=False).map(lambda x: round(x, 6)),
    agent=WORDS,
    spare=st.dictionaries(
        WORDS.filter(lambda w: w not in ("t", "addr", "http")), VALUES, max_size=4
    ),
    nested=st.dictionaries(
        WORDS.filter(lambda w: w not in ("url", "res", "agent")), VALUES, max_size=3
    ),
    ascii=st.booleans(),
    indent=st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " : ")]),
)  # fmt: skip
def test_an_object_gives_what_json_says(
    addr: str, status: Any, took: Any, agent: str, spare: Any, nested: Any, ascii: bool, indent: Any
) -> None:
    res = {"status": status, "took": took}
    line = {"t": STAMP, "addr": addr, **spare, "http": {**nested, "res": res, "agent": agent}}
    data = json.dumps(line, ensure_ascii=ascii, separators=indent).encode() + b"\n"
    parsed = parse(JSON_LINES, data)
    assert parsed.counts == Counts(1, 1, 0, 0), parsed.rejects.to_pylist()
    (record,) = parsed.records.to_pylist()
    assert record["remote_addr"] == (None if addr in ("", "-") else addr)
    assert record["user_agent"] == (None if agent in ("", "-") else agent)
    assert record["status"] == status
    assert record["request_time_s"] == took
    left = {**spare, **{f"http.{name}": value for name, value in nested.items()}}
    found = json.loads(record["extra"]) if record["extra"] else {}
    assert found == left


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("[]", "column 1: expected a JSON object"),
        ('{"t":"x"}', "column 7: expected t"),
        ('{"addr":"1.2.3.4"}', "column 19: expected a time stamp before the end"),
        (f'{{"t":"{STAMP}","http":{{"res":{{"status":"many"}}}}}}', "expected http.res.status"),
        (f'{{"t":"{STAMP}","http":{{"res":{{"status":1', "expected a JSON object"),
        (f'{{"t":"{STAMP}","x":01}}', "column 33: expected a JSON object"),
        (f'{{"t":"{STAMP}"}} x', "expected the end of the line"),
    ],
)
def test_what_is_no_such_object_is_refused_with_its_place(line: str, detail: str) -> None:
    parsed = parse(JSON_LINES, line.encode() + b"\n")
    assert parsed.counts.rejects == 1
    assert parsed.rejects.to_pylist()[0]["detail"].endswith(detail)


def test_of_an_array_the_first_element_counts() -> None:
    line = f'{{"t":"{STAMP}","addr":["::1","x"],"http":{{"agent":[]}},"http.url":"/a?b"}}\n'
    (record,) = parse(JSON_LINES, line.encode()).records.to_pylist()
    assert (record["remote_addr"], record["user_agent"]) == ("::1", None)
    assert (record["path"], record["query"]) == ("/a", "b")


def test_what_is_json_only_by_its_brackets_is_kept_as_text() -> None:
    line = rf'{{"t":"{STAMP}","x":{{"a":"\x22"}},"y":[1,],"z":"\x22"}}' + "\n"
    (record,) = parse(JSON_LINES, line.encode()).records.to_pylist()
    assert json.loads(record["extra"]) == {"x": r'{"a":"\x22"}', "y": "[1,]", "z": r"\x22"}


PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10)


@given(
    values=st.dictionaries(
        st.text("abcdefgh", min_size=1, max_size=4), PLAIN.filter(lambda v: v != ""), max_size=5
    )
)
def test_ltsv_gives_back_what_was_written(values: dict[str, str]) -> None:
    line = "\t".join([f"time:{STAMP}", *(f"x{name}:{value}" for name, value in values.items())])
    (record,) = parse(compile_format(builtin="ltsv:requests"), line.encode()).records.to_pylist()
    extra = json.loads(record["extra"] or "{}")
    assert extra == {f"x{name}": value for name, value in values.items()}


@given(
    values=st.dictionaries(st.text("abcdefgh", min_size=1, max_size=4), PLAIN, max_size=5),
)
def test_logfmt_gives_back_what_was_written(values: dict[str, str]) -> None:
    pairs = [f"x{name}={json.dumps(value)}" for name, value in values.items()]
    line = " ".join([f"time={STAMP}", *pairs, "alone"])
    (record,) = parse(compile_format(builtin="logfmt:events"), line.encode()).records.to_pylist()
    found = json.loads(record["structured_data"] or "{}")
    assert found == {f"x{name}": value for name, value in values.items()} | {"alone": True}


@given(values=st.dictionaries(st.text("abcdefgh", min_size=1, max_size=4), PLAIN, max_size=4))
def test_cef_gives_back_what_was_written(values: dict[str, str]) -> None:
    cleaned = {f"x{k}": v.strip().replace("\u3000", "") for k, v in values.items()}
    escaped = {k: v.replace("\\", "\\\\").replace("=", "\\=") for k, v in cleaned.items()}
    extension = " ".join(f"{name}={value}" for name, value in escaped.items())
    line = rf"Mar 10 10:00:00 h CEF:0|V\|x|P|1|100|worm|10|{extension}"
    (record,) = parse(compile_format(builtin="cef:text"), line.encode()).records.to_pylist()
    found = json.loads(record["structured_data"])
    assert {k: v for k, v in found.items() if k in cleaned} == cleaned
    assert (record["app"], record["msgid"], record["message"]) == ("P", "100", "worm")


LINES_OF_ALL = LineFormat(
    "pairs",
    "requests",
    "",
    (Layout("line", (named_values(Pairs.LTSV, {"a": Field("at", Op.ANY_TIME)}, "requests"),)),),
)
TOKENS = (
    rb'{" ": " , { } [ ] \ \u00 time = : 1e9 #Fields: date 2026-03-10 10:00:00 - | CEF:0| a 1.5s'
    rb" [10/Mar/2026:10:00:00 +0100] 1.2.3.4 200 GET /a HTTP/1.1 Mar 10 stdout F [error] 1#2: *3"
).split()
NOISE = st.lists(
    st.sampled_from([*TOKENS, b" ", b" ", b"\t", b"\n", b"\r", b"\xff", b"\x00", STAMP.encode()])
    | st.binary(max_size=4),
    max_size=40,
).map(b"".join)


@pytest.mark.parametrize("name", BUILTIN_FORMATS)
@given(data=NOISE, cut=st.integers(0, 200))
def test_any_bytes_are_accounted_for_by_every_format(name: str, data: bytes, cut: int) -> None:
    line_format = compile_format(builtin=name)
    whole = parse(line_format, data)
    counts = whole.counts
    lines = data.count(b"\n") + (1 if data and not data.endswith(b"\n") else 0)
    assert counts.balanced
    assert counts.lines == lines
    place = data.find(b"\n", cut) + 1
    if place == 0 or data[:3] == b"\xef\xbb\xbf":
        return
    one = parser(line_format)
    parts = [one.parse(block(data[:place])), one.parse(block(data[place:], place))]
    assert sum((part.counts for part in parts), Counts()) == counts
    split = [row for part in parts for row in part.records.to_pylist()]
    assert split == whole.records.to_pylist()
