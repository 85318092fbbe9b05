"""Tries a format on one file, apart from any project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from etl.decode.blocks import cut_blocks
from etl.decode.decompress import read_plain
from etl.formats.fields import LineFormat
from etl.model import Counts
from etl.parse.batch import BlockParser
from etl.sources.local import open_file

NUMBER = r"\d[\d,]*"
"""What may differ in the details of lines that are refused for one reason."""

COLUMN = r"\bcolumn (\d+): "
"""Where a detail says at which column the line stopped matching."""


@dataclass(frozen=True, slots=True)
class RejectGroup:
    """Lines refused for the same reason, numbers apart, with the first of them.

    Attributes:
        detail: Of the first.
        first_column: Lowest column at which one of them stopped matching; None where none is named.
        last_column: The highest.
    """

    lines: int
    reason: str
    detail: str
    offset: int
    raw: bytes
    first_column: int | None
    last_column: int | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a file's lines became.

    Attributes:
        records: The first ones, without columns that are null.
        rejects: Most frequent first.
    """

    counts: Counts
    records: list[dict[str, Any]]
    rejects: list[RejectGroup]

    @property
    def share(self) -> float | None:
        """Share of the lines that are not blank and match; null if there is none."""
        lines = self.counts.lines - self.counts.blank
        return self.counts.records / lines if lines else None


def try_format(
    line_format: LineFormat, path: Path, *, zone: ZoneInfo, reference: datetime, samples: int
) -> Trial:
    """Parse a file, compressed or not, and keep nothing but counts and samples.

    Args:
        line_format: What its lines may look like.
        path: The file.
        zone: Of time stamps without an offset.
        reference: Yearless stamps lie no more than a day after it.
        samples: Records to return.

    Raises:
        SkippableError: The file cannot be read to its end.
    """
    parser = BlockParser(line_format, zone=zone, reference=reference)
    counts = Counts()
    records: list[dict[str, Any]] = []
    refused: dict[tuple[str, str], RejectGroup] = {}
    with open_file(path) as stream:
        for block in cut_blocks(read_plain(stream)):
            parsed = parser.parse(block)
            counts += parsed.counts
            rows = parsed.records.slice(0, samples - len(records)).to_pylist()
            records += [{n: v for n, v in row.items() if v is not None} for row in rows]
            for row in parsed.rejects.to_pylist():
                key = (row["reason"], re.sub(NUMBER, "#", row["detail"]))
                refused[key] = _with_one_more(refused.get(key), row)
    groups = sorted(refused.values(), key=lambda group: -group.lines)
    return Trial(counts, records, groups)


def _with_one_more(group: RejectGroup | None, row: Mapping[str, Any]) -> RejectGroup:
    match = re.search(COLUMN, row["detail"])
    column = int(match[1]) if match else None
    if group is None:
        found = (row["reason"], row["detail"], row["offset"], row["raw"])
        return RejectGroup(1, *found, column, column)
    return replace(
        group,
        lines=group.lines + 1,
        first_column=_least(group.first_column, column),
        last_column=_most(group.last_column, column),
    )


def _least(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _most(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)


def percent(share: float) -> str:
    """Return a share as text, rounded down: 100.0% means all, and nothing less."""
    return f"{int(share * 1000) / 10:.1f}%"
