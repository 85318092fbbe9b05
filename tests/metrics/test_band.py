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
def test_poisson_limits_have_about_the_tails_of_three_sigmas(rate: int) -> None:
    """Around the very rate, each tail is about 0.00135 at most, and no smaller than need be."""
    low, high = poisson_band([float(rate)] * 8)
    below, above = exact_tails(rate, low, high)
    assert max(below, above) < 0.0015
    assert exact_tails(rate, low, high - 3)[1] > 0.00005


def test_limits_by_hand() -> None:
    # y = 2 sqrt(100.375) = 20.03747 for all; reach 3 sqrt(1 + pi/12) = 3.37003 for six points
    # ((20.03747 - 3.37003) / 2)^2 - 0.375 = 69.08, ((20.03747 + 3.37003) / 2)^2 - 0.375 = 136.60
    assert usual_band("requests", weeks(*[100] * 6)) == (70, 136)
    # zeros only: ((2 sqrt(0.375) + 3.37003) / 2)^2 - 0.375 = 4.90
    assert usual_band("requests", weeks(*[0] * 6)) == (0, 4)
    # y = 18.04162, 20.03747, 22.03406, each twice: median 20.03747, MAD 1.99585
    # e^2 = (1.4826 * 1.99585)^2 - 1 = 7.75598; k = 12 / (1.4826 * 1.12334) = 7.20519
    # reach 1.12334 sqrt(9 + 51.9148 * 7.75598) = 22.7917; (42.8292 / 2)^2 - 0.375 = 458.21
    assert usual_band("requests", weeks(81, 100, 121, 121, 100, 81)) == (0, 458)
    # median 3.5, MAD 1.5, 12 * 1.5 = 18
    assert usual_band("s", weeks(1, 2, 3, 4, 5, 6)) == (0, 21.5)
    assert usual_band("s", weeks(-1, 2, 3, 4, 5, 6)) == (-14.5, 21.5)


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
    assert usual_band(unit, weeks(1, 2, 3, 4, 5)) is None
    other_weekdays = {ago: 5.0 for ago in range(1, 57) if ago % 7}
    assert usual_band(unit, other_weekdays) is None
    too_old = {7 * week: 5.0 for week in range(9, 30)}
    assert usual_band(unit, too_old) is None


def test_figures_that_never_differed_have_no_band() -> None:
    assert robust_band([1.0] * 8) is None
    band = robust_band([1.0] * 7 + [2.0])
    assert band is not None, "most are equal: the mean deviation tells"
    assert band == pytest.approx((0, 1 + 8.7 / 8))


@pytest.mark.parametrize(("unit", "whole"), [("share", 1.0), ("%", 100.0), ("percent", 100.0)])
def test_no_share_above_the_whole_is_usual(unit: str, whole: float) -> None:
    """A band of 53 % to 140 % would not be believed."""
    points = [whole * part for part in (0.91, 0.99, 0.8, 0.97, 0.95, 0.99)]
    low, high = robust_band(points) or (0.0, 0.0)
    assert high > whole
    assert usual_band(unit, weeks(*points)) == (low, whole)
    assert usual_band("ratio", weeks(*points)) == (low, high)


def test_a_fraction_is_no_count() -> None:
    points = (1.5, 2, 3, 4, 5, 6)
    assert usual_band("requests", weeks(*points)) == robust_band(points)


@given(st.lists(st.integers(0, 10**7).map(float), min_size=6, max_size=8))
def test_the_median_of_the_past_is_usual(counts: list[float]) -> None:
    for band in (poisson_band(counts), robust_band(counts)):
        if band is not None:
            low, high = band
            assert 0 <= low <= math.ceil(statistics.median_low(counts)) + 1
            assert statistics.median_high(counts) >= low
            assert high >= statistics.median_low(counts)


@pytest.mark.parametrize("points", [6, 7, 8])
@pytest.mark.parametrize("rate", [0.5, 5, 300])
def test_simulated_weeks_are_seldom_called_unusual(rate: float, points: int) -> None:
    counts = np.random.default_rng(5).poisson(rate, size=(4000, points + 1)).astype(float)
    assert unusual_share(counts) < 0.007


@pytest.mark.parametrize("points", [6, 7, 8])
def test_simulated_days_that_differ_by_more_than_chance_are_seldom_called_unusual(
    points: int,
) -> None:
    random = np.random.default_rng(5)
    rates = random.gamma(20, 15, size=(4000, points + 1))
    assert unusual_share(random.poisson(rates).astype(float)) < 0.04


@pytest.mark.parametrize("points", [6, 7, 8])
def test_of_normal_figures_one_in_a_hundred_is_unusual(points: int) -> None:
    figures = np.random.default_rng(5).normal(1000, 30, size=(20_000, points + 1))
    assert 0.007 < unusual_share(figures) < 0.013


def unusual_share(weeks: np.ndarray) -> float:
    """Return how many first values lie outside of the band of the others."""
    whole = bool((weeks == weeks.astype(int)).all())
    outside = 0
    for now, *past in weeks.tolist():
        band = poisson_band(past) if whole else robust_band(past)
        outside += band is not None and not band[0] <= now <= band[1]
    return outside / len(weeks)
