"""Keys that may not do all that a run needs: named in words, nothing lost, and the next run heals.

SeaweedFS itself refuses them, as AWS does with policies.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.faults import (
    WINDOW,
    assert_said,
    assert_undisturbed,
    daytally,
    requests,
    write_logs,
)
from tests.s3.servers import BUCKET, KEY, client, put, seaweedfs
from tests.s3.warehouses import move_to_s3

pytestmark = pytest.mark.extra

READ, LIST = f"Read:{BUCKET}", f"List:{BUCKET}"
RIGHTS = {
    "reader": [READ, LIST],
    "blind": [READ, f"Write:{BUCKET}"],
    "lister": [LIST],
    "choosy": [LIST, f"Read:{BUCKET}/*.log"],
    "planner": [READ, LIST, f"Write:{BUCKET}/*/.lock", f"Write:{BUCKET}/*/inputs/*"],
    "encoder": [READ, LIST, f"Write:{BUCKET}/*/.lock", f"Write:{BUCKET}/*.parquet"],
}
NEEDS = "; their policy or the bucket's must allow "


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a server that knows some who may not do everything."""
    with seaweedfs(tmp_path_factory.mktemp("strict"), RIGHTS) as url:
        yield url


def objects(url: str, prefix: str) -> dict[str, str]:
    """Return what lies below a prefix: keys and ETags."""
    pages = client(url).get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return {one["Key"]: one["ETag"] for page in pages for one in page.get("Contents", ())}


def assert_heals(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain run by keys that may do everything gives what nobody disturbed."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    healed = daytally(folder, "run", *WINDOW)
    assert healed.returncode == 0, healed.stderr
    assert_undisturbed(folder, folder.with_name("plain"))


@pytest.mark.parametrize("there_is_one", [False, True], ids=["new", "grown"])
@pytest.mark.parametrize(
    ("who", "said", "needs"),
    [
        ("reader", "/.lock: these keys may not write it", "s3:PutObject and s3:DeleteObject on"),
        ("blind", "these keys may not list", "s3:ListBucket on the bucket (AccessDenied)"),
        ("lister", "/.lock: these keys may not read it", "s3:GetObject on the objects"),
        ("planner", ".parquet: these keys may not write it", "s3:PutObject and s3:DeleteObject on"),
        ("encoder", ".json", "s3:PutObject and s3:DeleteObject on"),
    ],
)
def test_a_warehouse_that_may_not_be_written(
    strict: str,
    prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    said: str,
    needs: str,
    there_is_one: bool,
) -> None:
    """Refused at its lease, its data files, or its commits; before the first night, or later."""
    folder = tmp_path / "project"
    write_logs(folder, inputs=2)
    move_to_s3(folder, strict, prefix)
    if there_is_one:
        assert daytally(folder, "run", *WINDOW).returncode == 0
        (folder / "logs" / "shop.log.7").write_text("".join(requests("new", 3000, 20)))
    before = objects(strict, f"{prefix}/")

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", who)
    assert_said(daytally(folder, "run", *WINDOW), 1, said, NEEDS + needs)
    if who in ("reader", "lister"):
        assert objects(strict, f"{prefix}/") == before
    if who == "reader":
        told = daytally(folder, "status")
        assert told.returncode == 0, told.stderr
        assert ("logs/shop.log.7 waits" if there_is_one else "nothing was read yet") in told.stdout

    assert_heals(folder, monkeypatch)


@pytest.mark.parametrize(
    ("who", "said", "read"),
    [
        ("blind", "source 'api': s3://{}/: these keys may not list it", 6),
        ("lister", "s3://{}/access.log and 2 more: these keys may not read it", 6),
        ("choosy", "s3://{}/access.log.1 and 1 more: these keys may not read it", 7),
    ],
)
def test_inputs_that_may_not_be_listed_or_read(
    strict: str,
    prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    said: str,
    read: int,
) -> None:
    """All that the keys may see is read, and what they may not is named once."""
    folder = tmp_path / "project"
    write_logs(folder, inputs=3)
    for path in sorted((folder / "logs").glob("access*")):
        put(strict, f"{prefix}/{path.name}", path.read_bytes())
        path.unlink()
    path = folder / "daytally.toml"
    own = path.read_text().replace('"logs/access*"', f'"s3://{BUCKET}/{prefix}/"')
    path.write_text(f'{own}\n[s3]\nendpoint_url = "{strict}"\n')

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", who)
    done = daytally(folder, "run", *WINDOW)
    assert done.returncode == 3, done.stderr
    assert f"Read {read} inputs" in done.stdout
    (told,) = [line for line in done.stdout.splitlines() if line.startswith("Skipped")]
    assert told.startswith(f"Skipped {said.format(f'{BUCKET}/{prefix}')}{NEEDS}")
    assert told.count(prefix) == 1
    status = daytally(folder, "status")
    assert status.returncode == 3
    assert "cannot be read: " in status.stdout
    assert told.partition("these keys")[2].partition(" (")[0] in status.stdout

    assert_heals(folder, monkeypatch)
