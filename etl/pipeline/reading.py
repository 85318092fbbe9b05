"""Reads packages of byte ranges into part files: the work that runs in parallel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import BinaryIO
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from etl.days import day_of, day_start, from_micros, to_micros
from etl.errors import CountMismatchError, SkippableError
from etl.model import Block, Counts, ParsedBlock
from etl.parse.batch import BlockParser
from etl.parse.buffers import load_parsers
from etl.parse.newlines import count_newlines
from etl.pipeline.beyond import follow_directives, last_stamp
from etl.pipeline.future import refuse_future
from etl.pipeline.verifying import plain_blocks
from etl.sources.base import Source
from etl.sources.identity import TailWatch
from etl.store.encode import Part, PartSink, load_encoders
from etl.store.ledger import TO_END, Outcome, Span
from etl.store.place import Place

REJECTS_TABLE = "rejects"


@dataclass(frozen=True, slots=True)
class Reader:
    """All that a worker needs to read one source's inputs.

    Attributes:
        origin: Opens the inputs.
        source: The source's name.
        table: Where records go: `requests` or `events`.
        make_parser: Makes a parser; takes the date that yearless stamps lie before.
        zone: The project's, whose midnights bound the days.
        place: The warehouse's.
        now: The latest time that a run has known, UTC: no record is dated much later.
        tolerance: How much later it may be.
        yearless: Whether time stamps may lack the year.
        headed: Whether lines depend on directives before them.
    """

    origin: Source
    source: str
    table: str
    make_parser: Callable[[datetime], BlockParser]
    zone: ZoneInfo
    place: Place
    now: datetime
    tolerance: timedelta
    yearless: bool = False
    headed: bool = False

    @property
    def today(self) -> date:
        """Day of ingestion, for rejects."""
        return day_of(self.now, self.zone)


@dataclass(frozen=True, slots=True)
class Package:
    """Ranges that one worker reads into one set of part files.

    Attributes:
        name: Start of the part files' names, unlike that of any other package ever.
    """

    name: str
    spans: tuple[Span, ...]


@dataclass(slots=True)
class PackageResult:
    """What a package gave. Where any input failed, nothing of the package was kept."""

    package: Package
    outcomes: list[Outcome] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    failed: dict[str, SkippableError] = field(default_factory=dict)


def load_kernels() -> None:
    """Load what parses and encodes; most of the time, it lets other threads go on."""
    load_parsers()
    load_encoders()


def read_package(
    reader: Reader, package: Package, on_bytes: Callable[[int], None] | None = None
) -> PackageResult:
    """Read all ranges of a package.

    Args:
        reader: The source.
        package: The ranges.
        on_bytes: Told the number of stored bytes read for each block.

    Raises:
        CountMismatchError: Lines were lost or doubled on the way.
    """
    result = PackageResult(package)
    sink = PartSink(reader.place, reader.source, package.name)
    parsers = _Parsers(reader)
    try:
        for span in package.spans:
            try:
                with reader.origin.open_input(span.input) as stream:
                    parser = parsers.of(span, stream)
                    outcome = _read_span(reader, parser, stream, span, sink, on_bytes)
                result.outcomes.append(outcome)
            except SkippableError as error:
                result.failed[span.input_id] = error
        if not result.failed:
            result.parts = sink.close()
    finally:
        sink.abort()  # nothing is left to abort after a close
    if result.failed:
        result.outcomes = []
    return result


def _read_span(
    reader: Reader,
    parser: BlockParser,
    stream: BinaryIO,
    span: Span,
    sink: PartSink,
    on_bytes: Callable[[int], None] | None,
) -> Outcome:
    counts, first, last, end = Counts(), None, None, span.from_offset
    watch, refused, input_column = TailWatch(), Counter[str](), _InputColumn(span.input_id)
    stream.seek(0)
    with plain_blocks(stream, span, watch) as blocks:
        place = span.from_offset if span.to_offset != TO_END else 0
        for block in blocks:
            parsed = refuse_future(parser.parse(block), block, reader.now, reader.tolerance)
            _check(parsed, block, span)
            counts += parsed.counts
            end = block.end
            for day, rows in split_days(parsed.records, reader.zone):
                sink.add(reader.table, day, input_column.add_to(rows))
            if parsed.rejects.num_rows:
                sink.add(REJECTS_TABLE, reader.today, input_column.add_to(parsed.rejects))
                refused.update(parsed.rejects.column("reason").to_pylist())
            if parsed.records.num_rows:
                lowest, highest = _bounds(parsed.records)
                first = lowest if first is None else min(first, lowest)
                last = highest if last is None else max(last, highest)
            if on_bytes is not None:
                on_bytes(stream.tell() - place)
                place = stream.tell()
    return Outcome(span, end, counts, _instant(first), _instant(last), watch.print, refused)


class _Parsers:
    """Gives each span a parser that knows what it has to know from elsewhere in the input.

    Where that is nothing, all spans share one: making one takes longer than a small input.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._shared: BlockParser | None = None

    def of(self, span: Span, stream: BinaryIO) -> BlockParser:
        """Return the parser for a span; the stream of its input is left anywhere."""
        reader, reference = self._reader, span.input.dated_at
        if not reader.yearless and not reader.headed:
            self._shared = self._shared or reader.make_parser(reference)
            return self._shared
        if reader.yearless:
            reference = last_stamp(stream, span, reader.make_parser(reference), reference)
        parser = reader.make_parser(reference)
        if reader.headed and span.from_offset > 0:
            follow_directives(stream, span, parser)
        return parser


