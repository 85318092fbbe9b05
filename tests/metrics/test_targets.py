"""Targets say exactly what they say; both ends of a range belong to it."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.metrics.targets import Base, Target, parse_target

FIGURES = st.floats(allow_nan=False, allow_infinity=False)
COMPARISONS = st.sampled_from(["=", "<", "<=", ">", ">="])
BASES = st.one_of(
    st.just(Base("yesterday", 1)),
    st.just(Base("same weekday", 7)),
    st.integers(2, 90).map(lambda days: Base("median", days)),
)


def single(op: str, figure: float, base: Base | None = None) -> Target:
    return Target(op, figure, figure, base)


TARGETS = st.one_of(
    st.builds(single, COMPARISONS, FIGURES),
    st.tuples(FIGURES, FIGURES).map(lambda two: Target("between", min(two), max(two))),
    st.builds(
        single,
        st.one_of(COMPARISONS, st.just("within")),
        st.floats(0, 1e6, allow_nan=False),
        BASES,
    ),
)


@given(TARGETS)
def test_a_printed_target_reads_back_as_itself(target: Target) -> None:
    assert parse_target(str(target)) == target


@pytest.mark.parametrize(
    ("text", "met", "missed"),
    [
        ("= 1", [1.0], [0.999, 1.001]),
        ("<= 1.5", [1.5, -3], [1.5001]),
        ("< 2", [1.99], [2.0]),
        (">= .99", [0.99, 5], [0.9899]),
        ("> -1e3", [-999.0], [-1000.0]),
        ("between 0.99 and 1.01", [0.99, 1.0, 1.01], [0.9899, 1.0101]),
        ("BETWEEN -2 and -1", [-2, -1.5, -1], [0, -2.1]),
    ],
)
def test_a_target_is_met_by_these_and_missed_by_those(
    text: str, met: list[float], missed: list[float]
) -> None:
    target = parse_target(text)
    assert [value for value in met if not target.is_met(value)] == []
    assert [value for value in missed if target.is_met(value)] == []


@pytest.mark.parametrize(
    ("text", "history", "limits"),
    [
        ("within 20 % of yesterday", {1: 100.0}, (80.0, 120.0)),
        ("within 20% of yesterday", {1: -100.0}, (-120.0, -80.0)),
        ("within 0 % of yesterday", {1: 7.0}, (7.0, 7.0)),
        (">= 90 % of yesterday", {1: 50.0}, (45.0, None)),
        ("<= 150 % of the same weekday", {1: 1.0, 7: 10.0}, (None, 15.0)),
        ("within 50 % of median of 4 days", {1: 1.0, 3: 3.0, 5: 99.0}, (1.0, 3.0)),
        ("<= 100 % of the median of 3 days", {1: 9.0, 2: 1.0, 3: 5.0}, (None, 5.0)),
        ("<= 2", {}, (None, 2.0)),
        ("= 1", {}, (1.0, 1.0)),
    ],
)
def test_a_relative_target_is_resolved_by_the_past(
    text: str, history: dict[int, float], limits: tuple[float | None, float | None]
) -> None:
    resolved = parse_target(text).resolve(history)
    assert resolved is not None
    assert resolved.limits == pytest.approx(limits)


@pytest.mark.parametrize(
    ("text", "history"),
    [
        ("within 20 % of yesterday", {2: 100.0}),
        ("within 20 % of same weekday", {1: 100.0, 6: 1.0, 8: 1.0}),
        ("within 20 % of median of 14 days", dict.fromkeys(range(1, 7), 1.0)),
        ("within 20 % of median of 14 days", dict.fromkeys(range(15, 60), 1.0)),
    ],
)
def test_without_its_past_a_relative_target_says_nothing(
    text: str, history: dict[int, float]
) -> None:
    assert parse_target(text).resolve(history) is None
    with pytest.raises(ValueError, match="resolved first"):
        parse_target(text).is_met(1.0)


@given(st.dictionaries(st.integers(1, 10), st.floats(-1e9, 1e9), min_size=5), st.floats(0, 100))
def test_the_middle_of_a_band_is_always_in_it(history: dict[int, float], percent: float) -> None:
    resolved = Target("within", percent, percent, Base("median", 10)).resolve(history)
    assert resolved is not None
    assert resolved.is_met(statistics.median(history.values()))


@pytest.mark.parametrize(
    "text",
    [
        "", "1", "<= ", "=< 1", "<= one", "between 1 and", "between 2 and 1", "<= 1 and 2",
        "<= nan", "<= 1e999", "within 20 of yesterday", "within -1 % of yesterday",
        "within 20 % of tomorrow", "between 80 % of yesterday and 2", "<= 2 % of median of 1 days",
        "<= 2 % of median of 91 days", "within 2",
    ],
)  # fmt: skip
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="target"):
        parse_target(text)


@given(COMPARISONS, FIGURES)
def test_not_a_number_meets_nothing(op: str, bound: float) -> None:
    assert not parse_target(f"{op} {bound!r}").is_met(float("nan"))
