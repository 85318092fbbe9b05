"""The ledger of a source as a frame, for those who ask it more than what is to be read."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from etl.schema import INPUTS
from etl.store.ledger import DROPPED, KNOWN, PLANNED, READ, KnownInput, latest
from etl.store.tables import Warehouse


@dataclass(frozen=True, slots=True)
class LedgerState:
    """One source's rows at one version of the table.

    Attributes:
        rows: In the order of batches, without the lists of part files and without plans that were
            overtaken.
        sealed: Number of the last batch sealed; 0 for none.
    """

    rows: pl.DataFrame
    sealed: int

    def reads(self) -> pl.DataFrame:
        """Return the rows of what was read."""
        return self.rows.filter(pl.col("state") == READ)

    def known(self) -> list[KnownInput]:
        """Return each input that was read, with its latest state."""
        return latest(self.reads().select(KNOWN).iter_rows())

    def open_plan(self) -> pl.DataFrame:
        """Return the rows of the last plan, if it was not sealed: a run is at it, or died."""
        planned = self.rows.filter((pl.col("state") == PLANNED) & (pl.col("batch") > self.sealed))
        last = planned.filter(
            pl.col("attempt") == pl.col("attempt").sort_by("read_at", "attempt").last()
        )
        dropped = self.rows.filter(pl.col("state") == DROPPED)
        return last.join(dropped, on=["attempt", "input_id"], how="anti", maintain_order="left")


def load_state(warehouse: Warehouse, source: str, app: str) -> LedgerState:
    """Return a source's rows and its last batch, of one version of the table.

    Args:
        warehouse: Where the table lies.
        source: The source's name.
        app: Owner of the transaction whose number is the last batch's.
    """
    frame, sealed = warehouse.snapshot("inputs", INPUTS, app=app)
    past = (pl.col("state") == PLANNED) & (pl.col("batch") <= sealed)
    own = frame.filter((pl.col("source") == source) & ~past).drop("parts")
    return LedgerState(own.collect().sort("batch", maintain_order=True), sealed)