def _check(parsed: ParsedBlock, block: Block, span: Span) -> None:
    """Hold the parser's counts against newlines counted apart from it."""
    newlines = count_newlines(block.data, block.size)
    lines = newlines + int(block.size > 0 and block.data[block.size - 1] != ord("\n"))
    counts = parsed.counts
    kept = (parsed.records.num_rows, parsed.rejects.num_rows)
    if counts.lines != lines or not counts.balanced or kept != (counts.records, counts.rejects):
        raise CountMismatchError(
            f"{span.input.uri}: block at byte {block.offset} has {lines} lines, but became"
            f" {kept[0]} records, {kept[1]} rejects and {counts.blank} blank."
            " This is a bug in Daytally; please report it with the format of the source"
        )


def split_days(records: pa.RecordBatch, zone: ZoneInfo) -> Iterator[tuple[date, pa.RecordBatch]]:
    """Yield the rows of each calendar day of `zone`, in the order of days.

    Args:
        records: Has a column `at`, UTC microseconds, without nulls.
        zone: The project's time zone.
    """
    if records.num_rows == 0:
        return
    lowest, highest = _bounds(records)
    first = from_micros(lowest).astimezone(zone).date()
    if highest < to_micros(day_start(first + timedelta(days=1), zone)):
        yield first, records
        return
    last = from_micros(highest).astimezone(zone).date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    starts = np.array([to_micros(day_start(day, zone)) for day in days], dtype=np.int64)
    index = np.searchsorted(starts, _micros(records), side="right") - 1
    in_order = bool(np.all(index[1:] >= index[:-1]))
    for number in np.flatnonzero(np.bincount(index)):
        if in_order:
            start, stop = np.searchsorted(index, [number, number + 1])
            yield days[int(number)], _copied(records.slice(start, stop - start))
        else:
            yield days[int(number)], records.take(pa.array(np.flatnonzero(index == number)))


def _copied(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows in memory of their own: a day's few would hold those of their whole block."""
    none = rows.slice(0, 0)  # of a single array no copy is made
    pairs = zip(rows.columns, none.columns, strict=True)
    arrays = [pa.concat_arrays(pair) for pair in pairs]
    return pa.RecordBatch.from_arrays(arrays, schema=rows.schema)


def _micros(records: pa.RecordBatch) -> npt.NDArray[np.int64]:
    values: npt.NDArray[np.int64] = records.column("at").view(pa.int64()).to_numpy()
    return values


def _bounds(records: pa.RecordBatch) -> tuple[int, int]:
    values = _micros(records)
    return int(values.min()), int(values.max())


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


class _InputColumn:
    """The input's id as a column that costs one dictionary entry, and is made once."""

    def __init__(self, input_id: str) -> None:
        self._input_id = input_id
        self._column = self._of(0)

    def add_to(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Return rows with the column `input_id`."""
        if len(self._column) < rows.num_rows:
            self._column = self._of(2 * rows.num_rows)
        return rows.append_column("input_id", self._column[: rows.num_rows])

    def _of(self, rows: int) -> pa.DictionaryArray:
        codes = pa.Array.from_buffers(pa.int8(), rows, [None, pa.py_buffer(bytes(rows))])
        return pa.DictionaryArray.from_arrays(codes, [self._input_id])
