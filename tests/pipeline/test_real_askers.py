"""Real logs: bytes, clients, resources, agents and p90 equal those of a line-by-line reading."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from etl.model import Measurement
from etl.store.measurements import read_measurements
from tests.pipeline.test_real_logs import CASES, REFUSED, ZONE, cases, ingest, lines_of

Write = Callable[..., Path]

# Combined: client, time, request, status, size, agent.
COMBINED = re.compile(
    r'(\S+) \S+ .+? \[([^]]+)] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-) "(?:[^"\\]|\\.)*" '
    r'"((?:[^"\\]|\\.)*)"'
)
READ = ("elastic", "lab-nginx", "lab-apache", "farm-nginx", "dreamhost", "shop")

WORDS = (
    # What a person sees in the agents of these logs; in this order.
    ("Googlebot", "bot"), ("bingbot", "bot"), ("AhrefsBot", "bot"), ("YandexBot", "bot"),
    ("Baiduspider", "bot"), ("MJ12bot", "bot"), ("UniversalFeedParser", "bot"),
    ("curl", "tool"), ("Wget", "tool"), ("python-requests", "library"),
    ("Go-http-client", "library"), ("Java", "library"),
)  # fmt: skip


@dataclass
class Day:
    requests: int = 0
    sent: int = 0
    clients: Counter[str] = field(default_factory=Counter)
    resources: Counter[str] = field(default_factory=Counter)
    agents: Counter[tuple[str, str]] = field(default_factory=Counter)


def read(lines: Iterator[bytes]) -> dict[date, Day]:
    days: dict[date, Day] = defaultdict(Day)
    for line in lines:
        match = COMBINED.match(line.decode(errors="surrogateescape"))
        if match is None:
            assert not line, line
            continue
        client, stamp, request, _, size, agent = match.groups()
        at = datetime.strptime(stamp, "%d/%b/%Y:%H:%M:%S %z")
        day = days[at.astimezone(ZoneInfo(ZONE)).date()]
        day.requests += 1
        day.sent += 0 if size == "-" else int(size)
        day.clients[client] += 1
        parts = request.split(" ")
        # Only plain request lines: what is none has no path, and so no resource.
        if len(parts) == 3 and parts[1].startswith("/") and parts[2].startswith("HTTP/"):
            day.resources[re.split(r"[/?;]", parts[1][1:])[0]] += 1
        for word, kind in WORDS:
            if re.search(rf"(?<![\w-]){word}(?![\w-])", agent):  # Googlebot-Image is another one
                day.agents[word, kind] += 1
                break
    return days


def told(found: list[Measurement], metric: str) -> dict[date, list[Measurement]]:
    by_day: dict[date, list[Measurement]] = defaultdict(list)
    for one in found:
        if one.metric == metric:
            by_day[one.day].append(one)
    return by_day


def one_value(rows: list[Measurement]) -> tuple[float | None, int | None]:
    assert len(rows) == 1
    return rows[0].value, rows[0].n


@pytest.mark.parametrize("case", cases(READ))
def test_who_asked_and_what_was_sent_equal_a_line_by_line_reading(
    shared_data: Path, write_project: Write, case: str
) -> None:
    pattern, stanza = CASES[case]
    project = ingest(shared_data, write_project, pattern, stanza)
    refused = project.warehouse.scan("rejects", project.schema_of("rejects")).collect()["raw"]
    assert len(refused) == REFUSED.get(case, 0)
    gone = set(refused.to_list())
    slow = read(line for line in lines_of(shared_data, pattern) if line not in gone)
    found = read_measurements(project.warehouse)
    sent, clients = told(found, "bytes_sent"), told(found, "distinct_clients")
    for day, seen in slow.items():
        assert one_value(sent[day]) == (seen.sent, seen.requests)
        assert one_value(clients[day]) == (len(seen.clients), seen.requests)
    totals = {"requests_by_client", "requests_by_agent", "requests_by_agent_kind"}
    for metric in (*totals, "requests_by_resource"):
        for day, rows in told(found, metric).items():
            assert sum(one.value or 0 for one in rows) == slow[day].requests, (metric, day)
    assert_the_largest_are_told(told(found, "requests_by_client"), slow)
    # The lab's requests are attacks: some have a path, but are no plain request lines.
    assert_resources_and_agents(found, slow, exact=not case.startswith("lab"))


def assert_the_largest_are_told(rows: dict[date, list[Measurement]], slow: dict[date, Day]) -> None:
    for day, seen in slow.items():
        own = {str(one.dimensions["client"]): one.value for one in rows[day]}
        others = own.pop("(other)", 0)
        assert {name: seen.clients[name] for name in own} == own
        least = sorted(seen.clients.values(), reverse=True)[:50][-1]
        assert set(own) >= {name for name, number in seen.clients.items() if number > least}
        assert others == seen.requests - sum(seen.clients[name] for name in own)


def assert_resources_and_agents(
    found: list[Measurement], slow: dict[date, Day], *, exact: bool
) -> None:
    for day, rows in told(found, "requests_by_resource").items():
        own = {one.dimensions["resource"]: one.value for one in rows}
        for name, number in slow[day].resources.items():
            value = own.get(name, number) or 0
            assert value == number if exact else value >= number, (day, name)
    agents: Counter[tuple[Any, ...]] = Counter()
    for rows in told(found, "requests_by_agent").values():
        for one in rows:
            kind = (one.dimensions["agent_family"], one.dimensions["agent_kind"])
            agents[kind] += int(one.value or 0)
    by_hand = sum((day.agents for day in slow.values()), Counter[tuple[str, str]]())
    # Families beyond the 50 largest of a day are in (other), never in another family.
    assert all(agents[name] <= number for name, number in by_hand.items())
    common = {name for name, number in by_hand.items() if number >= 20}
    assert {name: agents[name] for name in common} == {name: by_hand[name] for name in common}


def test_p90_of_each_route_equals_numpy_and_sorting(
    shared_data: Path, write_project: Write
) -> None:
    pattern, stanza = CASES["lab-timed"]
    paths = ("/post", "/get", "/slow/{seconds}", "/reflect")
    routes = "".join(f'\n[[route]]\nsource = "real"\npath = "{path}"\n' for path in paths)
    project = ingest(shared_data, write_project, pattern, stanza + routes)
    times: dict[str, list[float]] = defaultdict(list)
    received = 0
    for line in lines_of(shared_data, pattern):
        text = line.decode(errors="surrogateescape")
        request = re.search(r'] "[^\s"\\]+ ([^ ?"]*)[^"]* HTTP/[\d.]+" ', text)
        received += int(text.rsplit("rl=", 1)[1])
        if request is not None:
            path = re.sub(r"^/slow/[^/]+$", "/slow/{seconds}", request[1])
            times[path].append(float(re.search(r" rt=([\d.]+) ", text)[1]))  # type: ignore[index]
    found = read_measurements(project.warehouse)
    days = {one.day for one in found if one.metric == "request_time_p90"}
    assert len(days) == 1
    p90 = {
        str(one.dimensions["route"]): (one.value, one.n)
        for one in found
        if one.metric == "request_time_p90"
    }
    assert set(p90) == set(paths)
    for path in paths:
        values = times[path]
        by_numpy = np.quantile(values, 0.9, method="inverted_cdf")
        by_sorting = sorted(values)[math.ceil(0.9 * len(values)) - 1]
        assert p90[path] == (by_numpy, len(values)) == (by_sorting, len(values))
    assert sum(one.value or 0 for one in found if one.metric == "bytes_received") == received
