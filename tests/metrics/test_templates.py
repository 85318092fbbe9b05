"""Paths without a route as templates: ids by their looks, names by their number."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.metrics import templates
from etl.metrics.templates import MANY, TEMPLATES, unrouted, with_ids
from etl.metrics.templates import paths as by_path

KNOWN = {
    "/": "/",
    "": "",
    "*": "*",
    "/a/": "/a/",
    "/customers/12": "/customers/{id}",
    "/customers/12/orders/7/": "/customers/{id}/orders/{id}/",
    "/customers/C0000123/orders": "/customers/{id}/orders",
    "/orders/ORD-2024-001.json": "/orders/{id}",
    "/users/3f2504e0-4f89-11d3-9a0c-0305e82c3301": "/users/{id}",
    "/files/9e107d9d372bb6826bd81d3542a419d6": "/files/{id}",
    "/days/2024-01-02/hours/5": "/days/{id}/hours/{id}",
    "/at/2024-01-02T10:00:00Z": "/at/{id}",
    "/mail/a.b@example.org/x": "/mail/{id}/x",
    "//a//12//": "//a//{id}//",
    "/api/v2/utf8/mp3": "/api/v2/utf8/mp3",
    "/static/app.css": "/static/app.css",
}


@pytest.mark.parametrize("path", KNOWN)
def test_segments_that_look_like_ids_become_parameters(path: str) -> None:
    assert pl.DataFrame({"path": [path]}).select(with_ids("path")).item() == KNOWN[path]


def found(*paths: str, status: int = 200) -> dict[str, int]:
    rows = pl.LazyFrame(
        {"source": "api", "path": paths, "route": None, "status": status},
        schema={
            "source": pl.String,
            "path": pl.String,
            "route": pl.String,
            "status": pl.Int32,
        },
    )
    result = unrouted(by_path(rows)).collect()
    assert result.schema == TEMPLATES
    return dict(result.select("template", "requests").iter_rows())


def test_many_names_in_one_place_are_one_parameter() -> None:
    cities = [f"/city/{chr(97 + n)}burg/weather" for n in range(MANY + 1)]
    assert found(*cities[:MANY]) == dict.fromkeys(cities[:MANY], 1)
    assert found(*cities) == {"/city/{name}/weather": MANY + 1}


def test_what_follows_a_parameter_is_put_together() -> None:
    paths = [f"/v1/{'x' * n}/{end}" for n in range(1, 30) for end in ("a", "b", "c/1")]
    assert found(*paths) == {f"/v1/{{name}}/{end}": 29 for end in ("a", "b", "c/{id}")}


def test_one_place_has_one_parameter() -> None:
    """Two would be routes for the same paths."""
    words = [f"/c/{'x' * n}" for n in range(1, 30)]
    assert found(*words, "/c/1") == {"/c/{id}": 30}


def test_a_frequent_name_among_many_keeps_its_name() -> None:
    names = [f"/s/{'y' * n}" for n in range(1, 31)]
    assert found(*names, *["/s/main"] * 50) == {"/s/{name}": 30, "/s/main": 50}


def test_what_is_no_path_stays_as_it_is() -> None:
    assert found("*", "http://other.example/x", "") == {
        "*": 1,
        "http://other.example/x": 1,
        "": 1,
    }


def test_deep_paths_end_in_an_ellipsis() -> None:
    assert found("/" + "/".join("abcdefghij")) == {"/a/b/c/d/e/f/g/h/…": 1}


def test_routed_requests_and_lines_without_a_path_are_left_out() -> None:
    rows = pl.LazyFrame(
        {"source": "api", "path": ["/a", None, "/b"], "route": ["/a", None, None], "status": 200}
    )
    assert unrouted(by_path(rows)).collect()["template"].to_list() == ["/b"]


def test_more_templates_than_are_looked_at_still_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "MOST_TEMPLATES", 3)
    words = [f"/w/{'z' * n}" for n in range(1, 9)]
    counted = found(*words, *["/w"] * 2, "/q/r/s")
    assert sum(counted.values()) == 11
    assert counted == {"/w": 2, "/q/r/s": 1, "/w/z": 1, "/w/…": 7}


@given(st.lists(st.text(st.sampled_from("/ab1{}%…é?"), max_size=20), max_size=60))
def test_any_paths_add_up(paths: list[str]) -> None:
    assert sum(found(*paths).values()) == len(paths)
