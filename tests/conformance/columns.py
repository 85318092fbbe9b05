"""Compares neutral facts with a record."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

COLUMNS = {
    "host": "host",
    "app": "app",
    "pid": "procid",
    "msgid": "msgid",
    "facility": "facility",
    "severity": "severity",
    "msg": "message",
    "client": "remote_addr",
    "user": "remote_user",
    "method": "method",
    "query": "query",
    "protocol": "protocol",
    "status": "status",
    "referer": "referer",
    "user_agent": "user_agent",
    "request_bytes": "request_bytes",
    "request_time": "request_time_s",
    "upstream_time": "upstream_time_s",
    "request_id": "request_id",
}


def differences(facts: dict[str, Any], record: dict[str, Any], zone: ZoneInfo) -> list[str]:
    """Return what a record says otherwise than the facts; facts without a column are left out."""
    found = []
    for name, value in facts.items():
        if name == "version":
            continue
        ours = _ours(name, record, zone, value)
        theirs = _theirs(name, value)
        if ours != theirs:
            found.append(f"{name}: {theirs!r} there, {ours!r} here")
    return found


def _ours(name: str, record: dict[str, Any], zone: ZoneInfo, value: Any) -> Any:  # noqa: C901
    extra = json.loads(record.get("extra") or "{}")
    if name in ("timestamp", "second"):
        at = record["at"].astimezone(zone)
        if _is_yearless(value):
            return at.strftime("%m-%d %H:%M:%S")
        if name == "second":
            at = at.replace(microsecond=0)
        theirs = _instant(value)  # without an offset it is what the clocks of the zone show
        naive = isinstance(theirs, datetime) and theirs.tzinfo is None
        return at.replace(tzinfo=None) if naive else at.astimezone(UTC)
    if name == "epoch_ms":
        return int(record["at"].timestamp() * 1000)
    if name == "pri":
        return record["facility"] * 8 + record["severity"]
    if name == "sd":
        return json.loads(record["structured_data"] or "null")
    if name == "spare":
        spare = json.loads(record["structured_data"] or "{}")
        return {key: spare.get(key) for key in value}
    if name == "duration":
        return _unit_of(record["took"], value)
    if name == "bytes":
        return record.get("body_bytes_sent", record.get("bytes_sent"))
    if name == "path":
        return _uri(record)
    if name == "request":
        if "request" in extra or record.get("method") is None:
            return extra.get("request")
        return f"{record['method']} {_uri(record)} {record['protocol']}"
    if name.startswith("extra:"):
        return extra.get(name.removeprefix("extra:"))
    return record.get(COLUMNS[name])


UNITS = (1e-9, 1e-6, 1e-3, 1, 60, 3600, 86400, 604800)


def _unit_of(seconds: float | None, value: float | None) -> float | None:
    """Return seconds in the unit that the peer's case was asked for, which its row does not say."""
    if seconds is None or value is None:
        return seconds
    exact = [seconds / unit for unit in UNITS]
    cut = [math.floor(each * 1000 + 1e-6) / 1000 for each in exact]  # as some of them are there
    near = (float(value) for each in exact + cut if math.isclose(each, value, abs_tol=1e-9))
    return next(near, seconds)


def _theirs(name: str, value: Any) -> Any:
    if name in ("timestamp", "second"):
        return _instant(value)
    if value == "-":  # absent is null here, whatever name it has
        return None
    if name in ("status", "bytes", "request_bytes", "epoch_ms") and value is not None:
        return int(value)
    if name in ("request_time", "upstream_time") and value is not None:
        return float(value)
    return str(value) if name == "pid" and value is not None else value


def _uri(record: dict[str, Any]) -> str | None:
    query = record["query"]
    return record["path"] if query is None else f"{record['path']}?{query}"


def _is_yearless(value: str) -> bool:
    return value[:1].isalpha()


def _instant(value: str) -> datetime | str:
    if _is_yearless(value):
        whole = re.sub(r"\.\d+$", "", value)
        return datetime.strptime("2000 " + whole, "%Y %b %d %H:%M:%S").strftime("%m-%d %H:%M:%S")  # noqa: DTZ007
    if "/" in value:
        return datetime.strptime(value, "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
    instant = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    return instant.astimezone(UTC) if instant.tzinfo else instant
