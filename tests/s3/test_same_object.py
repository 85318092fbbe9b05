"""An object is what its content says: moved, compressed, or uploaded again when it has grown."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from tests.s3.servers import BUCKET, client, put
from tests.s3.test_inputs import ingest, line, lines, paths, project

pytestmark = pytest.mark.extra

SHORT, LONG = 3, 200
"""Lines of an object that its first 4 KiB hold whole, and of one that goes on behind them."""


def once(name: str, count: int) -> Counter[str]:
    return Counter(f"/{name}/{n}" for n in range(count))


def remove(url: str, key: str) -> None:
    client(url).delete_object(Bucket=BUCKET, Key=key)


@pytest.fixture
def folder(server: str, prefix: str, tmp_path: Path) -> Path:
    return project(tmp_path, server, f"s3://{BUCKET}/{prefix}/")


@pytest.mark.parametrize("count", [SHORT, LONG])
@pytest.mark.parametrize("kept", [True, False])
def test_compressed_under_another_key_it_is_the_same(
    folder: Path, server: str, prefix: str, count: int, kept: bool
) -> None:
    put(server, f"{prefix}/app.log", lines("app", count))
    ingest(folder)
    put(server, f"{prefix}/old/app.log.gz", gzip.compress(lines("app", count)))
    if not kept:
        remove(server, f"{prefix}/app.log")
    for _ in range(2):
        assert not ingest(folder).skipped
        assert paths(folder) == once("app", count)


@pytest.mark.parametrize("count", [SHORT, LONG])
def test_met_with_its_compressed_copy_it_is_read_once(
    folder: Path, server: str, prefix: str, count: int
) -> None:
    for level in (1, 9):
        put(server, f"{prefix}/{level}.gz", gzip.compress(lines("app", count), level))
    put(server, f"{prefix}/app.log", lines("app", count))
    for _ in range(2):
        assert not ingest(folder).skipped
        assert paths(folder) == once("app", count)


@pytest.mark.parametrize("count", [SHORT, LONG])
@pytest.mark.parametrize("packed", [False, True])
def test_uploaded_again_when_it_has_grown_it_goes_on(
    folder: Path, server: str, prefix: str, count: int, packed: bool
) -> None:
    """As by `aws s3 cp` of a live log, every hour."""
    for now in (count, 2 * count, 2 * count, 40 * count):
        body = lines("app", now)
        put(server, f"{prefix}/app.log", gzip.compress(body) if packed else body)
        for _ in range(2):
            assert not ingest(folder).skipped
            assert paths(folder) == once("app", now)


def test_moved_and_grown_it_goes_on(folder: Path, server: str, prefix: str) -> None:
    put(server, f"{prefix}/live/app.log", lines("app", LONG))
    ingest(folder)
    remove(server, f"{prefix}/live/app.log")
    put(server, f"{prefix}/2026-03-10/app.log.gz", gzip.compress(lines("app", 2 * LONG)))
    assert not ingest(folder).skipped
    assert paths(folder) == once("app", 2 * LONG)


def test_an_early_upload_is_a_copy_of_the_whole_one(folder: Path, server: str, prefix: str) -> None:
    put(server, f"{prefix}/b/whole.log", lines("app", 2 * LONG))
    put(server, f"{prefix}/a/early.log", lines("app", LONG))
    for _ in range(2):
        assert not ingest(folder).skipped
        assert paths(folder) == once("app", 2 * LONG)


def test_one_whose_past_has_changed_is_reported_and_not_counted_twice(
    folder: Path, server: str, prefix: str
) -> None:
    first = lines("app", LONG)
    put(server, f"{prefix}/app.log", first)
    ingest(folder)
    put(server, f"{prefix}/app.log", first[:-1] + b" \n" + line("/new").encode())
    (skipped,) = ingest(folder).skipped
    assert f"changed before byte {len(first)}" in skipped.detail
    put(server, f"{prefix}/app.log", lines("app", LONG - 10))
    (skipped,) = ingest(folder).skipped
    assert "became shorter" in skipped.detail
    assert paths(folder) == once("app", LONG)


def test_another_log_under_its_key_is_another_input(folder: Path, server: str, prefix: str) -> None:
    for name in ("monday", "tuesday"):
        put(server, f"{prefix}/latest.log", lines(name, LONG))
        assert not ingest(folder).skipped
    assert paths(folder) == once("monday", LONG) + once("tuesday", LONG)
