"""Lengths of time against exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etl.parse.durations import read_duration
from tests.parse import reference_durations as reference


def read(text: str) -> float | None:
    data = np.frombuffer(text.encode() + b"9s" * 32, dtype=np.uint8)  # reads on if it overruns
    value, ok = read_duration(data.ctypes.data, data.ctypes.data + len(text.encode()))
    assert ok in (0, 1)
    assert ok or value == 0
    return value if ok else None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12ms", 0.012),
        ("1.5s", 1.5),
        ("250us", 0.00025),
        ("250µs", 0.00025),
        ("250μs", 0.00025),
        ("3ns", 3e-9),
        ("1m2.5s", 62.5),
        ("2h", 7200.0),
        ("1h15m30.918273645s", 4530.918273645),
        ("-1.5h", -5400.0),
        ("1d", 86400.0),
        ("1.5w", 907200.0),
        ("1 s", 1.0),
        ("1s 1ms", 1.001),
        ("2 h 30 m", 9000.0),
        ("2562047h47m16.854775807s", 9223372036.854776),
        ("PT1M1.5S", 61.5),
        ("PT1M1,5S", 61.5),
        ("P1DT2H", 93600.0),
        ("P2W", 1209600.0),
        ("-PT0.001S", -0.001),
        ("00:00:01.5", 1.5),
        ("100:59:59", 363599.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("15e-1", 1.5),
        ("1.2345678901234567e-05", 1.2345678901234567e-05),
        ("9" * 18 + "s", 1e18),
    ],
)
def test_a_notation_is_read(text: str, seconds: float) -> None:
    assert read(text) == seconds


NONE = """
- s 1x 1.s .5s 5sec 1,234ms 1m2.5 1e5s 1e 1e400 P PT P1DT P1Y PT1 PT1S1M P1H P1D2W PTT1S --1s +1s
NaN 00:01 0:0:1 00:60:00 00:00:60 00:00:001 00:00:012.5 00:00:01. 1.5:00:00 1µ 1¶s
9999999999999999999 9999999999999999999s
"""


@pytest.mark.parametrize("text", ["", "1  s", "1s ", " 1s", "1s  2ms", "1 h:2", *NONE.split()])
def test_what_is_none_is_null(text: str) -> None:
    assert read(text) is None
    assert reference.seconds(text) is None


DIGITS = st.integers(0, 10**6).map(str) | st.text("0123456789", min_size=1, max_size=25)
NUMBERS = st.tuples(DIGITS, st.none() | DIGITS).map(lambda n: n[0] if n[1] is None else ".".join(n))
GO = st.lists(st.tuples(NUMBERS, st.sampled_from(sorted(reference.UNITS))), min_size=1, max_size=4)
PIECES = st.sampled_from([*reference.UNITS, *"PTWDHMS:.,e- ", "00:00:0", "PT"]) | DIGITS


@given(st.builds("".join, GO.map(lambda parts: [n + u for n, u in parts])))
@example("0.1s0.2s")
@example("9007199254740993ns")
@example("0.1d0.141ns0.3d")
def test_any_sum_of_units_is_its_exact_value(text: str) -> None:
    assert_as_the_reference_says(text)


@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=6))
@example("PT1.5M")
@example("0." + "1" * 40)
@example("1e270")
def test_any_text_reads_as_the_reference_says(text: str) -> None:
    assert_as_the_reference_says(text)


@given(st.integers(0, 10**15))
def test_nanoseconds_are_the_nearest_double(count: int) -> None:
    """As Python divides whole numbers: rounded once."""
    assert read(f"{count}ns") == count / 10**9
    seconds, rest = divmod(count, 10**9)
    minutes, seconds = divmod(seconds, 60)
    assert read(f"{minutes}m{seconds}.{rest:09}s") == count / 10**9
    assert read(f"00:{minutes % 60:02}:{seconds:02}") == minutes % 60 * 60 + seconds


def assert_as_the_reference_says(text: str) -> None:
    found, expected = read(text), reference.seconds(text)
    if expected is None:
        assert found is None
    elif reference.is_exact(text):
        assert found == float(expected)
    else:
        assert found is not None
        assert math.isclose(found, float(expected), rel_tol=1e-13, abs_tol=0.0)
        assert math.copysign(1, found) == 1 or Fraction(found) <= 0
