"""The slowest requests of a day, found in the pass that counts them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from etl.metrics.columns import RowGroup, whole

SLOWEST = 10

_SCHEMA = pl.Schema(
    {
        "source": pl.String(),
        "at": pl.Datetime("us", "UTC"),
        "request_time_s": pl.Float64(),
        **dict.fromkeys(("method", "path", "route"), pl.String()),
        "status": pl.Int32(),
        **dict.fromkeys(("request_id", "input_id"), pl.String()),
        "offset": pl.Int64(),
    }
)
_ORDER = ("request_time_s", "at", "source", "input_id", "offset")


class Slowest:
    """The slowest of the requests that were looked at, the slowest first.

    Attributes:
        rows: `source, at, request_time_s, method, path, route, status, request_id, input_id,
            offset` of `SLOWEST` of them; of those that took equally long the earlier ones.
        columns: What has to be read of a row group.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.rows = pl.DataFrame(schema=_SCHEMA)
        self.columns = tuple(name for name in _SCHEMA if name != "source")

    def look(self, group: RowGroup) -> None:
        """Look at the rows of a group."""
        table = group.read(self.columns)
        if "request_time_s" not in table.column_names:
            return
        # What is null is no number here, and no number is as much as another one.
        seconds = whole(table["request_time_s"]).to_numpy(zero_copy_only=False)
        (slow,) = (seconds >= self._least()).nonzero()
        if len(slow) > SLOWEST:
            slow = slow[seconds[slow] >= np.partition(seconds[slow], -SLOWEST)[-SLOWEST]]
        if len(slow):
            found = table.take(pa.array(slow))
            columns = {n: pl.Series(pl.from_arrow(found[n])) for n in found.column_names}
            self._add(pl.DataFrame(columns).with_columns(pl.lit(group.source).alias("source")))

    def _least(self) -> float:
        """Return how long a request has to take to be one of the slowest."""
        return float(self.rows["request_time_s"][-1]) if len(self.rows) == SLOWEST else -np.inf

    def _add(self, rows: pl.DataFrame) -> None:
        both = pl.concat(
            [self.rows, rows.cast({n: _SCHEMA[n] for n in rows.columns})], how="diagonal"
        )
        self.rows = both.sort(_ORDER, descending=[True, *[False] * 4]).head(SLOWEST)
