"""Handmade objects that went astray, and slow requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from etl.model import ListedObject, SlowRequest


def objects() -> tuple[ListedObject, ...]:
    """One object in each state."""
    at = datetime(2026, 3, 20, 9, 12, 44, 120_000, tzinfo=UTC)
    stored = ("store", "s3://logs/store/2026/03/20/part-000.gz", 48_112)
    read = ("importer", "logs/importer/importer.log", 901_774)
    return (
        ListedObject("customer", "in_flight", "C0020777", "transformed", at, "imported", at, *read),
        ListedObject("customer", "lost", "C0020311", "stored", at, "transformed", at, *read),
        ListedObject("customer", "late", "C0020312", "provided", at, "provided", at, *stored),
        ListedObject("customer", "skipped", "C0020313", "transformed", at, "provided", at, *stored),
        ListedObject("customer", "unexpected", "C0000042", "stored", None, "stored", at, *stored),
        ListedObject("customer", "duplicated", "C0020314", "stored", None, "stored", at, *stored),
    )


def slowest() -> tuple[SlowRequest, ...]:
    """A request with all columns, and one with as few as there can be."""
    at = datetime(2026, 3, 20, 13, 4, 11, tzinfo=UTC)
    uri, path = "logs/api/access.log", "/customers/C0020311"
    return (
        SlowRequest(
            "api", at, 29.87, "GET", path, "/customers/{customer_id}", 200, "5f0c1d9a", uri, 7_001
        ),
        SlowRequest("api", at, 12.5, None, None, None, None, None, uri, 48_112),
    )


def hostile_evidence(text: str) -> dict[str, Any]:
    """Return an object and a request whose every text is `text`."""
    told = dict.fromkeys(("state", "object_id", "step", "last_step", "uri"), text)
    asked = dict.fromkeys(("source", "method", "path", "route", "request_id", "uri"), text)
    return {
        "objects": (replace(objects()[0], **told),),
        "slowest": (replace(slowest()[0], **asked),),
    }
