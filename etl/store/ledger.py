"""The `inputs` table as ledger: what was planned, what was read, with which outcome.

A batch's plan is appended first (state `planned`). Inputs that turn out to be unreadable are taken
out of it (state `dropped`) before anything is committed, so that plan minus drops is what the data
commit holds. Then the data are committed with the batch's number, then the outcome is appended
(state `read`). A plan without outcome belongs to a run that died: the next one does it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl
import pyarrow as pa

from etl.model import Counts, Input
from etl.schema import INPUTS
from etl.store.tables import Warehouse

PLANNED, READ, DROPPED = "planned", "read", "dropped"

TO_END = -1
"""`to_offset` of a plan that reads up to wherever the input ends (its plain size is not known)."""


@dataclass(frozen=True, slots=True)
class Span:
    """A byte range of one input's plain bytes, to be read in one batch.

    Attributes:
        fingerprint: Of the input's first bytes when it was planned.
        to_offset: End of the range, or `TO_END`.
    """

    input: Input
    input_id: str
    fingerprint: str
    from_offset: int
    to_offset: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading a span gave."""

    span: Span
    to_offset: int
    counts: Counts
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownInput:
    """An input as the ledger knows it: how far it was read, and how it looked then."""

    input_id: str
    uri: str
    fingerprint: str
    etag: str
    size_bytes: int
    to_offset: int


class Ledger:
    """Reads and appends to the `inputs` table.

    Args:
        warehouse: Where the table lies.
        source: Whose inputs are meant.
    """

    def __init__(self, warehouse: Warehouse, source: str) -> None:
        self._warehouse, self._source = warehouse, source

    def rows(self) -> pl.DataFrame:
        """Return this source's rows, in the order of batches."""
        frame = self._warehouse.scan("inputs", INPUTS).filter(pl.col("source") == self._source)
        return frame.collect().sort("batch", maintain_order=True)

    def known(self) -> list[KnownInput]:
        """Return each input that was read, with its latest state."""
        rows = self.rows().filter(pl.col("state") == READ)
        latest = rows.group_by("input_id", maintain_order=True).last()
        columns = ["input_id", "uri", "fingerprint", "etag", "size_bytes", "to_offset"]
        return [KnownInput(*row) for row in latest.select(columns).iter_rows()]

    def last_batch(self) -> int:
        """Return the highest batch number ever planned; 0 for none."""
        highest = self.rows()["batch"].max()
        return int(highest) if isinstance(highest, int) else 0

    def open_plans(self) -> dict[int, list[Span]]:
        """Return what is left of the batches that were planned and have no outcome."""
        rows = self.rows()
        done = rows.filter(pl.col("state") == READ)["batch"].unique().to_list()
        dropped = rows.filter(pl.col("state") == DROPPED)
        planned = rows.filter((pl.col("state") == PLANNED) & ~pl.col("batch").is_in(done))
        left = planned.join(dropped, on=["batch", "input_id"], how="anti", maintain_order="left")
        plans: dict[int, list[Span]] = {}
        for row in left.iter_rows(named=True):
            plans.setdefault(row["batch"], []).append(_span(row))
        return plans

    def plan(self, batch: int, spans: list[Span]) -> None:
        """Write down what a batch is going to read, before it does."""
        self._append([_row(batch, self._source, span, PLANNED) for span in spans])

    def settle(self, batch: int, outcomes: list[Outcome], *, now: datetime) -> None:
        """Write down what a batch has read, after its data were committed."""
        rows = []
        for outcome in outcomes:
            span = replace(outcome.span, to_offset=outcome.to_offset)
            counts = outcome.counts
            rows.append(
                _row(batch, self._source, span, READ)
                | {
                    "lines": counts.lines,
                    "records": counts.records,
                    "rejects": counts.rejects,
                    "blank": counts.blank,
                    "drifted": counts.drifted,
                    "first_at": outcome.first_at,
                    "last_at": outcome.last_at,
                    "read_at": now,
                }
            )
        self._append(rows)

    def drop(self, batch: int, spans: list[Span]) -> None:
        """Write down which inputs are taken out of a plan, before anything of it is committed."""
        self._append([_row(batch, self._source, span, DROPPED) for span in spans])

    def _append(self, rows: list[dict[str, object]]) -> None:
        self._warehouse.append("inputs", pa.Table.from_pylist(rows, schema=INPUTS))


def _row(batch: int, source: str, span: Span, state: str) -> dict[str, object]:
    return {
        "batch": batch,
        "source": source,
        "input_id": span.input_id,
        "uri": span.input.uri,
        "fingerprint": span.fingerprint,
        "etag": span.input.etag,
        "size_bytes": span.input.size_bytes,
        "from_offset": span.from_offset,
        "to_offset": span.to_offset,
        "state": state,
    }


def _span(row: dict[str, object]) -> Span:
    found = Input(
        uri=str(row["uri"]),
        size_bytes=int(str(row["size_bytes"])),
        etag=str(row["etag"]),
        dated_at=datetime.min,  # noqa: DTZ901 # replaced when the input is listed again
        closed=False,
    )
    return Span(
        input=found,
        input_id=str(row["input_id"]),
        fingerprint=str(row["fingerprint"]),
        from_offset=int(str(row["from_offset"])),
        to_offset=int(str(row["to_offset"])),
    )
