"""Reads zstd streams with the library that pyarrow brings along.

Frames in a row are one stream, skippable frames are skipped (RFC 8878, section 3.1). A frame that
asks for a window over 128 MiB is refused by the library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from etl.errors import TruncatedInputError

ZSTD_MAGIC = (b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18")
"""First bytes of a frame, and of the skippable one that pzstd begins with."""

ZSTD_OUTPUT_BYTES = 1 << 20
"""Most plain bytes handed on at a time."""


class _Stored:
    """The file that pyarrow reads from: bytes already read, then the rest."""

    closed = False

    def __init__(self, head: bytes, read: Callable[[], bytes]) -> None:
        self._head, self._read = head, read

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes, none at the end."""
        stored = self._head or self._read()
        self._head = stored[size:]
        return stored[:size]

    def close(self) -> None:
        """Leave the file to who opened it."""


def read_zstd(head: bytes, read: Callable[[], bytes]) -> Iterator[bytes]:
    """Yield the plain bytes of a stream.

    Args:
        head: Its first bytes.
        read: Returns further ones, none at the end.

    Raises:
        TruncatedInputError: It is damaged or stops early.
    """
    stored = pa.PythonFile(_Stored(head, read), mode="r")
    plain = pa.CompressedInputStream(stored, "zstd")
    while True:
        try:
            chunk = plain.read(ZSTD_OUTPUT_BYTES)
        except OSError as error:
            if "Truncated" in str(error):
                message = "the compressed stream stops before its end"
            else:
                message = f"damaged compressed data: {error}"
            raise TruncatedInputError(message) from error
        if not chunk:
            return
        yield chunk
