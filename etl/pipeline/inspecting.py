"""What `daytally rejects` looks up; nothing is changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from etl.pipeline.project import Project
from etl.pipeline.trying import COLUMN, NUMBER
from etl.schema import INPUTS, REJECTS
from etl.store.trouble import reading


def reject_groups(project: Project, day: date | None, source: str | None) -> list[dict[str, Any]]:
    """Return refused lines by source and reason, most frequent first, with one sample.

    Details that differ in numbers only are one; the sample's is given, and the lowest and highest
    column that one of them names.

    Args:
        project: The project.
        day: Day of ingestion; all where None.
        source: Name of a source; all where None.
    """
    with reading(project.warehouse.place.address):
        return _reject_groups(project, day, source)


def _reject_groups(project: Project, day: date | None, source: str | None) -> list[dict[str, Any]]:
    rows = project.warehouse.scan("rejects", REJECTS)
    if day is not None:
        rows = rows.filter(pl.col("day") == day)
    if source is not None:
        rows = rows.filter(pl.col("source") == source)
    grouped = (
        rows.sort("source", "input_id", "offset")
        .with_columns(
            pl.col("detail").str.replace_all(NUMBER, "#").alias("kind"),
            pl.col("detail").str.extract(COLUMN).cast(pl.Int64).alias("column"),
        )
        .group_by("source", "reason", "kind")
        .agg(
            pl.len().alias("lines"),
            pl.col("detail", "input_id", "offset", "raw").first(),
            pl.col("column").min().alias("first_column"),
            pl.col("column").max().alias("last_column"),
        )
        .drop("kind")
        .sort("lines", "source", "reason", "detail", descending=[True, False, False, False])
        .collect()
    )
    uris = dict(
        project.warehouse.scan("inputs", INPUTS)
        .sort("batch")
        .group_by("input_id")
        .agg(pl.col("uri").last())
        .collect()
        .iter_rows()
    )
    return [row | {"uri": uris.get(row["input_id"], "")} for row in grouped.iter_rows(named=True)]
