"""Tries a format on one file, apart from any project."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class RejectGroup:
    """Lines refused for the same reason at the same place, with the first of them."""

    lines: int
    reason: str
    detail: str
    offset: int
    raw: bytes


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
    counts, found = Counts(), Counter[tuple[str, str]]()
    records: list[dict[str, Any]] = []
    firsts: dict[tuple[str, str], tuple[int, bytes]] = {}
    with open_file(path) as stream:
        for block in cut_blocks(read_plain(stream)):
            parsed = parser.parse(block)
            counts += parsed.counts
            rows = parsed.records.slice(0, samples - len(records)).to_pylist()
            records += [{n: v for n, v in row.items() if v is not None} for row in rows]
            for row in parsed.rejects.to_pylist():
                key = (row["reason"], row["detail"])
                found[key] += 1
                firsts.setdefault(key, (row["offset"], row["raw"]))
    groups = [RejectGroup(lines, *key, *firsts[key]) for key, lines in found.most_common()]
    return Trial(counts, records, groups)


def percent(share: float) -> str:
    """Return a share as text, rounded down: 100.0% means all, and nothing less."""
    return f"{int(share * 1000) / 10:.1f}%"
