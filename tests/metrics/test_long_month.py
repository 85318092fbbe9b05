"""Ten simulated weeks and a month: every kind of target, budget and band, worked out apart.

The reckoning below looks at plain lists of values; it shares no code with targets, history, band
or budgets. What it finds must be what each measurement keeps, also once it was written and read.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from etl.metrics.budget import budget_states
from etl.metrics.catalogue import load_catalogue
from etl.metrics.history import days_needed, history_before
from etl.metrics.judging import DayContext, dimensions_text
from etl.metrics.measure import measure
from etl.metrics.views import Definitions
from etl.model import Measurement, Sheet, Verdict
from etl.store.measurements import read_measurements, write_measurements
from etl.store.place import Folder
from etl.store.tables import Warehouse

FIRST = date(2026, 1, 5)  # a Monday
DAYS = [FIRST + timedelta(days=n) for n in range(101)]
ABSENT = {DAYS[40]: ("api",), DAYS[77]: ("api",), DAYS[78]: ("api",), DAYS[90]: ("web",)}
HOLIDAY = DAYS[85]
OUTLIER = DAYS[93]
SOURCES = ("api", "web")
DEFINITIONS = Definitions(ZoneInfo("UTC"), [(name, "requests", True) for name in SOURCES], [])

COUNT = "count(*) filter (where status = 500) as value, count(*) as n"
SHEETS = {
    "at_most": ("requests", COUNT, 'target = "<= 14"\nbudget = "3 bad days in 28"'),
    "exactly": ("requests", COUNT, 'target = "= 10"'),
    "in_range": ("requests", COUNT, 'target = "between 6 and 14"\nbudget = "6 % of n in 28 days"'),
    "yesterday": ("requests", COUNT, 'target = "within 30 % of yesterday"'),
    "weekday": ("requests", COUNT, 'target = ">= 80 % of same weekday"'),
    "median": ("requests", COUNT, 'target = "<= 130 % of median of 14 days"'),
    "ruled": (
        "requests",
        COUNT,
        'target = "<= 9"\ntargets = [\n'
        f'{{ days = ["{HOLIDAY}"], target = "none" }},\n'
        '{ weekday = ["sat", "sun"], source = "web", target = "<= 3" },\n'
        '{ source = "web", target = "<= 12" },\n]',
    ),
    "free_count": ("requests", COUNT, ""),
    "free_time": ("s", "avg(request_time_s) as value, count(*) as n", ""),
}


@dataclass(frozen=True)
class Point:
    """What one source had on one day: 500s, requests, mean time, and whether all of it."""

    bad: int
    n: int
    mean_s: float
    whole: bool


@dataclass(frozen=True)
class Simulated:
    """The days as they were simulated, and as they were measured."""

    sheets: dict[str, Sheet]
    points: dict[tuple[str, date], Point]
    measured: dict[tuple[str, str, date], Measurement]


def requests_of(day: date, draw: random.Random) -> Iterator[dict[str, object]]:
    """Yield a day's requests; of a source that is absent a few that strayed in from elsewhere."""
    for source in SOURCES:
        n = draw.randint(150, 210) if source not in ABSENT.get(day, ()) else 7
        share = 0.35 if day == OUTLIER else 0.03 if day.weekday() > 4 else 0.06
        for _ in range(n):
            status = 500 if draw.random() < share else 200
            slow = 5.0 if day == OUTLIER else 1.0
            time_s = slow * (0.1 + 0.02 * draw.random())
            yield {"source": source, "status": status, "request_time_s": time_s}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("month")
    for name, (unit, figures, more) in SHEETS.items():
        (folder / f"{name}.sql").write_text(
            f'/* ---\ntitle = "T"\nclass = "errors"\nunit = "{unit}"\ndefinition = "D"\n{more}\n'
            f"--- */\nselect source, {figures} from requests group by source\n"
        )
    sheets, draw = load_catalogue(folder), random.Random(7)  # noqa: S311 # nobody guesses it
    points: dict[tuple[str, date], Point] = {}
    measured: dict[tuple[str, str, date], Measurement] = {}
    for day in DAYS:
        rows = list(requests_of(day, draw))
        for source in SOURCES:
            own = [row for row in rows if row["source"] == source]
            times = [float(str(row["request_time_s"])) for row in own]
            bad = sum(row["status"] == 500 for row in own)
            whole = source not in ABSENT.get(day, ())
            points[source, day] = Point(bad, len(own), sum(times) / len(own), whole)
        for one in measured_on(day, rows, sheets, measured):
            measured[one.metric, str(one.dimensions["source"]), day] = one
    return Simulated(sheets, points, measured)


