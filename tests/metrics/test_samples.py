"""The line that is shown for a kind of error is the first one of the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st

from etl.metrics.counts import counted_events
from etl.metrics.samples import MOST_KINDS, message_samples
from tests.metrics.test_measure import DAY, tables

MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)
KINDS = {"job 7 failed": "job {…} failed", "job 8 failed": "job {…} failed", "": "", None: ""}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "source": st.sampled_from(["api", "app"]),
            "severity": st.sampled_from([0, 3, 4, 5, None]),
            "message": st.sampled_from([*KINDS, "disk full"]),
            "at": st.integers(0, 3).map(lambda second: MIDNIGHT + timedelta(seconds=second)),
            "input_id": st.sampled_from(["a", "b"]),
            "offset": st.integers(0, 9),
        }
    ),
    max_size=20,
    unique_by=itemgetter("input_id", "offset"),
)


@given(ROWS)
def test_it_is_the_first_by_time_input_and_offset(rows: list[dict[str, object]]) -> None:
    expected = {}
    for row in sorted(rows, key=itemgetter("at", "input_id", "offset"), reverse=True):
        if row["severity"] in {0, 3, 4}:
            kind = KINDS.get(row["message"], row["message"])  # type: ignore[call-overload]
            expected[row["source"], kind, row["severity"] == 4] = row
    events = tables([], [{"day": DAY, **row} for row in rows])["events"]
    found = message_samples(counted_events(events).messages)
    told = [(row["source"], row["fingerprint"], row["severity"] == 4) for row in found.to_dicts()]
    assert len(told) == len(set(told))
    lines = [{name: row[name] for name in ROW_COLUMNS} for row in found.to_dicts()]
    assert dict(zip(told, lines, strict=True)) == expected


ROW_COLUMNS = ("source", "severity", "message", "at", "input_id", "offset")


def test_the_most_frequent_kinds_are_shown() -> None:
    names = [chr(ord("a") + n // 26) + chr(ord("a") + n % 26) for n in range(MOST_KINDS + 10)]
    rows = [
        {"day": DAY, "source": "app", "at": MIDNIGHT, "severity": 3, "message": name}
        | {"input_id": "a", "offset": 100 * number + again}
        for number, name in enumerate(names)
        for again in range(1 + (number >= 10))
    ]
    found = message_samples(counted_events(tables([], rows)["events"]).messages)
    assert sorted(found["fingerprint"]) == sorted(names[10:])
