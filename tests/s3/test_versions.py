"""Buckets that keep each version of an object: the newest one counts, and what is gone is gone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from etl.s3 import S3Store
from tests.pipeline.faults import WINDOW, assert_same, daytally, write_logs
from tests.s3.servers import BUCKET, client
from tests.s3.test_inputs import ingest, lines, paths, project
from tests.s3.warehouses import move_to_s3

pytestmark = pytest.mark.extra
KEEPER = "versions"


@pytest.fixture
def keeper(server: str) -> str:
    """Return a server with a bucket that keeps versions."""
    if KEEPER not in [one["Name"] for one in client(server).list_buckets()["Buckets"]]:
        client(server).create_bucket(Bucket=KEEPER)
    enabled = {"Status": "Enabled"}
    client(server).put_bucket_versioning(Bucket=KEEPER, VersioningConfiguration=enabled)
    return server


def put(url: str, key: str, body: bytes) -> None:
    assert client(url).put_object(Bucket=KEEPER, Key=key, Body=body)["VersionId"]


def remove(url: str, key: str) -> None:
    """Hide an object behind a mark, as its removal does here."""
    client(url).delete_object(Bucket=KEEPER, Key=key)
    with pytest.raises(ClientError, match="404"):
        client(url).head_object(Bucket=KEEPER, Key=key)


def versions(url: str, prefix: str) -> dict[str, list[str]]:
    """Return the kinds of versions of all keys below a prefix, the newest first."""
    found: dict[str, list[str]] = {}
    answer = client(url).list_object_versions(Bucket=KEEPER, Prefix=prefix)
    for kind in ("DeleteMarkers", "Versions"):
        for one in answer.get(kind, ()):
            found.setdefault(one["Key"], []).append(kind)
    return found


def once(count: int) -> Counter[str]:
    return Counter(f"/app/{n}" for n in range(count))


def test_only_the_newest_version_is_read(keeper: str, prefix: str, tmp_path: Path) -> None:
    """Grown, put again, removed, and put again after that."""
    folder, key = project(tmp_path, keeper, f"s3://{KEEPER}/{prefix}/"), f"{prefix}/app.log"
    for count in (200, 500, 500, 0, 500, 900, 0):
        remove(keeper, key) if not count else put(keeper, key, lines("app", count))
        most = max(count, len(paths(folder)))
        for _ in range(2):
            assert not ingest(folder).skipped
            assert paths(folder) == once(most)
    assert versions(keeper, prefix) == {key: ["DeleteMarkers"] * 2 + ["Versions"] * 5}


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("then", ["another version", "removed"])
def test_a_version_that_was_listed_is_not_read_when_it_is_an_old_one(
    keeper: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str, at: int
) -> None:
    """The server still has it, but whoever wrote the next one meant that instead.

    It goes before it is looked at, or when it is being read.
    """
    folder, key = project(tmp_path, keeper, f"s3://{KEEPER}/{prefix}/"), f"{prefix}/app.log"
    put(keeper, key, lines("old", 5_000))
    true, asked = S3Store.read_range, []

    def replaced(store: S3Store, *args: object) -> bytes:
        asked.append(args)
        if len(asked) == at:
            remove(keeper, key) if then == "removed" else put(keeper, key, lines("app", 300))
        return true(store, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(S3Store, "read_range", replaced)
    assert not ingest(folder).skipped
    assert len(asked) > at or then == "removed"
    assert paths(folder) == (Counter() if then == "removed" else once(300))


def test_a_warehouse_may_lie_there(keeper: str, prefix: str, tmp_path: Path) -> None:
    """What is removed there stays as an old version that nobody asks for."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        write_logs(folder, inputs=4)
    move_to_s3(there, keeper, prefix)
    path = there / "daytally.toml"
    path.write_text(path.read_text().replace(f"s3://{BUCKET}/", f"s3://{KEEPER}/"))
    for folder in (here, there):
        for _ in range(2):
            done = daytally(folder, "run", *WINDOW)
            assert done.returncode == 0, done.stderr
    assert_same(here, there)
    lease = versions(keeper, f"{prefix}/.lock")[f"{prefix}/.lock"]
    assert lease == ["Versions"] * len(lease)
    assert len(lease) >= 4, "taken and given back twice"


def test_days_without_objects_are_days_without_news(
    server: str, prefix: str, tmp_path: Path
) -> None:
    """Nothing at all, then a day in the middle, then, late, the one before it."""
    folder = project(tmp_path, server, f"s3://{BUCKET}/{prefix}/{{day:%Y/%m/%d}}/")
    expected: Counter[str] = Counter()
    for day in (None, "2026/03/10", "2026/03/09"):
        if day is not None:
            name = day.replace("/", "-")
            client(server).put_object(
                Bucket=BUCKET, Key=f"{prefix}/{day}/a.log", Body=lines(name, 200)
            )
            expected += Counter(f"/{name}/{n}" for n in range(200))
        for _ in range(2):
            done = ingest(folder)
            assert not done.skipped
            assert paths(folder) == expected
