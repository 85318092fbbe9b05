"""What views stand for is told down to the steps, also where SQL reads counts alone."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from etl.metrics.catalogue import load_catalogue
from etl.metrics.meanings import meanings
from etl.metrics.steps import Chain, Step
from etl.metrics.views import Definitions
from etl.resources import sql_folder

SHEETS = load_catalogue(sql_folder())
DEFINITIONS = Definitions(
    ZoneInfo("Europe/Berlin"),
    [("app", "events", True)],
    [Step("customer", "imported", 1, "events", "event = 'imported'", "customer_id")],
    [Chain("customer", timedelta(hours=6), 3)],
)


@pytest.mark.parametrize(
    ("metric", "views"),
    [
        ("lost_objects", {"cohort_counts", "cohorts"}),
        ("integrity_flow", {"step_counts", "steps"}),
        ("chain_time_p90", {"passage_times", "passages"}),
    ],
)
def test_counts_are_told_with_the_rows_that_they_count(metric: str, views: set[str]) -> None:
    told = dict(meanings(SHEETS[metric], DEFINITIONS, date(2026, 3, 29)))
    assert views <= set(told)
    assert told["step 1 of customer, imported"] == (
        "events where event = 'imported', object customer_id"
    )


def test_a_day_is_told_with_its_bounds_and_hours() -> None:
    told = dict(meanings(SHEETS["http_500"], DEFINITIONS, date(2026, 3, 29)))
    assert told["requests"] == (
        "table requests, day = 2026-03-29 (2026-03-28 23:00:00Z to 2026-03-29 22:00:00Z, 23 h,"
        " Europe/Berlin)"
    )
