"""Frozen types that the stages hand to each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes: TypeAlias = npt.NDArray[np.uint8]
"""One-dimensional array of bytes."""

Dimensions: TypeAlias = Mapping[str, str | int | float | bool | None]
"""What a measurement is about, as in `{"route": "/customers/{customer_id}", "source": "api"}`."""

BLOCK_PADDING = 64
"""Spare bytes behind a block's data, so that the kernel may read a whole vector past the end."""


RAW_LIMIT = 1 << 16
"""Bytes that are kept of a refused line."""

LINE_LIMIT = 8 << 20
"""Most bytes of a line that are held; of a longer one only the beginning is."""


class RejectReason(StrEnum):
    """Why a line was refused. A closed list: reports group by it."""

    NO_MATCH = "no_match"
    BAD_TIMESTAMP = "bad_timestamp"
    BAD_NUMBER = "bad_number"
    TRAILING_TEXT = "trailing_text"
    CUT_SHORT = "cut_short"
    TOO_LONG = "too_long"
    MAC_LINE_ENDS = "mac_line_ends"
    WIDE_ENCODING = "wide_encoding"
    NUL_BYTES = "nul_bytes"
    FUTURE_TIMESTAMP = "future_timestamp"


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes of whole lines.

    The last line of an input's last block may lack its newline; no other line does. A line that
    is too long for any memory is a block of its own, which holds its beginning only.

    Attributes:
        data: At least `size + BLOCK_PADDING` bytes; what lies behind `size` has no meaning.
        size: Number of bytes that belong to the lines.
        offset: Place of the first byte in the decompressed input.
        left_out: Bytes of the one line that are not in `data`, before its newline.
    """

    data: Bytes
    size: int
    offset: int
    left_out: int = 0

    @property
    def end(self) -> int:
        """Place behind the block's last byte in the decompressed input."""
        return self.offset + self.size + self.left_out


@dataclass(frozen=True, slots=True)
class Counts:
    """Lines by what became of them.

    Attributes:
        blank: Without text, or directives of the log about itself.
        drifted: Those of the records that have more fields than the format says.
        lossy: Those of the records in whose text U+FFFD stands for bytes that are not UTF-8.
        pieces: Lines that go on in a later line, because a container's runtime split a long one.
    """

    lines: int = 0
    records: int = 0
    rejects: int = 0
    blank: int = 0
    drifted: int = 0
    lossy: int = 0
    pieces: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Add up two counts, part by part."""
        return Counts(
            self.lines + other.lines,
            self.records + other.records,
            self.rejects + other.rejects,
            self.blank + other.blank,
            self.drifted + other.drifted,
            self.lossy + other.lossy,
            self.pieces + other.pieces,
        )

    @property
    def balanced(self) -> bool:
        """Whether every line is a record, a reject or blank."""
        return self.lines == self.records + self.rejects + self.blank


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """What a block of lines became.

    Attributes:
        records: Columns of `requests` or `events` that the format fills, without `day`,
            `source`, `input_id`; always `at` and `offset`.
        rejects: Columns `reason`, `detail`, `raw`, `offset` of `schema.REJECTS`.
        counts: Lines of the block by outcome; always balanced.
    """

    records: pa.RecordBatch
    rejects: pa.RecordBatch
    counts: Counts


@dataclass(frozen=True, slots=True)
class Input:
    """One file or object of a source, as listed.

    Attributes:
        uri: Path or `s3://` address.
        size_bytes: Stored (compressed) size.
        etag: What changes when the content does: S3's ETag, or size and modification time.
        dated_at: The date that the name carries, else the time of the last change. Yearless
            time stamps are taken to lie before it.
        closed: Nothing will be appended: compressed, rotated, or untouched for an hour.
        inode: Of a file, its number on its disk, which goes with it where it is renamed; or 0.
    """

    uri: str
    size_bytes: int
    etag: str
    dated_at: datetime
    closed: bool
    inode: int = 0


class Verdict(StrEnum):
    """How a measurement stands to its target."""

    MET = "met"
    MISSED = "missed"
    NO_DATA = "no_data"
    INCOMPLETE = "incomplete"
    NONE = "none"

    @classmethod
    def of_day(cls, of_kpis: Iterable[Verdict], *, missing: bool) -> Verdict:
        """Judge a whole day: missed, else incomplete, else no_data, else met.

        Args:
            of_kpis: The verdicts of the day's KPIs.
            missing: Whether a source that was expected has no data.
        """
        found = {*of_kpis, *([cls.INCOMPLETE] if missing else [])}
        order = (cls.MISSED, cls.INCOMPLETE, cls.NO_DATA, cls.MET)
        return next((verdict for verdict in order if verdict in found), cls.NONE)


CLASSES = ("integrity", "performance", "errors", "api", "quantity")
"""The five classes of metrics, in the order in which reports show them."""


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Days of the week as targets name them; their place is Python's number of the weekday."""


