"""A client of boto3 with bounded retries, and errors in an operator's words.

Keys come from boto3's usual chain (environment, shared files, roles), never from daytally.toml.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from etl import __version__
from etl.errors import ChangedInputError, EtlError, UnreadableInputError
from etl.s3.words import NO_KEYS, broken_streams, code_of, said

SCHEME = "s3://"

ATTEMPTS = 5
"""Times that a request, or the reading of its answer, is tried."""

CONNECT_S = 10
TIMEOUT_S = 30
"""For one answer to begin; contended writes of some servers take several seconds."""

CONNECTIONS = 32

USER_AGENT = f"daytally/{__version__}"
"""For the server's own logs; botocore puts its own together twice for each request."""

NOT_AS_EXPECTED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
"""Answers to a conditional write whose condition does not hold."""

GONE = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True, slots=True)
class S3Options:
    """`[s3]` of daytally.toml; `requester_pays` is for buckets whose readers pay."""

    endpoint_url: str | None = None
    region: str | None = None
    requester_pays: bool = False


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object as a listing shows it."""

    key: str
    size_bytes: int
    etag: str
    modified_at: datetime
    storage_class: str


@dataclass(frozen=True, slots=True)
class SmallObject:
    """A small object, whole; `age_s` is how long ago it was written, by the server's clock."""

    body: bytes
    etag: str
    age_s: float


def split_address(address: str) -> tuple[str, str]:
    """Return bucket and key, or bucket and prefix, of `s3://bucket/key`."""
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    return bucket, key


def parse_instant(value: Any) -> datetime:
    """Parse a time stamp of S3, as botocore would: that is a third of what a listing costs."""
    for parse in (datetime.fromisoformat, parsedate_to_datetime) if isinstance(value, str) else ():
        with suppress(ValueError):
            found = parse(value)
            if found.tzinfo is not None:
                return found
    from botocore.utils import parse_timestamp

    other: datetime = parse_timestamp(value)  # of the services that keys come from
    return other


