"""Figures read well, and hostile text cannot hide."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.reporting.text import (
    clip,
    compact,
    duration,
    figure,
    instant,
    number,
    ratio,
    target_words,
    visible,
)
from tests.reporting.pagecheck import unseen


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.000_4, "0.4 ms"),
        (0.412, "412 ms"),
        (0.9994, "999 ms"),
        (0.99999, "1.00 s"),
        (9.806, "9.81 s"),
        (99.94, "99.9 s"),
        (431.4, "7 min 11 s"),
        (600, "10 min"),
        (3599.7, "1 h"),
        (11_520, "3 h 12 min"),
        (86_399, "24 h"),
        (176_400, "2 d 1 h"),
        (-90, "−90.0 s"),
        (float("nan"), "–"),
        (float("inf"), "–"),
    ],
)
def test_a_duration_has_the_unit_that_suits_its_size(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "unit", "target", "words"),
    [
        (47.0, "requests", "", "47 requests"),
        (1.0, "requests", "", "1 request"),
        (50_984.0, "requests", "", "50,984 requests"),
        (0.5, "s", "", "500 ms"),
        (250.0, "ms", "", "250 ms"),
        (0.4999, "s", "<= 0.5", "499.9 ms"),
        (0.5, "s", "<= 0.5", "500 ms"),
        (1.0, "ratio", "", "1.000"),
        (1.017_12, "ratio", "", "1.017"),
        (0.989_96, "ratio", "between 0.99 and 1.01", "0.98996"),
        (1.000_03, "ratio", "", "1.00003"),
        (12.345, "percent", "", "12.35 %"),
        (0.000_362_6, "share", "<= 0.01", "0.0363 %"),
        (0.010_000_4, "share", "<= 0.01", "1.00004 %"),
        (0.29, "share", "<= 0.29", "29 %"),
        (0.999_6, "share", "", "99.96 %"),
        (1.0, "share", "", "100 %"),
        (0.0, "share", "", "0 %"),
        (1e-9, "share", "", "0.0000001 %"),
        (1_234_567.0, "bytes", "", "1.235 MB"),
        (None, "s", "", "–"),
        (float("inf"), "ratio", "", "–"),
    ],
)
def test_a_figure_has_its_unit(value: float | None, unit: str, target: str, words: str) -> None:
    assert figure(value, unit, target) == words


@pytest.mark.parametrize(
    ("target", "unit", "words"),
    [
        ("<= 0.5", "s", "≤ 500 ms"),
        ("<= 600", "s", "≤ 10 min"),
        ("<= 2", "s", "≤ 2 s"),
        ("<= 2", "requests", "≤ 2 requests"),
        ("between 0.99 and 1.01", "ratio", "0.99 to 1.01"),
        ("= 1", "ratio", "= 1"),
        ("<= 0.07", "share", "≤ 7 %"),
        ("between 0.9 and 0.999", "share", "90 % to 99.9 %"),
        (">= 1000", "objects", "≥ 1,000 objects"),
        ("whatever\n<b>", "s", "whatever\\n<b>"),
        ("", "s", ""),
    ],
)
def test_a_target_reads_like_the_value_beside_it(target: str, unit: str, words: str) -> None:
    assert target_words(target, unit) == words


def test_plain_and_compact_figures() -> None:
    assert [number(v) for v in (0, 1234567, 0.12345, 1234.56)] == [
        "0",
        "1,234,567",
        "0.1235",
        "1,234.6",
    ]
    assert [compact(v) for v in (7, 0.25, 999, 1000, 9949, 9951, 12_345, 2.5e6)] == (
        ["7", "0.25", "999", "1.0k", "9.9k", "10k", "12k", "2.5M"]
    )


def test_a_ratio_that_is_not_one_never_reads_as_one() -> None:
    """1.000 means sound; 1 lost object in 50,000 does not."""
    assert ratio(1.0) == "1.000"
    assert ratio(50_000 / 49_999) == "1.00002"


def test_an_instant_stands_in_the_projects_zone_with_its_offset() -> None:
    at = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
    assert instant(at, "Europe/Berlin") == "2026-03-29 01:59:59 +01:00"
    assert instant(at.replace(hour=1), "Europe/Berlin") == "2026-03-29 03:59:59 +02:00"
    assert instant(at, "America/St_Johns") == "2026-03-28 22:29:59 -02:30"
    assert instant(None, "UTC") == "–"


def test_what_cannot_be_seen_is_written_out() -> None:
    assert visible("a\x1b[31m\n\u202eb\x00\u2028ü") == "a\\x1b[31m\\n<U+202E>b\\x00<U+2028>ü"


@given(st.text(), st.integers(2, 50))
def test_text_from_a_log_is_one_visible_line_of_bounded_length(text: str, length: int) -> None:
    assert not unseen(visible(text))
    assert "\n" not in visible(text)
    assert len(clip(text, length)) <= length


@given(st.floats())
def test_no_figure_makes_formatting_fail(value: float) -> None:
    for unit in ("s", "ms", "ratio", "bytes", "percent", "share", "requests", ""):
        assert figure(value, unit, "between 0 and 1")
