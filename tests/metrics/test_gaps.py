"""Which sources can show an object at a step, by the step's own SQL."""

from __future__ import annotations

import polars as pl
import pytest

from etl.metrics.gaps import can_show
from etl.metrics.steps import Step
from etl.schema import events_schema

EVENTS = events_schema({"event": "text", "customer_id": "text", "took": "integer"})
TABLES = {"events": pl.DataFrame(pl.from_arrow(EVENTS.empty_table())).lazy()}


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
