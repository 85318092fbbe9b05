"""What every built-in metric must say of a day. Its SQL says the same in another way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from etl.demo.asking import rates
from etl.demo.chain_figures import chain_rows
from etl.demo.cohort import Cohort
from etl.demo.counting import METHODS, RANKS, RequestCount, time_s
from etl.demo.plan import Day, Ints, iso
from etl.demo.row import row
from etl.demo.targets import SWAY, TARGETS, Days, limits, sway_verdict
from etl.demo.vocabulary import FAILED, OK, RESOURCES, ROUTES, STATUSES

SOURCES = ("api", "importer", "store", "transformer")
WITHIN_MS = 500
"""In which requests should be answered, as daytally.toml leaves it."""

CHAIN_KPIS = ("chain_time_p90", "integrity_cohort", "integrity_flow", "lost_objects")
"""KPIs that need every source; the others need the API alone."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """All that was counted on a day.

    Attributes:
        lines: Source to its records.
    """

    day: Day
    requests: RequestCount
    cohort: Cohort
    lines: dict[str, int]

    @property
    def missing(self) -> list[str]:
        """Sources without a single record."""
        return [source for source in SOURCES if not self.lines[source]]


def measure(count: DayCount, before: Days) -> list[dict[str, Any]]:
    """Return all measurements of a day, by metric and dimensions.

    Args:
        count: What was counted.
        before: What is known of the days before it.
    """
    found = [
        *chain_rows(count.cohort),
        *(row("lines", {"source": source}, count.lines[source]) for source in SOURCES),
        *_answers(count.requests, count.day),
        *_request_times(count.requests),
        *_routes(count.requests),
        *rates(count.requests),
    ]
    for metric in (*TARGETS, SWAY[0]):
        if all(each["metric"] != metric for each in found):
            found.append(row(metric, {}, None, n=0))
    for each in found:
        each["verdict"] = _verdict(each, count.missing, count.day.date, before)
        if (
            each["metric"] == "integrity_cohort"
            and count.cohort.waiting[each["dimensions"]["step"]]
        ):
            each["verdict"] = "incomplete"
    return sorted(found, key=lambda each: (each["metric"], str(sorted(each["dimensions"].items()))))


def day_verdict(measurements: list[dict[str, Any]], missing: list[str]) -> str:
    """Return the worst that can be said of a day's KPIs."""
    verdicts = {each["verdict"] for each in measurements if each["metric"] in TARGETS}
    if missing:
        verdicts.add("incomplete")
    return next(each for each in ("missed", "incomplete", "no_data", "met") if each in verdicts)


def _verdict(found: dict[str, Any], missing: list[str], day: date, before: Days) -> str:
    metric, value = found["metric"], found["value"]
    if metric not in TARGETS:
        return sway_verdict(found, missing, day, before)
    needed = SOURCES if metric in CHAIN_KPIS else ("api",)
    if any(source in missing for source in needed):
        return "incomplete"
    if found["n"] == 0 or (value is None and not found["numerator"]):
        return "no_data"
    low, high = limits(metric, day)
    return "met" if value is not None and low <= value <= high else "missed"


def _answers(requests: RequestCount, day: Day) -> Iterator[dict[str, Any]]:
    by_hour = requests.cells.sum(axis=1)
    failures = [None, None] if requests.failures is None else [*map(iso, requests.failures)]
    number = int(by_hour[:, FAILED].sum())
    yield row("http_500", {"source": "api"}, number, n=requests.total) | {
        "first_at": failures[0],
        "last_at": failures[1],
    }
    for place, status in enumerate(STATUSES):
        dimensions = {"source": "api", "status": status}
        if total := int(by_hour[:, place].sum()):
            yield row("http_status", dimensions, total)
        for hour in np.flatnonzero(by_hour[:, place]).tolist():
            label = {"hour": day.hours[hour]}
            yield row("http_status_hourly", dimensions | label, int(by_hour[hour, place]))


def _request_times(requests: RequestCount) -> Iterator[dict[str, Any]]:
    yield from _ranks("request_time_by_source", {}, requests.times.sum(axis=0))
    for place, method in enumerate(METHODS):
        yield from _ranks("request_time_by_method", {"method": method}, requests.by_method[place])
    for place, route in enumerate((*ROUTES, None)):
        times = requests.times[place]
        if route is not None:
            yield from _ranks("request_time", {"route": route}, times)
        if number := int(times.sum()):
            soon = int(times[: WITHIN_MS + 1].sum())
            share = row("request_within", {"source": "api", "route": route}, soon / number)
            yield share | {"numerator": soon, "denominator": number, "n": number}


def _ranks(stem: str, dimensions: dict[str, Any], times: Ints) -> Iterator[dict[str, Any]]:
    if number := int(times.sum()):
        for name, rank in RANKS.items():
            value = time_s(times, rank)
            yield row(f"{stem}_{name}", {"source": "api", **dimensions}, value, n=number)


def _routes(requests: RequestCount) -> Iterator[dict[str, Any]]:
    by_route = requests.cells.sum(axis=0)
    for place, route in enumerate((*ROUTES, None)):
        if number := int(by_route[place].sum()):
            dimensions = {"source": "api", "route": route}
            yield row("requests_ok_by_route", dimensions, int(by_route[place, OK]), n=number)
    for resource, routes in RESOURCES.items():
        if number := int(by_route[list(routes)].sum()):
            answered = int(by_route[list(routes), OK].sum())
            dimensions = {"source": "api", "resource": resource}
            yield row("requests_ok_by_resource", dimensions, answered, n=number)
