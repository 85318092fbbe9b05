"""Inputs in S3 and what speaks its language, named by prefixes and globs."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from threading import Lock
from typing import BinaryIO, cast

from loguru import logger

from etl.model import Input
from etl.s3 import SCHEME, ListedObject, RangeReader, S3Store, split_address
from etl.sources.base import date_in_name

CACHE_BYTES = 64 << 20
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
        """Open one version of an object; see `Source.open_input`."""
        return cast("BinaryIO", RangeReader(item.size_bytes, partial(self._fetch, item)))

    def _fetch(self, item: Input, start: int, end: int) -> bytes:
        """Return bytes of the version that was listed; the first ones are kept for once more."""
        key = (item.uri, item.etag)
        text = self._cache.take(key) if start == 0 else None
        if text is None:
            bucket, name = split_address(item.uri)
            text = self._store.read_range(bucket, name, item.etag, start, end)
            if start == 0:
                self._cache.put(key, text)
        return text

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
    """The first bytes of objects that were looked at and not read yet, the oldest out first."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._size, self._lock = 0, Lock()

    def take(self, key: tuple[str, str]) -> bytes | None:
        with self._lock:
            found = self._held.pop(key, None)
            self._size -= len(found or b"")
            return found

    def put(self, key: tuple[str, str], text: bytes) -> None:
        with self._lock:
            self._size += len(text) - len(self._held.pop(key, b""))
            self._held[key] = text
            while self._size > CACHE_BYTES:
                self._size -= len(self._held.popitem(last=False)[1])