@dataclass(frozen=True, slots=True)
class TargetRule:
    """A target for some measurements of a metric; conditions that are empty hold for all.

    Attributes:
        target: Text such as `<= 2`; empty where nothing is demanded.
        dimensions: Name of a dimension to the values for which the rule holds.
        weekdays: Days of the week, Monday is 0.
        days: Named days, as holidays.
    """

    target: str
    dimensions: Mapping[str, tuple[str | int | float | bool, ...]] = field(default_factory=dict)
    weekdays: tuple[int, ...] = ()
    days: tuple[date, ...] = ()

    @property
    def when(self) -> str:
        """When it holds, as in `for source api, on sat and sun`."""
        parts = [
            f"for {name.replace('_', ' ')} {' or '.join(str(value) for value in values)}"
            for name, values in self.dimensions.items()
        ]
        if self.weekdays:
            parts.append("on " + " and ".join(WEEKDAYS[number] for number in self.weekdays))
        if self.days:
            parts.append("on " + ", ".join(str(day) for day in self.days))
        return ", ".join(parts) or "always"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A metric's data sheet, and its SQL.

    Attributes:
        name: The file's stem.
        metric_class: One of `CLASSES`.
        data_source: Which logs, tables and fields the figure is made of.
        owner: Who is accountable.
        stakeholders: Who else has an interest in the figure.
        objective: The business objective that it serves.
        target: Text such as `<= 2` where none of `targets` holds; empty for none.
        targets: Targets for some dimensions, weekdays or days; the first that holds wins.
        budget: Allowed bad days or bad share over a window; empty for none.
        impact: What it costs the business when the target is missed.
        runbook: What to do then: words, or an address.
        since: Since when it is measured by this definition.
        review: When its owner looks at the sheet again.
        lookback_days: How many days before the day `<view>_before` holds.
        min_n: With fewer observations behind it, a value is marked.
        better: `lower` or `higher`, where one of them is.
        evidence: A select of the rows behind the figures, where the SQL does not show them.
        path: Where the SQL file lies.
        places: `file:line` of each key that was given.
    """

    name: str
    title: str
    metric_class: str
    unit: str
    definition: str
    sql: str
    path: str
    kpi: bool = False
    data_source: str = ""
    owner: str = ""
    stakeholders: tuple[str, ...] = ()
    objective: str = ""
    business_value: str = ""
    target: str = ""
    targets: tuple[TargetRule, ...] = ()
    budget: str = ""
    impact: str = ""
    runbook: str = ""
    since: date | None = None
    review: date | None = None
    lookback_days: int = 0
    min_n: int = 0
    better: str = ""
    evidence: str = ""
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_target(self) -> bool:
        """Whether it has a target for anything at all."""
        return bool(self.target) or any(rule.target for rule in self.targets)

    def place(self, key: str) -> str:
        """Return `file:line` of a key, or of the sheet where the key is not given."""
        return self.places.get(key, f"{self.path}:1")


@dataclass(frozen=True, slots=True)
class Measurement:
    """A metric's value for one day and one set of dimensions.

    Attributes:
        value: The figure; None where there is none (no data, or division by zero).
        numerator: Of a ratio, else None.
        denominator: Of a ratio, else None.
        n: Number of observations behind the value, or None where the metric does not say.
        target: The target's text as it was when measured; empty for none.
        target_low: Least value that the target allowed on this day; None where it sets none.
        target_high: Largest value that it allowed.
        band_low: Least value that would have been usual, where there is no target and enough
            history.
        band_high: Largest usual value.
        unusual: Whether the value lies outside its band; None where there is no band.
        first_at: First offending row, where the metric names it.
        last_at: Last offending row, where the metric names it.
        previous_value: What an earlier measuring of this same day said, if that was different.
        measured_at: When it was measured, UTC.
        data_version: Short hash of the data and definitions it was measured from.
    """

    day: date
    metric: str
    metric_class: str
    dimensions: Dimensions
    value: float | None
    numerator: float | None
    denominator: float | None
    n: int | None
    unit: str
    target: str
    verdict: Verdict
    first_at: datetime | None
    last_at: datetime | None
    previous_value: float | None
    measured_at: datetime
    data_version: str
    target_low: float | None = None
    target_high: float | None = None
    band_low: float | None = None
    band_high: float | None = None
    unusual: bool | None = None


@dataclass(frozen=True, slots=True)
class BudgetState:
    """How much of an error budget is used at the end of a day.

    Attributes:
        budget: Its text, as `2 bad days in 28`.
        since: First day of the window.
        until: Its last day.
        days: Days of the window that count: judged, or with observations.
        bad: Bad days, or bad observations.
        allowed: So many of them are allowed.
    """

    metric: str
    dimensions: Dimensions
    budget: str
    since: date
    until: date
    days: int
    bad: float
    allowed: float

    @property
    def burn(self) -> float | None:
        """Used share of the budget; None where nothing is allowed."""
        return self.bad / self.allowed if self.allowed else None

    @property
    def left(self) -> float:
        """What may still go wrong; below zero where more did."""
        return self.allowed - self.bad

    @property
    def is_spent(self) -> bool:
        """Whether more went wrong than is allowed."""
        return self.bad > self.allowed

    @property
    def days_left(self) -> float | None:
        """Days until the budget is used up at this window's rate; None if nothing was bad."""
        if self.left <= 0 or not self.bad:
            return None if not self.bad else 0.0
        return self.left / (self.bad / self.days)


