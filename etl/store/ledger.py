"""The `inputs` table as ledger: what was planned, what was read, with which outcome.

A batch is planned (state `planned`), read into part files that nobody sees, and sealed: its
outcomes (state `read`) and the list of its part files are appended with one commit, under the
application transaction `seal/<source>`. Sealing is the one moment that decides: of two runs at the
same batch one wins, and what is sealed is published by whoever comes next, see `publish`. Why this
neither loses nor doubles is argued in docs/exactly-once.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from etl.model import Counts, Input
from etl.schema import INPUTS
from etl.store.encode import Part
from etl.store.tables import Warehouse

if TYPE_CHECKING:
    from etl.store.ledger_state import LedgerState

PLANNED, READ, DROPPED = "planned", "read", "dropped"

TO_END = -1
"""`to_offset` of a plan that reads up to wherever the input ends (its plain size is not known)."""


@dataclass(frozen=True, slots=True)
class Span:
    """A byte range of one input's plain bytes, to be read in one batch.

    Attributes:
        fingerprint: Of the input's first bytes when it was planned.
        tail: Print of the bytes before `from_offset`, as they were when they were read; or empty.
        to_offset: End of the range, or `TO_END`.
    """

    input: Input
    input_id: str
    fingerprint: str
    from_offset: int
    to_offset: int
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading a span gave.

    Attributes:
        tail: The print of its last bytes.
        refused: Refused lines by reason.
    """

    span: Span
    to_offset: int
    counts: Counts
    first_at: datetime | None
    last_at: datetime | None
    tail: str = ""
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class KnownInput:
    """An input as the ledger knows it: how far it was read, and how it looked then."""

    input_id: str
    uri: str
    fingerprint: str
    tail: str
    etag: str
    size_bytes: int
    to_offset: int


KNOWN = ("input_id", "uri", "fingerprint", "tail", "etag", "size_bytes", "to_offset")
"""Columns that make a `KnownInput`."""


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """A batch as it was sealed.

    Attributes:
        parts: Its data files.
        rebuilt: Ids of the inputs whose rows of earlier batches it replaces.
    """

    batch: int
    parts: tuple[Part, ...]
    rebuilt: tuple[str, ...]


