"""Properties of the kernels that take fields out of messages, over any text."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etl.formats.message import compile_message
from etl.parse.messages import MessageExtractor
from tests.parse import logs, reference_messages
from tests.parse.helpers import parse

TYPES = {"n": "integer", "x": "number", "t": "text", "b": "boolean", "d": "duration"}
NESTED = {"n": "a.n", "x": "a.0.x", "t": "t", "b": "b", "d": "a"}
KINDS = {
    "logfmt": compile_message("logfmt", TYPES),
    "pairs": compile_message("pairs", TYPES),
    "json": compile_message("json", TYPES, NESTED),
}
EXTRACTORS = {kind: MessageExtractor(message) for kind, message in KINDS.items()}
GRAMMAR = """
n= x= t= b= d= true null "a": "n": "x": {" "} }} "t":" \\u00e9 \\ud83d \\" {} [] @cee: FALSE 12ms 1m
PT1S 1e9 1e-400 99999999999999999999 0.
"""
PIECES = st.sampled_from([*GRAMMAR.split(), *"nxtbad=\"'\\{}[]():,; .-0123456789µé\x00\t\x7f😀"])
SAMPLES = {
    "logfmt": 'done n=12 x=-1.5e3 t="a \\"b\\" \\u00e9" b d=1m2.5s =x n=',
    "pairs": 'closed (n=12, x=-1.5;t=\'a, b\' d=12ms) [b=true] t=f(x[1]) msg="n=1 \\" b=2" x=9)',
    "json": '@cee: {"a":{"n":12,"x":[1,{"n":"}"}]},"a":[{"x":1.5,"y":{}},null],"t":"\\ud83d\\ude00"'
    ',"b":true,"a":"1h","o":{"n":[1,{"x":"]"}]}, "a.n" : -7}',
}


@st.composite
def messages(draw: st.DrawFn, kind: str) -> str:
    """A good message with pieces cut out, doubled, replaced; or pieces alone."""
    if draw(st.booleans()):
        return draw(st.lists(PIECES, max_size=12).map("".join))
    text = SAMPLES[kind]
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        stop = draw(st.integers(start, min(len(text), start + 5)))
        piece = draw(PIECES | st.text(max_size=2) | st.just(text[start:stop]))
        text = text[:start] + piece + text[draw(st.sampled_from([start, stop])) :]
    return text


def extract(kind: str, texts: list[str | None]) -> list[dict[str, Any]]:
    columns = EXTRACTORS[kind].extract(pa.array(texts, pa.string()))
    for column in columns.values():
        column.validate(full=True)
    rows = zip(*(columns[name].to_pylist() for name in TYPES), strict=True)
    rows = (dict(zip(TYPES, row, strict=True)) for row in rows)
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    if "d" in found and "d" in expected:  # long sums of units are rounded more than once
        assert math.isclose(found["d"], expected["d"], rel_tol=1e-13)
        found["d"] = expected["d"]
    assert found == expected


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_good_message_has_all_fields(kind: str) -> None:
    (found,) = extract(kind, [SAMPLES[kind]])
    assert set(found) >= set(TYPES) - {"n"}
    assert_same(found, reference_messages.extract(kind, SAMPLES[kind], TYPES, KINDS[kind].keys))


@pytest.mark.parametrize("kind", SAMPLES)
@given(data=st.data())
@example(None)
def test_any_messages_read_as_the_reference_says(kind: str, data: st.DataObject | None) -> None:
    """Also beside each other, and a null is as empty as an empty one."""
    if data is None:
        texts = [SAMPLES[kind][:length] for length in range(len(SAMPLES[kind]))]
    else:
        texts = data.draw(st.lists(messages(kind), min_size=1, max_size=4), label="messages")
    found = extract(kind, [*texts, None])
    assert found.pop() == {}
    for one, text in zip(found, texts, strict=True):
        assert_same(one, reference_messages.extract(kind, text, TYPES, KINDS[kind].keys))


@pytest.mark.parametrize("kind", SAMPLES)
@given(st.lists(st.binary(max_size=60) | st.sampled_from(list(SAMPLES.values())).map(str.encode)))
@example([b'n="\\'])
@example([b'{"t":"\\u00'])
@example([b'{"a":{"\xff\\'])
@example([b"d=1\xc2", b"d=1\xc2\xb5"])
def test_any_bytes_of_a_line_are_read_without_harm(kind: str, pieces: list[bytes]) -> None:
    line = b"2026-03-16T10:00:00Z host app: " + b"".join(pieces).replace(b"\n", b" ")
    (record,) = parse(logs.SYSLOG, line, message=KINDS[kind]).records.to_pylist()
    found = {name: record[name] for name in TYPES if record[name] is not None}
    message = record["message"] or ""
    assert_same(found, reference_messages.extract(kind, message, TYPES, KINDS[kind].keys))


PATTERNS = [
    r"n=(?P<n>[0-9]+)(?: x=(?P<x>[^ ]*))?|t=(?P<t>.*)(?P<b>)(?P<d>)",
    r"(?P<d>[0-9.]+[a-z]*)[^0-9a-z]*(?P<t>(?:b|(?P<b>t[a-z]+))*)(?P<n>-?[0-9]*)(?P<x>.?)",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(texts=st.lists(messages("pairs") | st.text("ntx=b0.ms- true", max_size=12), max_size=4))
def test_a_pattern_finds_what_python_s_does(pattern: str, texts: list[str]) -> None:
    texts = [text.replace("\n", " ") for text in texts]
    columns = MessageExtractor(compile_message("regex:" + pattern, TYPES)).extract(
        pa.array([*texts, None], pa.string())
    )
    for row, text in enumerate([*texts, ""]):
        match = re.search(pattern, text) if row < len(texts) else None
        groups = match.groupdict() if match else {}
        wanted = {
            name: reference_messages.convert(kind, groups[name])
            for name, kind in TYPES.items()
            if groups.get(name) is not None
        }
        found = {name: columns[name][row].as_py() for name in TYPES}
        assert {name: wanted.get(name) for name in TYPES} == found


WORD = st.text(st.characters(min_codepoint=33, exclude_characters="\"'=,;()[]{}", codec="utf-8"))
WORD = WORD.filter(lambda word: word != "b")  # alone, this makes a boolean of logfmt true
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "n": st.integers(-(2**63) + 1, 2**63 - 1),
        "x": st.floats(allow_nan=False, allow_infinity=False),
        "t": st.text(st.characters(codec="utf-8", exclude_characters="\n")),
        "b": st.booleans(),
        "d": st.integers(0, 10**14),  # nanoseconds
    },
)


def shown(name: str, value: Any, *, bare: bool) -> str:
    """A value as loggers write it."""
    if name == "t":
        return value if bare and value.isalnum() and value.isascii() else json.dumps(value)
    if name == "d":
        return f"{value}ns"
    return json.dumps(value)


def expected(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value / 1e9 if name == "d" else value for name, value in values.items()}


@given(
    VALUES, st.lists(WORD, min_size=6, max_size=6), st.sampled_from(["", " ", ", ", "; ", ") ("])
)
def test_rendered_pairs_read_back(values: dict[str, Any], words: list[str], mark: str) -> None:
    pairs = [f"{name}={shown(name, value, bare=True)}" for name, value in values.items()]
    beside = [" ".join(both) for both in zip(pairs, words, strict=False)]
    assert extract("logfmt", [" ".join(beside)]) == [expected(values)]
    text = f"{' '.join(words)} ({(mark or ' ').join(pairs)}) {' '.join(words)}"
    assert extract("pairs", [text]) == [expected(values)]


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*"anxtbd0", "a.n", "0.x", 'é"\\']), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*"anxtbd", "a.n", "a.0", "a.0.x"]), TREES), st.booleans())
@example({"t": "\x00\u2028"}, True)
def test_any_object_gives_its_values_by_dotted_keys(tree: dict[str, Any], ascii_: bool) -> None:
    """Against json itself: the paths of its tree, in the order of the text."""
    text = json.dumps(tree, ensure_ascii=ascii_)
    flat: dict[str, Any] = {}
    flatten(tree, "", flat)
    wanted = {}
    for name, key in NESTED.items():
        if (value := flat.get(key)) is not None:
            plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=ascii_)
            if name == "t":
                wanted[name] = plain
            elif plain.isascii() and json.dumps(plain)[1:-1] == plain:
                wanted[name] = reference_messages.convert(TYPES[name], plain)
    (found,) = extract("json", [text])
    assert_same(found, {name: value for name, value in wanted.items() if value is not None})


def flatten(value: Any, path: str, flat: dict[str, Any]) -> None:
    if path:
        flat[path] = value
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in members if isinstance(value, dict | list) else ():
        at = f"{path}.{name}" if path else str(name)
        flat[at] = inner
        if isinstance(inner, dict | list):
            flatten(inner, at, flat)