@dataclass(frozen=True, slots=True)
class Restatement:
    """A measurement of a day that was measured again, and says otherwise.

    Attributes:
        kind: `changed`, `judged` (the value is the same, the verdict is not), `appeared` or
            `vanished` (its dimensions were not, or are no longer, among the results).
        old_value: None also where it has appeared.
        value: None also where it has vanished.
        old_measured_at: When the day had been measured before.
        measured_at: When it was measured again.
        cause: Why, in words.
        inputs: Addresses of the inputs that were read in between and hold records of the day.
    """

    day: date
    metric: str
    dimensions: Dimensions
    kind: str
    unit: str
    target: str
    old_value: float | None
    value: float | None
    old_verdict: Verdict
    verdict: Verdict
    old_measured_at: datetime
    measured_at: datetime
    cause: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricRun:
    """One running of one metric's SQL.

    Attributes:
        rows: Of its result.
        error: Why it could not be measured; empty otherwise.
        definition: By what it was measured, as JSON text; empty where that was not kept.
    """

    day: date
    metric: str
    seconds: float
    rows: int
    error: str
    measured_at: datetime
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that began, was noticed and ended. Instants are UTC; None means not yet.

    Attributes:
        origin: Where it comes from: `kpi` for a missed target.
        state: `open` or `resolved`.
        affected: What was affected, as people say it: the dimensions of the metric.
        evidence: What helps to find it: days, values, first and last offending row.
        target: The one that was missed on the first day, as its data sheet says it.
        unit: The target's.
    """

    incident_id: str
    title: str
    origin: str
    metric: str
    source: str
    severity: str
    owner: str
    state: str
    started_at: datetime
    detected_at: datetime | None = None
    acknowledged_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    affected: str = ""
    evidence: str = ""
    target: str = ""
    unit: str = ""

    @property
    def time_to_resolve_s(self) -> float | None:
        """Seconds from start to resolution; None while open."""
        return _seconds(self.started_at, self.resolved_at)

    @property
    def time_to_detect_s(self) -> float | None:
        """Seconds from start to detection."""
        return _seconds(self.started_at, self.detected_at)

    @property
    def time_to_acknowledge_s(self) -> float | None:
        """Seconds from start to acknowledgement."""
        return _seconds(self.started_at, self.acknowledged_at)

    @property
    def time_to_mitigate_s(self) -> float | None:
        """Seconds from start to mitigation."""
        return _seconds(self.started_at, self.mitigated_at)


@dataclass(frozen=True, slots=True)
class InputAccount:
    """An input's lines by what became of them, summed over all reads of it.

    Attributes:
        state: `read`, `waiting` (planned, not yet committed) or `skipped`.
        detail: Why it was skipped; empty otherwise.
    """

    source: str
    input_id: str
    uri: str
    counts: Counts
    first_at: datetime | None = None
    last_at: datetime | None = None
    state: str = "read"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RejectSample:
    """A refused line as reports show it; `raw` is hostile text."""

    source: str
    uri: str
    offset: int
    reason: str
    detail: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object of a chain that did not simply get through; ids are hostile text.

    Attributes:
        state: `lost`, `late`, `skipped`, `unexpected`, `duplicated` or `in_flight`.
        step: The step at which it is missing, late or a stray.
        entered_at: When it entered the chain; None for strays.
        last_step: Where it was seen last.
        uri: Input of the line that showed it there; empty where the ledger has no name for it.
        offset: Of that line in the decompressed input.
    """

    chain: str
    state: str
    object_id: str
    step: str
    entered_at: datetime | None
    last_step: str
    last_at: datetime
    source: str
    uri: str
    offset: int | None


