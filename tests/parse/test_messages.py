"""Typed fields out of messages."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from etl.errors import ConfigError, LogFormatError, UnknownNameError
from etl.formats.message import compile_message
from etl.schema import events_schema
from tests.parse import logs
from tests.parse.helpers import parse

FIELDS = {"n": "integer", "x": "number", "t": "text", "b": "boolean"}
HEAD = b"2026-03-16T10:00:00Z host app: "


def taken(
    kind: str,
    message: str,
    fields: dict[str, str] = FIELDS,
    keys: dict[str, str] | None = None,
) -> dict[str, Any]:
    wanted = compile_message(kind, fields, keys)
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


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("connection closed (n=5, x=1.5; t=12ms)", {"n": 5, "x": 1.5, "t": "12ms"}),
        ("t=a,n=1;x=2 b=true", {"t": "a", "n": 1, "x": 2.0, "b": True}),
        ("[n=1] {x=2} <t=3>", {"n": 1, "x": 2.0, "t": "3>"}),
        ("to=<a@b>, t=mail[10.0.0.1]:25, n=3", {"t": "mail[10.0.0.1]:25", "n": 3}),
        ("f(t=a(b)c)d n=1", {"t": "a(b)c", "n": 1}),
        ('t="a \\"b\\", (c)" n=1', {"t": 'a "b", (c)', "n": 1}),
        ("t='a, \\ \"b\"' n=1", {"t": 'a, \\ "b"', "n": 1}),
        ("t='open n=1", {"t": "'open", "n": 1}),
        ('t="open n=1', {"t": '"open', "n": 1}),
        ('msg="n=2 x=3" n=1', {"n": 1}),
        ("b and n = 5", {}),  # only what stands right before and behind "="
        ("xn=1 n.y=2 y:n=3 é.n=4", {"n": 3}),
        ("n=1 n=2", {"n": 2}),
        ("n=, t=", {"t": ""}),
        ("n==1 =2 t=a=b", {"t": "a=b"}),
        ("", {}),
    ],
)
def test_pairs_in_free_text(message: str, expected: dict[str, Any]) -> None:
    assert taken("pairs", message) == expected


PATTERN = r"regex:(?P<t>\w+) (took|in) (?P<x>[\d.]+) s(?: \((?P<n>-?\d+) (?:rows|lines)\))?"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("import took 1.5 s (12 rows)", {"t": "import", "x": 1.5, "n": 12}),
        ("an import in 2 s, an export in 3 s", {"t": "import", "x": 2.0}),
        ("import took 1.2.3 s (99999999999999999999 rows)", {"t": "import"}),
        ("größe took 0 s", {"t": "größe", "x": 0.0}),
        ("nothing of it", {}),
        ("", {}),
    ],
)
def test_a_regular_expression(message: str, expected: dict[str, Any]) -> None:
    assert taken(PATTERN, message, {"t": "text", "x": "number", "n": "integer"}) == expected


NESTED = {"http.response.status": "integer", "items.0.id": "text", "a": "text", "a.b": "number"}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('{"http":{"response":{"status":200}}}', {"http.response.status": 200}),
        ('{"http.response.status":200}', {"http.response.status": 200}),
        ('{"http.response":{"status":200}}', {"http.response.status": 200}),
        ('{"http":{"response.status":200,"x":{"status":1}}}', {"http.response.status": 200}),
        ('{"response":{"status":1},"http":{"status":2}}', {}),
        ('{"items":[{"no":{},"id":"x"},{"id":"y"}]}', {"items.0.id": "x"}),
        ('{"items":{"0":{"id":"x"}}}', {"items.0.id": "x"}),
        ('{"items":[[{"id":"x"}]]}', {}),
        ('{"items":[]," a":{}}', {}),
        ('{"a":{"b":1.5, "c":[{}]} }', {"a": '{"b":1.5, "c":[{}]}', "a.b": 1.5}),
        ('{"a":{"b":1},"a":null}', {"a.b": 1.0}),  # of each key the last
        ('{"a":{"b":1},"a.b":2}', {"a": '{"b":1}', "a.b": 2.0}),
        ('{"a":{"b":1}', {}),
        ('{"a":{"b":1]}', {}),
        ('{"a":{"b":1,}}', {}),
        ('{"items":[{"id":"x"},]}', {}),
        ('{"items":[{"id":"x"}}', {}),
        ('{"items":[{"id":"x"} {"id":"y"}]}', {}),
        ('{"items":[{"id"}]}', {}),
    ],
)
def test_nested_json_by_dotted_key(message: str, expected: dict[str, Any]) -> None:
    columns = {name.replace(".", "_"): kind for name, kind in NESTED.items()}
    keys = {name.replace(".", "_"): name for name in NESTED}
    found = taken("json", message, columns, keys)
    assert found == {name.replace(".", "_"): value for name, value in expected.items()}


def test_deep_nesting_is_read_in_proportion() -> None:
    deep = '{"x":' + '{"y":[' * 50_000 + "1" + "]}" * 50_000 + ',"n":5}'
    assert taken("json", deep, {"n": "integer"}) == {"n": 5}
    key = ".".join(["a"] * 400)
    deep = '{"a":' * 400 + "7" + "}" * 400
    assert taken("json", deep, {"n": "integer"}, {"n": key}) == {"n": 7}


@pytest.mark.parametrize("kind", ["logfmt", "json", "pairs", r"regex:took=(?P<d>\S+)"])
def test_a_duration_is_seconds(kind: str) -> None:
    texts = {
        "12ms": 0.012,
        "1m2.5s": 62.5,
        "1.5": 1.5,
        "PT1M1.5S": 61.5,
        "0.1234567890123456": None,
    }
    for text, seconds in texts.items():
        message = f'{{"took":"{text}"}}' if kind == "json" else f"took={text}"
        expected = float(text) if seconds is None else seconds
        keys = {} if kind.startswith("regex") else {"d": "took"}
        assert taken(kind, message, {"d": "duration"}, keys) == {"d": expected}
    assert taken("logfmt", "d=1e400", {"d": "duration"}) == {}
    assert taken("logfmt", "d=12parsecs", {"d": "duration"}) == {}
    assert taken("json", '{"d":12.5}', {"d": "duration"}) == {"d": 12.5}


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
    with pytest.raises(ConfigError, match="'a:b' cannot be a key of pairs messages"):
        compile_message("pairs", {"a": "text"}, {"a": "a:b"})
    with pytest.raises(ConfigError, match="'a' and 'b' both take the key 'k'"):
        compile_message("json", {"a": "text", "b": "text"}, {"a": "k", "b": "k"})
    with pytest.raises(ConfigError, match="at least one field"):
        compile_message("logfmt", {})
    with pytest.raises(ConfigError, match="does not fill message"):
        parse(logs.NGINX, b"", message=compile_message("logfmt", FIELDS))


def test_a_pattern_is_checked_and_its_mistake_marked() -> None:
    fields = {"name": "text"}
    with pytest.raises(LogFormatError, match="unclosed group") as caught:
        compile_message("regex:é (?P<name>x", fields)
    assert str(caught.value).splitlines()[1:] == [
        "  é (?P<name>x",
        "    ^ (syntax: https://docs.rs/regex)",
    ]
    assert caught.value.position == 2
    with pytest.raises(LogFormatError, match="look-around") as caught:
        compile_message("regex:(?P<name>x)(?=yz)", fields)
    assert "\n             ^^^ " in str(caught.value)
    with pytest.raises(LogFormatError, match="size limit"):
        compile_message(r"regex:(?P<name>\w{1000}){1000}", fields)
    with pytest.raises(LogFormatError, match="unclosed"):
        compile_message("regex:(?x)\n(?P<name>", fields)
    with pytest.raises(
        UnknownNameError,
        match=re.escape("field 'name': 'name'. Known: nam, y. Did you mean 'nam'?"),
    ):
        compile_message("regex:(?P<nam>x)(y)(?P<y>)", fields)
    with pytest.raises(UnknownNameError, match="Known: none"):
        compile_message("regex:", fields)
    assert compile_message("regex:(?P<n>x)", fields, {"name": "n"}).keys["name"] == "n"
