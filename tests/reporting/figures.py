"""Handmade data sheets and measurements of the day that the tests tell."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, date, datetime
from typing import Any

from etl.model import Measurement, Sheet, Verdict

DAY = date(2026, 3, 20)
MEASURED_AT = datetime(2026, 3, 21, 1, 4, 9, tzinfo=UTC)
STEPS = ("imported", "transformed", "stored", "provided")
ROUTES = {
    "/customers/{customer_id}": (0.083, 0.412, 1.204, 41_873),
    "/customers/city/{city}": (0.187, 0.734, 2.318, 6_020),
    "/customers": (0.031, 0.094, 0.251, 2_114),
    "/segments/{segment}/members": (0.212, 0.4999, 0.981, 977),
}


def sheet(name: str, title: str, metric_class: str, unit: str, **more: Any) -> Sheet:
    text = {
        "definition": f"{title}, per day.",
        "sql": "select 1 as value",
        "path": f"sql/{name}.sql",
    }
    return Sheet(name=name, title=title, metric_class=metric_class, unit=unit, **{**text, **more})


KPI: dict[str, Any] = {"kpi": True, "business_value": "It matters."}
API, DATA = {"owner": "API team"}, {"owner": "Data platform team"}


def sheets() -> dict[str, Sheet]:
    """Return data sheets of all five classes, four of them KPIs."""
    return {one.name: one for one in sorted([*_timed(), *_counted()], key=lambda s: s.name)}


def _timed() -> list[Sheet]:
    return [
        sheet("chain_time_p50", "Median of the end-to-end time per chain", "performance", "s"),
        sheet(
            *("chain_time_p90", "p90 of the end-to-end time per chain", "performance", "s"),
            **(KPI | DATA | {"target": "<= 600"}),
            impact="Sales and support work with yesterday's customers.",
        ),
        sheet("chain_time_p99", "p99 of the end-to-end time per chain", "performance", "s"),
        sheet("request_time_p50", "Median request time per route", "performance", "s"),
        sheet(
            *("request_time_p90", "p90 of request time per route", "performance", "s"),
            **(KPI | API | {"target": "<= 0.5"}),
            definition=(
                "The time within which nine of ten requests of a route were answered (nearest "
                "rank, an observed value), per day, source and route."
            ),
            impact="Client applications time out and show stale or no customer data.",
        ),
        sheet("request_time_p99", "p99 of request time per route", "performance", "s", min_n=1_000),
    ]


def _counted() -> list[Sheet]:
    ok = "Requests answered with 200, per"
    return [
        sheet("distinct_objects", "Distinct objects per step", "quantity", "objects"),
        sheet(
            *("http_500", "HTTP 500 answers", "errors", "requests"),
            **(KPI | API | {"target": "<= 2"}),
            impact="Clients retry, call support, and lose trust in the data.",
            runbook="https://wiki.example.org/runbooks/http-500",
        ),
        sheet("http_status", "Requests by HTTP status", "errors", "requests"),
        sheet("http_status_hourly", "Requests by HTTP status and hour", "errors", "requests"),
        sheet(
            *("integrity_flow", "Integrity ratio between two steps (flow)", "integrity", "ratio"),
            **(KPI | DATA | {"target": "between 0.99 and 1.01"}),
            definition=(
                "Objects counted at a step of a chain on the day, divided by objects counted at "
                "the next step. 1 means sound, above 1 that objects were lost or are in flight."
            ),
            impact="Customers are missing or doubled in every system behind this step.",
        ),
        sheet("lines", "Lines per source", "quantity", "lines"),
        sheet("requests_ok_by_resource", f"{ok} resource", "api", "requests"),
        sheet("requests_ok_by_route", f"{ok} route", "api", "requests"),
    ]


def measured(metric: str, value: float | None, day: date = DAY, **more: Any) -> Measurement:
    known = sheets().get(metric)
    dimensions = dict(sorted(more.pop("dimensions", {}).items()))
    fields: dict[str, Any] = {
        "day": day,
        "metric": metric,
        "metric_class": known.metric_class if known else "quantity",
        "dimensions": dimensions,
        "value": value,
        "numerator": None,
        "denominator": None,
        "n": None,
        "unit": known.unit if known else "",
        "target": known.target if known else "",
        "verdict": Verdict.NONE,
        "first_at": None,
        "last_at": None,
        "previous_value": None,
        "measured_at": MEASURED_AT,
        "data_version": "5f0c1d9ab2e4",
    }
    return Measurement(**{**fields, **more})


def _flow(day: date) -> list[Measurement]:
    counts = (4_812, 4_812, 4_731, 4_730) if day == DAY else (4_790, 4_790, 4_789, 4_789)
    found = []
    for i, (start, end) in enumerate(itertools.pairwise(STEPS)):
        ratio = counts[i] / counts[i + 1]
        found.append(
            measured(
                "integrity_flow",
                ratio,
                day,
                numerator=float(counts[i]),
                denominator=float(counts[i + 1]),
                n=counts[i] + counts[i + 1],
                verdict=Verdict.MET if 0.99 <= ratio <= 1.01 else Verdict.MISSED,
                dimensions={"chain": "customer", "from_step": start, "to_step": end},
            )
        )
    return found


def kpi_measurements(day: date, wave: float) -> list[Measurement]:
    errors = 47.0 if day == DAY else round(1 + wave) * 1.0
    chain = 431.0 * (1 + wave / 10)
    found = [
        *_flow(day),
        measured(
            "http_500",
            errors,
            day,
            n=50_984,
            verdict=Verdict.MET if errors <= 2 else Verdict.MISSED,
            dimensions={"source": "api"},
        ),
        measured(
            "chain_time_p90",
            chain,
            day,
            n=4_730,
            verdict=Verdict.MET,
            previous_value=398.25 if day == DAY else None,
            dimensions={"chain": "customer"},
        ),
    ]
    for route, (_, p90, _, n) in ROUTES.items():
        value = p90 if day == DAY else p90 * (0.55 + wave / 10)
        found.append(
            measured(
                "request_time_p90",
                value,
                day,
                n=n,
                verdict=Verdict.MET if value <= 0.5 else Verdict.MISSED,
                dimensions={"source": "api", "route": route},
            )
        )
    return found


LINE_MARKS: dict[str, dict[str, Any]] = {
    "importer": {"band_low": 11_800.0, "band_high": 13_950.0, "unusual": True},
    "store": {
        "target": "within 20 % of yesterday",
        "verdict": Verdict.MET,
        "target_low": 7_664.0,
        "target_high": 11_496.0,
    },
}


def other_measurements() -> list[Measurement]:
    found = [
        measured("chain_time_p50", 212.5, n=4_730, dimensions={"chain": "customer"}),
        measured("chain_time_p99", 4_381.0, n=4_730, dimensions={"chain": "customer"}),
    ]
    about: dict[str, Any]
    for step, count in zip(STEPS, (4_812.0, 4_812.0, 4_731.0, 4_730.0), strict=True):
        about = {"chain": "customer", "step": step}
        found.append(measured("distinct_objects", count, n=int(count * 1.2), dimensions=about))
    for status, count in ((200, 48_711), (304, 1_204), (404, 811), (429, 211), (500, 47)):
        about = {"source": "api", "status": status}
        found.append(measured("http_status", float(count), dimensions=about))
        for hour in range(24):
            share = (1 + math.sin((hour - 8) / 24 * 2 * math.pi)) / 24
            amount = 47.0 if (status, hour) == (500, 14) else round(count * share)
            if (amount and status != 500) or hour == 14:
                about = {"source": "api", "status": status, "hour": f"{hour:02}:00"}
                found.append(measured("http_status_hourly", float(amount), dimensions=about))
    for source, count in (("api", 50_984), ("importer", 9_702), ("store", 9_540), ("audit", 0)):
        about = {"source": source}
        found.append(
            measured("lines", float(count), dimensions=about, **LINE_MARKS.get(source, {}))
        )
    for route, (p50, _, p99, n) in ROUTES.items():
        about = {"source": "api", "route": route}
        found.append(measured("request_time_p50", p50, n=n, dimensions=about))
        found.append(measured("request_time_p99", p99, n=n, dimensions=about))
        found.append(measured("requests_ok_by_route", n - 42.0, n=n, dimensions=about))
    found.append(
        measured("requests_ok_by_route", 0.0, n=914, dimensions={"source": "api", "route": None})
    )
    for resource, count in (("customers", 49_870), ("segments", 942)):
        about = {"source": "api", "resource": resource}
        found.append(
            measured("requests_ok_by_resource", float(count), n=count + 60, dimensions=about)
        )
    return found
