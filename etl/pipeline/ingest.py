"""First stage of the nightly job: what is new in the inputs becomes rows of the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from secrets import token_hex

import pyarrow as pa
from loguru import logger

from etl.errors import FatalError
from etl.model import Counts, Input, InputAccount
from etl.pipeline.packing import merge, pack, stored_bytes, without
from etl.pipeline.planning import plan_spans
from etl.pipeline.reading import REJECTS_TABLE, PackageResult, Reader, read_package
from etl.schema import REJECTS
from etl.store.encode import Part, remove_parts
from etl.store.ledger import Ledger, Outcome, Span
from etl.store.tables import Warehouse

OnProgress = Callable[[int, int], None]
"""Told the bytes that are to be read (once per source) and bytes read since the last call."""


@dataclass(slots=True)
class IngestSummary:
    """What one ingest did."""

    counts: Counts = field(default_factory=Counts)
    inputs_read: int = 0
    bytes_read: int = 0
    skipped: list[InputAccount] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SourceJob:
    """One source, ready to be read.

    Attributes:
        patterns: Paths and globs of its inputs.
        schema: What the records' table must be able to hold.
    """

    reader: Reader
    patterns: tuple[str, ...]
    schema: pa.Schema


def ingest(
    jobs: Iterable[SourceJob],
    warehouse: Warehouse,
    *,
    now: datetime,
    workers: int,
    on_progress: OnProgress | None = None,
) -> IngestSummary:
    """Read what is new in all sources; each source's news is one batch, all or nothing.

    Args:
        jobs: The sources.
        warehouse: Where the rows go.
        now: The run's time, UTC.
        workers: Number of threads.
        on_progress: Told about bytes.

    Raises:
        FatalError: A batch could not be finished; what is committed stays.
    """
    summary = IngestSummary()
    with ThreadPoolExecutor(max_workers=workers) as executor:
        for job in jobs:
            batch_run = _SourceRun(job, warehouse, executor, now, summary, on_progress)
            batch_run.finish_open_plans()
            batch_run.read_news()
    return summary


@dataclass(slots=True)
class _SourceRun:
    job: SourceJob
    warehouse: Warehouse
    executor: Executor
    now: datetime
    summary: IngestSummary
    on_progress: OnProgress | None

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.warehouse, self.job.reader.source)

    def read_news(self) -> None:
        """Plan and read one batch of everything that the ledger does not know yet."""
        reader, ledger = self.job.reader, self.ledger
        listed = reader.origin.list_inputs(self.job.patterns, now=self.now)
        plan = plan_spans(reader.origin, reader.source, listed, ledger.known())
        for item, reason in plan.skipped:
            self._skip(item, "", reason)
        if plan.spans:
            batch = ledger.last_batch() + 1
            ledger.plan(batch, plan.spans)
            self._read_batch(batch, plan.spans)

    def finish_open_plans(self) -> None:
        """Do the plans of runs that died again; nothing of them is counted twice."""
        reader = self.job.reader
        for batch, spans in sorted(self.ledger.open_plans().items()):
            logger.bind(source=reader.source, batch=batch).warning("finishing a run that died")
            listed = reader.origin.list_inputs(self.job.patterns, now=self.now)
            current = {item.uri: item for item in listed}
            self._read_batch(
                batch, [replace(s, input=current.get(s.input.uri, s.input)) for s in spans]
            )

    def _read_batch(self, batch: int, spans: list[Span]) -> None:
        reader = self.job.reader
        if self.on_progress is not None:
            self.on_progress(sum(stored_bytes(span) for span in spans), 0)
        results = self._read_until_whole(batch, spans)
        parts = [part for result in results for part in result.parts]
        outcomes = merge(outcome for result in results for outcome in result.outcomes)
        if not outcomes:
            return
        for table, schema in ((REJECTS_TABLE, REJECTS), (reader.table, self.job.schema)):
            own = [part for part in parts if part.table == table]
            self._commit(table, schema, own, batch)
        self.ledger.settle(batch, outcomes, now=self.now)
        for outcome in outcomes:
            self.summary.counts += outcome.counts
            self.summary.bytes_read += outcome.to_offset - outcome.span.from_offset
            _log_read(reader.source, outcome)
        self.summary.inputs_read += len(outcomes)

    def _read_until_whole(self, batch: int, spans: list[Span]) -> list[PackageResult]:
        """Read all packages; leave failing inputs out, and read what they touched again."""
        done: list[PackageResult] = []
        reader = self.job.reader
        prefix = f"{reader.source}-{batch:06d}-{token_hex(4)}"
        todo = list(pack(reader.origin, spans, prefix=prefix))
        by_id = {span.input_id: span for span in spans}
        while todo:
            tell = self.on_progress
            on_bytes = None if tell is None else partial(tell, 0)
            read = partial(read_package, reader, on_bytes=on_bytes)
            results = list(self.executor.map(read, todo))
            failed = {key: why for result in results for key, why in result.failed.items()}
            done += results
            if not failed:
                return done
            self._drop(batch, [by_id[key] for key in failed], failed)
            todo, done = without(done, set(failed), self.warehouse.root)
        return done

    def _drop(self, batch: int, spans: list[Span], reasons: dict[str, str]) -> None:
        """Take failing inputs out of the batch before any of it is committed."""
        source, table = self.job.reader.source, self.job.reader.table
        if max(self.warehouse.batch_of(name, source) for name in (REJECTS_TABLE, table)) >= batch:
            names = ", ".join(span.input.uri for span in spans)
            raise FatalError(
                f"batch {batch} of source '{source}' is half committed, and cannot be finished"
                f" because these inputs are gone or unreadable: {names}."
                " Put them back, and run again"
            )
        self.ledger.drop(batch, spans)
        for span in spans:
            self._skip(span.input, span.input_id, reasons[span.input_id])

    def _commit(self, table: str, schema: pa.Schema, parts: list[Part], batch: int) -> None:
        source = self.job.reader.source
        if self.warehouse.batch_of(table, source) >= batch:
            remove_parts(self.warehouse.root, parts)  # the run that died had committed its own
            return
        self.warehouse.commit(table, schema, parts, app=source, batch=batch)

    def _skip(self, item: Input, input_id: str, reason: str) -> None:
        source = self.job.reader.source
        logger.bind(source=source, uri=item.uri, reason=reason).warning("input skipped")
        self.summary.skipped.append(
            InputAccount(source, input_id, item.uri, Counts(), state="skipped", detail=reason)
        )


def _log_read(source: str, outcome: Outcome) -> None:
    counts = outcome.counts
    logger.bind(
        source=source,
        uri=outcome.span.input.uri,
        lines=counts.lines,
        records=counts.records,
        rejects=counts.rejects,
        blank=counts.blank,
        drifted=counts.drifted,
        to_offset=outcome.to_offset,
    ).info("input read")
    if counts.drifted:
        logger.bind(source=source, uri=outcome.span.input.uri, drifted=counts.drifted).warning(
            "records have more fields than the format says"
        )
