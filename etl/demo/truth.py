"""The oracle: all that a reader of the simulated logs must find, as one document."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from etl.demo.chain import ChainDay
from etl.demo.counting import ChainCount, RequestCount
from etl.demo.measuring import TARGETS, DayCount, day_verdict, measure
from etl.demo.plan import SECOND, Day, Plan, iso

STORIES: dict[str, dict[str, Any]] = {
    "errors": {"source": "api", "what": "answers with 500 for forty minutes"},
    "lost": {"from_step": "transformed", "to_step": "stored", "what": "customers never stored"},
    "late": {"source": "importer", "what": "lines of one host reach the next day's file"},
    "slow": {"source": "api", "what": "requests for customers take many times as long"},
    "duplicates": {"from_step": "transformed", "to_step": "stored", "what": "stored twice"},
    "missing_log": {"source": "transformer", "what": "no log of this day"},
    "in_flight": {"source": None, "what": "a nightly load crosses midnight"},
}


class Truth:
    """Grows day by day."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._before: ChainDay | None = None
        self._days: dict[str, dict[str, Any]] = {}
        self._customers: dict[str, list[dict[str, Any]]] = {
            kind: [] for kind in ("lost", "duplicated", "in_flight", "late")
        }
        self._faults: list[dict[str, Any]] = []

    def add(self, day: Day, chain: ChainDay, requests: RequestCount, lines: dict[str, int]) -> None:
        """Take what was counted on the next day."""
        count = DayCount(day, requests, ChainCount(chain, self._before), lines)
        self._before = chain
        measurements = measure(count)
        self._days[str(day.date)] = {
            "verdict": day_verdict(measurements, count.missing),
            "missing": count.missing,
            "measurements": measurements,
        }
        for kind, entries in self._customers.items():
            entries += getattr(chain, kind)
        self._faults += [_fault(day, kind, requests) for kind in sorted(day.faults)]

    def write(self, path: Path, inputs: dict[str, dict[str, int]]) -> None:
        """Write the document; `inputs` are the accounts of all files."""
        document = {
            "seed": self._plan.seed,
            "days": self._days,
            "inputs": dict(sorted(inputs.items())),
            "incidents": _incidents(self._plan.days, self._days),
            **self._customers,
            "faults": self._faults,
        }
        text = json.dumps(document, ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")


def _fault(day: Day, kind: str, requests: RequestCount) -> dict[str, Any]:
    fault = {"kind": kind, "day": str(day.date), **STORIES[kind]}
    if kind == "errors" and requests.failures:
        begin, end = (day.start + second * SECOND for second in day.burst)
        first, last = requests.failures
        fault |= {"begin": iso(begin), "end": iso(end)}
        fault |= {"first_at": iso(first), "last_at": iso(last)}
    return fault


def _incidents(days: Iterable[Day], measured: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Follow every KPI over the days: a miss opens, the next day that is met closes."""
    incidents: list[dict[str, Any]] = []
    current: dict[str, dict[str, Any]] = {}
    for day in days:
        for row in measured[str(day.date)]["measurements"]:
            if row["metric"] not in TARGETS:
                continue
            key = json.dumps([row["metric"], row["dimensions"]], sort_keys=True)
            if row["verdict"] == "missed":
                if key not in current:
                    current[key] = _opened(row, day)
                    incidents.append(current[key])
                current[key]["last_day"] = str(day.date)
                current[key]["_ends"] = row["last_at"] or iso(day.end)
            elif row["verdict"] == "met" and key in current:
                closed = current.pop(key)
                closed["resolved_at"] = closed["_ends"]
    for each in incidents:
        del each["_ends"]
    return incidents


def _opened(row: dict[str, Any], day: Day) -> dict[str, Any]:
    return {
        "metric": row["metric"],
        "dimensions": row["dimensions"],
        "started_at": row["first_at"] or iso(day.start),
        "resolved_at": None,
        "first_day": str(day.date),
        "last_day": str(day.date),
    }
