"""Objects as inputs: listed in any order, read by ranges, one version of each."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.utils import parse_timestamp

from etl.errors import ChangedInputError, UnreadableInputError
from etl.model import Input
from etl.s3 import S3Options, S3Store
from etl.s3.reader import FIRST_BYTES
from etl.s3.store import parse_instant
from etl.sources.s3 import S3Source
from tests.s3.servers import BUCKET, put

pytestmark = pytest.mark.extra
NOW = datetime(2026, 3, 11, 4, tzinfo=UTC)


def source_at(url: str) -> S3Source:
    return S3Source(S3Store(S3Options(endpoint_url=url)))


def item(key: str, etag: str, size: int) -> Input:
    return Input(f"s3://{BUCKET}/{key}", size, etag, NOW, closed=True)


def test_more_objects_than_a_page_are_listed_in_our_order(server: str, prefix: str) -> None:
    names = [f"{prefix}/{kind}{n:03}" for kind in ("a/x", "a-b") for n in range(520)]
    for name in random.sample(names, len(names)):
        put(server, name, b"x")
    put(server, f"{prefix}/empty", b"")
    listed = source_at(server).list_inputs([f"s3://{BUCKET}/{prefix}/"], now=NOW)
    assert [one.uri for one in listed] == sorted(f"s3://{BUCKET}/{name}" for name in names)


def test_globs_stay_within_a_folder(server: str, prefix: str) -> None:
    for name in ("api.log", "api.log.gz", "deep/api.log.gz", "web.log.gz"):
        put(server, f"{prefix}/{name}", b"x")

    def found(glob: str) -> list[str]:
        listed = source_at(server).list_inputs([f"s3://{BUCKET}/{prefix}/{glob}"], now=NOW)
        return [one.uri.partition(f"{prefix}/")[2] for one in listed]

    assert found("*.gz") == ["api.log.gz", "web.log.gz"]
    assert found("**/a*.gz") == ["api.log.gz", "deep/api.log.gz"]
    assert found("[!a]??.log.gz") == ["web.log.gz"]
    assert found("ap") == ["api.log", "api.log.gz"]


def test_an_object_reads_like_the_bytes_that_it_holds(server: str, prefix: str) -> None:
    body = os.urandom(FIRST_BYTES * 2 + 77)
    etag = put(server, f"{prefix}/big", body)
    with source_at(server).open_input(item(f"{prefix}/big", etag, len(body))) as stream:
        for place, count in ((0, 10), (FIRST_BYTES - 3, 9), (len(body) - 5, 50), (5, 3)):
            stream.seek(place)
            found = b""
            while more := stream.read(count - len(found)):
                found += more
            assert found == body[place : place + count]
        stream.seek(0)
        assert b"".join(iter(lambda: stream.read(1 << 16), b"")) == body


def test_an_object_replaced_while_it_is_read_is_not_mixed(server: str, prefix: str) -> None:
    body = os.urandom(FIRST_BYTES * 2)
    etag = put(server, f"{prefix}/one", body)
    with source_at(server).open_input(item(f"{prefix}/one", etag, len(body))) as stream:
        stream.read(FIRST_BYTES)
        put(server, f"{prefix}/one", body[::-1])
        with pytest.raises(ChangedInputError, match="was replaced or removed since it was listed"):
            stream.read(FIRST_BYTES)


def test_keys_that_are_missing_are_asked_for(
    seaweed: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(UnreadableInputError, match="no S3 keys found; set AWS_ACCESS_KEY_ID"):
        source_at(seaweed).list_inputs([f"s3://{BUCKET}/{prefix}"], now=NOW)


def test_who_reads_pays_where_that_is_asked_for(
    moto_server: str, prefix: str, tmp_path: Path
) -> None:
    etag = put(moto_server, f"{prefix}/one", b"x")
    store = S3Store(S3Options(endpoint_url=moto_server, requester_pays=True))
    seen: list[str] = []
    store.client.meta.events.register(
        "before-send.s3",
        lambda request, **_: seen.append(str(request.headers.get("x-amz-request-payer"))),
    )
    source = S3Source(store)
    (found,) = source.list_inputs([f"s3://{BUCKET}/{prefix}/"], now=NOW)
    assert source.open_input(found).read(1) == b"x"
    assert found.etag == etag
    assert {value.strip("b'") for value in seen} == {"requester"}


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-10T01:02:03.456Z", "2026-03-10T01:02:03Z", "2026-03-10T01:02:03+05:30",
        "Tue, 10 Mar 2026 01:02:03 GMT", "Tue, 10 Mar 2026 01:02:03 -0000", 1773104523,
        1773104523.5, "1773104523",
    ],
)  # fmt: skip
def test_time_stamps_are_what_botocore_takes_them_for(written: object) -> None:
    found = parse_instant(written)
    assert found == parse_timestamp(written)
    assert found.tzinfo is not None
