"""The oracle: all that a reader of the simulated logs must find, as one document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from etl.demo.asking import AskCount, asked
from etl.demo.chain import ChainDay
from etl.demo.cohort import AHEAD_DAYS, LOOKBACK_DAYS, Cohort
from etl.demo.complaints import EventCount, complaints
from etl.demo.counting import RequestCount
from etl.demo.measuring import SOURCES, DayCount, day_verdict, measure
from etl.demo.plan import SECOND, Day, Plan, iso
from etl.demo.row import row
from etl.demo.targets import TARGETS, budgets

STORIES: dict[str, dict[str, Any]] = {
    "errors": {"source": "api", "what": "answers with 500 for forty minutes"},
    "lost": {"from_step": "transformed", "to_step": "stored", "what": "customers never stored"},
    "late": {"source": "importer", "what": "lines of one host reach the next day's file"},
    "held": {"from_step": "transformed", "to_step": "stored", "what": "stored the next morning"},
    "strangers": {"from_step": "transformed", "to_step": "stored", "what": "stored from nowhere"},
    "slow": {"source": "api", "what": "requests for customers take many times as long"},
    "duplicates": {"from_step": "transformed", "to_step": "stored", "what": "stored twice"},
    "missing_log": {"source": "transformer", "what": "no log of this day"},
    "in_flight": {"source": None, "what": "a nightly load crosses midnight"},
}


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What was simulated for a day.

    Attributes:
        lines: Source to its records.
    """

    day: Day
    chain: ChainDay
    requests: RequestCount
    asked: AskCount
    events: EventCount
    lines: dict[str, int]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file that was written.

    Attributes:
        path: Below the project.
        first: First stamp of its records.
        last: Last stamp of its records.
        counts: Its lines, records, rejects and blank lines.
    """

    source: str
    path: str
    first: int
    last: int
    size: int
    counts: dict[str, int]


class Truth:
    """Grows day by day."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._chains: list[ChainDay] = []
        self._waiting: DayFacts | None = None
        self._events_before: EventCount | None = None
        self._days: dict[str, dict[str, Any]] = {}
        self._customers: dict[str, list[dict[str, Any]]] = {
            kind: [] for kind in ("lost", "duplicated", "in_flight", "late", "held", "strangers")
        }
        self._faults: list[dict[str, Any]] = []

    def add(self, facts: DayFacts) -> None:
        """Take what was counted on the next day; it tells what became of those of the day before.

        A day's customers are those who entered on it, wherever they are seen.
        """
        self._chains = [*self._chains, facts.chain][-LOOKBACK_DAYS - 1 - AHEAD_DAYS :]
        self._tell(len(self._chains) - 2)
        self._waiting = facts
        for kind, entries in self._customers.items():
            entries += getattr(facts.chain, kind)
        day = facts.day
        self._faults += [_fault(day, kind, facts.requests) for kind in sorted(day.faults)]

    def _tell(self, place: int) -> None:
        if self._waiting is None:
            return
        facts = self._waiting
        day, requests = facts.day, facts.requests
        silent = [each for each in self._plan.days if "missing_log" in each.faults]
        cohort = Cohort(day, self._chains, place, self._plan.days[-1].end, silent)
        count = DayCount(day, requests, cohort, facts.lines)
        measurements = [
            *measure(count, self._days),
            *asked(facts.asked),
            *complaints(facts.events, self._events_before),
        ]
        self._events_before = facts.events
        self._days[str(day.date)] = {
            "verdict": day_verdict(measurements, count.missing),
            "missing": count.missing,
            "measurements": measurements,
            "objects": cohort.objects,
        }

    def write(self, path: Path, files: Sequence[FileFacts]) -> None:
        """Write the document."""
        self._tell(len(self._chains) - 1)
        for day in self._plan.days:
            self._days[str(day.date)]["measurements"] += _inputs(day, files)
        document = {
            "seed": self._plan.seed,
            "days": self._days,
            "inputs": {each.path: each.counts for each in sorted(files, key=lambda f: f.path)},
            "incidents": _incidents(self._plan.days, self._days),
            "budgets": list(budgets(self._days)),
            **self._customers,
            "faults": self._faults,
        }
        text = json.dumps(document, ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")


def _inputs(day: Day, files: Iterable[FileFacts]) -> Iterator[dict[str, Any]]:
    """Return the measurements of files whose records' time span touches a day."""
    near = [each for each in files if each.first < day.end and each.last >= day.start]
    for source in SOURCES:
        sizes = [each.size for each in near if each.source == source]
        yield row("input_files", {"source": source}, len(sizes))
        if sizes:
            yield row("input_bytes", {"source": source}, sum(sizes), n=len(sizes))


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
        for each in measured[str(day.date)]["measurements"]:
            if each["metric"] not in TARGETS:
                continue
            key = json.dumps([each["metric"], each["dimensions"]], sort_keys=True)
            if each["verdict"] == "missed":
                if key not in current:
                    current[key] = _opened(each, day)
                    incidents.append(current[key])
                current[key]["last_day"] = str(day.date)
                current[key]["_ends"] = each["last_at"] or iso(day.end)
            elif each["verdict"] == "met" and key in current:
                closed = current.pop(key)
                closed["resolved_at"] = closed["_ends"]
    for each in incidents:
        del each["_ends"]
    return incidents


def _opened(found: dict[str, Any], day: Day) -> dict[str, Any]:
    return {
        "metric": found["metric"],
        "dimensions": found["dimensions"],
        "started_at": found["first_at"] or iso(day.start),
        "resolved_at": None,
        "first_day": str(day.date),
        "last_day": str(day.date),
    }
