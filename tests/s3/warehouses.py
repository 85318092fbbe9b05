"""Projects whose warehouse is in S3, and the same ones with a folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from etl.errors import StoreError
from etl.pipeline.project import Project
from etl.s3 import S3Options, S3Store
from etl.store.bucket import Bucket
from etl.store.layout import PARTITIONS
from tests.s3.servers import BUCKET, client


def move_to_s3(folder: Path, url: str, prefix: str) -> None:
    """Let a project keep its tables under a prefix of the tests' bucket."""
    path = folder / "daytally.toml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("warehouse =")]
    place = lines.index("[project]") + 1
    lines.insert(place, f'warehouse = "s3://{BUCKET}/{prefix}"')
    path.write_text("\n".join([*lines, "", "[s3]", f'endpoint_url = "{url}"', ""]))


def copied_to(url: str, folder: Path, into: Path, prefix: str, other: str) -> Path:
    """Copy a project, and its tables from a prefix to another one.

    Args:
        url: The server.
        folder: The project.
        into: Where its copy is made.
        prefix: Of its tables.
        other: Of their copies.
    """
    found = Path(shutil.copytree(folder, into / "project", copy_function=shutil.copy2))
    path = found / "daytally.toml"
    path.write_text(path.read_text().replace(prefix, other))
    pages = client(url).get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    for key in [one["Key"] for page in pages for one in page["Contents"]]:
        source = {"Bucket": BUCKET, "Key": key}
        client(url).copy_object(
            Bucket=BUCKET, Key=other + key.removeprefix(prefix), CopySource=source
        )
    return found


def bucket_at(url: str, prefix: str) -> Bucket:
    """Return a warehouse's place."""
    store = S3Store(S3Options(endpoint_url=url), StoreError, StoreError)
    return Bucket(f"s3://{BUCKET}/{prefix}", store)


def everything(project: Project) -> dict[str, list[Any]]:
    """Return all rows of all tables, without what names an attempt or its files, or takes time."""
    found = {}
    for table in PARTITIONS:
        opened = project.warehouse.existing(table)
        if opened is None:
            continue
        rows = opened.to_pyarrow_table().to_pylist()
        for row in rows:
            for name in ("attempt", "seconds"):
                row.pop(name, None)
            row["parts"] = [
                (part["table"], part["day"], part["rows"], part["size_bytes"])
                for part in row.get("parts") or ()
            ]
        found[table] = sorted(rows, key=repr)
    return found
