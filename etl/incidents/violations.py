"""Makes incidents out of KPIs that missed their target on one or several days in a row.

The first missed day opens an incident for a metric and its dimensions, the first day that meets
the target closes it. Days without data, or with incomplete data, do neither.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from etl.days import day_bounds
from etl.model import Dimensions, Incident, Measurement, Sheet, Verdict


def derive_incidents(
    measurements: Iterable[Measurement],
    sheets: Mapping[str, Sheet],
    detected: Mapping[str, datetime],
    zone: ZoneInfo,
) -> list[Incident]:
    """Return the incidents that a history of measurements holds, newest start first.

    Args:
        measurements: Of any days and metrics; only those of KPIs count.
        sheets: The catalogue.
        detected: When each incident was first noticed, by its id.
        zone: The project's, whose midnights bound an incident whose metric names no rows.
    """
    of_kpis = [one for one in measurements if one.metric in sheets and sheets[one.metric].kpi]
    of_kpis.sort(key=lambda one: (*_key(one), one.day))
    incidents = [
        _incident(run, closed, sheets[run[0].metric], zone)
        for _, group in groupby(of_kpis, key=_key)
        for run, closed in _runs(group)
    ]
    incidents.sort(key=lambda one: (one.started_at, one.incident_id), reverse=True)
    return [replace(one, detected_at=detected.get(one.incident_id)) for one in incidents]


def _key(one: Measurement) -> tuple[str, str]:
    return one.metric, json.dumps(dict(one.dimensions), sort_keys=True)


def _runs(group: Iterable[Measurement]) -> Iterator[tuple[list[Measurement], bool]]:
    """Yield the missed measurements of each incident, and whether a met one ended it."""
    run: list[Measurement] = []
    for one in group:
        if one.verdict == Verdict.MISSED:
            run.append(one)
        elif one.verdict == Verdict.MET and run:
            yield run, True
            run = []
    if run:
        yield run, False


def _incident(run: list[Measurement], closed: bool, sheet: Sheet, zone: ZoneInfo) -> Incident:
    first, last = run[0], run[-1]
    ended = last.last_at or day_bounds(last.day, zone)[1]
    return Incident(
        incident_id=_incident_id(first),
        title=sheet.title,
        origin="kpi",
        metric=sheet.name,
        source=str(first.dimensions.get("source") or ""),
        severity="major",
        owner=sheet.owner,
        state="resolved" if closed else "open",
        started_at=first.first_at or day_bounds(first.day, zone)[0],
        resolved_at=ended if closed else None,
        affected=_words(first.dimensions),
        evidence="; ".join(_evidence(one) for one in run),
        target=first.target,
        unit=first.unit,
    )


def _incident_id(first: Measurement) -> str:
    digest = hashlib.sha256("\n".join(_key(first)).encode()).hexdigest()[:6]
    return f"{first.metric}-{first.day:%Y%m%d}-{digest}"


def _words(dimensions: Dimensions) -> str:
    return ", ".join(f"{key} {value}" for key, value in dimensions.items())


def _evidence(one: Measurement) -> str:
    if one.value is not None:
        figure = _figure(one.value, one.unit)
    else:
        figure = f"{one.numerator:g} to {one.denominator:g}" if one.numerator else "no value"
    between = ""
    if one.first_at is not None and one.last_at is not None:
        between = f", rows from {one.first_at:%H:%M:%S} to {one.last_at:%H:%M:%S} UTC"
    return f"{one.day.isoformat()}: {figure}{between}"


def _figure(value: float, unit: str) -> str:
    """Return a value with its unit; a share in per cent, as everywhere."""
    if unit == "share":
        return f"{100 * value:.6g} %"
    return f"{value:.6g}" if unit == "ratio" else f"{value:.6g} {unit}"
