"""First stage of the nightly job: what is new in the inputs becomes rows of the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from secrets import token_hex

from loguru import logger

from etl.errors import ChangedInputError, OtherInputError, SkippableError
from etl.model import Counts, Input, InputAccount
from etl.pipeline.looking import Mapped, many_at_once
from etl.pipeline.packing import in_batches, in_portions, merge, pack, stored_bytes, without
from etl.pipeline.planning import Plan, plan_spans
from etl.pipeline.reading import PackageResult, Reader, load_kernels, read_package
from etl.pipeline.telling import log_read, reason, unlike
from etl.store.encode import remove_parts
from etl.store.ledger import KnownInput, Ledger, Outcome, Span, read_last
from etl.store.publish import SchemaOf, publish
from etl.store.tables import Warehouse

ROUNDS = 5
"""Times that a source is planned in one run, at most."""

OnProgress = Callable[[int, int], None]
"""Told the bytes that are to be read (once per source) and bytes read since the last call."""


@dataclass(slots=True)
class IngestSummary:
    """What one ingest did.

    Attributes:
        unlike: In words, inputs that were read and none of whose lines is of their format.
    """

    counts: Counts = field(default_factory=Counts)
    inputs_read: int = 0
    bytes_read: int = 0
    skipped: list[InputAccount] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)
    rebuilt_days: set[date] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class SourceJob:
    """One source, ready to be read.

    Attributes:
        patterns: Paths and globs of its inputs.
        schema_of: Returns what a table must be able to hold.
    """

    reader: Reader
    patterns: tuple[str, ...]
    schema_of: SchemaOf


def ingest(
    jobs: Iterable[SourceJob],
    warehouse: Warehouse,
    *,
    now: datetime,
    workers: int,
    on_progress: OnProgress | None = None,
    again: Callable[[SourceRun], set[date]] | None = None,
) -> IngestSummary:
    """Read what is new in all sources; each batch of a source is all or nothing.

    Args:
        jobs: The sources.
        warehouse: Where the rows go.
        now: The run's time, UTC.
        workers: Number of threads.
        on_progress: Told about bytes.
        again: Reads inputs of a source again, and returns the days that they touch.

    Raises:
        FatalError: A batch could not be finished; what is committed stays.
    """
    summary = IngestSummary()
    latest = _latest(warehouse, now)
    with ThreadPoolExecutor(workers) as executor, many_at_once() as look:
        for given in jobs:
            job = replace(given, reader=replace(given.reader, now=latest))
            run = SourceRun(job, warehouse, executor, look, now, summary, on_progress)
            run.run()
            if again is not None:
                with run.listed():
                    summary.rebuilt_days |= again(run)
    return summary


def _latest(warehouse: Warehouse, now: datetime) -> datetime:
    """Return the latest time that a run has known, this one or one before it.

    A machine that starts with a clock that has gone back would refuse, as dated in the future, the
    lines of all days since.
    """
    before = read_last(warehouse)
    if before is None or before <= now:
        return now
    said = logger.bind(now=str(now), before=str(before))
    said.warning("the clock is behind that of an earlier run; is it right?")
    return before


@dataclass(slots=True)
class SourceRun:
    """Reads one source.

    Attributes:
        executor: Runs what takes a core.
        look: Looks into many inputs at a time.
        failed: Address and version of inputs that cannot be read by this run, to id and reason.
        refuted: Address and input id that turned out not to belong together.
    """

    job: SourceJob
    warehouse: Warehouse
    executor: Executor
    look: Mapped
    now: datetime
    summary: IngestSummary
    on_progress: OnProgress | None
    failed: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    refuted: set[tuple[str, str]] = field(default_factory=set)

    @property
    def ledger(self) -> Ledger:
        """The source's."""
        return Ledger(self.warehouse, self.job.reader.source)

    def run(self) -> None:
        """Publish what is sealed, then plan and read until nothing is new.

        More than one round is needed where a log was rotated under our hands, or another run was
        at the same source.
        """
        self.publish()
        with self.listed():
            self._read_news()

    @contextmanager
    def listed(self) -> Iterator[None]:
        """Leave the source to the next run where its inputs cannot be listed."""
        try:
            yield
        except SkippableError as error:  # an input's own are kept apart
            self.skip(f"source '{self.job.reader.source}'", "", str(error))

    def _read_news(self) -> None:
        skipped: list[tuple[Input, str]] = []
        for _ in range(ROUNDS):
            skipped, new = self._read_round()
            if not new:
                break
        for (uri, _), (input_id, why) in self.failed.items():
            self.skip(uri, input_id, why)
        for item, why in skipped:
            self.skip(item.uri, "", why)

    def _read_round(self) -> tuple[list[tuple[Input, str]], bool]:
        """Plan and read what is listed, portion by portion.

        Returns:
            Inputs that were left out, and whether there was anything new, or that has changed
            since it was listed.
        """
        skipped: list[tuple[Input, str]] = []
        new, listed = False, self._list()
        if not listed:
            return [], False
        loaded = [self.ledger.load_known()]
        seen = {(one.uri, one.etag) for one in loaded[0][0]}
        waiting = [item for item in listed if (item.uri, item.etag) not in seen]
        for portion in in_portions(waiting):
            known, sealed = loaded.pop() if loaded else self.ledger.load_known()
            plan = self._plan(portion, listed, known)
            del known  # room for what is read
            self.read_batches(sealed, plan.spans)
            skipped += plan.skipped
            new = new or bool(plan.spans) or plan.changed
        return skipped, new

    def _plan(self, portion: list[Input], listed: list[Input], known: list[KnownInput]) -> Plan:
        """Plan what is new in a portion, next to what is known of all that is listed."""
        seen = {(one.uri, one.etag) for one in known}
        items = [*(item for item in listed if (item.uri, item.etag) in seen), *portion]
        reader = self.job.reader
        return plan_spans(
            reader.origin, reader.source, items, known, refuted=self.refuted, mapped=self.look
        )

    def _list(self) -> list[Input]:
        listed = self.job.reader.origin.list_inputs(self.job.patterns, now=self.now)
        return [item for item in listed if (item.uri, item.etag) not in self.failed]

    def skip(self, uri: str, input_id: str, why: str) -> None:
        """Tell that an input is left out of this run."""
        source = self.job.reader.source
        account = InputAccount(source, input_id, uri, Counts(), state="skipped", detail=why)
        if account not in self.summary.skipped:
            logger.bind(source=source, uri=uri, reason=why).warning("input skipped")
            self.summary.skipped.append(account)

    def read_batches(self, sealed: int, spans: list[Span], *, rebuilt: bool = False) -> None:
        """Read spans in batches of bounded size, as long as no other run comes in between."""
        for batch, part in enumerate(in_batches(spans), start=sealed + 1):
            if not self._read_batch(batch, part, rebuilt=rebuilt):
                return

    def _read_batch(self, batch: int, spans: list[Span], *, rebuilt: bool) -> bool:
        """Plan, read, seal and publish one batch; tell whether its number is used up."""
        attempt, ledger = token_hex(8), self.ledger
        self.executor.submit(load_kernels)  # while the plan is written
        ledger.plan(batch, spans, attempt=attempt, now=self.now)
        if self.on_progress is not None:
            self.on_progress(sum(stored_bytes(span) for span in spans), 0)
        results = self._read_until_whole(batch, spans, attempt)
        parts = [part for result in results for part in result.parts]
        outcomes = merge(outcome for result in results for outcome in result.outcomes)
        if not outcomes:
            return False
        sealed = ledger.seal(batch, outcomes, parts, attempt=attempt, now=self.now, rebuilt=rebuilt)
        if not sealed:
            remove_parts(self.warehouse.place, parts)
            said = logger.bind(source=self.job.reader.source, batch=batch)
            said.warning("another run was first; planning again")
            return False
        self.publish()
        self._count(outcomes)
        return True

    def publish(self) -> None:
        """Show what is sealed."""
        publish(self.warehouse, self.job.reader.source, self.job.schema_of)

    def _count(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self.summary.counts += outcome.counts
            self.summary.bytes_read += outcome.to_offset - outcome.span.from_offset
            log_read(self.job.reader.source, outcome)
            if outcome.counts.rejects and not outcome.counts.records:
                self.summary.unlike.append(unlike(self.job.reader.source, outcome))
        self.summary.inputs_read += len(outcomes)

    def _read_until_whole(self, batch: int, spans: list[Span], attempt: str) -> list[PackageResult]:
        """Read all packages; leave failing inputs out, and read what they touched again."""
        done: list[PackageResult] = []
        reader = self.job.reader
        todo = list(pack(reader.origin, spans, prefix=f"{reader.source}-{batch:06d}-{attempt}"))
        while todo:
            tell = self.on_progress
            on_bytes = None if tell is None else partial(tell, 0)
            read = partial(read_package, reader, on_bytes=on_bytes)
            results = list(self.executor.map(read, todo))
            failed = {key: why for result in results for key, why in result.failed.items()}
            done += results
            if not failed:
                return done
            left_out = [span for span in spans if span.input_id in failed]
            self.ledger.drop(batch, left_out, attempt=attempt, now=self.now)
            for span in left_out:
                self._note_failure(span, failed[span.input_id])
            todo, done = without(done, set(failed), self.warehouse.place)
        return done

    def _note_failure(self, span: Span, error: SkippableError) -> None:
        """Remember why an input was left out; one that has changed is worth another look."""
        if isinstance(error, OtherInputError):
            self.refuted.add((span.input.uri, span.input_id))
        elif not isinstance(error, ChangedInputError):
            item = span.input
            self.failed[item.uri, item.etag] = span.input_id, reason(item.uri, error)
