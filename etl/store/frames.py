"""Rows of tables as frames of Polars: apart, because who only reads logs has no need of it."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable


def rows_of(opened: DeltaTable) -> pl.LazyFrame:
    """Return a table's rows, to be read with the table's own options, as far as there are any."""
    retries = (opened._storage_options or {}).get("max_retries")
    return pl.scan_delta(opened, storage_options={"max_retries": int(retries)} if retries else None)


def no_rows(schema: pa.Schema) -> pl.DataFrame:
    """Return what is read of a table that does not exist."""
    return pl.DataFrame(pl.from_arrow(schema.empty_table()))
