"""The one home of boto3: a client with bounded retries, and errors in an operator's words.

Keys come from boto3's usual chain (environment, shared files, roles), never from daytally.toml.
Error codes are those of the S3 API reference, "Error responses".
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from etl.errors import ChangedInputError, UnreadableInputError

SCHEME = "s3://"

ATTEMPTS = 5
"""Times that a request, or the reading of its answer, is tried."""

TIMEOUT_S = 30
"""For one answer to begin; contended writes of some servers take several seconds."""

CONNECTIONS = 32

HINTS = {
    "NoSuchBucket": "there is no such bucket; check its name, and [s3] endpoint_url and region",
    "InvalidAccessKeyId": "the server does not know this access key; check AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret key is wrong; check AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": "the session token has expired; log in again",
    "ExpiredTokenException": "the session token has expired; log in again",
    "InvalidToken": "the session token is not valid; check AWS_SESSION_TOKEN",
    "AccessDenied": "these keys may not do that; the bucket's policy must allow s3:ListBucket on"
    " the bucket and s3:GetObject on its objects",
    "PermanentRedirect": "the bucket is in another region; set region in [s3]",
    "AuthorizationHeaderMalformed": "the bucket is in another region; set region in [s3]",
    "IllegalLocationConstraintException": "the bucket is in another region; set region in [s3]",
    "InvalidObjectState": "the object is archived; restore it first",
    "RequestTimeTooSkewed": "this machine's clock is wrong by more than 15 minutes",
    "SlowDown": "the server asks for fewer requests; the next run tries again",
}
HINTS |= {"403": HINTS["AccessDenied"], "301": HINTS["PermanentRedirect"]}

CHANGED = frozenset({"PreconditionFailed", "412", "NoSuchKey", "404"})
"""Answers that say that an object is no longer what was listed."""


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


def split_address(address: str) -> tuple[str, str]:
    """Return bucket and key, or bucket and prefix, of `s3://bucket/key`."""
    bucket, _, key = address.removeprefix(SCHEME).partition("/")
    return bucket, key


class S3Store:
    """Lists buckets and reads ranges of objects; may be used by many threads.

    Args:
        options: Where the server is.
    """

    def __init__(self, options: S3Options) -> None:
        self._options = options

    @cached_property
    def client(self) -> Any:
        """The client, made when it is first needed: boto3 takes its time to be imported."""
        import boto3
        from botocore.config import Config

        config = Config(
            # "standard" backs off with jitter on throttling, time-outs, resets and 5xx answers.
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            connect_timeout=10,
            read_timeout=TIMEOUT_S,
            max_pool_connections=CONNECTIONS,
        )
        # A session of its own: boto3 keeps the keys of its common one for the whole process.
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self._options.endpoint_url,
            region_name=self._options.region,
            config=config,
        )

    def list_objects(self, bucket: str, prefix: str) -> Iterator[ListedObject]:
        """Yield the objects below a prefix, in the server's order, whatever that is.

        Raises:
            UnreadableInputError: They cannot be listed; in words that say what to do.
        """
        with said(f"{SCHEME}{bucket}/{prefix}"):
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket, Prefix=prefix, **self._payer()):
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
            except _broken_streams():
                if attempt == ATTEMPTS:
                    raise UnreadableInputError(
                        f"the connection broke {ATTEMPTS} times while bytes {start} to {end} of"
                        f" {SCHEME}{bucket}/{key} were read"
                    ) from None
                time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 # spreads load
        raise AssertionError  # not reached: the last attempt returns or raises

    def _get(self, bucket: str, key: str, etag: str, start: int, end: int) -> bytes:
        with said(f"{SCHEME}{bucket}/{key}"):
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


def _broken_streams() -> tuple[type[Exception], ...]:
    """Return what a body raises that stops in its middle; requests are retried by botocore."""
    from botocore import exceptions as e

    return e.ResponseStreamingError, e.IncompleteReadError, e.ReadTimeoutError


@contextmanager
def said(what: str) -> Iterator[None]:
    """Turn botocore's errors into ours, which say what to do.

    Args:
        what: The address that is meant.
    """
    from botocore import exceptions as e

    try:
        yield
    except e.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in CHANGED:
            raise ChangedInputError(
                f"{what} was replaced or removed since it was listed"
            ) from error
        hint = HINTS.get(code, str(error))
        raise UnreadableInputError(f"{what}: {hint} ({code})") from error
    except (e.NoCredentialsError, e.PartialCredentialsError) as error:
        raise UnreadableInputError(
            f"{what}: no S3 keys found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a"
            " profile or role that boto3 finds"
        ) from error
    except _broken_streams():
        raise
    except (e.EndpointConnectionError, e.ConnectTimeoutError, e.ConnectionError) as error:
        raise UnreadableInputError(
            f"{what}: the server cannot be reached; check [s3] endpoint_url and the network:"
            f" {error}"
        ) from error
    except e.BotoCoreError as error:
        raise UnreadableInputError(f"{what}: {error}") from error
