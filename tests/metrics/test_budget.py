"""A budget is used by what was bad, by nothing that nobody knows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.metrics.budget import Budget, budget_states, parse_budget
from etl.model import BudgetState, Measurement, Sheet, Verdict

DAY = date(2026, 3, 28)
LETTERS = {
    "x": Verdict.MISSED, "+": Verdict.MET, "?": Verdict.NO_DATA, "o": Verdict.INCOMPLETE,
    "-": Verdict.NONE,
}  # fmt: skip


def sheet(budget: str, unit: str = "requests", **more: Any) -> Sheet:
    return Sheet("m", "M", "errors", unit, "d", "", "", budget=budget, **more)


def measured(ago: int, letter: str, value: float | None = 0.0, **more: Any) -> Measurement:
    fields: dict[str, Any] = {
        "day": DAY - timedelta(days=ago), "metric": "m", "metric_class": "errors",
        "dimensions": {"source": "api"}, "value": value, "numerator": None, "denominator": None,
        "n": 100, "unit": "requests", "target": "<= 2", "verdict": LETTERS[letter],
        "first_at": None, "last_at": None, "previous_value": None,
        "measured_at": datetime(2026, 4, 1, tzinfo=UTC), "data_version": "v",
    }  # fmt: skip
    return Measurement(**(fields | more))


def of_days(text: str, budget: str) -> BudgetState:
    """Return the state after days as letters, the newest last."""
    days = [measured(len(text) - 1 - i, letter) for i, letter in enumerate(text)]
    (state,) = budget_states([sheet(budget, target="<= 2")], days, DAY)
    return state


def figures(state: BudgetState) -> tuple[object, ...]:
    return (
        state.days,
        state.bad,
        state.allowed,
        state.burn,
        state.left,
        state.days_left,
        state.is_spent,
    )


@pytest.mark.parametrize(
    ("days", "budget", "expected"),
    [
        # judged, bad, allowed, burn, left, days left, used up
        ("++++++++++", "2 bad days in 10", (10, 0, 2, 0.0, 2, None, False)),
        ("+++++x++++", "2 bad days in 10", (10, 1, 2, 0.5, 1, 10.0, False)),
        ("x+x", "3 bad days in 10", (3, 2, 3, 2 / 3, 1, 1.5, False)),
        ("xx", "2 bad days in 10", (2, 2, 2, 1.0, 0, 0.0, False)),
        ("xxx", "2 bad days in 10", (3, 3, 2, 1.5, -1, 0.0, True)),
        ("xxx+", "1 bad day in 2", (2, 1, 1, 1.0, 0, 0.0, False)),  # two left the window
        ("x?o-+", "1 bad day in 5", (2, 1, 1, 1.0, 0, 0.0, False)),
        ("x", "0 bad days in 5", (1, 1, 0, None, -1, 0.0, True)),
        ("+", "0 bad days in 5", (1, 0, 0, None, 0, None, False)),
    ],
)
def test_bad_days_use_the_budget(days: str, budget: str, expected: tuple[object, ...]) -> None:
    assert figures(of_days(days, budget)) == expected


def test_days_that_nobody_judged_have_no_budget() -> None:
    days = [measured(0, "?"), measured(1, "o")]
    assert budget_states([sheet("1 bad day in 5", target="<= 2")], days, DAY) == ()


def test_a_share_of_all_observations() -> None:
    days = [
        measured(0, "+", 1.0, n=100),
        measured(1, "x", 5.0, n=300),
        measured(2, "o", 90.0, n=90),  # half a day says nothing
        measured(3, "?", None, n=0),
        measured(28, "x", 50.0, n=100),  # out of the window
    ]
    (state,) = budget_states([sheet("2 % of n in 28 days")], days, DAY)
    assert figures(state) == (2, 6.0, 8.0, 0.75, 2.0, pytest.approx(2 / 3), False)
    assert (state.since, state.until) == (date(2026, 3, 1), DAY)


@pytest.mark.parametrize(
    ("unit", "better", "row", "bad"),
    [
        ("ratio", "lower", {"value": 0.03, "n": 200}, 6.0),
        ("ratio", "higher", {"value": 0.97, "n": 200}, 6.0),
        ("%", "higher", {"value": 97.0, "n": 200}, 6.0),
        ("ratio", "higher", {"value": 1 / 3, "n": 3, "numerator": 1.0, "denominator": 3.0}, 2.0),
        ("requests", "", {"value": 4.0, "n": 9}, 4.0),
        ("requests", "higher", {"value": 4.0, "n": 9}, 5.0),
    ],
)
def test_what_is_bad_follows_from_unit_and_better(
    unit: str, better: str, row: dict[str, Any], bad: float
) -> None:
    one = sheet("1 % of n in 7 days", unit, better=better)
    (state,) = budget_states([one], [measured(0, "-", **row)], DAY)
    assert state.bad == pytest.approx(bad)
    assert state.allowed == row["n"] / 100


def test_each_set_of_dimensions_has_its_own() -> None:
    days = [measured(0, "x", dimensions={"source": name}) for name in ("b", "a")]
    states = budget_states([sheet("1 bad day in 2", target="<= 2")], days, DAY)
    assert [dict(state.dimensions) for state in states] == [{"source": "a"}, {"source": "b"}]


@pytest.mark.parametrize(
    "text",
    ["", "2", "2 days in 28", "28 bad days in 28", "1 bad day in 367", "100 % of n in 7 days",
     "1 % of m in 7 days", "-1 bad days in 7", "1 bad day in 0"],
)  # fmt: skip
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="budget"):
        parse_budget(text)


@given(
    st.one_of(
        st.integers(2, 366).flatmap(
            lambda days: st.builds(
                Budget, st.just("days"), st.integers(0, days - 1).map(float), st.just(days)
            )
        ),
        st.builds(
            Budget, st.just("share"), st.integers(0, 999_999).map(lambda i: i / 1e4),
            st.integers(1, 366),
        ),
    )
)  # fmt: skip
def test_a_printed_budget_reads_back_as_itself(budget: Budget) -> None:
    assert parse_budget(str(budget)) == budget
