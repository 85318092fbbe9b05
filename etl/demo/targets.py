"""What the demo's daytally.toml expects of a day: the same targets, said in another way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

TARGETS = {
    "chain_time_p90": (0.0, 600.0),
    "http_500": (0.0, 2.0),
    "http_5xx_rate": (0.0, 0.01),
    "integrity_cohort": (0.99, 1.01),
    "integrity_flow": (0.99, 1.01),
    "lost_objects": (0.0, 0.0),
    "request_time_p90": (0.0, 0.5),
}
"""KPI to the lowest and the highest value that meets its target."""

MAINTENANCE = (date(2026, 3, 26), date(2026, 4, 9))
MOST_FAILURES = {"weekend": 3.0, "maintenance": 5.0}
SWAY = ("requests_ok_by_resource", {"source": "api", "resource": "customers"}, 0.4)
"""Metric and dimensions that may differ by that share from the same weekday a week before."""

BUDGET_METRIC, BUDGET_BAD, BUDGET_DAYS = "http_500", 2, 14

Days = Mapping[str, Mapping[str, Any]]
"""Day to what is known of it: `missing`, and `measurements`."""


def limits(metric: str, day: date) -> tuple[float, float]:
    """Return the lowest and the highest value of a KPI that meet its target on a day."""
    low, high = TARGETS[metric]
    if metric != "http_500":
        return low, high
    if day in MAINTENANCE:
        return low, MOST_FAILURES["maintenance"]
    return low, MOST_FAILURES["weekend"] if day.isoweekday() >= 6 else high


def sway_verdict(found: Mapping[str, Any], missing: list[str], day: date, before: Days) -> str:
    """Return the verdict of a value that is held against the same weekday a week before.

    Args:
        found: The measurement.
        missing: Sources without data on its day.
        day: Its day.
        before: The days before it.
    """
    if (found["metric"], found["dimensions"]) != SWAY[:2]:
        return "none"
    if "api" in missing:
        return "incomplete"
    past = before.get(str(day - timedelta(days=7)), {"missing": ["api"], "measurements": []})
    values = [
        each["value"]
        for each in past["measurements"]
        if (each["metric"], each["dimensions"]) == SWAY[:2] and each["n"]
    ]
    if not found["n"] or "api" in past["missing"] or not values:
        return "no_data"
    off = SWAY[2] * values[0]
    return "met" if values[0] - off <= found["value"] <= values[0] + off else "missed"


def budgets(days: Days) -> Iterator[dict[str, Any]]:
    """Yield for each day how much of the error budget of failures is used by then."""
    judged: list[tuple[date, str]] = [
        (date.fromisoformat(day), each["verdict"])
        for day, known in sorted(days.items())
        for each in known["measurements"]
        if each["metric"] == BUDGET_METRIC and each["verdict"] in ("met", "missed")
    ]
    for text in sorted(days):
        day = date.fromisoformat(text)
        window = [v for when, v in judged if 0 <= (day - when).days < BUDGET_DAYS]
        if window:
            bad = window.count("missed")
            yield {"day": text, "days": len(window), "bad": bad, "allowed": BUDGET_BAD}
