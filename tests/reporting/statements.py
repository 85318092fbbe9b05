"""Handmade statements: a rich day with faults, an empty one, and one of hostile text."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from etl.days import day_bounds
from etl.model import (
    BudgetState,
    Counts,
    DayReport,
    Incident,
    InputAccount,
    RejectSample,
    Restatement,
    Verdict,
)
from tests.reporting.astray import hostile_evidence, objects, slowest
from tests.reporting.figures import (
    DAY,
    MEASURED_AT,
    kpi_measurements,
    measured,
    other_measurements,
    sheets,
)

ZONE = "Europe/Berlin"


def incidents() -> tuple[Incident, ...]:
    begin = datetime(2026, 3, 20, 13, 4, 11, tzinfo=UTC)
    common: dict[str, Any] = {"origin": "kpi", "severity": "major", "detected_at": MEASURED_AT}
    return (
        Incident(
            incident_id="kpi-http_500-0b1f",
            title="HTTP 500 answers",
            target="<= 2",
            unit="requests",
            metric="http_500",
            source="api",
            owner="API team",
            state="open",
            started_at=begin,
            affected="source api",
            evidence="2026-03-20: 47 requests; first 14:04:11, last 14:19:58, route /customers",
            **common,
        ),
        Incident(
            incident_id="kpi-integrity_flow-77aa",
            title="Integrity ratio between two steps out of range",
            metric="integrity_flow",
            source="",
            owner="Data platform team",
            state="resolved",
            started_at=begin - timedelta(days=2, hours=3),
            resolved_at=begin - timedelta(hours=2, minutes=7),
            affected="chain customer, from step transformed, to step stored",
            evidence="2026-03-18: 1.023; 2026-03-19: 1.017",
            **common,
        ),
    )


def resolved() -> tuple[Incident, ...]:
    """Ten more that were resolved in 1 h, 2 h, … 10 h."""
    base = incidents()[1]
    start = datetime(2026, 2, 1, 6, 0, tzinfo=UTC)
    old = tuple(
        replace(
            base,
            incident_id=f"kpi-http_500-{i:04}",
            title="HTTP 500 answers above target",
            metric="http_500",
            started_at=start + timedelta(days=i),
            resolved_at=start + timedelta(days=i, hours=i),
        )
        for i in range(1, 11)
    )
    return (*old, base)


def inputs() -> tuple[InputAccount, ...]:
    begin, end = day_bounds(DAY, ZoneInfo(ZONE))
    last = end - timedelta(microseconds=1)
    rows = (
        ("api", "logs/api/access.log", Counts(30_114, 30_102, 9, 3, drifted=12, lossy=1)),
        ("api", "logs/api/access.log.1.gz", Counts(20_887, 20_882, 5, 0)),
        ("importer", "logs/importer/importer.log", Counts(9_704, 9_702, 2, 0, pieces=3)),
        ("store", "s3://logs/store/2026/03/20/part-000.gz", Counts(9_541, 9_540, 0, 1)),
    )
    read = [
        InputAccount(source, f"in-{i:04}", uri, counts, begin + timedelta(seconds=3), last)
        for i, (source, uri, counts) in enumerate(rows)
    ]
    skipped = InputAccount(
        *("importer", "in-0009", "logs/importer/importer.log.2.gz", Counts()),
        state="skipped",
        detail="the compressed stream stops early at byte 81,920",
    )
    return (*read, skipped)


def rejects() -> tuple[RejectSample, ...]:
    uri = "logs/api/access.log"
    return (
        RejectSample("api", uri, 48_112, "no_match", "", b"GET / HTTP/1.1"),
        RejectSample("api", uri, 901_774, "bad_number", "status", b'1.2.3.4 - - "GET /" abc 12'),
        RejectSample(
            "importer",
            "logs/importer/importer.log",
            12,
            "cut_short",
            "",
            b"<14>1 2026-03-\x1b[31m\xff",
        ),
    )


def budgets() -> tuple[BudgetState, ...]:
    """Return a budget that holds, and one that is used up."""
    since = DAY - timedelta(days=27)
    route = {"source": "api", "route": "/customers"}
    days, share = "3 bad days in 28", "0.001 % of n in 28 days"
    return (
        BudgetState("request_time_p90", route, days, since, DAY, days=27, bad=2, allowed=3),
        BudgetState(
            *("http_500", {"source": "api"}, share, since, DAY), days=27, bad=47, allowed=13.765
        ),
    )


def restatements() -> tuple[Restatement, ...]:
    """A value that changed twice, one that was judged otherwise, one that came, one that went."""
    first = Restatement(
        day=DAY,
        metric="chain_time_p90",
        dimensions={"chain": "customer"},
        kind="changed",
        unit="s",
        target="<= 600",
        old_value=371.5,
        value=398.25,
        old_verdict=Verdict.MET,
        verdict=Verdict.MET,
        old_measured_at=MEASURED_AT - timedelta(days=2),
        measured_at=MEASURED_AT - timedelta(days=1),
        cause="late: logs/store/store.log (12 records)",
        inputs=("logs/store/store.log",),
    )
    today = {"old_measured_at": first.measured_at, "measured_at": MEASURED_AT}
    late = "read again: logs/api/access.log.1.gz (1 record); the definition changed"
    status = replace(
        first, metric="http_status", dimensions={"source": "api", "status": 404}, unit="requests",
        target="", cause=late, inputs=("logs/api/access.log.1.gz",), **today,
    )  # fmt: skip
    return (
        first,
        replace(first, old_value=398.25, value=431.0, cause=late, **today),
        replace(
            first, metric="http_500", dimensions={"source": "api"}, kind="judged", unit="requests",
            target="<= 2", old_value=47.0, value=47.0, old_verdict=Verdict.INCOMPLETE,
            verdict=Verdict.MISSED, cause="the definition changed", inputs=(), **today,
        ),
        replace(status, kind="appeared", old_value=None, value=811.0),
        replace(
            status, kind="vanished", old_value=3.0, value=None,
            dimensions={"source": "api", "status": 418},
        ),
    )  # fmt: skip


def rich_report() -> DayReport:
    """A day with misses, a restated value, a missing source, incidents, rejects."""
    begin, end = day_bounds(DAY, ZoneInfo(ZONE))
    history = [
        m
        for back in range(29, -1, -1)
        for m in kpi_measurements(DAY - timedelta(days=back), math.sin(back / 2.2) if back else 0.0)
        if back != 11
    ]
    today = [m for m in history if m.day == DAY]
    return DayReport(
        project="Customer hub",
        day=DAY,
        zone=ZONE,
        started_at=begin,
        ended_at=end,
        verdict=Verdict.MISSED,
        sheets=sheets(),
        measurements=tuple([*today, *other_measurements()]),
        history=tuple(history),
        incidents=incidents(),
        resolved=resolved(),
        inputs=inputs(),
        missing=("audit",),
        rejects=rejects(),
        measured_at=MEASURED_AT,
        budgets=budgets(),
        restatements=restatements(),
        failed={"own_metric": "sql/own_metric.sql:3:7: unknown column 'statsu'"},
        chains=("customer",),
        objects=objects(),
        slowest=slowest(),
    )


def good_report() -> DayReport:
    """The same day with all targets met."""
    report = rich_report()
    better = tuple(
        replace(m, verdict=Verdict.MET, value=1.0, previous_value=None)
        if m.verdict is Verdict.MISSED
        else m
        for m in report.measurements
    )
    return replace(
        report, measurements=better, missing=(), incidents=(), verdict=Verdict.MET,
        restatements=(), failed={},
    )  # fmt: skip


def empty_report() -> DayReport:
    """A day of which nothing is known."""
    return replace(
        rich_report(),
        verdict=Verdict.NO_DATA,
        measurements=(),
        history=(),
        incidents=(),
        resolved=(),
        inputs=(),
        missing=(),
        rejects=(),
        budgets=(),
        restatements=(),
        failed={},
        objects=(),
        slowest=(),
    )


def hostile_report(text: str) -> DayReport:
    """A day in which everything that can come from a log, or from a config, is `text`."""
    report = rich_report()
    m = measured("requests_ok_by_route", 3.0, dimensions={"route": text, text[:20]: text})
    bad = measured("http_500", 3.0, verdict=Verdict.MISSED, dimensions={"source": text})
    held = measured("lines", 3.0, target=text, target_low=1.0, dimensions={"source": text})
    odd = replace(held, target="", band_low=1.0, band_high=2.0, unusual=True, unit=text)
    budget = replace(budgets()[0], dimensions={text[:20]: text}, budget=text)
    told = dict.fromkeys(("title", "owner", "impact", "runbook"), text)
    sheets = {**report.sheets, "http_500": replace(report.sheets["http_500"], **told)}
    incident = replace(
        *(report.incidents[0],),
        **dict.fromkeys(("title", "affected", "evidence", "owner", "metric", "source"), text),
    )
    told = dict.fromkeys(("metric", "unit", "cause"), text)
    changed = replace(report.restatements[0], dimensions={text[:20]: text}, inputs=(text,), **told)
    uri = InputAccount(text, "in-1", text, Counts(1, 1), detail=text, state="skipped")
    raw = RejectSample(text, text, 7, "no_match", text, text.encode("utf-8", "surrogatepass"))
    return replace(
        report,
        project=text,
        sheets=sheets,
        measurements=(*report.measurements, m, bad, held, odd),
        budgets=(budget,),
        incidents=(incident,),
        resolved=(replace(incident, resolved_at=MEASURED_AT),),
        inputs=(uri,),
        missing=(text,),
        rejects=(raw,),
        restatements=(changed,),
        failed={text: text},
        **hostile_evidence(text),
    )


def many_report(count: int) -> DayReport:
    """A day with `count` measurements of KPIs and others, with long dimensions."""
    report = rich_report()
    found = []
    for i in range(count):
        about = {"source": "api", "route": f"/a/{i}/" + "ü'<&>" * 30}
        metric = ("request_time_p90", "requests_ok_by_route", "http_500", "lines")[i % 4]
        verdict = Verdict.MISSED if i % 4 in {0, 2} else Verdict.NONE
        found.append(measured(metric, i / 7, n=i, verdict=verdict, dimensions=about))
    history = [replace(m, day=DAY - timedelta(days=d)) for d in range(3) for m in found[:2000]]
    return replace(report, measurements=tuple(found), history=tuple(history))
