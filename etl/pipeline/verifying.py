"""Makes sure that what is read of an input is what was planned of it.

A log can be rotated, truncated or rewritten between planning and reading, and under the reader's
hands: offsets then point into other lines. Files are therefore checked before and after; objects
are guarded by their store, which gives only the version that was listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import BinaryIO

from etl.decode.ahead import made_ahead
from etl.decode.blocks import cut_blocks
from etl.decode.decompress import read_plain
from etl.decode.ranges import read_blocks
from etl.errors import ChangedInputError, OtherInputError, UnreadableInputError
from etl.model import Block
from etl.pipeline.looking import is_object, read_fully, tail_holds
from etl.sources.identity import TAIL_BYTES, TailWatch, fingerprint, length_of
from etl.store.ledger import TO_END, Span


@contextmanager
def plain_blocks(stream: BinaryIO, span: Span, watch: TailWatch) -> Iterator[Iterator[Block]]:
    """Give the span as blocks, each good until the next; decompressing has a thread of its own.

    Args:
        stream: The input's stored bytes, at their beginning.
        span: What to read.
        watch: Is shown all bytes that come by.

    Raises:
        ChangedInputError: The input is not what was planned, or changed meanwhile.
        OtherInputError: It only begins like the input that it was taken for.
    """
    if span.to_offset == TO_END:
        with made_ahead(_behind(watch.follow(read_plain(stream)), span, watch)) as chunks:
            yield cut_blocks(chunks, offset=span.from_offset)
        return
    with _unchanged(stream, span):
        yield _read_range(stream, span, watch)


def _behind(chunks: Iterator[bytes], span: Span, watch: TailWatch) -> Iterator[bytes]:
    """Yield what follows `from_offset`, after making sure that the bytes before are known ones."""
    left, head, wanted = span.from_offset, b"", length_of(span.fingerprint)
    for chunk in chunks:
        if len(head) < wanted:
            head += chunk[: wanted - len(head)]
            if len(head) == wanted and fingerprint(head) != span.fingerprint:
                raise ChangedInputError("was replaced by another one")
        if left > len(chunk):
            left -= len(chunk)
            continue
        is_place = left >= 0 and span.from_offset > 0
        if is_place and not watch.ended_with(span.tail, behind=len(chunk) - left):
            raise OtherInputError("begins like another input, but goes on differently")
        if len(chunk) > max(left, 0):
            yield chunk[max(left, 0) :]
        left = -1
    if len(head) < wanted:
        raise ChangedInputError("was replaced by a shorter one")
    if left > 0:
        raise OtherInputError(f"ends before byte {span.from_offset}, up to which it was read")


def _unchanged(stream: BinaryIO, span: Span) -> AbstractContextManager[None]:
    return nullcontext() if is_object(span.input.uri) else _checked(stream, span)


@contextmanager
def _checked(stream: BinaryIO, span: Span) -> Iterator[None]:
    _check(stream, span)
    yield
    _check(stream, span)


def _check(stream: BinaryIO, span: Span) -> None:
    stream.seek(0)
    head = read_fully(stream, length_of(span.fingerprint))
    if fingerprint(head) != span.fingerprint or not tail_holds(stream, span.from_offset, span.tail):
        raise ChangedInputError("was rotated or rewritten while it was read")


def _read_range(stream: BinaryIO, span: Span, watch: TailWatch) -> Iterator[Block]:
    """Yield a plain input's bytes between the span's offsets."""
    stream.seek(span.from_offset)

    def fill(view: memoryview) -> int:
        try:
            got = stream.readinto(view)  # type: ignore[attr-defined] # of raw streams, as ours are
        except OSError as error:
            raise UnreadableInputError(f"reading failed: {error.strerror}") from error
        if not got:
            raise ChangedInputError("became shorter while it was read")
        watch.see(bytes(view[max(0, got - TAIL_BYTES) : got]))
        return int(got)

    return read_blocks(fill, span.to_offset - span.from_offset, offset=span.from_offset)
