"""Looks into listed inputs: their first bytes, and which known input they go on with."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

from etl.decode.decompress import is_compressed, read_plain
from etl.errors import SkippableError, TruncatedInputError
from etl.model import Input
from etl.sources.base import Source
from etl.sources.identity import HEAD_BYTES, Prints, begins_like, fingerprint, length_of
from etl.store.ledger import KnownInput

Mapped = Callable[[Callable[[Input], "Look"], Iterable[Input]], Iterable["Look"]]
"""`map`, or that of an executor."""

AT_ONCE = 16
"""Inputs that are looked into at once: it is the server's delay that counts, not the work."""


@contextmanager
def many_at_once() -> Iterator[Mapped]:
    """Give what looks into many inputs at a time, while this lasts."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield pool.map


@dataclass(frozen=True, slots=True)
class Look:
    """What a look into an input showed.

    Attributes:
        print: Of its first plain bytes, at most `HEAD_BYTES`.
        head: These bytes; or of as many, where nothing but equality can matter, their hash.
        compressed: Whether its plain size is unknown before it is read.
        alike: Known inputs that begin like it, the longest likeness first.
        matches: Those among them that it goes on with: also the last bytes read are the same. Of a
            compressed input that is seen only when it is read.
        trouble: Why it cannot be read now; None otherwise.
    """

    item: Input
    print: str = ""
    head: bytes = b""
    compressed: bool = False
    alike: tuple[KnownInput, ...] = ()
    matches: tuple[KnownInput, ...] = ()
    trouble: SkippableError | None = None


class Looker:
    """Compares inputs with what the ledger knows.

    Args:
        origin: Opens the inputs.
        known: The inputs as they were when last read.
        refuted: Pairs of address and input id that reading showed to differ.
        whole: Whether all inputs are objects, none of which is an unfinished copy: then long heads
            are not kept, as there may be many.
    """

    def __init__(
        self,
        origin: Source,
        known: Sequence[KnownInput],
        refuted: Iterable[tuple[str, str]] = (),
        *,
        whole: bool = False,
    ) -> None:
        self._origin, self._refuted, self._whole = origin, set(refuted), whole
        self._by_print: dict[str, list[KnownInput]] = {}
        for each in known:
            self._by_print.setdefault(each.fingerprint, []).append(each)
        files = (each.fingerprint for each in known if not is_object(each.uri))
        self._prints, self._files = Prints(self._by_print), Prints(files)
        self._short: dict[str, list[str]] = {}
        for each in known:
            if is_object(each.uri) and length_of(each.fingerprint) < HEAD_BYTES:
                self._short.setdefault(each.uri, []).append(each.fingerprint)

    def look(self, item: Input) -> Look:
        """Open an input and find out what it is."""
        try:
            with self._origin.open_input(item) as stream:
                return self._look(item, stream)
        except SkippableError as error:
            return Look(item, trouble=error)

    def _look(self, item: Input, stream: BinaryIO) -> Look:
        stored = stream.read(8)
        stream.seek(0)
        head = take(read_plain(stream), HEAD_BYTES)
        compressed = is_compressed(stored)
        print_ = fingerprint(head)
        alike = tuple(
            before
            for found in self._found(item, head, print_)
            for before in self._by_print.get(found, ())
            if _may_be(item, len(head), before) and (item.uri, before.input_id) not in self._refuted
        )
        matches = (b for b in alike if compressed or tail_holds(stream, b.to_offset, b.tail))
        kept = hashlib.sha256(head).digest() if self._whole and len(head) == HEAD_BYTES else head
        return Look(item, print_, kept, compressed, alike, tuple(matches))

    def _found(self, item: Input, head: bytes, print_: str) -> list[str]:
        """Return the prints of known inputs that a head begins with, the longest first.

        Of an object not all are worth a look, see `_may_be`: there may be very many.
        """
        if not is_object(item.uri):
            return self._prints.of(head)
        same = (one for one in self._short.get(item.uri, ()) if begins_like(head, one))
        found = {print_, *same, *self._files.of(head)}
        return sorted(found, key=length_of, reverse=True)


def _may_be(item: Input, length: int, before: KnownInput) -> bool:
    """Tell short objects apart that only begin alike: by chance, unless it is the same one, longer.

    Args:
        item: Begins with the known one's first bytes.
        length: Of its head.
        before: Is known.
    """
    if not (is_object(item.uri) and is_object(before.uri)) or item.uri == before.uri:
        return True
    known = length_of(before.fingerprint)
    return known >= HEAD_BYTES or known == length


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
