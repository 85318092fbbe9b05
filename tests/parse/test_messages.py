"""Typed fields out of messages."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etl.errors import ConfigError, UnknownNameError
from etl.formats.message import compile_message
from etl.schema import events_schema
from tests.parse import logs
from tests.parse.helpers import parse

FIELDS = {"n": "integer", "x": "number", "t": "text", "b": "boolean"}
HEAD = b"2026-03-16T10:00:00Z host app: "


def taken(kind: str, message: str, fields: dict[str, str] = FIELDS) -> dict[str, Any]:
    wanted = compile_message(kind, fields)
    batch = parse(logs.SYSLOG, HEAD + message.encode() + b"\n", message=wanted).records
    for name in fields:
        assert batch.schema.field(name).type == events_schema(fields).field(name).type
    (record,) = batch.to_pylist()
    return {name: record[name] for name in fields if record[name] is not None}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("n=5 x=1.5 t=abc b=true", {"n": 5, "x": 1.5, "t": "abc", "b": True}),
        ('imported ok n=-7 t="a \\"b\\" \\u00e9\\n" rest', {"n": -7, "t": 'a "b" é\n'}),
        ("n=1 n=2", {"n": 2}),  # the last counts
        ("n=1 n=x", {}),
        ("n=1.0 x=a b=2", {}),  # null where it does not convert
        ("n= x= t= b=", {"t": ""}),
        ("b", {"b": True}),
        ("xn=5 n.y=3 =4 n==5", {}),
        ("n=9223372036854775807", {"n": 2**63 - 1}),
        ("n=9223372036854775808", {}),
        ("x=1e3 n=007", {"x": 1000.0, "n": 7}),
        ("x=-0.25E-2", {"x": -0.0025}),
        ("x=3.141592653589793238", {"x": math.pi}),
        ("x=1e400", {"x": math.inf}),
        ("x=1e x=", {}),
        ("x=1.", {}),
        ("x=.5", {}),
        ('t="open n=3', {"t": '"open', "n": 3}),
        ("t=a=b,c b=FALSE", {"t": "a=b,c", "b": False}),
        ("", {}),
    ],
)
def test_logfmt(message: str, expected: dict[str, Any]) -> None:
    assert taken("logfmt", message) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('{"n":5,"x":1.5,"t":"abc","b":true}', {"n": 5, "x": 1.5, "t": "abc", "b": True}),
        (' @cee: { "n" : 5 , "other":{"n":[1,"}"]} } ', {"n": 5}),
        ('{"t":{"a":[1,"}\\""]},"n":[1]}', {"t": '{"a":[1,"}\\""]}'}),
        ('{"t":"\\ud83d\\ude00 \\ud83d \\/","\\u006e":"12"}', {"t": "😀 \ufffd /", "n": 12}),
        ('{"t":null,"n":null}', {}),
        ('{"t":12,"n":1.5,"x":2,"b":"true"}', {"t": "12", "x": 2.0, "b": True}),
        ('{"t":"a","t":"bc","t":null}', {}),
        ("{}", {}),
        ('{"n":1', {}),  # not an object: nothing of it is taken
        ('{"n":1} x', {}),
        ('{"n":1,}', {}),
        ('{"n":01}', {}),
        ('{"n":tru}', {}),
        ('{"n" 1}', {}),
        ('[{"n":1}]', {}),
        ("n=1", {}),
        ("", {}),
    ],
)
def test_json(message: str, expected: dict[str, Any]) -> None:
    assert taken("json", message) == expected


SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8)
SCALARS |= st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(st.sampled_from(["t", "x", "n", "é", 'q"']), SCALARS), st.booleans())
@example({"t": "\x00\n\u2028"}, True)
def test_any_flat_object_gives_its_values(value: dict[str, Any], escaped: bool) -> None:
    found = taken("json", json.dumps(value, ensure_ascii=escaped), {"t": "text", "x": "number"})
    x, t = value.get("x"), value.get("t")
    if isinstance(x, int | float) and not isinstance(x, bool):
        assert found["x"] == float(x)
    assert found.get("t") == (t if t is None or isinstance(t, str) else json.dumps(t))


@given(st.text(max_size=40), st.sampled_from(["json", "logfmt"]))
@example('n="\\', "logfmt")
@example('{"t":"\\u00', "json")
def test_any_message_is_read_without_harm(message: str, kind: str) -> None:
    taken(kind, message.replace("\n", " "))


def test_values_stay_with_their_rows() -> None:
    lines = [HEAD + b"t=%s n=%d" % (b"v" * n, n) if n % 3 else HEAD for n in range(50)]
    wanted = compile_message("logfmt", FIELDS)
    batch = parse(logs.SYSLOG, b"\n".join(lines), message=wanted).records
    assert batch["n"].to_pylist() == [n if n % 3 else None for n in range(50)]
    assert batch["t"].to_pylist() == ["v" * n if n % 3 else None for n in range(50)]


def test_a_message_format_is_checked() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'logfmt'"):
        compile_message("logfm", FIELDS)
    with pytest.raises(UnknownNameError, match="integer"):
        compile_message("json", {"n": "int"})
    with pytest.raises(ConfigError, match="name of a column"):
        compile_message("json", {"host": "text"})
    with pytest.raises(ConfigError, match="cannot be a key"):
        compile_message("logfmt", {"a b": "text"})
    with pytest.raises(ConfigError, match="at least one field"):
        compile_message("logfmt", {})
    with pytest.raises(ConfigError, match="does not fill message"):
        parse(logs.NGINX, b"", message=compile_message("logfmt", FIELDS))
