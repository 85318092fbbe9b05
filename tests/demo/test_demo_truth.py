"""The truth against a slow reading of the lines, which shares nothing with the simulator."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from etl.demo import simulate
from tests.demo.slow_asking import (
    grouped,
    measured_asks,
    measured_events,
    measured_files,
    measured_rates,
    nearest_rank,
)
from tests.demo.slow_chain import SlowChain

BERLIN = ZoneInfo("Europe/Berlin")
ACCESS = re.compile(
    r'(\S+) - (\S+) \[([^]]+)\] "([A-Z]+) (\S+) (HTTP/[0-9.]+)" (\d{3}) (\d+) '
    r'"([^"]*)" "([^"]*)" (\d+\.\d{3})'
)
RFC_5424 = re.compile(r"<(\d+)>1 (\S+) \S+ (\S+) \S+ \S+ (?:-|\[.*?\]) (.*)")
RFC_3164 = re.compile(r"(?:<(\d+)>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) \S+ ([^:[]+)[^:]*: (.*)")
ISO_DATED = re.compile(r"(?:<(\d+)>)?(\d{4}-\S+) \S+ (\w+)\S*: (.*)")

RUNS = {
    "small fortnight": {"lines": 5_000, "seed": 1},
    "larger fortnight": {"lines": 60_000, "seed": 7},
    "tiny slices": {"days": 3, "lines": 30_000, "seed": 8, "slice_rows": 100},
    "one day": {"days": 1, "lines": 3_000, "seed": 2},
    "week with a 25-hour day": {"days": 7, "lines": 9_000, "first_day": date(2026, 10, 20)},
    "over new year": {"days": 30, "lines": 9_000, "seed": 3, "first_day": date(2026, 12, 10)},
}


@dataclass
class Reading:
    """What a reader finds in the logs."""

    first_day: date
    requests: dict[date, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    events: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    told: dict[date, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    steps: dict[date, list[tuple[str, str, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    inputs: dict[str, dict[str, int]] = field(default_factory=dict)
    files: list[tuple[str, int, set[date]]] = field(default_factory=list)

    @property
    def logs(self) -> dict[date, set[str]]:
        """Sources with a line of each day."""
        return {day: {"api", *self.events[day]} for day in list(self.requests)}


@pytest.fixture(scope="module", params=RUNS.values(), ids=RUNS.keys())
def simulated(request, tmp_path_factory) -> tuple[Reading, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("demo")
    options = dict(request.param)
    with pytest.MonkeyPatch.context() as patch:
        if rows := options.pop("slice_rows", None):
            patch.setattr("etl.demo.requests.SLICE_ROWS", rows)
            patch.setattr("etl.demo.events.SLICE_ROWS", rows)
        simulate(folder, **options)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    reading = Reading(options.get("first_day", date(2026, 3, 16)))
    for path in sorted(folder.glob("logs/*/*")):
        read_file(path, path.relative_to(folder).as_posix(), reading)
    return reading, truth


def read_file(path: Path, name: str, reading: Reading) -> None:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    lines = data.decode().split("\n")
    if not lines[-1]:
        lines.pop()
    days = set[date]()
    reading.files.append((path.parent.name, path.stat().st_size, days))
    take = take_request if "/api/" in name else take_event
    taken = [bool(line) and take(line, path.parent.name, reading, days) for line in lines]
    blank = lines.count("")
    reading.inputs[name] = {
        "lines": len(lines),
        "records": sum(taken),
        "rejects": len(lines) - sum(taken) - blank,
        "blank": blank,
    }


def take_request(line: str, source: str, reading: Reading, days: set[date]) -> bool:
    match = ACCESS.fullmatch(line)
    if match is None:
        return False
    try:
        at = datetime.strptime(match[3], "%d/%b/%Y:%H:%M:%S %z")
    except ValueError:
        return False
    path = urlsplit(match[5]).path
    row = {"at": at, "path": path, "route": route_of(path), "status": int(match[7])}
    row |= {"method": match[4]}
    row |= {"time": float(match[11]), "size": int(match[8])}
    row |= {"client": match[1], "user": match[2], "agent": match[10]}
    day = at.astimezone(BERLIN).date()
    days.add(day)
    reading.requests[day].append(row)
    if (
        row["status"] == 200
        and row["route"] == "/customers/{customer_id}"
        and match[10].startswith("crm-sync/")
    ):
        reading.steps[day].append(("provided", path.split("/")[2], at))
    return True


def route_of(path: str) -> str | None:
    match path.split("/")[1:]:
        case ["customers"] | ["health"]:
            return path
        case ["customers", one] if one:
            return "/customers/{customer_id}"
        case ["customers", "city", one] if one:
            return "/customers/city/{city}"
    return None


def take_event(line: str, source: str, reading: Reading, days: set[date]) -> bool:
    try:
        if match := RFC_5424.fullmatch(line):
            at = datetime.fromisoformat(match[2])
        elif match := RFC_3164.fullmatch(line):
            at = yearless(match[2], reading.first_day)
        elif match := ISO_DATED.fullmatch(line):
            at = datetime.fromisoformat(match[2])
        else:
            return False
    except ValueError:
        return False
    day = at.astimezone(BERLIN).date()
    days.add(day)
    reading.events[day][source] += 1
    severity = int(match[1]) % 8 if match[1] else None
    told = {"source": source, "app": match[3], "severity": severity, "message": match[4]}
    reading.told[day].append(told | {"at": at.astimezone(UTC)})
    if match[4].startswith("{"):
        message = json.loads(match[4])
    else:
        message = dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)', match[4]))
    step = {"importer": "imported", "transformer": "transformed", "store": "stored"}[source]
    if message.get("event") == step and message.get("customer_id"):
        reading.steps[day].append((step, message["customer_id"], at))
    return True


def yearless(text: str, first_day: date) -> datetime:
    at = datetime.strptime(f"{first_day.year} {text}", "%Y %b %d %H:%M:%S").replace(tzinfo=BERLIN)
    return at if at.date() >= first_day else at.replace(year=at.year + 1)


def measured(reading: Reading, day: date) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    requests = reading.requests[day]
    yield from SlowChain(reading.steps, day, reading.logs).measured()
    yield from measured_asks(requests)
    hours = (midnight(day + timedelta(days=1)) - midnight(day)) // timedelta(hours=1)
    yield from measured_rates(requests, lambda at: label(at, hours))
    yesterday = day - timedelta(days=1)
    before = reading.told[yesterday] if yesterday >= reading.first_day else None
    yield from measured_events(reading.told[day], before, lambda at: label(at, hours))
    yield from measured_files(reading.files, day)
    events = {
        source: reading.events[day][source] for source in ("importer", "transformer", "store")
    }
    for source, lines in {"api": len(requests), **events}.items():
        yield "lines", {"source": source}, {"value": lines}
    for route, rows in grouped(requests, lambda row: row["route"]):
        dimensions = {"source": "api", "route": route}
        answered = sum(row["status"] == 200 for row in rows)
        yield "requests_ok_by_route", dimensions, {"value": answered, "n": len(rows)}
        times = [row["time"] for row in rows]
        soon = sum(time <= 0.5 for time in times)
        share = {"value": soon / len(times), "numerator": soon, "denominator": len(times)}
        yield "request_within", dimensions, share | {"n": len(times)}
        if route is not None:
            yield from ranked("request_time", dimensions, times)
    for method, rows in grouped(requests, lambda row: row["method"]):
        about = {"source": "api", "method": method}
        yield from ranked("request_time_by_method", about, [row["time"] for row in rows])
    every = [row["time"] for row in requests]
    yield from ranked("request_time_by_source", {"source": "api"}, every)
    routed = [row for row in requests if row["route"] is not None]
    for resource, rows in grouped(routed, lambda row: row["path"].split("/")[1]):
        answered = sum(row["status"] == 200 for row in rows)
        dimensions = {"source": "api", "resource": resource}
        yield "requests_ok_by_resource", dimensions, {"value": answered, "n": len(rows)}


def ranked(
    stem: str, dimensions: dict[str, Any], times: list[float]
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for name, percent in (("p50", 50), ("p90", 90), ("p99", 99), ("max", 100)):
        value = {"value": nearest_rank(times, percent), "n": len(times)}
        yield f"{stem}_{name}", dimensions, value


def label(at: datetime, hours: int) -> str:
    local = at.astimezone(BERLIN)
    return f"{local:%H:00}" if hours == 24 else f"{local:%H:00}{str(local)[-6:]}"


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)


def key_of(metric: str, dimensions: dict[str, Any]) -> str:
    return json.dumps([metric, dimensions], sort_keys=True)


def test_every_input_has_the_lines_that_the_truth_counts(simulated) -> None:
    reading, truth = simulated
    assert reading.inputs == truth["inputs"]
    assert all(
        each["lines"] == sum(each.values()) - each["lines"] for each in truth["inputs"].values()
    )


def test_every_measurement_is_what_a_slow_reader_finds(simulated) -> None:
    """All metrics, all days, all groups: exact, with nothing left over on either side."""
    reading, truth = simulated
    assert {str(day) for day in reading.requests} == set(truth["days"])
    names = ("value", "n", "numerator", "denominator", "first_at", "last_at")
    for text, day in truth["days"].items():
        expected = {
            key_of(each["metric"], each["dimensions"]): {name: each[name] for name in names}
            for each in day["measurements"]
        }
        found = {
            key_of(metric, dimensions): {name: value.get(name) for name in names}
            for metric, dimensions, value in measured(reading, date.fromisoformat(text))
        }
        assert found == expected
        assert len(expected) == len(day["measurements"])


def test_every_listed_customer_is_one_whose_lines_tell_so(simulated) -> None:
    reading, truth = simulated
    for text, day in truth["days"].items():
        slow = SlowChain(reading.steps, date.fromisoformat(text), reading.logs).objects
        assert day["objects"] == [dict(sorted(one.items())) | one for one in slow]


def test_customers_that_were_led_astray_are_listed(simulated) -> None:
    """What the simulator planted is what it lists as lost, late, doubled and unexpected."""
    reading, truth = simulated
    listed = {
        (one["state"], one["object_id"], text)
        for text, day in truth["days"].items()
        for one in day["objects"]
    }
    kinds = {"lost": "lost", "held": "late", "duplicated": "duplicated", "strangers": "unexpected"}
    planted = {
        (state, one["customer_id"], one["day"])
        for kind, state in kinds.items()
        for one in truth[kind]
    }
    assert planted == {one for one in listed if one[0] in kinds.values()}
    for entry in truth["lost"] + truth["in_flight"] + truth["late"]:
        day = date.fromisoformat(entry["day"])
        at = datetime.fromisoformat(entry["last_at"])
        assert (entry["last_step"], entry["customer_id"], at) in reading.steps[day]
