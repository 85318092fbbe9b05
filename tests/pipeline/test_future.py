"""Lines that are dated later than their run can know are refused, kept and counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import ConfigError
from etl.formats.registry import compile_format
from etl.model import ParsedBlock
from etl.pipeline.future import refuse_future
from etl.pipeline.runs import run_all
from etl.store.measurements import data_versions
from tests.parse.helpers import block, parse, parser
from tests.pipeline.conftest import open_folder
from tests.pipeline.test_nightly import API, FIRST, line

COMBINED = compile_format(builtin="nginx:combined")
RUN = datetime(2026, 3, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

Write = Callable[..., Path]


def stamped(at: datetime, end: str = "\n") -> str:
    return f'192.0.2.1 - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET /a HTTP/1.1" 200 5 "-" "t"{end}'


def lines_of(data: bytes, offset: int) -> list[tuple[int, bytes]]:
    found, place = [], offset
    for one in data.split(b"\n"):
        found.append((place, one.removesuffix(b"\r")))
        place += len(one) + 1
    return found


def slow(
    parsed: ParsedBlock, data: bytes, offset: int, latest: datetime
) -> tuple[list[int], list[tuple[int, str, bytes]]]:
    """Return the offsets of records, and offset, reason and line of rejects: line by line."""
    texts = dict(lines_of(data, offset))
    kept, refused = [], []
    for row in parsed.records.to_pylist():
        if row["at"] > latest:
            refused.append((row["offset"], "future_timestamp", texts[row["offset"]]))
        else:
            kept.append(row["offset"])
    others = parsed.rejects.to_pylist()
    refused += [(row["offset"], row["reason"], row["raw"]) for row in others]
    return kept, sorted(refused)


some_lines = st.lists(
    st.one_of(
        st.builds(
            lambda seconds, end: stamped(RUN + timedelta(seconds=seconds), end),
            st.integers(-90_000, 90_000) | st.sampled_from([3599, 3600, 3601]),
            st.sampled_from(["\n", "\r\n", ' "one field more"\n']),
        ),
        st.sampled_from(["\n", "nonsense\n", "\r\n"]),
    ),
    max_size=12,
)


@given(some_lines, st.booleans(), st.sampled_from([0, 4096]))
def test_what_is_refused_is_what_a_slow_reader_refuses(
    lines: list[str], is_cut: bool, offset: int
) -> None:
    text = "".join(lines)
    data = (text.removesuffix("\n") if is_cut else text).encode()
    moved = block(data, offset)
    parsed = parser(COMBINED).parse(moved)
    found = refuse_future(parsed, moved, RUN, HOUR)
    kept, refused = slow(parsed, data, offset, RUN + HOUR)
    assert found.records.column("offset").to_pylist() == kept
    rows = found.rejects.select(["offset", "reason", "raw"]).to_pylist()
    assert [(row["offset"], row["reason"], row["raw"]) for row in rows] == refused
    assert found.counts.balanced
    assert found.counts.lines == parsed.counts.lines
    assert (found.counts.records, found.counts.rejects) == (len(kept), len(refused))
    assert found.counts.drifted <= found.counts.records
    assert found.records.schema == parsed.records.schema


def test_the_detail_says_how_far_ahead() -> None:
    said = []
    for hours in (1.5, 30, 24 * 366 + 1):
        data = stamped(RUN + hours * HOUR).encode()
        found = refuse_future(parse(COMBINED, data), block(data), RUN, HOUR)
        said.append(found.rejects.column("detail")[0].as_py())
    assert said == [
        "dated 1 hour after the run that read it",
        "dated 30 hours after the run that read it",
        "dated 366 days after the run that read it",
    ]


def test_a_line_of_next_year_makes_no_day_and_loses_nothing(write_project: Write) -> None:
    folder = write_project(API)
    log = folder / "logs" / "access.log"
    ahead, wrong = FIRST + timedelta(days=1), date(2027, 3, 10)
    log.write_text(line(FIRST, 1) + line(wrong, 1) + line(ahead, 5))
    result = run_all(open_folder(folder), [FIRST], now=RUN, workers=1)
    assert result.read is not None
    counts = result.read.counts
    assert (counts.lines, counts.records, counts.rejects) == (3, 2, 1)
    project = open_folder(folder)
    days = {day for day, _ in project.warehouse.files("requests")}
    assert days == {FIRST, ahead}  # five hours ahead is a clock or a zone: it stays a record
    rejects = project.warehouse.scan("rejects", project.schema_of("rejects")).collect()
    assert rejects.select("reason", "raw", "offset").rows() == [
        ("future_timestamp", line(wrong, 1).rstrip("\n").encode(), len(line(FIRST, 1)))
    ]
    assert set(data_versions(project.warehouse)) == {FIRST}


@pytest.mark.parametrize(("tolerance", "records"), [("4h", 1), ("5h", 2), ("0s", 1)])
def test_the_tolerance_is_the_projects(write_project: Write, tolerance: str, records: int) -> None:
    folder = write_project(API)
    text = (folder / "daytally.toml").read_text()
    (folder / "daytally.toml").write_text(
        text.replace('timezone = "UTC"', f'timezone = "UTC"\nfuture_tolerance = "{tolerance}"')
    )
    (folder / "logs" / "access.log").write_text(line(FIRST, 1) + line(FIRST + timedelta(days=1), 6))
    result = run_all(open_folder(folder), [FIRST], now=RUN, workers=1)
    assert result.read is not None
    assert result.read.counts.records == records


def test_a_tolerance_that_is_no_duration_is_named(write_project: Write) -> None:
    folder = write_project(API)
    text = (folder / "daytally.toml").read_text()
    (folder / "daytally.toml").write_text(
        text.replace('timezone = "UTC"', 'timezone = "UTC"\nfuture_tolerance = "1 hour"')
    )
    with pytest.raises(ConfigError, match=r"toml:4: .*a whole number and a unit.*'1 hour'"):
        open_folder(folder)
