"""Incidents as a table, and how long they took: open ones with their age, never in averages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from etl.model import Incident
from etl.reporting.tables import Cell, Column, Raw, Table, csv_bytes
from etl.reporting.text import NOTHING, clip, count_of, duration, instant, target_words

TIME_TO_RESOLVE = [
    "incident_id",
    "title",
    "origin",
    "metric",
    "source",
    "severity",
    "owner",
    "state",
    "started_at",
    "detected_at",
    "acknowledged_at",
    "mitigated_at",
    "resolved_at",
    "time_to_detect_s",
    "time_to_acknowledge_s",
    "time_to_mitigate_s",
    "time_to_resolve_s",
    "affected",
    "evidence",
]
"""Columns of `time_to_resolve.csv`, all of them attributes of an incident."""


@dataclass(frozen=True, slots=True)
class Times:
    """Statistics of times to resolve, in seconds. Percentiles are observed values."""

    n: int
    median_s: float | None = None
    p90_s: float | None = None
    mean_s: float | None = None
    longest_s: float | None = None


def times_of(incidents: Iterable[Incident]) -> Times:
    """Return the statistics of the resolved ones among the incidents."""
    seconds = sorted(s for s in (i.time_to_resolve_s for i in incidents) if s is not None)
    if not seconds:
        return Times(0)
    return Times(
        n=len(seconds),
        median_s=nearest_rank(seconds, 0.5),
        p90_s=nearest_rank(seconds, 0.9),
        mean_s=math.fsum(seconds) / len(seconds),
        longest_s=seconds[-1],
    )


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """Return x[ceil(share * n)] of values in ascending order: one that was observed."""
    # 0.9 * 10 is 9.000000000000002 in some factors' floating point; rounding keeps rank 9.
    return ordered[max(1, math.ceil(round(share * len(ordered), 9))) - 1]


def time_to_resolve_csv(incidents: Iterable[Incident]) -> bytes:
    """Return the incidents with exactly the columns of the contract, newest start first."""
    return csv_bytes(TIME_TO_RESOLVE, [_raw(i) for i in newest_first(incidents)])


def _raw(incident: Incident) -> list[Raw]:
    told = {name: getattr(incident, name) for name in TIME_TO_RESOLVE}
    return list((told | {"title": title_of(incident)}).values())


def title_of(incident: Incident) -> str:
    """Return what an incident is about, with the target that it missed as people read it."""
    if not incident.target:
        return incident.title
    return f"{incident.title}: target {target_words(incident.target, incident.unit)} missed"


def newest_first(incidents: Iterable[Incident]) -> list[Incident]:
    """Return each incident once, the newest start first."""
    once = {incident.incident_id: incident for incident in incidents}
    by_id = sorted(once.values(), key=lambda i: i.incident_id)
    return sorted(by_id, key=lambda i: i.started_at, reverse=True)


def incident_table(incidents: Sequence[Incident], zone: str, until: datetime) -> Table:
    """Return incidents as people read them.

    Args:
        incidents: To show, in the order to show.
        zone: IANA name of the zone for instants.
        until: The instant that ages of open incidents are counted to.
    """
    columns = (
        Column("state", "State", "verdict"),
        Column("title", "Incident", "words"),
        Column("owner", "Owner"),
        Column("started_at", "Started, resolved", "instant"),
        Column("time_to_resolve_s", "Time to resolve", "number"),
        Column("evidence", "Evidence", "words"),
    )
    rows = tuple(_row(incident, zone, until) for incident in incidents)
    return Table("time_to_resolve", "Incidents", columns, rows)


def _row(incident: Incident, zone: str, until: datetime) -> tuple[Cell, ...]:
    seconds = incident.time_to_resolve_s
    age = max(0.0, (until - incident.started_at).total_seconds())
    resolved = seconds is not None
    ended = "" if incident.resolved_at is None else instant(incident.resolved_at, zone)
    about = ", ".join(part for part in (incident.affected, incident.severity) if part)
    return (
        Cell(
            incident.state,
            "resolved" if resolved else "open",
            verdict="met" if resolved else "missed",
        ),
        Cell(title_of(incident), clip(title_of(incident), 120), note=clip(about, 160)),
        Cell(incident.owner, clip(incident.owner, 60) or NOTHING),
        Cell(incident.started_at, instant(incident.started_at, zone), note=ended),
        Cell(
            seconds,
            NOTHING if seconds is None else duration(seconds),
            note="" if resolved else f"open for {duration(age)}",
        ),
        Cell(incident.evidence, clip(incident.evidence, 240)),
    )


def times_table(incidents: Sequence[Incident]) -> Table:
    """Return the statistics over all resolved incidents, and per metric where there are several."""
    groups: dict[str, list[Incident]] = {}
    for incident in incidents:
        if incident.time_to_resolve_s is not None:
            groups.setdefault(incident.metric or incident.origin, []).append(incident)
    everything = [incident for group in groups.values() for incident in group]
    rows = [_times_row("all", "All resolved so far", times_of(everything))]
    if len(groups) > 1:
        rows += [_times_row(k, clip(k, 60), times_of(groups[k])) for k in sorted(groups)]
    columns = (
        Column("metric", "Incidents of"),
        Column("n", "n", "number"),
        Column("median_s", "Median", "number"),
        Column("p90_s", "p90", "number"),
        Column("mean_s", "Mean", "number"),
        Column("longest_s", "Longest", "number"),
    )
    note = "Median and p90 are nearest ranks, observed values. Open incidents are not in here."
    return Table("resolve_times", "Time to resolve", columns, tuple(rows), note)


def _times_row(raw: str, label: str, times: Times) -> tuple[Cell, ...]:
    figures = (times.median_s, times.p90_s, times.mean_s, times.longest_s)
    return (
        Cell(raw, label),
        Cell(times.n, f"{times.n:,}"),
        *(Cell(s, NOTHING if s is None else duration(s)) for s in figures),
    )


def open_count(incidents: Iterable[Incident]) -> int:
    """Return how many of the incidents are not resolved."""
    return sum(incident.resolved_at is None for incident in incidents)


def incidents_line(incidents: Sequence[Incident], resolved: Sequence[Incident]) -> str:
    """Return incidents and their times in one sentence."""
    still_open = open_count(incidents)
    times = times_of(resolved)
    said = f"{count_of(still_open, 'incident')} open" if still_open else "no incident is open"
    if times.n and times.median_s is not None and times.p90_s is not None:
        said += (
            f"; time to resolve of {count_of(times.n, 'incident')} so far: "
            f"median {duration(times.median_s)}, p90 {duration(times.p90_s)}"
        )
    return said
