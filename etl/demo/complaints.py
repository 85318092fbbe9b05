"""What metrics of severities and messages must say of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from etl.demo.plan import SECOND, Day, iso
from etl.demo.row import row
from etl.demo.troubles import ERROR, KINDS, Troubles

Stamps = dict[tuple[str, str], list[int]]
"""Source and fingerprint to the instants of the events, in order."""


@dataclass(frozen=True, slots=True)
class EventCount:
    """Events of a day that have a severity.

    Attributes:
        day: The day.
        severities: Source, application and severity to their number.
        troubles: Source to its errors and warnings.
    """

    day: Day
    severities: Mapping[tuple[str, str, int], int]
    troubles: Mapping[str, Troubles]

    def stamps(self, severity: int) -> Stamps:
        """Return the events of a severity by source and fingerprint."""
        found: Stamps = {}
        for source, each in self.troubles.items():
            for at, kind in zip(each.at.tolist(), each.kind.tolist(), strict=True):
                if KINDS[kind].severity == severity:
                    found.setdefault((source, KINDS[kind].mask), []).append(at)
        return found


def complaints(today: EventCount, before: EventCount | None) -> Iterator[dict[str, Any]]:
    """Return the measurements of all metrics of severities and messages."""
    for (source, app, severity), number in today.severities.items():
        dimensions = {"source": source, "app": app, "severity": severity}
        yield row("event_severities", dimensions, number)
    errors = today.stamps(ERROR)
    hours = Counter(
        (source, today.day.hours[(at - today.day.start) // (3600 * SECOND)])
        for (source, _), stamps in errors.items()
        for at in stamps
    )
    for (source, hour), number in hours.items():
        yield row("errors_hourly", {"source": source, "hour": hour}, number)
    yield from _kinds("error_fingerprints", errors)
    yield from _kinds("warning_fingerprints", today.stamps(ERROR + 1))
    if before is None:
        return
    yesterday = before.stamps(ERROR)
    yield from _kinds(
        "error_fingerprints_new", {key: at for key, at in errors.items() if key not in yesterday}
    )
    yield from _kinds(
        "error_fingerprints_gone", {key: at for key, at in yesterday.items() if key not in errors}
    )


def _kinds(metric: str, found: Stamps) -> Iterator[dict[str, Any]]:
    for (source, mask), stamps in found.items():
        span = {"first_at": iso(stamps[0]), "last_at": iso(stamps[-1])}
        yield row(metric, {"source": source, "fingerprint": mask}, len(stamps)) | span
