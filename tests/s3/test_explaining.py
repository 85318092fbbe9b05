"""From a figure back to its lines where the logs lie in S3."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import boto3
import pytest

from etl.pipeline.explaining import explain
from etl.pipeline.runs import run_all
from tests.pipeline.conftest import open_folder
from tests.s3.servers import BUCKET, put
from tests.s3.test_inputs import NOW, lines, project

pytestmark = pytest.mark.extra
DAY = date(2026, 3, 10)


def test_lines_are_fetched_from_objects_by_their_offset(
    server: str, prefix: str, tmp_path: Path
) -> None:
    failed = lines("failed", 2).replace(b" 200 ", b" 500 ")
    put(server, f"{prefix}/a.log", lines("a", 4000) + failed)
    put(server, f"{prefix}/b.log.gz", gzip.compress(lines("b", 30) + failed))
    folder = project(tmp_path, server, f"s3://{BUCKET}/{prefix}/")
    run_all(open_folder(folder), [DAY], now=NOW, workers=2)

    def told() -> dict[tuple[str, int | None], bytes | None]:
        found = explain(open_folder(folder), "http_500", DAY, {}, most=50, now=NOW)
        assert [one.value for one in found.measurements] == [4]
        return {(one.uri, one.offset): one.text for rows in found.rows for one in rows.lines}

    first, second = failed.splitlines()
    begin = {"a.log": len(lines("a", 4000)), "b.log.gz": len(lines("b", 30))}
    assert told() == {
        (f"s3://{BUCKET}/{prefix}/{name}", start + place): text
        for name, start in begin.items()
        for place, text in ((0, first), (len(first) + 1, second))
    }
    client = boto3.client("s3", endpoint_url=server)
    client.delete_object(Bucket=BUCKET, Key=f"{prefix}/b.log.gz")
    gone = told()
    assert {text for (uri, _), text in gone.items() if uri.endswith("/a.log")} == {first, second}
    assert {text for (uri, _), text in gone.items() if "b.log" in uri} == {None}
