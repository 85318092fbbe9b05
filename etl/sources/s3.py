"""Inputs in S3 and what speaks its language, named by prefixes and globs."""

from __future__ import annotations

import io
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, cast

from loguru import logger

from etl.model import Input
from etl.s3 import SCHEME, ListedObject, S3Store, split_address
from etl.sources.base import date_in_name

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FIRST_BYTES = 256 << 10
"""What the first request of an object brings: all of a small one, the head of a large one."""

NEXT_BYTES = 8 << 20
"""What each further request brings: enough that its delay does not count."""

CACHE_BYTES = 128 << 20
"""Small objects that are kept between the look at them and their reading, all together."""

ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})


class S3Source:
    """Lists and opens objects; an object is whole, and replaced as a whole.

    Args:
        store: The server.
    """

    def __init__(self, store: S3Store) -> None:
        self._store = store
        self._cache = _Cache()

    def list_inputs(self, patterns: Sequence[str], *, now: datetime) -> list[Input]:
        """Return the objects that prefixes and globs name, sorted by address, each once."""
        del now  # nothing is appended to an object
        found: dict[str, Input] = {}
        for pattern in patterns:
            for item in self._matching(pattern):
                found[item.uri] = item
        return [found[uri] for uri in sorted(found)]

    def open_input(self, item: Input) -> BinaryIO:
        """Open an object; see `Source.open_input`."""
        return cast("BinaryIO", ObjectReader(self._store, item, self._cache))

    def _matching(self, pattern: str) -> Iterator[Input]:
        bucket, wanted = split_address(pattern)
        prefix = re.split(r"[*?\[]", wanted, maxsplit=1)[0]
        matches = None if prefix == wanted else re.compile(glob_pattern(wanted))
        for found in self._store.list_objects(bucket, prefix):
            if found.size_bytes == 0 or (matches and not matches.fullmatch(found.key)):
                continue
            uri = f"{SCHEME}{bucket}/{found.key}"
            if found.storage_class in ARCHIVED:
                said = logger.bind(uri=uri, storage_class=found.storage_class)
                said.warning("object is archived and left out; restore it to have it read")
                continue
            yield _input(uri, found)


def _input(uri: str, found: ListedObject) -> Input:
    dated = date_in_name(found.key.replace("/", "-"))  # folders may be years, months and days
    return Input(
        uri=uri,
        size_bytes=found.size_bytes,
        etag=found.etag,
        dated_at=dated or found.modified_at,
        closed=True,
    )


def glob_pattern(glob: str) -> str:
    """Return a glob as regular expression: `*` and `?` stay within a folder, `**` does not."""
    parts = re.split(r"(\*\*/?|\*|\?|\[[^\]]+\])", glob)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(
        known.get(part) or (part.replace("[!", "[^") if number % 2 else re.escape(part))
        for number, part in enumerate(parts)
    )


class _Cache:
    """The first bytes of objects that were just looked at, least recently used out first."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._size, self._lock = 0, Lock()

    def get(self, key: tuple[str, str]) -> bytes | None:
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: tuple[str, str], text: bytes) -> None:
        with self._lock:
            self._size += len(text) - len(self._held.pop(key, b""))
            self._held[key] = text
            while self._size > CACHE_BYTES:
                self._size -= len(self._held.popitem(last=False)[1])


class ObjectReader(io.RawIOBase):
    """One version of an object as a stream; bytes come by ranges, and only of this version.

    Args:
        store: The server.
        item: The object as it was listed.
        cache: Keeps first bytes for the next reader.
    """

    def __init__(self, store: S3Store, item: Input, cache: _Cache) -> None:
        super().__init__()
        self._store, self._item, self._cache = store, item, cache
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
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._item.size_bytes}
        self._place = max(0, base[whence] + offset)
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer, or what is left of the window."""
        target = memoryview(buffer).cast("B")
        if self._place >= self._item.size_bytes or not len(target):
            return 0
        if not 0 <= self._place - self._window_start < len(self._window):
            self._fetch()
        start = self._place - self._window_start
        text = self._window[start : start + len(target)]
        target[: len(text)] = text
        self._place += len(text)
        return len(text)

    def _fetch(self) -> None:
        goes_on = self._place > 0 and self._place == self._window_start + len(self._window)
        end = min(self._place + (NEXT_BYTES if goes_on else FIRST_BYTES), self._item.size_bytes)
        key = (self._item.uri, self._item.etag)
        text = self._cache.get(key) if self._place == 0 else None
        if text is None:
            bucket, name = split_address(self._item.uri)
            text = self._store.read_range(bucket, name, self._item.etag, self._place, end)
            if self._place == 0:
                self._cache.put(key, text)
        self._window, self._window_start = text, self._place
