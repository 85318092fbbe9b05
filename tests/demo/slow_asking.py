"""Who asked for what and what the systems complained about, counted slowly and obviously."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

Row = dict[str, Any]
Found = Iterator[tuple[str, dict[str, Any], dict[str, Any]]]

AGENTS = {
    "bot.example.com": ("ExampleBot", "bot"),
    "Spider": ("Spider", "bot"),
    "zgrab": ("zgrab", "tool"),
    "masscan": ("masscan", "tool"),
    "kube-probe": ("kube-probe", "monitor"),
    "Uptime-Check": ("Uptime-Check", "monitor"),
    "okhttp": ("okhttp", "library"),
    "python-requests": ("python-requests", "library"),
    "backoffice": ("backoffice", "unknown"),
    "partner-portal": ("partner-portal", "unknown"),
    "crm-sync": ("crm-sync", "unknown"),
    "() {": ("(unnamed)", "unknown"),
    "Firefox": ("Firefox", "browser"),
    "Chrome": ("Chrome", "browser"),
    "iPhone": ("Safari", "browser"),
}
"""What a user agent contains, and what a person would call it."""

MESSAGES = {
    r"source \S+ refused the connection after \d+ ms": (
        "source {…} refused the connection after {…} ms"
    ),
    r'level=warn msg="sum of \\"\S+\\" differs" attempt=\d': "sum of {…} differs",
    r'\{"level":"warning","msg":"checkpoint took [\d.]+ s".*\}': "checkpoint took {…} s",
    r'\{"level":"error","msg":"replica \S+ lost".*\}': "replica {…} lost",
    r"cannot write C\d+: no space left on '\S+', \d+ bytes short": (
        "cannot write {…}: no space left on {…} bytes short"
    ),
}


def agent_of(agent: str) -> tuple[str | None, str]:
    return next((told for part, told in AGENTS.items() if part in agent), (None, "unknown"))


def fingerprint_of(message: str) -> str:
    return next(mask for text, mask in MESSAGES.items() if re.fullmatch(text, message))


def measured_asks(requests: list[Row]) -> Found:
    api = {"source": "api"}
    total = {"n": len(requests)}
    yield "bytes_sent", api, total | {"value": sum(row["size"] for row in requests)}
    yield "distinct_clients", api, total | {"value": len({row["client"] for row in requests})}
    things: Mapping[str, Callable[[Row], dict[str, Any]]] = {
        "client": lambda row: {"client": row["client"]},
        "route": lambda row: {"route": row["route"]},
        "resource": lambda row: {"resource": row["path"].split("/")[1]},
        "agent_kind": lambda row: {"agent_kind": agent_of(row["agent"])[1]},
        "agent": lambda row: dict(
            zip(("agent_family", "agent_kind"), agent_of(row["agent"]), strict=True)
        ),
    }
    for thing, of in things.items():
        yield from by_thing(thing, requests, of)
    users = Counter(None if row["user"] == "-" else row["user"] for row in requests)
    for user, number in users.items():
        yield "requests_by_user", api | {"remote_user": user}, {"value": number}
    unrouted = (re.sub(r"C\d{7}", "{id}", row["path"]) for row in requests if row["route"] is None)
    for template, number in Counter(unrouted).items():
        yield "unknown_routes", api | {"template": template}, {"value": number}


def by_thing(thing: str, requests: list[Row], of: Callable[[Row], dict[str, Any]]) -> Found:
    """Count requests and bytes; the 50 largest of either keep their names."""
    numbers, sizes = Counter[str](), Counter[str]()
    dimensions = {}
    for row in requests:
        told = of(row)
        name = repr(sorted(told.items(), key=lambda item: item[0]))
        dimensions[name] = told
        numbers[name] += 1
        sizes[name] += row["size"]

    def largest(counts: Counter[str]) -> list[str]:
        return sorted(counts, key=lambda name: (-counts[name], name))[:50]

    kept = {*largest(numbers), *largest(sizes)}
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name in numbers:
        own = name if name in kept else "(other)"
        dimensions.setdefault(own, dict.fromkeys(dimensions[name], "(other)"))
        sums[own][0] += numbers[name]
        sums[own][1] += sizes[name]
    for name, (number, size) in sums.items():
        told = {"source": "api"} | dimensions[name]
        yield f"requests_by_{thing}", told, {"value": number}
        yield f"bytes_by_{thing}", told, {"value": size, "n": number}


def measured_rates(requests: list[Row], hour_of: Callable[[datetime], str]) -> Found:
    failed = [row for row in requests if row["status"] == 500]
    found = {"value": len(failed), "n": len(requests)}
    yield "http_500", {"source": "api"}, found | ends(failed)
    for status, rows in grouped(requests, lambda row: row["status"]):
        yield "http_status", {"source": "api", "status": status}, {"value": len(rows)}
    for (hour, status), rows in grouped(requests, lambda row: (hour_of(row["at"]), row["status"])):
        dimensions = {"source": "api", "hour": hour, "status": status}
        yield "http_status_hourly", dimensions, {"value": len(rows)}
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in requests:
        groups[row["route"]].append(row)
    for route, rows in groups.items():
        told = {"source": "api", "route": route}
        for status, number in Counter(row["status"] for row in rows).items():
            yield "http_status_by_route", told | {"status": status}, {"value": number}
        for family in (4, 5):
            yield f"http_{family}xx_rate_by_route", told, share(rows, family)
    yield "http_4xx_rate", {"source": "api"}, share(requests, 4)
    broken = [row for row in requests if row["status"] >= 500]
    yield "http_5xx_rate", {"source": "api"}, share(requests, 5) | ends(broken)


def ends(rows: list[Row]) -> dict[str, Any]:
    stamps = [row["at"].astimezone(UTC).isoformat() for row in rows]
    return {"first_at": min(stamps, default=None), "last_at": max(stamps, default=None)}


def share(rows: list[Row], family: int) -> dict[str, Any]:
    failed = sum(row["status"] // 100 == family for row in rows)
    ratio = failed / len(rows) if rows else None
    return {"value": ratio, "numerator": failed, "denominator": len(rows), "n": len(rows)}


def measured_files(files: list[tuple[str, int, set[date]]], day: date) -> Found:
    for source in ("api", "importer", "store", "transformer"):
        sizes = [size for name, size, days in files if name == source and day in days]
        yield "input_files", {"source": source}, {"value": len(sizes)}
        if sizes:
            yield "input_bytes", {"source": source}, {"value": sum(sizes), "n": len(sizes)}


def grouped(
    rows: list[dict[str, Any]], key: Callable[[dict[str, Any]], Any]
) -> list[tuple[Any, list[dict[str, Any]]]]:
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return list(groups.items())


def nearest_rank(values: list[float], percent: int) -> float:
    return sorted(values)[-(-len(values) * percent // 100) - 1]


def measured_events(
    today: list[Row], before: list[Row] | None, hour_of: Callable[[datetime], str]
) -> Found:
    """Count events; `before` is None where there is no day before."""
    severities = Counter((e["source"], e["app"], e["severity"]) for e in today if e["severity"])
    for (source, app, severity), number in severities.items():
        told = {"source": source, "app": app, "severity": severity}
        yield "event_severities", told, {"value": number}
    errors = [event for event in today if event["severity"] == 3]
    hours = Counter((event["source"], hour_of(event["at"])) for event in errors)
    for (source, hour), number in hours.items():
        yield "errors_hourly", {"source": source, "hour": hour}, {"value": number}
    old = kinds([event for event in before or () if event["severity"] == 3])
    for key, value in kinds(errors).items():
        yield "error_fingerprints", dict(key), value
        if before is not None and key not in old:
            yield "error_fingerprints_new", dict(key), value
    for key, value in kinds([event for event in today if event["severity"] == 4]).items():
        yield "warning_fingerprints", dict(key), value
    for key, value in old.items():
        if key not in kinds(errors):
            yield "error_fingerprints_gone", dict(key), value


def kinds(events: list[Row]) -> dict[tuple[tuple[str, str], ...], dict[str, Any]]:
    groups: dict[tuple[tuple[str, str], ...], list[str]] = defaultdict(list)
    for event in events:
        mask = fingerprint_of(event["message"])
        key = (("source", event["source"]), ("fingerprint", mask))
        groups[key].append(event["at"].isoformat())
    return {
        key: {"value": len(stamps), "first_at": min(stamps), "last_at": max(stamps)}
        for key, stamps in groups.items()
    }
