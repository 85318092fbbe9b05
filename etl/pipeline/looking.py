"""Looks into listed inputs: their first bytes, and which known input they go on with."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

from etl.decode.decompress import is_compressed, read_plain
from etl.errors import SkippableError, TruncatedInputError
from etl.model import Input
from etl.sources.base import Source
from etl.sources.identity import HEAD_BYTES, find_matches, fingerprint, length_of
from etl.store.ledger import KnownInput

Mapped = Callable[[Callable[[Input], "Look"], Iterable[Input]], Iterable["Look"]]
"""`map`, or that of an executor."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look into an input showed.

    Attributes:
        head: Its first plain bytes, at most `HEAD_BYTES`.
        compressed: Whether its plain size is unknown before it is read.
        alike: Known inputs that begin like it, the longest likeness first.
        matches: Those among them that it goes on with: also the last bytes read are the same. Of a
            compressed input that is seen only when it is read.
        trouble: Why it cannot be read now; empty otherwise.
    """

    item: Input
    head: bytes = b""
    compressed: bool = False
    alike: tuple[KnownInput, ...] = ()
    matches: tuple[KnownInput, ...] = ()
    trouble: str = ""


class Looker:
    """Compares inputs with what the ledger knows.

    Args:
        origin: Opens the inputs.
        known: The inputs as they were when last read.
        refuted: Pairs of address and input id that reading showed to differ.
    """

    def __init__(
        self,
        origin: Source,
        known: Iterable[KnownInput],
        refuted: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._origin, self._refuted = origin, set(refuted)
        self._by_print: dict[str, list[KnownInput]] = {}
        for each in known:
            self._by_print.setdefault(each.fingerprint, []).append(each)

    def look(self, item: Input) -> Look:
        """Open an input and find out what it is."""
        try:
            with self._origin.open_input(item) as stream:
                return self._look(item, stream)
        except SkippableError as error:
            return Look(item, trouble=str(error))

    def _look(self, item: Input, stream: BinaryIO) -> Look:
        stored = stream.read(8)
        stream.seek(0)
        head = take(read_plain(stream), HEAD_BYTES)
        compressed = is_compressed(stored)
        alike = tuple(
            before
            for print_ in find_matches(head, self._by_print)
            for before in self._by_print[print_]
            if _may_be(item, before) and (item.uri, before.input_id) not in self._refuted
        )
        matches = (b for b in alike if compressed or tail_holds(stream, b.to_offset, b.tail))
        return Look(item, head, compressed, alike, tuple(matches))


def _may_be(item: Input, before: KnownInput) -> bool:
    """Tell objects apart that only begin alike: they are never appended to."""
    objects = is_object(item.uri) and is_object(before.uri)
    return not objects or item.size_bytes == before.size_bytes


def is_object(uri: str) -> bool:
    """Tell whether an address is that of an object in a store, which is replaced as a whole."""
    return uri.startswith("s3://")


def tail_holds(stream: BinaryIO, offset: int, tail: str) -> bool:
    """Tell whether the plain bytes before `offset` are still those of the print."""
    length = length_of(tail)
    if length == 0:
        return True
    if stream.seek(0, io.SEEK_END) < offset:
        return False
    stream.seek(offset - length)
    return fingerprint(read_fully(stream, length)) == tail


def read_fully(stream: BinaryIO, count: int) -> bytes:
    """Read `count` bytes of an unbuffered stream, fewer only at its end."""
    text = b""
    while len(text) < count:
        chunk = stream.read(count - len(text))
        if not chunk:
            break
        text += chunk
    return text


def take(chunks: Iterator[bytes], count: int) -> bytes:
    """Return the first `count` bytes, fewer only where there are no more."""
    head = b""
    for chunk in chunks:
        head += chunk[: count - len(head)]
        if len(head) == count:
            break
    return head


class Relation(Enum):
    """How the content of one input stands to that of another."""

    SAME = "same"
    BEGINNING = "beginning"
    CONTINUATION = "continuation"
    OTHER = "other"


def relate(origin: Source, one: Input, other: Input) -> Relation:
    """Compare two inputs byte by byte, decompressed.

    Of a compressed stream that is still being written, what can be read counts.
    """
    with origin.open_input(one) as left, origin.open_input(other) as right:
        ours, theirs = _whole_parts(left), _whole_parts(right)
        mine, his = next(ours, b""), next(theirs, b"")
        while mine and his:
            size = min(len(mine), len(his))
            if mine[:size] != his[:size]:
                return Relation.OTHER
            mine = mine[size:] or next(ours, b"")
            his = his[size:] or next(theirs, b"")
    if mine:
        return Relation.CONTINUATION
    return Relation.BEGINNING if his else Relation.SAME


def _whole_parts(stream: BinaryIO) -> Iterator[bytes]:
    try:
        yield from read_plain(stream)
    except TruncatedInputError:
        return


def done_reads(
    listed: Iterable[Input], seen: Mapping[tuple[str, str], KnownInput], compressed: tuple[str, ...]
) -> Iterator[tuple[Input, KnownInput]]:
    """Yield the inputs that are as they were, and have nothing left to read."""
    for item in listed:
        before = seen.get((item.uri, item.etag))
        if before is None:
            continue
        # An offset counts plain bytes: it says nothing about the end of a compressed input.
        at_end = before.to_offset >= item.size_bytes or before.uri.endswith(compressed)
        if at_end or not item.closed:
            yield item, before