def measured_on(
    day: date,
    rows: Sequence[dict[str, object]],
    sheets: dict[str, Sheet],
    before: dict[tuple[str, str, date], Measurement],
) -> Iterator[Measurement]:
    needed = set(days_needed(sheets.values(), day))
    past = [
        (one.day, one.metric, dimensions_text(one.dimensions), one.value, one.n)
        for one in before.values()
        if one.day in needed
    ]
    history = history_before(day, past, sheets, ABSENT, DEFINITIONS)
    missing = frozenset(ABSENT.get(day, ()))
    now = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, hours=1)
    context = DayContext(day, DEFINITIONS, missing, now, "v", history)
    views = {"requests": pl.DataFrame(rows).lazy()}
    for sheet in sheets.values():
        yield from measure(sheet, views, context)


def past_of(simulated: Simulated, source: str, day: date, ago: int) -> Point | None:
    point = simulated.points.get((source, day - timedelta(days=ago)))
    return point if point is not None and point.whole else None


def bounds(
    simulated: Simulated, name: str, source: str, day: date
) -> tuple[float | None, float | None] | None:
    """Return the least and largest value that meet a target; None where nothing tells."""
    if name in {"at_most", "exactly", "in_range"}:
        return {"at_most": (None, 14), "exactly": (10, 10), "in_range": (6, 14)}[name]
    if name == "ruled":
        weekend = day.weekday() in (5, 6)
        return None, (9 if source == "api" else 3 if weekend else 12)
    if name == "median":
        values = [p.bad for ago in range(1, 15) if (p := past_of(simulated, source, day, ago))]
        return (None, 1.3 * float(np.median(values))) if len(values) >= 7 else None
    base = past_of(simulated, source, day, 1 if name == "yesterday" else 7)
    if base is None:
        return None
    return (0.7 * base.bad, 1.3 * base.bad) if name == "yesterday" else (0.8 * base.bad, None)


def verdict(point: Point, limits: tuple[float | None, float | None] | None) -> Verdict:
    if not point.whole:
        return Verdict.INCOMPLETE
    if limits is None:
        return Verdict.NO_DATA
    low, high = limits
    inside = (low is None or point.bad >= low) and (high is None or point.bad <= high)
    return Verdict.MET if inside else Verdict.MISSED


def band(values: Sequence[float], *, counts: bool) -> tuple[float, float]:
    """Return the limits that README's sources give, by numpy: Anscombe, Laney, Iglewicz."""
    x = np.array(values, dtype=float)
    k = {6: 12.0, 7: 11.6, 8: 8.7}[len(x)]
    if not counts:
        spread = np.median(np.abs(x - np.median(x)))
        return max(0.0, float(np.median(x) - k * spread)), float(np.median(x) + k * spread)
    y = 2 * np.sqrt(x + 3 / 8)
    sigma = 1.4826 * np.median(np.abs(y - np.median(y)))
    extra = k / 1.4826 * math.sqrt(max(0.0, sigma**2 - 1))
    width = math.sqrt(9 * (1 + math.pi / 2 / len(x)) + extra**2)
    inside = [c for c in range(1000) if abs(2 * math.sqrt(c + 3 / 8) - np.median(y)) <= width]
    return float(inside[0]), float(inside[-1])


WITH_TARGET = [name for name, (_, _, more) in SHEETS.items() if more]


