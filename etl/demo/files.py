"""Rotated logs: one file for about every day, the older ones gzipped."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from etl.demo.damage import RECORD, REJECT, Lines
from etl.demo.plan import SECOND, Day, Plan

GZIP = 31
"""zlib's window for the gzip format; the time stamp in its header is zero, so bytes repeat."""


@dataclass(frozen=True, slots=True)
class LogName:
    """Where a source writes.

    Attributes:
        path: Of the live file, below `logs/`.
        rotation_s: Seconds from midnight to the rotation; below zero it comes before midnight.
    """

    source: str
    path: str
    rotation_s: int


LOGS = {
    "api": LogName("api", "api/access.log", 192),
    "importer": LogName("importer", "importer/importer.log", 125),
    "store": LogName("store", "store/store.log", -150),
    "transformer": LogName("transformer", "transformer/transformer.log", 247),
}


class RotatedLog:
    """Writes the lines of one source, which come in the order of writing.

    Attributes:
        source: Whose lines these are.
        counts: Path below the project to its lines, records, rejects and blank lines.
        spans: Path to the first and the last stamp of its records.
    """

    def __init__(self, root: Path, name: LogName, plan: Plan) -> None:
        self._root, self._name, self._plan = root, name, plan
        self._number = -1
        self._file: BinaryIO | None = None
        self._gzip: zlib._Compress | None = None
        self._written_at = 0
        self._last_line = ""
        self._tally = np.zeros(3, dtype=np.int64)
        self.source = name.source
        self.counts: dict[str, dict[str, int]] = {}
        self.spans: dict[str, tuple[int, int]] = {}

    def path(self, number: int) -> str:
        """Return the path of the file of a day, relative to the project."""
        days = self._plan.days
        if number == len(days) - 1:
            return f"logs/{self._name.path}"
        ending = ".gz" if number < len(days) - 2 else ""
        return f"logs/{self._name.path}-{days[number].date:%Y%m%d}{ending}"

    def write(self, day: Day, lines: Lines) -> None:
        """Append lines of a day, each to the file that was open when it was written."""
        rotation = self._name.rotation_s * SECOND
        before, behind = max(day.index - 1, 0), min(day.index + 1, len(self._plan.days) - 1)
        if self._name.source == "transformer" and "missing_log" in self._plan.days[before].faults:
            before = day.index  # that file does not exist
        if rotation > 0:
            place = int(np.searchsorted(lines.at, day.start + rotation))
            parts = ((before, lines.cut(0, place)), (day.index, lines.cut(place, len(lines.at))))
        else:
            place = int(np.searchsorted(lines.at, day.end + rotation))
            parts = ((day.index, lines.cut(0, place)), (behind, lines.cut(place, len(lines.at))))
        for number, part in parts:
            if len(part.at):
                self._append(number, part)

    def stop_in_mid_line(self) -> None:
        """Leave the last file as a writer does that was killed: half a line, without its end."""
        self._put(self._last_line[: len(self._last_line) // 2].encode())
        self._tally[REJECT] += 1

    def close(self) -> None:
        """Finish the open file, and give it the time of its last line."""
        if self._file is None:
            return
        if self._gzip is not None:
            self._file.write(self._gzip.flush())
        self._file.close()
        path = self.path(self._number)
        os.utime(self._root / path, ns=(self._written_at * 1000, self._written_at * 1000))
        records, rejects, blank = (int(each) for each in self._tally)
        lines = records + rejects + blank
        self.counts[path] = {
            "lines": lines,
            "records": records,
            "rejects": rejects,
            "blank": blank,
        }
        self._file = None

    def _append(self, number: int, lines: Lines) -> None:
        if number != self._number:
            self.close()
            self._open(number)
        buffer = BytesIO()
        lines.text.to_frame().write_csv(buffer, include_header=False, quote_style="never")
        self._put(buffer.getbuffer())
        self._tally += np.bincount(lines.kind, minlength=3)
        self._written_at = int(lines.at[-1])
        records = np.flatnonzero(lines.kind == RECORD)
        if len(records):
            self._last_line = lines.text[int(records[-1])]
            stamps, path = lines.stamp[records], self.path(number)
            first, last = self.spans.get(path, (int(stamps[0]), int(stamps[0])))
            self.spans[path] = min(first, int(stamps.min())), max(last, int(stamps.max()))

    def _open(self, number: int) -> None:
        path = self._root / self.path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._gzip = zlib.compressobj(1, zlib.DEFLATED, GZIP) if path.suffix == ".gz" else None
        self._number = number
        self._tally[:] = 0

    def _put(self, data: bytes | memoryview) -> None:
        if self._file is not None:
            self._file.write(data if self._gzip is None else self._gzip.compress(data))
