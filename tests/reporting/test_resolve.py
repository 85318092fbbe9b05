"""Times to resolve: nearest ranks of resolved incidents, open ones with their age only."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.reporting.resolve import (
    incident_table,
    nearest_rank,
    time_to_resolve_csv,
    times_of,
    times_table,
    title_of,
)
from tests.reporting.statements import ZONE, incidents, resolved, rich_report

HOUR = 3600.0
CONTRACT = (
    "incident_id,title,origin,metric,source,severity,owner,state,started_at,detected_at,"
    "acknowledged_at,mitigated_at,resolved_at,time_to_detect_s,time_to_acknowledge_s,"
    "time_to_mitigate_s,time_to_resolve_s,affected,evidence"
)


def test_the_csv_has_exactly_the_columns_of_the_contract() -> None:
    content = time_to_resolve_csv(incidents()).decode()
    assert content.splitlines()[0] == CONTRACT
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["state"] for row in rows] == ["open", "resolved"]
    assert [row["time_to_resolve_s"] for row in rows] == ["", str(48 * 3600 + 53 * 60)]
    assert rows[0]["resolved_at"] == ""


@pytest.mark.parametrize(
    ("target", "unit", "said"),
    [
        ("<= 600", "s", "≤ 10 min"),
        ("<= 0.01", "share", "≤ 1 %"),
        ("between 0.99 and 1.01", "ratio", "0.99 to 1.01"),
        (">= 3", "objects", "≥ 3 objects"),
    ],
)
def test_a_missed_target_is_told_with_its_unit(target: str, unit: str, said: str) -> None:
    one = replace(incidents()[0], target=target, unit=unit)
    row = next(csv.DictReader(io.StringIO(time_to_resolve_csv([one]).decode())))
    assert row["title"] == title_of(one) == f"HTTP 500 answers: target {said} missed"


def test_open_incidents_are_in_no_average() -> None:
    assert times_of(incidents()[:1]).n == 0
    times = times_of([*resolved()[:10], incidents()[0]])
    assert (times.n, times.median_s, times.p90_s) == (10, 5 * HOUR, 9 * HOUR)
    assert (times.mean_s, times.longest_s) == (5.5 * HOUR, 10 * HOUR)


def test_an_open_incident_shows_its_age_at_the_end_of_the_day() -> None:
    table = incident_table(incidents(), ZONE, rich_report().ended_at)
    time = next(cell for column, cell in table.shown[0] if column.key == "time_to_resolve_s")
    assert (time.text, time.note, time.raw) == ("–", "open for 9 h 56 min", None)
    later = incident_table(incidents(), ZONE, rich_report().ended_at + timedelta(days=2))
    assert "2 d 10 h" in [cell.note for _, cell in later.shown[0]][4]


def test_statistics_are_given_for_all_and_for_each_metric() -> None:
    table = times_table(resolved())
    assert [row[0].raw for row in table.rows] == ["all", "http_500", "integrity_flow"]
    assert [row[1].raw for row in table.rows] == [11, 10, 1]


@given(st.lists(st.integers(0, 1000), min_size=1), st.sampled_from([50, 90, 99, 100]))
def test_a_percentile_is_the_nearest_rank(values: list[int], percent: int) -> None:
    """Against whole-number arithmetic, which has no rounding to get wrong."""
    ordered = [float(value) for value in sorted(values)]
    rank = -(-percent * len(ordered) // 100)
    assert nearest_rank(ordered, percent / 100) == ordered[rank - 1]
