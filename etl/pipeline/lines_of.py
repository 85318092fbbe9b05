"""Fetches lines out of the inputs that they were read from, by byte offset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import polars as pl

from etl.decode.decompress import is_compressed, read_plain
from etl.errors import SkippableError
from etl.model import Input
from etl.pipeline.looking import take
from etl.pipeline.project import Project
from etl.schema import INPUTS
from etl.sources.base import Source
from etl.sources.identity import HEAD_BYTES, begins_like
from etl.store.ledger import READ

LONGEST_LINE = 1 << 16
"""Bytes of a line that are fetched."""

MOST_LOOKS = 200
"""Inputs that are looked into for one that has moved."""


@dataclass(frozen=True, slots=True)
class InputRead:
    """An input of which rows came.

    Attributes:
        uri: Where it was read last.
        found_at: Where it lies now; empty if it was not looked for, or is gone.
        batch: The last batch that read of it.
        trouble: Why its lines cannot be shown; empty if they can.
    """

    source: str
    input_id: str
    uri: str
    batch: int
    read_at: datetime
    rows: int
    found_at: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an input may be, and what its first bytes were."""

    item: Input
    fingerprint: str
    batch: int
    read_at: datetime


def fetch_lines(
    project: Project, wanted: Mapping[tuple[str, str], Sequence[int]], now: datetime
) -> tuple[list[InputRead], dict[tuple[str, int], bytes]]:
    """Fetch lines by source, input and byte offset.

    Args:
        project: The project.
        wanted: Offsets by source and input id.
        now: The run's time, UTC.

    Returns:
        The inputs, and the lines that were found by input id and offset, without their ends.
    """
    inputs: list[InputRead] = []
    lines: dict[tuple[str, int], bytes] = {}
    places = _places(project, {input_id for _, input_id in wanted})
    jobs = {job.reader.source: job for job in project.jobs(now)}
    for (source, input_id), offsets in sorted(wanted.items()):
        known = places.get(input_id, [])
        if not known:
            continue
        read = InputRead(
            source, input_id, known[0].item.uri, known[0].batch, known[0].read_at, len(offsets)
        )
        job = jobs.get(source)
        trouble = "its source is not configured any more"
        if job is not None:
            origin = job.reader.origin
            candidates = _candidates(origin, known, job.patterns, now)
            found, trouble = _from_any(origin, candidates, sorted(set(offsets)))
            lines |= {(input_id, offset): text for offset, text in found.lines.items()}
            read = _moved(read, found.uri, trouble)
        else:
            read = _moved(read, "", trouble)
        inputs.append(read)
    return inputs, lines


def _moved(read: InputRead, uri: str, trouble: str) -> InputRead:
    return InputRead(
        read.source, read.input_id, read.uri, read.batch, read.read_at, read.rows, uri,
        "" if uri else trouble,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    uri: str
    lines: Mapping[int, bytes]


def _places(project: Project, ids: set[str]) -> dict[str, list[_Place]]:
    """Return where inputs were read, the last place first."""
    rows = (
        project.warehouse.scan("inputs", INPUTS)
        .filter((pl.col("state") == READ) & pl.col("input_id").is_in(sorted(ids)))
        .sort("batch", descending=True)
        .select("input_id", "uri", "size_bytes", "etag", "fingerprint", "batch", "read_at")
        .collect()
    )
    found: dict[str, list[_Place]] = {}
    for row in rows.iter_rows(named=True):
        item = Input(row["uri"], row["size_bytes"], row["etag"], row["read_at"], closed=True)
        place = _Place(item, row["fingerprint"], row["batch"], row["read_at"])
        found.setdefault(row["input_id"], []).append(place)
    return found


def _candidates(
    origin: Source, known: Sequence[_Place], patterns: Sequence[str], now: datetime
) -> Iterator[tuple[Input, str]]:
    """Yield inputs that may be the one that was read: at its places first, then anywhere else."""
    seen: set[str] = set()
    for place in known:
        if place.item.uri not in seen:
            seen.add(place.item.uri)
            yield place.item, place.fingerprint
    try:
        listed = origin.list_inputs(patterns, now=now)
    except SkippableError:
        return
    listed = sorted(listed, key=lambda item: item.dated_at, reverse=True)
    for item in listed[:MOST_LOOKS]:
        yield item, known[0].fingerprint


def _from_any(
    origin: Source, candidates: Iterable[tuple[Input, str]], offsets: Sequence[int]
) -> tuple[_Found, str]:
    """Return the lines from the first input that is the one; else nothing, and why."""
    trouble = "it is gone: deleted, or rotated to where no input of the source is"
    for item, print_ in candidates:
        try:
            with origin.open_input(item) as stream:
                if not begins_like(take(read_plain(stream), HEAD_BYTES), print_):
                    continue
                found = _lines_at(stream, offsets)
        except SkippableError:
            continue
        if found:
            return _Found(item.uri, found), ""
        trouble = "it begins as it did, but has no lines at these places any more"
    return _Found("", {}), trouble


def _lines_at(stream: BinaryIO, offsets: Sequence[int]) -> dict[int, bytes]:
    """Return the lines that begin at these offsets of the plain bytes; sorted, each once."""
    stream.seek(0)
    compressed = is_compressed(stream.read(8))
    stream.seek(0)
    if compressed:
        return _streamed(read_plain(stream), offsets)
    found = {}
    for offset in offsets:
        start = max(0, offset - 1)
        stream.seek(start)
        text = take(iter(lambda: stream.read(LONGEST_LINE), b""), LONGEST_LINE + 1)
        if line := _line(text, offset - start):
            found[offset] = line
    return found


def _line(text: bytes, skipped: int) -> bytes:
    """Return the line that begins behind a newline, or at the input's beginning."""
    if skipped and not text.startswith(b"\n"):
        return b""
    return text[skipped:].partition(b"\n")[0].rstrip(b"\r")


def _streamed(chunks: Iterator[bytes], offsets: Sequence[int]) -> dict[int, bytes]:
    """Return lines of a compressed input, which has to be read from its beginning."""
    found: dict[int, bytes] = {}
    left = list(offsets)
    window, start = b"", 0  # the bytes from `start` on
    for chunk in chunks:
        window += chunk
        while left and left[0] + LONGEST_LINE <= start + len(window):
            _take_line(found, left.pop(0), window, start)
        if not left:
            return found
        keep = max(0, min(left[0] - 1 - start, len(window)))
        window, start = window[keep:], start + keep
    for offset in left:
        _take_line(found, offset, window, start)
    return found


def _take_line(found: dict[int, bytes], offset: int, window: bytes, start: int) -> None:
    before = 1 if offset else 0
    place = offset - before - start
    line = _line(window[place : place + LONGEST_LINE], before) if 0 <= place < len(window) else b""
    if line:
        found[offset] = line