@pytest.mark.parametrize("name", WITH_TARGET)
def test_every_target_is_judged_and_kept_as_worked_out(simulated: Simulated, name: str) -> None:
    found = set()
    for source in SOURCES:
        for day in DAYS:
            one, point = simulated.measured[name, source, day], simulated.points[source, day]
            assert (one.value, one.n) == (point.bad, point.n)
            if name == "ruled" and day == HOLIDAY:
                assert (one.target, one.verdict) == ("", Verdict.NONE)
                continue
            limits = bounds(simulated, name, source, day)
            assert one.verdict == verdict(point, limits), (source, day)
            assert (one.target_low, one.target_high) == pytest.approx(limits or (None, None))
            assert one.target in {simulated.sheets[name].target, "<= 3", "<= 12"}
            found.add(one.verdict)
    assert {Verdict.MET, Verdict.MISSED, Verdict.INCOMPLETE} <= found, "the month tries all"


def test_the_budget_of_bad_days_is_used_as_counted(simulated: Simulated) -> None:
    spent = set()
    for day in DAYS[27:]:
        states = budget_states(simulated.sheets.values(), simulated.measured.values(), day)
        for state in (each for each in states if each.metric == "at_most"):
            window = [day - timedelta(days=ago) for ago in range(28)]
            own = [simulated.points[str(state.dimensions["source"]), each] for each in window]
            whole = [point for point in own if point.whole]
            bad = sum(point.bad > 14 for point in whole)
            assert (state.days, state.bad, state.allowed) == (len(whole), bad, 3)
            assert state.burn == pytest.approx(bad / 3)
            left = None if not bad else max(0.0, (3 - bad) / (bad / len(whole)))
            assert state.days_left == (None if left is None else pytest.approx(left))
            spent.add(state.is_spent)
    assert spent == {True, False}


def test_the_budget_of_a_share_is_used_as_counted(simulated: Simulated) -> None:
    for day in DAYS[27:]:
        states = budget_states(simulated.sheets.values(), simulated.measured.values(), day)
        for state in (each for each in states if each.metric == "in_range"):
            window = [day - timedelta(days=ago) for ago in range(28)]
            own = [simulated.points[str(state.dimensions["source"]), each] for each in window]
            whole = [point for point in own if point.whole]
            assert state.bad == sum(point.bad for point in whole)
            assert state.allowed == pytest.approx(0.06 * sum(point.n for point in whole))


@pytest.mark.parametrize("name", ["free_count", "free_time"])
def test_the_band_is_as_worked_out_and_never_missed(simulated: Simulated, name: str) -> None:
    unusual = []
    for source in SOURCES:
        for day in DAYS:
            one, point = simulated.measured[name, source, day], simulated.points[source, day]
            assert one.verdict is Verdict.NONE
            ago = [7 * week for week in range(1, 9)]
            past = [p for n in ago if (p := past_of(simulated, source, day, n))]
            if len(past) < 6 or not point.whole:
                assert (one.band_low, one.band_high, one.unusual) == (None, None, None)
                continue
            is_count = name == "free_count"
            values = [p.bad if is_count else p.mean_s for p in past]
            low, high = band(values, counts=is_count)
            assert (one.band_low, one.band_high) == pytest.approx((low, high))
            value = point.bad if is_count else point.mean_s
            assert one.unusual == (not low <= value <= high)
            unusual += [day] if one.unusual else []
    assert unusual.count(OUTLIER) == len(SOURCES)
    assert len(unusual) <= len(SOURCES) + 3, "chance alone is seldom unusual"


def test_what_was_judged_is_kept_when_it_is_written(simulated: Simulated, tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    for day in (HOLIDAY, OUTLIER, DAYS[90]):
        own = [one for one in simulated.measured.values() if one.day == day]
        write_measurements(warehouse, day, own)
        read = read_measurements(warehouse, since=day, until=day)
        key = [(one.metric, dimensions_text(one.dimensions)) for one in read]
        assert key == sorted(key)
        assert read == sorted(own, key=lambda one: (one.metric, dimensions_text(one.dimensions)))
