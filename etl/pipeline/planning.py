"""Decides what of each listed input is still to be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from loguru import logger

from etl.decode.decompress import is_compressed, read_plain
from etl.errors import SkippableError
from etl.model import Input
from etl.sources.base import COMPRESSED, Source
from etl.sources.identity import HEAD_BYTES, find_match, fingerprint, new_input_id
from etl.store.ledger import TO_END, KnownInput, Span

TAIL_BYTES = 1 << 16
"""Read at a time when looking for the last newline from behind."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read, and what has to be left for another day.

    Attributes:
        spans: One per input that has something new.
        skipped: Address and reason of inputs that cannot be read now.
    """

    spans: list[Span]
    skipped: list[tuple[Input, str]]


def plan_spans(
    origin: Source, source: str, listed: Iterable[Input], known: list[KnownInput]
) -> Plan:
    """Compare the listed inputs with what the ledger knows.

    Args:
        origin: Opens the inputs.
        source: The source's name.
        listed: The inputs as they are now.
        known: The inputs as they were when last read.
    """
    seen = {(item.uri, item.etag): item for item in known}
    by_print = {item.fingerprint: item for item in known}
    spans: dict[str, Span] = {}
    skipped: list[tuple[Input, str]] = []
    for item in listed:
        before = seen.get((item.uri, item.etag))
        if before is not None and _is_done(item, before):
            continue
        try:
            span = _plan_one(origin, source, item, by_print)
        except SkippableError as error:
            skipped.append((item, str(error)))
            continue
        if span is not None:
            _keep_longer(spans, span)
    return Plan(list(spans.values()), skipped)


def _is_done(item: Input, before: KnownInput) -> bool:
    """Tell whether an unchanged input has nothing left; `to_offset` counts plain bytes."""
    if before.to_offset >= item.size_bytes:
        return True
    return not item.closed or before.uri.endswith(COMPRESSED)


def _plan_one(
    origin: Source, source: str, item: Input, by_print: dict[str, KnownInput]
) -> Span | None:
    with origin.open_input(item) as stream:
        stored = stream.read(8)
        stream.seek(0)
        head = _take(read_plain(stream), HEAD_BYTES)
        if not head:
            return None  # nothing written yet: there is nothing to know it by
        match = find_match(head, by_print)
        before = by_print[match] if match else None
        start = before.to_offset if before else 0
        print_ = fingerprint(head)
        input_id = before.input_id if before else new_input_id(source, print_)
        if is_compressed(stored):
            return Span(item, input_id, print_, start, TO_END)
        if start > item.size_bytes:
            raise SkippableError(
                f"became shorter than the {start} bytes that were read of it; nothing is read again"
            )
        end = item.size_bytes if item.closed else _last_newline(stream, item.size_bytes)
    return Span(item, input_id, print_, start, end) if end > start else None


def _keep_longer(spans: dict[str, Span], span: Span) -> None:
    """Of two inputs with the same beginning keep the longer one: the other is its copy."""
    other = spans.get(span.input_id)
    if other is None:
        spans[span.input_id] = span
        return
    kept, left = (span, other) if _length(span) > _length(other) else (other, span)
    spans[span.input_id] = kept
    said = logger.bind(uri=left.input.uri, same_as=kept.input.uri)
    said.info("input begins like another one, and is taken for its copy")


def _length(span: Span) -> int:
    # A compressed copy is complete, or it is not listed as readable.
    return (1 << 62) if span.to_offset == TO_END else span.to_offset


def _take(chunks: Iterator[bytes], count: int) -> bytes:
    head = b""
    for chunk in chunks:
        head += chunk[: count - len(head)]
        if len(head) == count:
            break
    return head


def _last_newline(stream: BinaryIO, size: int) -> int:
    """Return the offset behind the last newline among the first `size` bytes."""
    end = size
    while end > 0:
        start = max(0, end - TAIL_BYTES)
        stream.seek(start)
        found = stream.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
