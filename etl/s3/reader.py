"""An object as a stream whose bytes come by ranges."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FIRST_BYTES = 256 << 10
"""What a request brings that goes to a new place: all of a small object, the head of a large one,
some columns of a Parquet file."""

NEXT_BYTES = 8 << 20
"""What each further request brings: enough that its delay does not count."""


class RangeReader(io.RawIOBase):
    """Reads and seeks; only one range is held at a time.

    Args:
        size_bytes: Of the object.
        fetch: Returns the bytes from a place to another.
    """

    def __init__(self, size_bytes: int, fetch: Callable[[int, int], bytes]) -> None:
        super().__init__()
        self._size, self._fetch = size_bytes, fetch
        self._place = 0
        self._window, self._window_start = b"", 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; no request is made."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}
        self._place = max(0, base[whence] + offset)
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer, or what is left of the window."""
        target = memoryview(buffer).cast("B")
        if self._place >= self._size or not len(target):
            return 0
        if not 0 <= self._place - self._window_start < len(self._window):
            self._next_window()
        start = self._place - self._window_start
        text = self._window[start : start + len(target)]
        target[: len(text)] = text
        self._place += len(text)
        return len(text)

    def _next_window(self) -> None:
        goes_on = self._place > 0 and self._place == self._window_start + len(self._window)
        end = min(self._place + (NEXT_BYTES if goes_on else FIRST_BYTES), self._size)
        self._window = self._fetch(self._place, end)
        self._window_start = self._place
