"""A warehouse under a prefix of a bucket; see `place`.

Data files are streamed to the server by their encoders, a piece at a time, without a local copy:
memory is bounded by one piece for each open file, no disk has to have room, and an encoder that
dies leaves nothing that looks like a file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, cast

from etl.errors import StoreError
from etl.s3 import SCHEME, ObjectWriter, RangeReader, S3Options, S3Store, split_address
from etl.s3.writer import abandoned_uploads
from etl.store.lease import take_lease
from etl.store.lock import LOCK_FILE, Held, Holder, Taken
from etl.store.place import Folder, NewFile, Place

_COMMIT = re.compile(r"([0-9]{20})\.json")

RETRIES = 8
"""Times that Delta and Polars try a request again, with growing, random pauses."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A prefix of a bucket.

    Attributes:
        address: `s3://bucket/prefix`, without a slash at its end.
        store: The server; raises `StoreError`.
    """

    address: str
    store: S3Store

    def uri(self, table: str) -> str:
        """Return the address of a table; see `Place`, as for all that follows."""
        return f"{self.address}/{table}"

    def options(self) -> dict[str, str]:
        """Return server and keys."""
        # A commit is an object that is written only if it is not there: If-None-Match.
        fixed = {"conditional_put": "etag", "max_retries": str(RETRIES)}
        return self.store.native_options() | fixed

    def expect_writable(self, table: str) -> None:
        """Nothing can be told before it is tried."""

    def create(self, path: str) -> NewFile:
        """Begin a new object."""
        return _NewObject(ObjectWriter(self.store, *self._at(path)))

    def open(self, path: str) -> BinaryIO:
        """Open an object, whose bytes come by ranges."""
        bucket, key = self._at(path)
        found = self.store.head(bucket, key)
        if found is None:
            raise StoreError(f"{SCHEME}{bucket}/{key} is gone, although a table names it")
        size, etag = found
        raw = RangeReader(size, partial(self.store.read_range, bucket, key, etag))
        return cast("BinaryIO", io.BufferedReader(raw))

    def size_of(self, path: str) -> int | None:
        """Return an object's size."""
        found = self.store.head(*self._at(path))
        return None if found is None else found[0]

    def commits_from(self, table: str, version: int) -> Mapping[int, object]:
        """List the end of the log: one request, where opening takes two for each commit."""
        bucket, log = self._at(f"{table}/_delta_log/")
        found = self.store.list_objects(bucket, log, after=f"{log}{version:020}.j")
        named = ((_COMMIT.fullmatch(one.key, len(log)), one.etag) for one in found)
        commits = {int(match[1]): etag for match, etag in named if match}
        return {number: etag for number, etag in commits.items() if number >= version}

    def remove(self, path: str) -> None:
        """Remove an object."""
        self.store.remove(*self._at(path))

    def sweep(self, table: str, *, days: int, dry_run: bool) -> list[str]:
        """Remove pieces of objects that were never finished."""
        bucket, prefix = self._at(f"{table}/")
        keys = abandoned_uploads(self.store, bucket, prefix, days=days, dry_run=dry_run)
        return [key.removeprefix(prefix) for key in keys]

    def take(self, me: Holder) -> Held | Taken:
        """Take the lease on this warehouse."""
        return take_lease(self.store, *self._at(LOCK_FILE), me)

    def probe(self) -> str:
        """List; write an object twice, read and remove it."""
        bucket, key = self._at(f".check-{token_hex(8)}")
        list(self.store.list_objects(bucket, key))  # some servers make buckets on the first write
        etag = self.store.write_if(bucket, key, b"daytally check\n", None)
        try:
            if etag is None or self.store.write_if(bucket, key, b"again\n", None) is not None:
                raise StoreError(
                    f"{self.address}: this server takes no conditional writes (If-None-Match), on"
                    " which the tables rest: two runs could overwrite each other. Use another one"
                )
            found = self.store.read_small(bucket, key)
            listed = [each.key for each in self.store.list_objects(bucket, key)]
            if found is None or listed != [key]:
                raise StoreError(f"{self.address}: an object that was just written is not there")
        finally:
            self.store.remove(bucket, key)
        return f"{self.address} can be read and written, also conditionally"

    def _at(self, path: str) -> tuple[str, str]:
        return split_address(f"{self.address}/{path}")


@dataclass(frozen=True, slots=True)
class _NewObject:
    """An object that is being written."""

    writer: ObjectWriter

    def write(self, data: bytes) -> object:
        return self.writer.write(data)

    def finish(self) -> int:
        return self.writer.finish()

    def abort(self) -> None:
        self.writer.abort()


def place_at(address: str, options: S3Options) -> Place:
    """Return the place that a path or an address in S3 means."""
    if not address.startswith(SCHEME):
        return Folder(Path(address))
    return Bucket(address.rstrip("/"), S3Store(options, StoreError, StoreError))
