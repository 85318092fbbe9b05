"""What a run did: for people, for machines, for the exit code.

It knows the stages by their types alone, so that what is only read pays for no other stage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from etl.model import InputAccount, Verdict
from etl.pipeline.telling import together

if TYPE_CHECKING:
    from datetime import date

    from etl.pipeline.ingest import IngestSummary
    from etl.pipeline.reports import DayPage
    from etl.pipeline.tidying import TidySummary

SHOWN = 10
"""Most inputs that are named one by one."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did, for people, for machines and for the exit code.

    Attributes:
        read: What was ingested; None where the run did not ingest.
        measured: Days measured.
        failed: Metrics that could not be measured, and why.
        missing: Days asked for or measured, with the expected sources that have no data.
        asked: The days asked for.
        pages: Reports written, oldest first.
        final: Days left as they were, because retention has removed rows of theirs.
        tidied: What upkeep did; None where there was none.
    """

    read: IngestSummary | None = None
    measured: tuple[date, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[date, tuple[str, ...]] = field(default_factory=dict)
    asked: tuple[date, ...] = ()
    pages: tuple[DayPage, ...] = ()
    final: tuple[date, ...] = ()
    tidied: TidySummary | None = None

    @property
    def last_page(self) -> DayPage | None:
        """The report of the last day asked for: the one that people look at first."""
        return next((page for page in self.pages if page.day == self.asked[-1]), None)

    @property
    def kpis_missed(self) -> bool:
        """Whether a KPI missed its target on any of the days asked for."""
        return any(p.verdict == Verdict.MISSED for p in self.pages if p.day in self.asked)

    @property
    def skipped(self) -> Sequence[InputAccount]:
        """Inputs left to the next run."""
        return self.read.skipped if self.read is not None else ()

    @property
    def is_incomplete(self) -> bool:
        """Whether anything was skipped, is missing or could not be measured."""
        unfinished = self.tidied is not None and self.tidied.trouble
        return bool(self.skipped or self.failed or any(self.missing.values()) or unfinished)

    def plain(self) -> dict[str, object]:
        """Return the result as plain data for JSON."""
        counts = self.read.counts if self.read is not None else None
        return {
            "inputs_read": self.read.inputs_read if self.read is not None else 0,
            "bytes_read": self.read.bytes_read if self.read is not None else 0,
            "lines": counts.lines if counts else 0,
            "records": counts.records if counts else 0,
            "rejects": counts.rejects if counts else 0,
            "blank": counts.blank if counts else 0,
            "unlike": self.read.unlike if self.read is not None else [],
            "skipped": [{"uri": one.uri, "reason": one.detail} for one in self.skipped],
            "measured": [day.isoformat() for day in self.measured],
            "failed": dict(self.failed),
            "missing": {
                day.isoformat(): list(names) for day, names in self.missing.items() if names
            },
            "pages": {
                page.day.isoformat(): {"path": str(page.path), "verdict": str(page.verdict)}
                for page in self.pages
            },
            "final": [day.isoformat() for day in self.final],
            "upkeep": self.tidied.plain() if self.tidied else None,
            "headline": list(self.last_page.headline) if self.last_page else [],
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person wants to know, most important last."""
        if self.read is not None:
            yield from _read_lines(self.read)
        for named, why in together((one.uri, one.detail) for one in self.skipped):
            yield f"Skipped {named}: {why}. The next run tries again."
        yield from _missing_lines(self.missing)
        for metric, why in self.failed.items():
            yield f"Not measured: {metric}: {why}"
        for day in self.final:
            yield (
                f"Left {day} as it was: retention has removed rows that it was measured from, and"
                " what is left, or came later, does not restate it."
            )
        if self.tidied is not None:
            yield from self.tidied.lines()
        if self.measured:
            yield f"Measured {_days_words(self.measured)}."
        if len(self.pages) > 1:
            yield _verdicts_line(self.pages)
        if self.last_page:
            yield f"Report: {self.last_page.path}"
            yield from self.last_page.headline


def _read_lines(read: IngestSummary) -> Iterator[str]:
    if read.inputs_read == 0:
        yield "Nothing was read." if read.skipped else "Nothing new to read."
        return
    counts = read.counts
    yield (
        f"Read {read.inputs_read:,} inputs, {read.bytes_read / 1e6:,.1f} MB: {counts.lines:,} lines"
        f" = {counts.records:,} records + {counts.rejects:,} rejects + {counts.blank:,} blank."
    )
    for said in read.unlike[:SHOWN]:
        yield f"{said}. See: daytally rejects"
    if len(read.unlike) > SHOWN:
        yield f"And {len(read.unlike) - SHOWN:,} more inputs of which no line is a record."


def _missing_lines(missing: Mapping[date, Sequence[str]]) -> Iterator[str]:
    """Yield a line for each day, or for each set of sources where that would fill the screen."""
    days_of: dict[tuple[str, ...], list[date]] = {}
    for day, names in sorted(missing.items()):
        if names:
            days_of.setdefault(tuple(names), []).append(day)
    for names, days in days_of.items():
        said = f"{', '.join(names)} (expected daily, no record)."
        if len(days) > SHOWN:
            yield f"Missing on {_days_words(days)}: {said}"
        else:
            yield from (f"Missing on {day}: {said}" for day in days)


def _days_words(days: Sequence[date]) -> str:
    if len(days) == 1:
        return f"{days[0]}"
    return f"{len(days)} days, {days[0]} to {days[-1]}"


def _verdicts_line(pages: Sequence[DayPage]) -> str:
    counted = Counter(page.verdict for page in pages)
    said = ", ".join(f"{counted[v]} {v.replace('_', ' ')}" for v in Verdict if counted[v])
    return f"Of {len(pages)} days: {said}. All days: {pages[0].path.parents[1] / 'index.html'}"