@dataclass(frozen=True, slots=True)
class ChainWait:
    """Objects of a chain of which a log that is overdue has to tell whether they passed a step.

    Attributes:
        source: Whose log is missing.
        log_day: Of which day.
        objects: How many wait for it.
    """

    chain: str
    step: str
    source: str
    log_day: date
    objects: int


@dataclass(frozen=True, slots=True)
class SlowRequest:
    """One of the slowest requests of a day, with its line; all its text is hostile."""

    source: str
    at: datetime
    request_time_s: float
    method: str | None
    path: str | None
    route: str | None
    status: int | None
    request_id: str | None
    uri: str
    offset: int


@dataclass(frozen=True, slots=True)
class MessageSample:
    """The first line of a day of one kind of error or warning; all its text is hostile.

    Attributes:
        fingerprint: The message with its variable parts masked.
        severity: The line's.
        first_day: The first day on which this kind is known.
        day: The day whose first line it is.
    """

    source: str
    fingerprint: str
    severity: int
    at: datetime
    message: str | None
    uri: str
    offset: int
    first_day: date
    day: date


@dataclass(frozen=True, slots=True)
class DayReport:
    """All that the statement of one day says; reporting adds no figure of its own.

    Attributes:
        project: The project's name.
        zone: IANA name of the time zone whose midnight bounds the day.
        started_at: Midnight that begins the day, UTC.
        ended_at: Midnight that ends it, UTC.
        verdict: The day's: missed if any KPI missed, else incomplete if anything expected is
            missing, else no_data if any KPI is without data, else met (none: there are no KPIs).
        sheets: All metrics by name, in the catalogue's order.
        measurements: Of this day, by metric and dimensions.
        history: Earlier days' measurements of KPIs and this day's, oldest first, at most 30 days.
        incidents: Open on this day, or resolved on it, newest start first.
        resolved: All incidents resolved up to the end of this day, for the averages.
        inputs: Inputs with records of this day, and those read without any record.
        missing: Sources that were expected to have data on this day and have none.
        rejects: Samples of refused lines of those inputs.
        measured_at: The time stamp of the measuring, the only thing a re-run changes.
        budgets: How the error budgets stand at the end of this day.
        restatements: All changes of this day's measurements, oldest first.
        failed: Metrics that could not be measured, and why.
        chains: Names of all chains; each has a list of objects, be it empty.
        objects: Objects that did not simply get through, the worst state first.
        slowest: The slowest requests, the slowest first.
        samples: The first line of each kind of error and warning, of this day and the one before.
        waits: Objects that wait for a log.
    """

    project: str
    day: date
    zone: str
    started_at: datetime
    ended_at: datetime
    verdict: Verdict
    sheets: Mapping[str, Sheet]
    measurements: tuple[Measurement, ...]
    history: tuple[Measurement, ...]
    incidents: tuple[Incident, ...]
    resolved: tuple[Incident, ...]
    inputs: tuple[InputAccount, ...]
    missing: tuple[str, ...]
    rejects: tuple[RejectSample, ...]
    measured_at: datetime
    budgets: tuple[BudgetState, ...] = ()
    restatements: tuple[Restatement, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    chains: tuple[str, ...] = ()
    objects: tuple[ListedObject, ...] = ()
    slowest: tuple[SlowRequest, ...] = ()
    samples: tuple[MessageSample, ...] = ()
    waits: tuple[ChainWait, ...] = ()


def _seconds(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else (end - start).total_seconds()
