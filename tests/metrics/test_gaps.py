"""Which sources can show an object at a step, by the step's own SQL."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from etl.metrics.gaps import can_show, fed_by
from etl.metrics.steps import Chain, Step
from etl.metrics.views import Definitions
from etl.schema import events_schema, requests_schema

EVENTS = events_schema({"event": "text", "customer_id": "text", "took": "integer"})
TABLES = {
    name: pl.DataFrame(pl.from_arrow(schema.empty_table())).lazy()
    for name, schema in (("events", EVENTS), ("requests", requests_schema([])))
}


@pytest.mark.parametrize(
    ("where", "store", "other"),
    [
        ("event = 'stored'", True, True),
        ("source = 'store'", True, False),
        ("source = 'store' and event = 'stored'", True, False),
        ("event like 'st%' and (took > 5 or took < 3) and source in ('store', 'x')", True, False),
        ("source = 'store' or event = 'stored'", True, True),
        ("source <> 'store'", False, True),
        ("source not in ('store') and lower(event) = 'stored'", False, True),
        ("source like 'sto%'", True, False),
        ("source = 'store' and event = 'stored' or source = 'other' and took > 1", True, True),
        # Not known by the source alone: nobody is left out that could show the object.
        ("source = 'store' and event is not null", True, True),
        ("customer_id is null and source = 'store'", True, False),
    ],
)
def test_a_source_that_a_condition_excludes_shows_no_object(
    where: str, store: bool, other: bool
) -> None:
    step = Step("customer", "stored", 2, "events", where, "customer_id")
    assert [can_show(step, name, TABLES) for name in ("store", "other")] == [store, other]


def test_a_source_feeds_the_chains_of_its_own_table_that_its_rows_can_show() -> None:
    steps = (
        Step("customer", "imported", 1, "events", "event = 'imported'", "customer_id"),
        Step("customer", "stored", 2, "events", "source = 'store'", "customer_id"),
        Step("order", "stored", 1, "events", "source = 'store'", "customer_id"),
        Step("order", "shown", 2, "requests", "status = 200", "remote_addr"),
    )
    sources = [(name, "events", True) for name in ("store", "audit")] + [("api", "requests", True)]
    chains = [Chain(name, timedelta(hours=6), 3) for name in ("customer", "order")]
    definitions = Definitions(ZoneInfo("UTC"), sources, steps, chains)
    assert fed_by(["store", "audit", "api"], TABLES, definitions) == {
        "customer": {"store", "audit"},
        "order": {"store", "api"},
    }
    assert fed_by(["audit"], TABLES, definitions) == {"customer": {"audit"}, "order": set()}
