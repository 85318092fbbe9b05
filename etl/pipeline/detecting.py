"""Guesses which format a log has, from a sample of its lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from etl.decode.blocks import cut_blocks
from etl.decode.decompress import read_plain
from etl.formats.fields import SPARE_COLUMN, Op
from etl.formats.registry import BUILTIN_FORMATS, compile_format
from etl.model import Block, Counts
from etl.parse.batch import BlockParser
from etl.pipeline.trying import COLUMN
from etl.sources.local import open_file

SAMPLE_BYTES = 1 << 18
"""Of each part of a file that is looked at; the first and the fourth, if it has so many."""

_FREE = {"message": 0.5, **dict.fromkeys(SPARE_COLUMN.values(), 0.3)}
"""Columns that take whatever there is, and how much less than others they say about a format."""

_ANY_JSON = "json:events"
"""Of the formats that read a JSON object to its end, the one that claims least about it."""

_OF_REQUESTS = frozenset({"status", "method"})
"""Columns of which any request fills one."""

_OF_WORDS = frozenset({Op.TEXT, Op.ADDRESS, Op.HOST, Op.PAD})
"""What reads any word."""

_LEAST = 0.005
_TRIED = 20
_NO_TIME = "a time stamp before the end"
_NEAR = 0.02
"""Share of a line below which a format has nothing to do with it."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A format and how well it fits.

    Attributes:
        matched: Share of the lines, blank ones apart, that are records.
        drifted: Share of the records that have more fields than the format says.
        explained: Share of the records' text that is literals and columns of its own; of messages
            half counts, of fields without a column seven tenths. Half of that where a format of
            requests finds neither method nor status.
        columns: How many columns hold something.
        values: How many values they hold: Apache's dash for no bytes is a zero, nginx has none.
    """

    format: str
    matched: float
    drifted: float
    explained: float
    columns: int
    values: int

    @property
    def confidence(self) -> float:
        """Share of the lines' text that the format accounts for, 0 to 1.

        A record with more fields than the format says counts half.
        """
        return self.matched * (1 - self.drifted / 2) * self.explained


def detect(path: Path, *, zone: ZoneInfo, reference: datetime) -> list[Guess]:
    """Rank the built-in formats by how well they fit a file, best first; none that fits not at all.

    Formats that fit alike keep the registry's order, in which the most common ones come first.

    Args:
        path: The file, compressed or not.
        zone: Of time stamps without an offset.
        reference: Yearless stamps lie no more than a day after it.

    Raises:
        SkippableError: The file cannot be read.
    """
    sample = list(_sample(path))
    guesses = []
    for name in BUILTIN_FORMATS:
        parser = BlockParser(compile_format(builtin=name), zone=zone, reference=reference)
        guess = _judge(name, parser, sample)
        if guess.confidence >= _LEAST:
            guesses.append(guess)
    return sorted(guesses, key=lambda one: (-round(one.confidence, 2), -one.columns, -one.values))


@dataclass(frozen=True, slots=True)
class Miss:
    """A line that a format refuses.

    Attributes:
        format: The format; empty where the line is of none at all.
        reach: Share of the line up to where it stopped matching.
        detail: What was expected there.
    """

    format: str
    reach: float
    raw: bytes
    detail: str

    @property
    def lacks_time(self) -> bool:
        """Whether all of the line is read, and nothing in it says when it was."""
        return self.detail.endswith(_NO_TIME)


def refused_by(name: str, path: Path, *, zone: ZoneInfo, reference: datetime) -> Miss | None:
    """Return the line of a file's sample that a format refuses after most of it; None if none.

    Raises:
        SkippableError: The file cannot be read.
    """
    parser = BlockParser(compile_format(builtin=name), zone=zone, reference=reference)
    best = None
    for block in _sample(path):
        for row in parser.parse(block).rejects.slice(0, _TRIED).to_pylist():
            place = re.match(COLUMN, row["detail"])
            timeless = place is not None and row["detail"].endswith(_NO_TIME)
            if timeless and not row["raw"].lstrip().startswith(b"{"):
                continue  # a line of names and values can be anything; JSON cannot
            reach = (int(place[1]) - 1) / max(1, len(row["raw"])) if place else 0.0
            known = place is not None or "column" in row["detail"]
            miss = Miss(name if known else "", reach, row["raw"], row["detail"])
            if best is None or (miss.format == "", miss.reach) > (best.format == "", best.reach):
                best = miss
    return best


def nearest_miss(path: Path, *, zone: ZoneInfo, reference: datetime) -> Miss | None:
    """Return where the built-in format that comes furthest refuses a line; None if none comes far.

    Arguments and errors are those of `detect`.
    """
    misses = (refused_by(name, path, zone=zone, reference=reference) for name in BUILTIN_FORMATS)
    found = [miss for miss in misses if miss is not None]
    unreadable = next((miss for miss in found if not miss.format), None)
    known = [miss for miss in found if miss.format and _has_recognized(miss)]
    best = max(known, key=lambda miss: (miss.reach, miss.format == _ANY_JSON), default=None)
    if unreadable is not None or best is None or best.reach < _NEAR:
        return unreadable
    return best


def _has_recognized(miss: Miss) -> bool:
    """Tell whether the format found more than words with blanks between them before it stopped."""
    missed = miss.detail.split(": ", 1)[-1] + " "
    for layout in compile_format(builtin=miss.format).layouts:
        recognized = False
        for step in layout.steps:
            wanted = step.what or repr(step.literal.decode(errors="replace"))
            if missed.startswith(f"expected {wanted} "):
                return recognized
            recognized |= step.op not in _OF_WORDS or bool(step.literal.strip())
    return True


def first_lines(path: Path, count: int = 3) -> list[bytes]:
    """Return the first lines of a file, decompressed."""
    head = next(iter(_sample(path)), None)
    lines = [] if head is None else head.data[: head.size].tobytes().split(b"\n")
    return [line.rstrip(b"\r") for line in lines[:count] if line.strip()]


def _sample(path: Path) -> Iterator[Block]:
    with open_file(path) as stream:
        blocks = cut_blocks(read_plain(stream), block_bytes=SAMPLE_BYTES)
        for number, block in enumerate(blocks):
            if number in (0, 3):
                yield block
            if number == 3:
                return


def _judge(name: str, parser: BlockParser, sample: list[Block]) -> Guess:
    counts, free, text, filled = Counts(), 0.0, 0, Counter[str]()
    for block in sample:
        parsed = parser.parse(block)
        counts += parsed.counts
        refused = sum(len(raw) + 1 for raw in parsed.rejects.column("raw").to_pylist())
        length = max(block.size - refused, 0)
        text += length
        for column in parsed.records.schema.names:
            values = parsed.records.column(column)
            if column in _FREE:
                free += min(_bytes(values), length) * _FREE[column]
            else:
                filled[column] += len(values) - values.null_count
    lines = counts.lines - counts.blank
    if not counts.records or not lines:
        return Guess(name, 0.0, 0.0, 0.0, 0, 0)
    explained = max(0.0, 1 - free / max(text, 1))
    if BUILTIN_FORMATS[name].table == "requests" and not any(filled[one] for one in _OF_REQUESTS):
        explained /= 2  # lines about something else, whose names have columns by chance
    shares = counts.records / lines, counts.drifted / counts.records, explained
    return Guess(name, *shares, len(+filled), filled.total())


def _bytes(values: pa.Array) -> int:
    return int(pc.sum(pc.binary_length(values)).as_py() or 0)