class Ledger:
    """Reads and appends to the `inputs` table.

    Args:
        warehouse: Where the table lies.
        source: Whose inputs are meant.
    """

    def __init__(self, warehouse: Warehouse, source: str) -> None:
        self._warehouse, self._source = warehouse, source

    def load(self) -> LedgerState:
        """Return the source's rows and its last batch, of one version of the table."""
        from etl.store.ledger_state import load_state

        return load_state(self._warehouse, self._source, self._seal)

    def load_known(self) -> tuple[list[KnownInput], int]:
        """Return each input that was read, and the last batch, of one version of the table."""
        own = f"source = '{self._source}' and state = '{READ}' order by batch, uri, input_id"
        rows, sealed = self._warehouse.query("inputs", INPUTS, KNOWN, own, app=self._seal)
        return latest(rows), sealed

    def sealed(self) -> int:
        """Return the number of the last batch that was sealed; 0 for none."""
        return self._warehouse.batch_of("inputs", self._seal)

    def sealed_after(self, batch: int) -> list[SealedBatch]:
        """Return the sealed batches with a higher number, in order."""
        own = f"source = '{self._source}' and state = '{READ}' and batch > {batch}"
        chosen = ("batch", "input_id", "rebuilt", "parts")
        rows, _ = self._warehouse.query("inputs", INPUTS, chosen, f"{own} order by batch")
        return [
            _sealed(self._source, number, list(group))
            for number, group in groupby(rows, key=itemgetter(0))
        ]

    def plan(self, batch: int, spans: list[Span], *, attempt: str, now: datetime) -> None:
        """Write down what a batch is going to read, before it does."""
        self._append(batch, spans, PLANNED, attempt, now)

    def drop(self, batch: int, spans: list[Span], *, attempt: str, now: datetime) -> None:
        """Write down which inputs of a plan could not be read."""
        self._append(batch, spans, DROPPED, attempt, now)

    def seal(
        self,
        batch: int,
        outcomes: list[Outcome],
        parts: list[Part],
        *,
        attempt: str,
        now: datetime,
        rebuilt: bool = False,
    ) -> bool:
        """Decide what the batch holds, unless another run has done so before.

        Args:
            batch: Its number, one above the last one sealed when the plan was made.
            outcomes: What was read; at least one.
            parts: The data files, encoded and not yet shown.
            attempt: The attempt that read them.
            now: The run's time, UTC.
            rebuilt: Whether the inputs' earlier reads are replaced: their rows are taken out.

        Returns:
            False where another run was first; the parts are of no use then.
        """
        rows = [self._outcome_row(batch, one, attempt, now, rebuilt=rebuilt) for one in outcomes]
        rows[0]["parts"] = [_manifest(part) for part in parts]
        replaced = None
        if rebuilt:
            named = ", ".join(f"'{one.span.input_id}'" for one in outcomes)
            replaced = f"source = '{self._source}' AND input_id IN ({named})"
        landed = self._warehouse.append_once(
            "inputs",
            pa.Table.from_pylist(rows, schema=INPUTS),
            app=self._seal,
            number=batch,
            replaced=replaced,
        )
        # A server's answer may be lost: then a commit that is sent again finds itself in its way.
        return landed or self._was_sealed_by(attempt, batch)

    def _was_sealed_by(self, attempt: str, batch: int) -> bool:
        own = f"source = '{self._source}' and state = '{READ}'"
        this = f"{own} and batch = {batch} and attempt = '{attempt}'"
        rows, _ = self._warehouse.query("inputs", INPUTS, ["batch"], this)
        return bool(rows)

    @property
    def _seal(self) -> str:
        return f"seal/{self._source}"

    def _outcome_row(
        self, batch: int, outcome: Outcome, attempt: str, now: datetime, *, rebuilt: bool
    ) -> dict[str, object]:
        span = replace(outcome.span, to_offset=outcome.to_offset, tail=outcome.tail)
        return _row(batch, self._source, span, READ, attempt, now) | {
            **asdict(outcome.counts),
            "first_at": outcome.first_at,
            "last_at": outcome.last_at,
            "rebuilt": rebuilt,
        }

    def _append(
        self, batch: int, spans: list[Span], state: str, attempt: str, now: datetime
    ) -> None:
        rows = [_row(batch, self._source, span, state, attempt, now) for span in spans]
        self._warehouse.append("inputs", pa.Table.from_pylist(rows, schema=INPUTS))


def latest(rows: Iterable[tuple[Any, ...]]) -> list[KnownInput]:
    """Return each input with its latest state, in the order in which they were first read.

    Args:
        rows: Values of `KNOWN` of what was read, in the order of batches.
    """
    return list({row[0]: KnownInput(*row) for row in rows}.values())


def read_last(warehouse: Warehouse) -> datetime | None:
    """Return the time of the latest run that planned or read anything; None if there is none."""
    rows, _ = warehouse.query("inputs", INPUTS, ["max(read_at)"], "true")
    return rows[0][0] if rows else None


def _sealed(source: str, number: int, rows: list[tuple[Any, ...]]) -> SealedBatch:
    parts = (_part(source, entry) for _, _, _, entries in rows for entry in entries or ())
    rebuilt = {input_id for _, input_id, is_rebuilt, _ in rows if is_rebuilt}
    return SealedBatch(number, tuple(parts), tuple(sorted(rebuilt)))


def _row(
    batch: int, source: str, span: Span, state: str, attempt: str, now: datetime
) -> dict[str, object]:
    return {
        "batch": batch,
        "source": source,
        "input_id": span.input_id,
        "uri": span.input.uri,
        "fingerprint": span.fingerprint,
        "tail": span.tail,
        "etag": span.input.etag,
        "size_bytes": span.input.size_bytes,
        "from_offset": span.from_offset,
        "to_offset": span.to_offset,
        "read_at": now,
        "state": state,
        "attempt": attempt,
    }


def _manifest(part: Part) -> dict[str, object]:
    return {
        "table": part.table,
        "day": part.day,
        "path": part.path,
        "rows": part.rows,
        "size_bytes": part.size_bytes,
    }


def _part(source: str, entry: dict[str, object]) -> Part:
    return Part(
        table=str(entry["table"]),
        day=date.fromisoformat(str(entry["day"])),
        source=source,
        path=str(entry["path"]),
        rows=int(str(entry["rows"])),
        size_bytes=int(str(entry["size_bytes"])),
    )
