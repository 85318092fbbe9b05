"""CSV files open in a spreadsheet without running anything, and keep their figures."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.reporting.tables import FORMULA_MARKS, csv_bytes, plain, slug
from tests.reporting.pagecheck import unseen

HOSTILE = st.text(st.sampled_from("=+-@\t\r\n\0 ,;\"'\u202e<&|ａ＝x1"), max_size=12) | st.text()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (-3, "-3"),
        (-0.5, "-0.5"),
        (47.0, "47"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (float("nan"), ""),
        (date(2026, 3, 20), "2026-03-20"),
        (datetime(2026, 3, 20, 1, 2, 3, 4, tzinfo=UTC), "2026-03-20T01:02:03.000004Z"),
        ("-3", "'-3"),
        ("=1+1", "'=1+1"),
        ("  =1+1", "'  =1+1"),
        ("＝1", "'＝1"),
        ("\t@x", "'\\t@x"),
        ("/customers", "/customers"),
    ],
)
def test_our_figures_stay_figures_and_text_never_becomes_a_formula(
    value: object, text: str
) -> None:
    assert plain(value) == text  # type: ignore[arg-type]


@given(st.lists(st.lists(HOSTILE, min_size=2, max_size=2), max_size=4))
def test_a_csv_of_hostile_text_keeps_its_shape(rows: list[list[str]]) -> None:
    content = csv_bytes(["a", "b"], rows).decode()
    read = list(csv.reader(io.StringIO(content)))
    assert len(read) == len(rows) + 1
    assert all(len(row) == 2 for row in read)
    assert not any(cell.lstrip().startswith(FORMULA_MARKS) for row in read for cell in row)
    assert not unseen(content)


@given(st.text())
def test_a_name_for_files_holds_nothing_that_a_path_could_use(text: str) -> None:
    name = slug(text)
    assert name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
