"""Targets say exactly what they say; both ends of a range belong to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.metrics.targets import parse_target


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
    "text",
    ["", "1", "<= ", "=< 1", "<= one", "between 1 and", "between 2 and 1", "<= 1 and 2", "<= nan"],
)
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="target"):
        parse_target(text)


@given(
    st.sampled_from(["=", "<", "<=", ">", ">="]), st.floats(allow_nan=False, allow_infinity=False)
)
def test_not_a_number_meets_nothing(op: str, bound: float) -> None:
    assert not parse_target(f"{op} {bound!r}").is_met(float("nan"))
