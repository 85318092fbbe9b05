"""An incident lasts from the first missed day to the first met one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from etl.incidents.violations import derive_incidents
from etl.metrics.catalogue import load_catalogue
from etl.model import Incident, Measurement, Verdict
from etl.resources import sql_folder

BERLIN = ZoneInfo("Europe/Berlin")
SHEETS = load_catalogue(sql_folder())
FIRST = date(2026, 3, 27)
LETTERS = {
    "x": Verdict.MISSED, "+": Verdict.MET, "?": Verdict.NO_DATA, "o": Verdict.INCOMPLETE,
}  # fmt: skip


def measurement(day: date, verdict: Verdict, source: str = "api") -> Measurement:
    return Measurement(
        day=day, metric="http_500", metric_class="errors", dimensions={"source": source},
        value=9.0, numerator=None, denominator=None, n=100, unit="requests", target="<= 2",
        verdict=verdict, first_at=None, last_at=None, previous_value=None,
        measured_at=datetime(2026, 4, 1, tzinfo=UTC), data_version="v",
    )  # fmt: skip


def days(text: str, source: str = "api") -> list[Measurement]:
    return [
        measurement(FIRST + timedelta(days=number), LETTERS[letter], source)
        for number, letter in enumerate(text)
    ]


def spans(text: str) -> list[tuple[int, int | None]]:
    """Return each incident's first day and the day after its last, as numbers; None for open."""
    found = derive_incidents(days(text), SHEETS, {}, BERLIN)
    return sorted((_day(one.started_at), _day(one.resolved_at)) for one in found)  # type: ignore[misc]


def _day(instant: datetime | None) -> int | None:
    return None if instant is None else (instant.astimezone(BERLIN).date() - FIRST).days


def test_consecutive_missed_days_are_one_incident() -> None:
    assert spans("+xx+x+") == [(1, 3), (4, 5)]


def test_days_without_data_neither_open_nor_close() -> None:
    assert spans("?o+") == []
    assert spans("x?ox+") == [(0, 4)]


def test_an_incident_stays_open_until_a_day_meets_the_target() -> None:
    assert spans("+x?") == [(1, None)]


def test_a_day_of_23_hours_lasts_23_hours() -> None:
    (incident,) = derive_incidents(days("++x+"), SHEETS, {}, BERLIN)
    assert incident.time_to_resolve_s == 23 * 3600


def test_named_rows_bound_the_incident() -> None:
    start, end = datetime(2026, 3, 28, 9, tzinfo=UTC), datetime(2026, 3, 29, 4, 30, tzinfo=UTC)
    history = days("+xx+")
    history[1] = replace(history[1], first_at=start, last_at=start + timedelta(hours=9))
    history[2] = replace(history[2], first_at=end - timedelta(hours=1), last_at=end)
    (incident,) = derive_incidents(history, SHEETS, {}, BERLIN)
    assert (incident.started_at, incident.resolved_at) == (start, end)
    assert "2026-03-28: 9 requests" in incident.evidence


def test_the_figures_of_its_days_have_their_unit() -> None:
    said = []
    for unit, value in (("share", 0.0125), ("ratio", 1.017), ("s", 734.5)):
        history = [replace(one, unit=unit, value=value) for one in days("x")]
        (incident,) = derive_incidents(history, SHEETS, {}, BERLIN)
        said.append(incident.evidence)
    day = FIRST.isoformat()
    assert said == [f"{day}: 1.25 %", f"{day}: 1.017", f"{day}: 734.5 s"]


def test_dimensions_and_metrics_are_apart_and_others_do_not_count() -> None:
    history = days("x+") + days("+x", source="other")
    history += [replace(one, metric="http_status", dimensions={}) for one in days("xx")]
    found = derive_incidents(history, SHEETS, {}, BERLIN)
    assert {(one.source, one.state) for one in found} == {("api", "resolved"), ("other", "open")}
    assert len({one.incident_id for one in found}) == 2


def test_detection_is_what_the_log_says() -> None:
    (first,) = derive_incidents(days("x"), SHEETS, {}, BERLIN)
    seen = datetime(2026, 3, 28, 1, tzinfo=UTC)
    (again,) = derive_incidents(days("x+"), SHEETS, {first.incident_id: seen}, BERLIN)
    assert (first.detected_at, again.detected_at) == (None, seen)


@given(st.text(alphabet="x+?o", max_size=25))
def test_incidents_are_what_a_slow_reader_would_say(text: str) -> None:
    expected: list[tuple[int, int | None]] = []
    start = last = None
    for number, letter in enumerate(text):
        if letter == "x":
            start, last = (number if start is None else start), number
        elif letter == "+" and start is not None and last is not None:
            expected.append((start, last + 1))
            start = None
    if start is not None:
        expected.append((start, None))
    assert spans(text) == expected


def _order(incident: Incident) -> datetime:
    return incident.started_at


@given(st.permutations(days("+xx+x") + days("xx", source="other")))
def test_the_order_of_rows_changes_nothing(history: list[Measurement]) -> None:
    found = derive_incidents(history, SHEETS, {}, BERLIN)
    assert found == derive_incidents(sorted(history, key=lambda m: m.day), SHEETS, {}, BERLIN)
    assert [_order(one) for one in found] == sorted(map(_order, found), reverse=True)
