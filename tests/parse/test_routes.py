"""Path templates."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import ConfigError
from etl.formats.routes import MAX_SEGMENTS, compile_routes
from etl.schema import requests_schema
from tests.parse import logs
from tests.parse.helpers import parse

PATHS = [
    "/",
    "/customers/{customer_id}",
    "/customers/city/{city}",
    "/a/{x}/c",
    "/a/b/{y}",
    "/a/b/d",
]
PATHS += ["/customers", "/customers/", "/{any}/deep/{x}/er"]


def routed(path: str, paths: list[str] | None = None) -> tuple[str | None, dict[str, str]]:
    line = b'h - - [10/Oct/2000:13:55:36 +0000] "GET %s HTTP/1.1" 200 5 "-" "-"' % path.encode()
    table = compile_routes(PATHS if paths is None else paths)
    batch = parse(logs.NGINX, line + b"\n", routes=table).records
    assert (
        batch.schema.field("params").type
        == requests_schema(list(table.params)).field("params").type
    )
    (record,) = batch.to_pylist()
    return record["route"], {name: v for name, v in record["params"].items() if v is not None}


@pytest.mark.parametrize(
    ("path", "route", "params"),
    [
        ("/customers/42", "/customers/{customer_id}", {"customer_id": "42"}),
        ("/customers/42?x=/y", "/customers/{customer_id}", {"customer_id": "42"}),
        ("/customers/city", "/customers/{customer_id}", {"customer_id": "city"}),
        ("/customers/city/Bad%20Ems", "/customers/city/{city}", {"city": "Bad Ems"}),
        ("/customers/city/K%C3%B6ln", "/customers/city/{city}", {"city": "Köln"}),
        ("/customers/city/K%F6ln", "/customers/city/{city}", {"city": "K%F6ln"}),  # no UTF-8
        ("/customers/city/100%", "/customers/city/{city}", {"city": "100%"}),
        ("/customers/city/a%2Fb", "/customers/city/{city}", {"city": "a/b"}),
        ("/customers/", "/customers/", {}),  # a parameter is never empty
        ("/customers/city/", None, {}),
        ("/customers/42/", None, {}),
        ("/customers", "/customers", {}),
        ("/customer%73", None, {}),  # literal segments are compared as sent
        ("/", "/", {}),
        ("/a/b/c", "/a/b/{y}", {"y": "c"}),  # the literal segment is tried first
        ("/a/b/d", "/a/b/d", {}),
        ("/a/q/c", "/a/{x}/c", {"x": "q"}),
        ("/a/deep/1/er", "/{any}/deep/{x}/er", {"any": "a", "x": "1"}),  # goes back from /a
        ("*", None, {}),
        ("http://host/customers/42", None, {}),
        ("/x" * 200, None, {}),
    ],
)
def test_a_path_finds_its_route(path: str, route: str | None, params: dict[str, str]) -> None:
    assert routed(path) == (route, params)


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["customers"], "must start with '/'"),
        (["/a/{"], "neither plain text nor one"),
        (["/a/x{id}"], "neither plain text nor one"),
        (["/a/{1d}"], "neither plain text nor one"),
        (["/a?b={c}"], "query"),
        (["/{a}/{a}"], "twice"),
        (["/a/{x}", "/a/{y}"], "the same paths"),
        (["/x" * (MAX_SEGMENTS + 1)], "segments"),
    ],
)
def test_a_bad_template_is_named(paths: list[str], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        compile_routes(paths)
    assert paths[0] in str(caught.value)


def test_a_table_without_parameters_gives_routes_alone() -> None:
    line = b'h - - [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\nx\n'
    batch = parse(logs.NGINX, line, routes=compile_routes(["/", "/b"])).records
    assert "params" not in batch.schema.names
    assert batch["route"].to_pylist() == ["/"]
    assert "route" not in parse(logs.NGINX, line, routes=compile_routes([])).records.schema.names


def test_routes_need_a_path() -> None:
    with pytest.raises(ConfigError, match="does not fill path"):
        parse(logs.SYSLOG, b"", routes=compile_routes(["/"]))


SEGMENT = st.sampled_from(["a", "b", "{x}", "{y}", ""])


def best(path: str, templates: list[str]) -> str | None:
    """All that match, the one with the earliest literal segments first."""
    parts = path.split("/")[1:]
    matching: list[tuple[Any, ...]] = []
    for template in templates:
        wanted = template.split("/")[1:]
        pairs = list(zip(wanted, parts, strict=False))
        fits = all(p != "" if w.startswith("{") else w == p for w, p in pairs)
        if len(wanted) == len(parts) and fits:
            matching.append(([w.startswith("{") for w in wanted], template))
    return min(matching)[1] if matching else None


@given(
    st.lists(st.lists(SEGMENT, min_size=1, max_size=4)),
    st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=4),
)
def test_the_tree_finds_what_trying_all_templates_finds(
    drawn: list[list[str]], path: list[str]
) -> None:
    templates: dict[str, str] = {}
    for parts in drawn:
        named = [f"{{p{n}}}" if part.startswith("{") else part for n, part in enumerate(parts)]
        template = "/" + "/".join(named)
        templates[template] = template
    text = "/" + "/".join(path)
    table = [*templates, "/q/{always}/one"]
    assert routed(text, table)[0] == best(text, table)
