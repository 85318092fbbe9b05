"""Writes an object as a stream: it appears whole, when it is finished, or never."""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from etl.errors import EtlError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from etl.s3.store import S3Store

PIECE_BYTES = 8 << 20
"""What is held before it is sent: S3 takes 10,000 pieces of an object, none below 5 MiB but the
last one. Most data files of a batch are smaller, and sent with one request."""


class ObjectWriter(io.RawIOBase):
    """Takes bytes, and sends them in pieces; holds one piece, whatever the object's size.

    A process that dies leaves no object, at most pieces that nobody sees, see `abandoned_uploads`.

    Args:
        store: The server.
        bucket: Where the object goes.
        key: Its name.
    """

    def __init__(self, store: S3Store, bucket: str, key: str) -> None:
        super().__init__()
        self._store, self._bucket, self._key = store, bucket, key
        self._held = bytearray()
        self._size = 0
        self._upload = ""
        self._pieces: list[dict[str, object]] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._size

    def write(self, data: ReadableBuffer) -> int:
        """Take bytes."""
        taken = memoryview(data).nbytes
        self._held += data
        self._size += taken
        while len(self._held) > PIECE_BYTES:
            self._send(bytes(self._held[:PIECE_BYTES]))
            del self._held[:PIECE_BYTES]
        return taken

    def finish(self) -> int:
        """Let the object appear; return its size."""
        where = {"Bucket": self._bucket, "Key": self._key}
        if not self._upload:
            self._call("put_object", Body=bytes(self._held), **where)
        else:
            self._send(bytes(self._held))
            pieces = {"Parts": self._pieces}
            self._call(
                "complete_multipart_upload", UploadId=self._upload, MultipartUpload=pieces, **where
            )
        self._held = bytearray()
        return self._size

    def abort(self) -> None:
        """Forget what was sent; the object is removed if it has appeared."""
        with suppress(EtlError):  # `upkeep` removes what is left
            if self._upload:
                self._call(
                    "abort_multipart_upload",
                    Bucket=self._bucket,
                    Key=self._key,
                    UploadId=self._upload,
                )
            else:
                self._store.remove(self._bucket, self._key)

    def _send(self, piece: bytes) -> None:
        where = {"Bucket": self._bucket, "Key": self._key}
        if not self._upload:
            self._upload = self._call("create_multipart_upload", **where)["UploadId"]
        number = len(self._pieces) + 1
        answer = self._call(
            "upload_part", UploadId=self._upload, PartNumber=number, Body=piece, **where
        )
        self._pieces.append({"PartNumber": number, "ETag": answer["ETag"]})

    def _call(self, name: str, **parameters: Any) -> dict[str, Any]:
        with self._store.said(self._bucket, self._key):
            answer: dict[str, Any] = getattr(self._store.client, name)(**parameters)
        return answer


def abandoned_uploads(
    store: S3Store, bucket: str, prefix: str, *, days: int, dry_run: bool = False
) -> list[str]:
    """Remove pieces of objects that were never finished.

    Args:
        store: The server.
        bucket: Where to look.
        prefix: Start of the keys.
        days: How old they must be, by the server's clock.
        dry_run: Only look.

    Returns:
        The keys.
    """
    found = []
    with store.said(bucket, prefix):
        pages = store.client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            now = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
            for upload in page.get("Uploads", ()):
                key = str(upload["Key"])
                if not key.startswith(prefix) or now - upload["Initiated"] < timedelta(days=days):
                    continue
                found.append(key)
                if not dry_run:
                    store.client.abort_multipart_upload(
                        Bucket=bucket, Key=key, UploadId=upload["UploadId"]
                    )
    return sorted(found)
