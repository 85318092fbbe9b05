"""The unit-test cases of other parsers, and what of them is judged differently here."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMAS = (
    "go-syslog",
    "syslog-loose",
    "syslog-ng",
    "hpcugent",
    "fluentd",
    "vrl",
    "lnav",
    "grok",
    "pylogsparser",
    "apachelogs",
    "apache-log-parser",
    "logparser",
    "fail2ban",
)


@dataclass(frozen=True)
class Case:
    """One case; see the README of the data for its keys.

    Attributes:
        norm: Facts under neutral names.
        expected: The peer's own names.
        text: The format string, or the name of a format.
        options: What its test tells the peer besides.
    """

    id: str
    schema: str
    format: str
    line: bytes
    text: str
    error: bool
    norm: dict[str, Any]
    expected: dict[str, Any]
    options: dict[str, Any]


def read_cases(folder: Path, schema: str) -> Iterator[Case]:
    """Yield the cases of a peer."""
    for row in (folder / "conformance" / f"{schema}.jsonl").read_text("utf-8").splitlines():
        case = json.loads(row)
        exact = case.get("line_b64")
        yield Case(
            id=case["id"],
            schema=schema,
            format=case["format"],
            line=base64.b64decode(exact) if exact else str(case["line"]).encode(),
            text=case.get("log_format_string") or "",
            error=bool(case.get("error")),
            norm=case.get("norm") or {},
            expected={} if case.get("expected") is None else case["expected"],
            options=case.get("options") or {},
        )


@dataclass(frozen=True)
class Judgement:
    """Why cases are not asserted as they stand.

    Attributes:
        kind: `judged`, `gap`, `not_yet` or `void`; see the file.
        stamped: The case must hold once its missing time stamp is put in.
    """

    kind: str
    reason: str
    stamped: bool


def read_judgements() -> dict[str, Judgement]:
    """Return judgements by case."""
    tables = tomllib.loads((Path(__file__).parent / "judged.toml").read_text("utf-8"))
    found: dict[str, Judgement] = {}
    for kind, entries in tables.items():
        for entry in entries:
            judgement = Judgement(kind, entry["reason"], entry.get("stamped", False))
            for name in entry["ids"]:
                assert name not in found, f"{name} is judged twice"
                found[name] = judgement
    return found