class S3Store:
    """Lists buckets, reads ranges of objects and writes objects; may be used by many threads.

    Args:
        options: Where the server is.
        raises: What is raised where something cannot be done.
        changed: What is raised where an object is not what was expected.
    """

    def __init__(
        self,
        options: S3Options,
        raises: type[EtlError] = UnreadableInputError,
        changed: type[EtlError] = ChangedInputError,
    ) -> None:
        self._options, self._raises, self._changed = options, raises, changed

    def __reduce__(self) -> tuple[type[S3Store], tuple[object, ...]]:
        """Travel to another process without the client, which is made there again."""
        return S3Store, (self._options, self._raises, self._changed)

    @cached_property
    def _session(self) -> Any:
        import boto3
        import botocore.session

        core = botocore.session.get_session()
        parsers = core.get_component("response_parser_factory")
        parsers.set_parser_defaults(timestamp_parser=parse_instant)
        # A session of its own: boto3 keeps the keys of its common one for the whole process.
        return boto3.session.Session(botocore_session=core)

    @cached_property
    def client(self) -> Any:
        """The client, made when it is first needed: boto3 takes its time to be imported."""
        from botocore.config import Config

        config = Config(
            # "standard" backs off with jitter on throttling, time-outs, resets and 5xx answers.
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            connect_timeout=CONNECT_S,
            read_timeout=TIMEOUT_S,
            max_pool_connections=CONNECTIONS,
            user_agent=USER_AGENT,
        )
        return self._session.client(
            "s3",
            endpoint_url=self._options.endpoint_url,
            region_name=self._options.region,
            config=config,
        )

    def native_options(self) -> dict[str, str]:
        """Return keys and server as Delta and Polars want them; keys that expire are renewed.

        Raises:
            EtlError: There are no keys.
        """
        with said("warehouse", self._raises, self._changed):
            keys = self._session.get_credentials()
            if keys is None:
                raise self._raises(f"warehouse: {NO_KEYS}")
            now = keys.get_frozen_credentials()
        region = self.client.meta.region_name
        endpoint = str(self.client.meta.endpoint_url)
        options = {
            "aws_access_key_id": now.access_key,
            "aws_secret_access_key": now.secret_key,
            "aws_session_token": now.token,
            "aws_region": region if region and region != "aws-global" else "us-east-1",
            "allow_http": "true" if endpoint.startswith("http://") else None,
            "timeout": f"{TIMEOUT_S}s",
            "connect_timeout": f"{CONNECT_S}s",
        }
        if not (urlsplit(endpoint).hostname or "").endswith(".amazonaws.com"):
            options["aws_endpoint_url"] = endpoint  # of AWS the region says it all
        return {name: value for name, value in options.items() if value}

    def list_objects(self, bucket: str, prefix: str, after: str = "") -> Iterator[ListedObject]:
        """Yield the objects below a prefix, in the server's order, whatever that is.

        Args:
            bucket: The bucket.
            prefix: What their keys begin with.
            after: A server that can is told to leave out what is not behind this key.

        Raises:
            UnreadableInputError: They cannot be listed; in words that say what to do.
        """
        wanted = {"Bucket": bucket, "Prefix": prefix} | ({"StartAfter": after} if after else {})
        with self.said(bucket, prefix):
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(**wanted, **self._payer()):
                for found in page.get("Contents", ()):
                    yield ListedObject(
                        found["Key"],
                        found["Size"],
                        found["ETag"],
                        found["LastModified"],
                        found.get("StorageClass", "STANDARD"),
                    )

    def read_range(self, bucket: str, key: str, etag: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` to `end`, of the version with this ETag only.

        Raises:
            ChangedInputError: The object was replaced or removed.
            UnreadableInputError: It cannot be read.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._get(bucket, key, etag, start, end)
            except broken_streams():
                if attempt == ATTEMPTS:
                    raise self._raises(
                        f"the connection broke {ATTEMPTS} times while bytes {start} to {end} of"
                        f" {SCHEME}{bucket}/{key} were read"
                    ) from None
                time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 # spreads load
        raise AssertionError  # not reached: the last attempt returns or raises

    def head(self, bucket: str, key: str) -> tuple[int, str] | None:
        """Return an object's size and ETag; None where there is none."""
        from botocore.exceptions import ClientError

        with self.said(bucket, key):
            try:
                answer = self.client.head_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if code_of(error) in GONE:
                    return None
                raise
        return int(answer["ContentLength"]), str(answer["ETag"])

    def read_small(self, bucket: str, key: str) -> SmallObject | None:
        """Return an object, whole; None where there is none."""
        from botocore.exceptions import ClientError

        with self.said(bucket, key):
            try:
                answer = self.client.get_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if code_of(error) in GONE:
                    return None
                raise
            body: bytes = answer["Body"].read()
        sent_at = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        age_s = (sent_at - answer["LastModified"]).total_seconds()
        return SmallObject(body, str(answer["ETag"]), age_s)

    def write_if(self, bucket: str, key: str, body: bytes, etag: str | None) -> str | None:
        """Write an object if it still has this ETag, or with None, if there is none.

        Returns:
            The new ETag; None where the condition does not hold. An answer that is lost on its way
            and asked for again looks like that, too: who has to know, reads the object.
        """
        from botocore.exceptions import ClientError

        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        with self.said(bucket, key):
            try:
                answer = self.client.put_object(Bucket=bucket, Key=key, Body=body, **condition)
            except ClientError as error:
                if code_of(error) in NOT_AS_EXPECTED | GONE:
                    return None
                raise
        return str(answer["ETag"])

    def remove(self, bucket: str, key: str) -> None:
        """Remove an object, if it is there."""
        with self.said(bucket, key):
            self.client.delete_object(Bucket=bucket, Key=key)

    def said(
        self, bucket: str, key: str = "", *, retried: bool = False
    ) -> AbstractContextManager[None]:
        """Turn errors of botocore into those that this store raises; see `words.said`."""
        return said(f"{SCHEME}{bucket}/{key}", self._raises, self._changed, retried=retried)

    def _get(self, bucket: str, key: str, etag: str, start: int, end: int) -> bytes:
        with self.said(bucket, key, retried=True):
            answer = self.client.get_object(
                Bucket=bucket,
                Key=key,
                IfMatch=etag,
                Range=f"bytes={start}-{end - 1}",
                **self._payer(),
            )
            body: bytes = answer["Body"].read()
        return body

    def _payer(self) -> dict[str, str]:
        return {"RequestPayer": "requester"} if self._options.requester_pays else {}
