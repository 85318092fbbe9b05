"""What is usual: narrow enough to see a change, wide enough for chance, deaf to one bad day."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.metrics.band import poisson_band, robust_band, usual_band


def weeks(*values: float) -> dict[int, float]:
    """Return a history: the newest value a week ago."""
    return {7 * (number + 1): value for number, value in enumerate(values)}


def exact_tails(rate: float, low: float, high: float) -> tuple[float, float]:
    """Return the chances of a Poisson count below and above limits, by adding up."""
    below = sum(math.exp(k * math.log(rate) - rate - math.lgamma(k + 1)) for k in range(int(low)))
    upto = sum(
        math.exp(k * math.log(rate) - rate - math.lgamma(k + 1)) for k in range(int(high) + 1)
    )
    return below, 1 - upto


@pytest.mark.parametrize("rate", [1, 4, 25, 100, 900])
def test_poisson_limits_have_the_tails_of_three_sigmas(rate: int) -> None:
    """With a long history of the very rate, each tail is at most a little above 0.00135."""
    low, high = poisson_band([float(rate)] * 500)
    below, above = exact_tails(rate, low, high)
    assert below <= 0.0035
    assert above <= 0.0035
    assert exact_tails(rate, low, high - 1)[1] > 0.0005, "no wider than it needs to be"


def test_limits_by_hand() -> None:
    # y = 2 sqrt(100.375) = 20.03747; reach 3 sqrt(1 + pi/8) = 3.54054 for four points
    # ((20.03747 - 3.54054) / 2)^2 - 0.375 = 67.66, ((20.03747 + 3.54054) / 2)^2 - 0.375 = 138.61
    assert usual_band("requests", weeks(100, 100, 100, 100)) == (68, 138)
    # zeros only: ((2 sqrt(0.375) + 3.54054) / 2)^2 - 0.375 = 5.30
    assert usual_band("requests", weeks(0, 0, 0, 0)) == (0, 5)
    # median 2.5, MAD 1, 3.5 * 1.4826 * sqrt(1 + pi/8) = 6.12380
    assert usual_band("s", weeks(1, 2, 3, 4)) == pytest.approx((0, 2.5 + 6.12380), abs=1e-4)


def test_days_that_differ_by_more_than_chance_widen_the_limits() -> None:
    calm = poisson_band([10_000.0] * 8)
    busy = poisson_band(
        [9_000.0, 11_000.0, 9_500.0, 10_500.0, 10_000.0, 8_800.0, 11_300.0, 9_900.0]
    )
    assert busy[0] < calm[0] < 10_000 < calm[1] < busy[1]
    assert busy[0] < 9_000 < 11_000 < busy[1]


def test_one_bad_day_in_the_past_does_not_hide_the_next() -> None:
    low, high = poisson_band([10.0, 12.0, 9.0, 11.0, 10.0, 2_000.0, 8.0, 10.0])
    assert low <= 10 <= high < 60


@pytest.mark.parametrize("unit", ["requests", "s", "ratio"])
def test_few_points_give_no_band(unit: str) -> None:
    assert usual_band(unit, weeks(1, 2, 3)) is None
    other_weekdays = {ago: 5.0 for ago in range(1, 57) if ago % 7}
    assert usual_band(unit, other_weekdays) is None
    too_old = {7 * week: 5.0 for week in range(9, 30)}
    assert usual_band(unit, too_old) is None


def test_figures_that_never_differed_have_no_band() -> None:
    assert robust_band([1.0] * 8) is None
    band = robust_band([1.0] * 7 + [2.0])
    assert band is not None, "most are equal: the mean deviation tells"
    assert band[0] < 1 < band[1] < 2


def test_a_fraction_is_no_count() -> None:
    assert usual_band("requests", weeks(1.5, 2, 3, 4)) == robust_band([1.5, 2, 3, 4])


@given(st.lists(st.integers(0, 10**7).map(float), min_size=4, max_size=8))
def test_the_median_of_the_past_is_usual(counts: list[float]) -> None:
    for band in (poisson_band(counts), robust_band(counts)):
        if band is not None:
            low, high = band
            assert 0 <= low <= math.ceil(statistics.median_low(counts)) + 1
            assert statistics.median_high(counts) >= low
            assert high >= statistics.median_low(counts)


@pytest.mark.parametrize("rate", [0.5, 5, 300])
def test_simulated_weeks_are_seldom_called_unusual(rate: float) -> None:
    """Of Poisson counts about 3 in 1000 lie outside by chance; eight points cost a little more."""
    counts = np.random.default_rng(5).poisson(rate, size=(4000, 9)).astype(float)
    outside = 0
    for row in counts.tolist():
        low, high = poisson_band(row[1:])
        outside += not low <= row[0] <= high
    assert outside / len(counts) < 0.012
