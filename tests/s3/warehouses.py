"""Projects whose warehouse is in S3, and the same ones with a folder."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from etl.errors import StoreError
from etl.pipeline.project import Project
from etl.s3 import S3Options, S3Store
from etl.store.bucket import Bucket
from etl.store.layout import PARTITIONS
from tests.pipeline.faults import copied
from tests.s3.servers import BUCKET, client


def move_to_s3(folder: Path, url: str, prefix: str) -> None:
    """Let a project keep its tables under a prefix of the tests' bucket."""
    path = folder / "daytally.toml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("warehouse =")]
    place = lines.index("[project]") + 1
    lines.insert(place, f'warehouse = "s3://{BUCKET}/{prefix}"')
    path.write_text("\n".join([*lines, "", "[s3]", f'endpoint_url = "{url}"', ""]))


@dataclass(frozen=True, slots=True)
class Original:
    """A project that is made once, with its tables in S3, and of which each test has a copy.

    Attributes:
        url: The server.
        folder: The project.
        prefix: Of its tables.
    """

    url: str
    folder: Path
    prefix: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        """Move the project's tables, of which there are none yet."""
        move_to_s3(self.folder, self.url, self.prefix)

    def copied(self, into: Path) -> Path:
        """Copy the project into a folder, and its tables to a prefix that no other copy has."""
        found, other = copied(self.folder, into), uuid.uuid4().hex
        path = found / "daytally.toml"
        path.write_text(path.read_text().replace(self.prefix, other))
        server = client(self.url)
        pages = server.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=self.prefix)
        for key in [one["Key"] for page in pages for one in page["Contents"]]:
            source = {"Bucket": BUCKET, "Key": key}
            new = other + key.removeprefix(self.prefix)
            server.copy_object(Bucket=BUCKET, Key=new, CopySource=source)
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
