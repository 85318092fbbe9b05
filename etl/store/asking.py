"""Asks Delta's own engine for rows of a table.

It is loaded anyway; the import of Polars takes as long as 60 MB of a log take to be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder


def rows_where(opened: DeltaTable, chosen: Sequence[str], where: str) -> list[tuple[Any, ...]]:
    """Return rows of a table.

    Args:
        opened: The table.
        chosen: SQL of the values of a row.
        where: SQL condition, and an order if one is wanted.

    Raises:
        DeltaError: The SQL is wrong.
        OSError: The rows cannot be read.
    """
    asked = f"select {', '.join(chosen)} from asked where {where}"  # noqa: S608 # no user's words
    try:
        found = pa.table(QueryBuilder().register("asked", opened).execute(asked))
    except pa.ArrowInvalid as error:  # whatever goes wrong while rows are handed over
        raise OSError(str(error)) from error
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))
