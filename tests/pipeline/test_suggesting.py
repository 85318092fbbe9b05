"""Suggested routes: named after what stands before them, and safe to paste."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from etl.formats.routes import compile_routes
from etl.pipeline.runs import run_all
from etl.pipeline.suggesting import route_of, suggest_routes
from tests.pipeline.conftest import open_folder

NAMED = {
    "/": "/",
    "/health": "/health",
    "/customers/{id}": "/customers/{customer_id}",
    "/customers/{id}/orders/{id}": "/customers/{customer_id}/orders/{order_id}",
    "/cities/{name}": "/cities/{city}",
    "/address/{id}": "/address/{address_id}",
    "/boxes/{id}": "/boxes/{box_id}",
    "/{id}": "/{id}",
    "/{id}/{id}/{id}": "/{id}/{id_2}/{id_3}",
    "/a/{id}/a/{id}": "/a/{a_id}/a/{a_id_2}",
    "/2024/{id}": "/2024/{id}",
    "/{name}/{id}": "/{name}/{id}",
}


@pytest.mark.parametrize("template", NAMED)
def test_parameters_are_named_after_what_stands_before_them(template: str) -> None:
    assert route_of(template) == NAMED[template]
    compile_routes([NAMED[template]])


@pytest.mark.parametrize(
    "template", ["(other)", "*", "/{name}", "/a/…", '/a"b', "/a\nb", "/{x}", "/a\\b", "/é", "/a#b"]
)
def test_what_cannot_be_a_route_is_not_suggested(template: str) -> None:
    assert route_of(template) is None


def test_suggestions_can_be_pasted_and_then_match(
    tmp_path: Path, write_project: Callable[..., Path]
) -> None:
    """Hostile paths and those that nobody was answered on are left out."""
    paths = [f"/orders/{n}/items" for n in range(5)]
    refused = ["/wp-login.php", "/x\\x22]\\x0a[mail]", "/.env"]
    lines = [
        f'1.2.3.4 - - [10/Mar/2026:10:00:00 +0000] "GET {path} HTTP/1.1" {status} 5 "-" "-"\n'
        for path, status in [*((p, 200) for p in paths), *((p, 404) for p in refused)]
    ]
    stanza = '[[source]]\nname = "api"\ninputs = ["logs/*"]\nformat = "nginx:combined"\n'
    folder = write_project(stanza)
    (folder / "logs" / "access.log").write_text("".join(lines))
    now = datetime(2026, 3, 12, tzinfo=UTC)
    run_all(open_folder(folder), [date(2026, 3, 10)], now=now, workers=1)
    found = suggest_routes(open_folder(folder))
    assert [(one.path, one.requests, one.answered) for one in found] == [
        ("/orders/{order_id}/items", 5, 5)
    ]
    assert tomllib.loads(found[0].stanza) == {
        "route": [{"source": "api", "path": "/orders/{order_id}/items"}]
    }
    assert suggest_routes(open_folder(folder), date(2026, 3, 9)) == []
    config = folder / "daytally.toml"
    config.write_text(config.read_text() + "\n" + found[0].stanza)
    assert suggest_routes(open_folder(folder)) == []
