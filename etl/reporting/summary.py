"""`summary.json`, the day for machines, and the CSV of all measurements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from etl.model import Counts, DayReport, Incident, Measurement, Sheet, Verdict
from etl.reporting.dimensions import dimensions_json
from etl.reporting.judge import Kpi, count, statement, verdict_of
from etl.reporting.marks import budgets_json
from etl.reporting.proof import total_of
from etl.reporting.ranks import is_few
from etl.reporting.resolve import newest_first, open_count, times_of, title_of
from etl.reporting.restated import restated_count
from etl.reporting.tables import Raw, csv_bytes
from etl.reporting.text import finite, stamp

MEASUREMENTS = [
    "day",
    "metric",
    "class",
    "dimensions",
    "value",
    "numerator",
    "denominator",
    "n",
    "unit",
    "target",
    "target_low",
    "target_high",
    "verdict",
    "band_low",
    "band_high",
    "unusual",
    "few",
    "first_at",
    "last_at",
    "previous_value",
    "measured_at",
    "data_version",
]
"""Columns of `measurements.csv`: those of the warehouse's table, and whether n is below min_n."""


def measurements_csv(measurements: Sequence[Measurement], sheets: Mapping[str, Sheet]) -> bytes:
    """Return all measurements, by metric and dimensions."""
    ordered = sorted(measurements, key=lambda m: (m.metric, dimensions_json(m.dimensions)))
    return csv_bytes(MEASUREMENTS, [_raw(m, sheets.get(m.metric)) for m in ordered])


def _raw(m: Measurement, sheet: Sheet | None) -> list[Raw]:
    own: dict[str, Raw] = {
        "class": m.metric_class,
        "dimensions": dimensions_json(m.dimensions),
        "verdict": m.verdict.value,
        "few": is_few(m, sheet) if sheet is not None and sheet.min_n else None,
        # The page carries the time of the run once; a column of it would make the bytes of two
        # equal runs differ, so it stands only where it tells since when a value is restated.
        "measured_at": m.measured_at if m.previous_value is not None else None,
    }
    return [own[name] if name in own else getattr(m, name) for name in MEASUREMENTS]


def summary_json(report: DayReport) -> bytes:
    """Return the day for machines: sorted keys, the same bytes for the same report."""
    kpis = statement(report)
    times = times_of(report.resolved)
    data = {
        "project": report.project,
        "day": report.day.isoformat(),
        "zone": report.zone,
        "started_at": stamp(report.started_at),
        "ended_at": stamp(report.ended_at),
        "measured_at": stamp(report.measured_at),
        "verdict": verdict_of(report).value,
        "kpis": [_kpi(kpi) for kpi in kpis],
        "kpi_counts": {"total": len(kpis), **{v.value: count(kpis, v) for v in _COUNTED}},
        "budgets": budgets_json(report.budgets),
        "unusual": sum(bool(m.unusual) for m in report.measurements),
        "counts": _counts(total_of(report.inputs)),
        "inputs": len(report.inputs),
        "unread_inputs": sorted(a.uri for a in report.inputs if a.state != "read"),
        "missing": sorted(report.missing),
        "measurements": len(report.measurements),
        "restated": restated_count(report.restatements),
        "failed": sorted(report.failed),
        "incidents": [_incident(i) for i in newest_first(report.incidents)],
        "open_incidents": open_count(report.incidents),
        "time_to_resolve": {
            "n": times.n,
            "median_s": times.median_s,
            "p90_s": times.p90_s,
            "mean_s": times.mean_s,
            "longest_s": times.longest_s,
        },
        "data_version": sorted({m.data_version for m in report.measurements}),
    }
    # ASCII only: whatever a log held, no terminal or editor is steered by this file.
    return (json.dumps(data, sort_keys=True, indent=2, allow_nan=False) + "\n").encode("ascii")


_COUNTED = (Verdict.MET, Verdict.MISSED, Verdict.NO_DATA, Verdict.INCOMPLETE, Verdict.NONE)


def _kpi(kpi: Kpi) -> dict[str, object]:
    m = kpi.measurement
    return {
        "metric": kpi.sheet.name,
        "title": kpi.sheet.title,
        "unit": kpi.sheet.unit,
        "owner": kpi.sheet.owner,
        "target": kpi.target,
        "verdict": kpi.verdict.value,
        "dimensions": {} if m is None else dict(m.dimensions),
        "target_low": None if m is None else m.target_low,
        "target_high": None if m is None else m.target_high,
        "value": None if m is None else finite(m.value),
        "n": None if m is None else m.n,
        "few": m is not None and is_few(m, kpi.sheet),
        "previous_value": None if m is None else finite(m.previous_value),
    }


def _counts(counts: Counts) -> dict[str, object]:
    return {
        "lines": counts.lines,
        "records": counts.records,
        "rejects": counts.rejects,
        "blank": counts.blank,
        "drifted": counts.drifted,
        "lossy": counts.lossy,
        "pieces": counts.pieces,
        "balanced": counts.balanced,
    }


def _incident(incident: Incident) -> dict[str, object]:
    return {
        "incident_id": incident.incident_id,
        "title": title_of(incident),
        "metric": incident.metric,
        "owner": incident.owner,
        "affected": incident.affected,
        "state": incident.state,
        "started_at": stamp(incident.started_at),
        "resolved_at": None if incident.resolved_at is None else stamp(incident.resolved_at),
        "time_to_resolve_s": incident.time_to_resolve_s,
    }
