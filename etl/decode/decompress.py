"""Decoders that turn stored bytes into plain ones, chunk by chunk.

Compression is recognised by a stream's first bytes and not by its name: a name can lie.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, Protocol

from isal import isal_zlib

from etl.decode.zstd import ZSTD_MAGIC, read_zstd
from etl.errors import TruncatedInputError, UnreadableInputError

CHUNK_BYTES = 1 << 18
"""Stored bytes read at a time."""

OUTPUT_BYTES = 1 << 22
"""Most plain bytes handed on at a time, so that a zip bomb fills no memory."""

DAMAGE: tuple[type[Exception], ...] = (
    zlib.error,
    getattr(isal_zlib, "error"),  # noqa: B009 # its stub declares no exception type
    OSError,
    lzma.LZMAError,
    EOFError,
)
"""What the decompressors raise on data that is not theirs."""

GZIP_WINDOW = 31
"""zlib's `wbits` for a gzip header with the largest window."""


class Decoder(Protocol):
    """Turns chunks of one stored stream into plain bytes."""

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the plain bytes that `chunk` completes."""
        ...

    def flush(self) -> None:
        """Check that the stream has come to its end.

        Raises:
            TruncatedInputError: It stopped early.
        """
        ...


class IdentityDecoder:
    """Passes plain bytes on."""

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the chunk itself."""
        yield chunk

    def flush(self) -> None:
        """Plain bytes may end anywhere."""


class MemberDecoder:
    """Decodes a stream of one or more compressed members in a row (gzip, bzip2, xz).

    Zero bytes behind the last member are padding (tapes and some uploaders add it), not damage.

    Args:
        make: Makes the decompressor of one member; zlib's protocol with `max_length`.
    """

    def __init__(self, make: Callable[[], _Member]) -> None:
        self._make = make
        self._member: _Member | None = None

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """Yield plain bytes, at most `OUTPUT_BYTES` at a time."""
        try:
            yield from self._decode(chunk)
        except DAMAGE as error:
            raise TruncatedInputError(f"damaged compressed data: {error}") from error

    def _decode(self, chunk: bytes) -> Iterator[bytes]:
        rest = chunk
        while rest or (self._member is not None and not self._member.eof):
            if self._member is None:
                rest = rest.lstrip(b"\0")
                if not rest:
                    return
                self._member = self._make()
            plain, rest, waits = _step(self._member, rest)
            if plain:
                yield plain
            if self._member.eof:
                self._member = None
            elif waits:
                return

    def flush(self) -> None:
        """Check that the last member was complete."""
        if self._member is not None:
            raise TruncatedInputError("the compressed stream stops before its end")


class _Member(Protocol):
    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def _step(member: _Member, data: bytes) -> tuple[bytes, bytes, bool]:
    """Decompress some bytes.

    Returns:
        Plain bytes, bytes not yet taken, and whether the member waits for more input.
    """
    plain = member.decompress(data, OUTPUT_BYTES)
    if member.eof:
        return plain, member.unused_data, False
    tail = getattr(member, "unconsumed_tail", b"")  # zlib's way; the others keep it inside
    needs_input = getattr(member, "needs_input", not tail and len(plain) < OUTPUT_BYTES)
    return plain, tail, bool(needs_input) and not tail


MAGIC: tuple[tuple[bytes, Callable[[], Decoder]], ...] = (
    (b"\x1f\x8b", lambda: MemberDecoder(lambda: isal_zlib.decompressobj(GZIP_WINDOW))),
    (b"BZh", lambda: MemberDecoder(bz2.BZ2Decompressor)),  # type: ignore[arg-type] # keyword names differ
    (b"\xfd7zXZ\x00", lambda: MemberDecoder(lzma.LZMADecompressor)),  # type: ignore[arg-type]
)
"""First bytes of a compressed stream, and its decoder."""


def is_compressed(head: bytes) -> bool:
    """Tell whether stored bytes begin like a compressed stream."""
    return head.startswith((*ZSTD_MAGIC, *(magic for magic, _ in MAGIC)))


def read_plain(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the plain bytes of a stored stream from its beginning to its end.

    Raises:
        TruncatedInputError: A compressed stream is damaged or stops early.
        UnreadableInputError: Reading failed.
    """
    chunk = _read(stream)
    if chunk.startswith(ZSTD_MAGIC):
        yield from read_zstd(chunk, partial(_read, stream))
        return
    make = next((make for magic, make in MAGIC if chunk.startswith(magic)), IdentityDecoder)
    decoder = make()
    while chunk:
        yield from decoder.decode(chunk)
        chunk = _read(stream)
    decoder.flush()


def _read(stream: BinaryIO) -> bytes:
    try:
        return stream.read(CHUNK_BYTES)
    except OSError as error:
        raise UnreadableInputError(f"reading failed: {error.strerror}") from error
