"""Makes packages of like size out of byte ranges, and puts their outcomes together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import BinaryIO

from etl.errors import SkippableError
from etl.model import Input
from etl.pipeline.looking import is_object
from etl.pipeline.reading import Package, PackageResult
from etl.s3 import FIRST_BYTES
from etl.sources.base import Source
from etl.store.encode import remove_parts
from etl.store.ledger import TO_END, Outcome, Span
from etl.store.place import Place

PACKAGE_BYTES = 64 << 20
"""Most stored bytes, about, that one worker reads into one set of part files."""

ENOUGH_BYTES = PACKAGE_BYTES * 2 // 3
"""A package of so many bytes gets no further ones."""

BATCH_BYTES, BATCH_INPUTS = 8 << 30, 4000
"""Most stored bytes and inputs of a batch; an input is never divided between batches."""

PORTION_BYTES = 48 << 20
"""First bytes of the objects that are looked at before any of them is read, at most: they are held,
and so fewer than the source keeps."""

MANY_PIECES, EVEN_PIECES = 8, 4
"""More pieces than the first number become a multiple of the second, so that two or four workers
that share a large input finish together."""

ENDING = (2, 2, 4, 4, 4, 4)
"""Parts of a piece that the last two of a batch become: workers are never quite as fast as each
other, and whoever is done first is to wait for a small piece only."""

FEW_PIECES, SHARES = 4, (4, 4, 2, 2, 1, 1)
"""How the end of a batch of so many pieces or more, and not many, is shared out: to the same end,
and into fewer files than upkeep would put together again."""


def pack(origin: Source, spans: Iterable[Span], *, prefix: str) -> Iterator[Package]:
    """Cut large plain spans at newlines, and put small ones together.

    Args:
        origin: Opens inputs to find newlines.
        spans: What is to be read.
        prefix: Start of the packages' names.
    """
    pending: list[Span] = []
    size, number = 0, 0
    every = list(spans)
    for span in every:
        pieces = list(_cut(origin, span, ending=span is every[-1]))
        for piece in pieces:
            pending.append(piece)
            size += stored_bytes(piece)
            if size >= ENOUGH_BYTES or len(pieces) > 1:
                yield Package(f"{prefix}-{number:04d}", tuple(pending))
                pending, size, number = [], 0, number + 1
    if pending:
        yield Package(f"{prefix}-{number:04d}", tuple(pending))


def in_batches(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Yield spans in groups of bounded size, so that a run that dies loses a bounded work."""
    group: list[Span] = []
    size = 0
    for span in spans:
        size += stored_bytes(span)
        if group and (size > BATCH_BYTES or len(group) >= BATCH_INPUTS):
            yield group
            group, size = [], stored_bytes(span)
        group.append(span)
    if group:
        yield group


def in_portions(items: Iterable[Input]) -> Iterator[list[Input]]:
    """Yield inputs in groups that are looked at, and then read, one after the other.

    So what is known of inputs that are still to be read fills no memory, however many objects there
    are. Files are all in the first group: which of them is which shows only in comparison.
    """
    every = list(items)
    group = [item for item in every if not is_object(item.uri)]
    count = size = 0
    for item in (each for each in every if is_object(each.uri)):
        held = min(item.size_bytes, FIRST_BYTES)
        if count == BATCH_INPUTS or size + held > PORTION_BYTES:
            yield group
            group, count, size = [], 0, 0
        group.append(item)
        count, size = count + 1, size + held
    yield group


def stored_bytes(span: Span) -> int:
    """Return about how many stored bytes reading a span takes."""
    if span.to_offset == TO_END:
        return span.input.size_bytes
    return span.to_offset - span.from_offset


def without(
    results: Iterable[PackageResult], failed: set[str], place: Place
) -> tuple[list[Package], list[PackageResult]]:
    """Sort results into packages to read again without the failed inputs, and those that stand.

    Part files of packages that are read again are removed.

    Args:
        results: Of packages read so far.
        failed: Ids of the inputs to leave out.
        place: The warehouse's.
    """
    again: list[Package] = []
    stand: list[PackageResult] = []
    for result in results:
        spans = result.package.spans
        left = tuple(span for span in spans if span.input_id not in failed)
        if not result.failed and len(left) == len(spans):
            stand.append(result)
            continue
        remove_parts(place, result.parts)
        if left:
            again.append(replace(result.package, spans=left))
    return again, stand


def merge(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Put the outcomes of an input's pieces together into one per input."""
    merged: dict[str, Outcome] = {}
    for outcome in outcomes:
        key = outcome.span.input_id
        merged[key] = _join(merged[key], outcome) if key in merged else outcome
    return list(merged.values())


def _join(one: Outcome, other: Outcome) -> Outcome:
    last = max(one, other, key=lambda outcome: outcome.to_offset)
    start = min(one.span.from_offset, other.span.from_offset)
    return Outcome(
        span=replace(one.span, from_offset=start),
        to_offset=last.to_offset,
        tail=last.tail,
        counts=one.counts + other.counts,
        first_at=min(_present(one.first_at, other.first_at), default=None),
        last_at=max(_present(one.last_at, other.last_at), default=None),
        refused=one.refused + other.refused,
    )


def _present(*instants: datetime | None) -> list[datetime]:
    return [instant for instant in instants if instant is not None]


def _cut(origin: Source, span: Span, *, ending: bool) -> Iterator[Span]:
    """Yield pieces of about `PACKAGE_BYTES` of a plain span; a compressed one stays whole.

    Args:
        origin: Opens the input to find newlines.
        span: What is to be cut.
        ending: Whether nothing comes behind it: then its last pieces are smaller.
    """
    if span.to_offset == TO_END or stored_bytes(span) <= PACKAGE_BYTES * 3 // 2:
        yield span
        return
    try:
        with origin.open_input(span.input) as stream:
            edges = list(_edges(stream, span, _sizes(span, ending=ending)))
    except SkippableError:
        edges = [span.from_offset, span.to_offset]  # its reader will say what is wrong
    for start, end in pairwise(edges):
        yield replace(span, from_offset=start, to_offset=end)


def _sizes(span: Span, *, ending: bool) -> list[int]:
    """Return the sizes of a span's pieces: alike, and at the end of all smaller ones."""
    size = stored_bytes(span)
    pieces = -(-size // PACKAGE_BYTES)
    if pieces > MANY_PIECES:
        pieces = -(-pieces // EVEN_PIECES) * EVEN_PIECES
    elif ending and pieces >= FEW_PIECES:
        return [-(-size * share // sum(SHARES)) for share in SHARES]
    piece = -(-size // pieces)
    if not ending or pieces < FEW_PIECES:
        return [piece] * pieces
    return [piece] * (pieces - 2) + [-(-piece // part) for part in ENDING]


def _edges(stream: BinaryIO, span: Span, sizes: Iterable[int]) -> Iterator[int]:
    """Yield where pieces begin, each behind the first newline after its share, and the end."""
    edge = span.from_offset
    for size in sizes:
        if edge >= span.to_offset:  # beyond it, the file has grown meanwhile
            break
        yield edge
        edge = _behind_newline(stream, edge + size)
    yield span.to_offset


def _behind_newline(stream: BinaryIO, offset: int) -> int:
    """Return the offset behind the first newline at or after `offset`, or the end of the file."""
    stream.seek(offset)
    while chunk := stream.read(1 << 16):
        found = chunk.find(b"\n")
        if found >= 0:
            return offset + found + 1
        offset += len(chunk)
    return offset
