"""Errors of S3 in an operator's words; codes are of the S3 API reference, "Error responses"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from etl.errors import ChangedInputError, EtlError, UnreadableInputError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

_DENIED = (
    "these keys may not do that; their policy or the bucket's must allow s3:ListBucket on the"
    " bucket and s3:GetObject on its objects, and of a warehouse also s3:PutObject and"
    " s3:DeleteObject"
)
_RIGHTS = {
    "list": "s3:ListBucket on the bucket",
    "read": "s3:GetObject on the objects and s3:ListBucket on the bucket",
    "write": "s3:PutObject and s3:DeleteObject on the warehouse's objects",
    "remove": "s3:DeleteObject on the warehouse's objects",
    "list unfinished uploads of": "s3:ListBucketMultipartUploads on the bucket",
    "abort an upload of": "s3:AbortMultipartUpload on the warehouse's objects",
}
"""What keys may not do, and what a policy must allow for that: of IAM's "Actions for Amazon S3"."""

_OPERATIONS = {
    "ListObjectsV2": "list",
    "GetObject": "read",
    "HeadObject": "read",
    "PutObject": "write",
    "CreateMultipartUpload": "write",
    "UploadPart": "write",
    "CompleteMultipartUpload": "write",
    "DeleteObject": "remove",
    "ListMultipartUploads": "list unfinished uploads of",
    "AbortMultipartUpload": "abort an upload of",
}
"""Requests that boto3 makes for us, and what they do."""

_METHODS = {"GET": "read", "HEAD": "read", "PUT": "write", "POST": "write", "DELETE": "remove"}
"""Requests that Delta and Polars make; a GET may also list."""

_REGION = "the bucket is in another region; set region in [s3]"
_EXPIRED = "the session token has expired; log in again, then start the same command again"

HINTS = {
    "NoSuchBucket": "there is no such bucket; check its name, and [s3] endpoint_url and region",
    "InvalidAccessKeyId": "the server does not know this access key; check AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret key is wrong; check AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidToken": "the session token is not valid; check AWS_SESSION_TOKEN",
    "AccessDenied": _DENIED,
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "InvalidObjectState": "the object is archived; restore it first",
    "RequestTimeTooSkewed": "this machine's clock is wrong by more than 15 minutes",
    "SlowDown": "the server asks for fewer requests; start the same command again later",
}
HINTS |= {"403": _DENIED, "301": _REGION}

CHANGED = frozenset({"PreconditionFailed", "412", "NoSuchKey", "404"})
"""Answers that say that an object is no longer what was listed."""

UNREACHABLE = "the server cannot be reached; check [s3] endpoint_url and the network"

NO_TLS = (
    "the server does not speak TLS as this machine expects it; check https in [s3] endpoint_url,"
    " and for a certificate of your own AWS_CA_BUNDLE"
)

_CODE = re.compile(r"<Code>(\w{1,64})</Code>")
_STATUS = re.compile(r"\b(301|403) (?:Forbidden|Moved Permanently)")
_REQUEST = re.compile(r"Error performing (GET|HEAD|PUT|POST|DELETE) ([^\s?]+)(\?\S*)?")
_NO_CONNECTION = re.compile(r"\(Connect\)|dns error|error sending request")


def hint_in(text: str) -> str | None:
    """Return what to do about an error that Delta or Polars had with S3; None for other errors.

    Args:
        text: What they say, the server's answer within.
    """
    found = _CODE.search(text) or _STATUS.search(text)
    if found is not None and found[1] in HINTS:
        hint = HINTS[found[1]]
        if hint is _DENIED and (asked := _REQUEST.search(text)):
            query = asked[3] or ""
            act = "list" if "list-type" in query else _METHODS[asked[1]]
            hint = _denied("remove" if query.startswith("?delete") else act, asked[2])
        return f"{hint} ({found[1]})"
    return UNREACHABLE if _NO_CONNECTION.search(text) else None


def _denied(act: str, what: str) -> str:
    """Say what keys may not do, and which rights that takes."""
    return (
        f"these keys may not {act} {what}; their policy or the bucket's must allow {_RIGHTS[act]}"
    )


def _hint_to(error: ClientError) -> str:
    """Return what to do about what a server said to boto3."""
    hint, act = HINTS.get(code_of(error), str(error)), _OPERATIONS.get(error.operation_name)
    return hint if act is None or hint is not _DENIED else _denied(act, "it")


def broken_streams() -> tuple[type[Exception], ...]:
    """Return what a body raises that stops in its middle; requests are retried by botocore."""
    from botocore import exceptions as e

    return e.ResponseStreamingError, e.IncompleteReadError, e.ReadTimeoutError


@contextmanager
def said(
    what: str,
    raises: type[EtlError] = UnreadableInputError,
    changed: type[EtlError] = ChangedInputError,
    *,
    retried: bool = False,
) -> Iterator[None]:
    """Turn botocore's errors into ours, which say what to do.

    Args:
        what: The address that is meant.
        raises: Our error.
        changed: Our error where an object is no longer what was listed.
        retried: Whether the caller tries again where an answer breaks off: that error stays.
    """
    from botocore import exceptions as e

    try:
        yield
    except e.ClientError as error:
        code = code_of(error)
        if code in CHANGED:
            raise changed(f"{what} was replaced or removed since it was listed") from error
        raise raises(f"{what}: {_hint_to(error)} ({code})") from error
    except e.NoCredentialsError as error:
        raise raises(f"{what}: {NO_KEYS}") from error
    except e.PartialCredentialsError as error:
        missing = error.kwargs["cred_var"]
        raise raises(f"{what}: half of the S3 keys is missing: {missing}") from error
    except e.ProfileNotFound as error:
        raise raises(f"{what}: {error}; check AWS_PROFILE") from error
    except e.ParamValidationError as error:
        named = "nvalid bucket name" in str(error)
        raise raises(f"{what}: {'no bucket can have this name' if named else error}") from error
    except broken_streams() as error:
        if retried:
            raise
        raise raises(f"{what}: the connection broke, or the server fell silent: {error}") from error
    except e.SSLError as error:
        raise raises(f"{what}: {NO_TLS}: {error.kwargs['error']}") from error
    except (e.EndpointConnectionError, e.ConnectTimeoutError, e.ConnectionError) as error:
        raise raises(f"{what}: {UNREACHABLE} ({_server_of(error)})") from error
    except e.BotoCoreError as error:
        raise raises(f"{what}: {error}") from error


NO_KEYS = (
    "no S3 keys found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile or role that"
    " boto3 finds"
)


def _server_of(error: BotoCoreError) -> str:
    """Return the address that was tried, without what was asked of it; or what went wrong."""
    tried = urlsplit(str(error.kwargs.get("endpoint_url", "")))
    return f"{tried.scheme}://{tried.netloc}" if tried.netloc else str(error)


def code_of(error: Exception) -> str:
    """Return the code of botocore's `ClientError`."""
    answer = getattr(error, "response", {})
    return str(answer.get("Error", {}).get("Code", "unknown"))
