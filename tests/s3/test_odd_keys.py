"""Keys that a naive reader would cut, decode or join: each object is read, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.s3.servers import BUCKET, client, put
from tests.s3.test_inputs import ingest, lines, paths, project

pytestmark = pytest.mark.extra

ODD = (
    "with space.log", "a+b.log", "50%.log", "%2F.log", "a%20b.log", "grüße-日本.log", "#1.log",
    "who?.log", "a=b&c.log", "Case.log", "case.log", "[1].log", "*.log", "it's.log", "a..b.log",
)  # fmt: skip
SLASHES = ("a//b.log", "folder/")
"""Asked of moto alone: SeaweedFS keeps a tree of folders."""


def test_objects_with_odd_keys_are_read_once(server: str, prefix: str, tmp_path: Path) -> None:
    for number, key in enumerate(ODD):
        put(server, f"{prefix}/{key}", lines(f"n{number}", 20))
    listed = client(server).list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/")
    assert {one["Key"] for one in listed["Contents"]} == {f"{prefix}/{key}" for key in ODD}
    project(tmp_path, server, f"s3://{BUCKET}/{prefix}/")
    for expected in (len(ODD), 0):
        done = ingest(tmp_path)
        assert not done.skipped
        assert done.read is not None
        assert done.read.inputs_read == expected
        assert (len(paths(tmp_path)), set(paths(tmp_path).values())) == (20 * len(ODD), {1})


def test_empty_names_in_a_key_are_names(moto_server: str, prefix: str, tmp_path: Path) -> None:
    for number, key in enumerate(SLASHES):
        put(moto_server, f"{prefix}/{key}", lines(f"n{number}", 20))
    project(tmp_path, moto_server, f"s3://{BUCKET}/{prefix}/")
    assert not ingest(tmp_path).skipped
    assert (len(paths(tmp_path)), set(paths(tmp_path).values())) == (40, {1})
    assert ingest(tmp_path).read.inputs_read == 0  # type: ignore[union-attr]
