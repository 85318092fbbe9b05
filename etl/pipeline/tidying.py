"""Last stage of the nightly job: old rows go, small files become few, dead files go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from etl.days import day_of
from etl.errors import StoreError
from etl.pipeline.measuring import due_days
from etl.pipeline.project import Project
from etl.pipeline.windows import lookback_days
from etl.store.layout import PARTITIONS
from etl.store.retention import RETIRABLE, Retired, retire
from etl.store.upkeep import Compacted, compact_days, compact_whole, shorten_log, vacuum

SETTLING_DAYS = 1
"""Whole days after its end during which a day still gets lines, as a rule: those of a host that
was cut off over night. Its files are put together after that."""


@dataclass(frozen=True, slots=True)
class Boundaries:
    """What retention comes to on a day.

    Attributes:
        before: For each table that is cut the first day that it keeps.
        waits_for: A day that has yet to be measured, and keeps rows from being removed.
    """

    before: Mapping[str, date]
    waits_for: date | None = None


@dataclass(slots=True)
class TidySummary:
    """What one upkeep did, or would do.

    Attributes:
        dry_run: Whether it was only looked at.
        retired: Rows removed, by table.
        compacted: Files that became fewer, by table.
        vacuumed: Number of files removed that were out of use, by table.
        trouble: Why it was not finished; empty otherwise. The next run goes on with it.
    """

    dry_run: bool
    boundaries: Boundaries
    files_days: int
    retired: list[Retired] = field(default_factory=list)
    compacted: list[Compacted] = field(default_factory=list)
    vacuumed: dict[str, int] = field(default_factory=dict)
    trouble: str = ""

    def lines(self) -> Iterator[str]:
        """Yield what a person wants to know; nothing where nothing was done."""
        would = "Would remove" if self.dry_run else "Removed"
        for one in self.retired:
            before = self.boundaries.before[one.table]
            yield (
                f"{would} {one.rows:,} {_plural(one.rows, 'row')} of {one.table}, of"
                f" {len(one.days):,} {_plural(len(one.days), 'day')} before {before} (retention)."
            )
            if one.late:
                yield (
                    f"  Lines came late for {_some(one.late)}: kept in the counts of their inputs,"
                    " not in the tables; the statements stay as they are."
                )
        if self.boundaries.waits_for is not None:
            yield (
                f"Retention waits: {self.boundaries.waits_for} has lines that are not measured"
                " yet. Run: daytally run"
            )
        yield from self._file_lines()
        if self.trouble:
            yield f"Upkeep was not finished: {self.trouble}. The next run goes on with it."

    def _file_lines(self) -> Iterator[str]:
        for one in self.compacted:
            said = f"{one.files:,} small files of {one.table} ({_size(one.size_bytes)})"
            if self.dry_run:
                yield f"Would put together {said}."
            else:
                yield f"Put together {said} in {one.new_files:,} ({_size(one.new_size_bytes)})."
        files = sum(self.vacuumed.values())
        if files:
            would = "Would delete" if self.dry_run else "Deleted"
            age = f"{self.files_days} {_plural(self.files_days, 'day')}"
            yield f"{would} {files:,} {_plural(files, 'file')} that no table has shown for {age}."

    def plain(self) -> dict[str, object]:
        """Return the summary as plain data for JSON."""
        waits_for = self.boundaries.waits_for
        return {
            "dry_run": self.dry_run,
            "retention": {table: str(day) for table, day in self.boundaries.before.items()},
            "retention_waits_for": str(waits_for) if waits_for else None,
            "removed": {
                one.table: {
                    "rows": one.rows,
                    "days": [str(day) for day in one.days],
                    "late_days": [str(day) for day in one.late],
                }
                for one in self.retired
            },
            "put_together": {
                one.table: {
                    "files": one.files,
                    "bytes": one.size_bytes,
                    "new_files": one.new_files,
                    "new_bytes": one.new_size_bytes,
                }
                for one in self.compacted
            },
            "deleted_files": self.vacuumed,
            "trouble": self.trouble,
        }


def boundaries(project: Project, now: datetime) -> Boundaries:
    """Return the first day that each table keeps.

    A day that has lines which are not measured yet keeps its rows, and those that it looks back at.
    """
    today = day_of(now, project.settings.zone)
    kept = project.settings.retention.by_table
    before = {table: today - timedelta(days=days) for table, days in kept.items()}
    if not before:
        return Boundaries({})
    first = min(due_days(project, (), now=now).days, default=None)
    lookback = lookback_days(project.sheets.values(), project.definitions)
    needed = None if first is None else first - timedelta(days=lookback)
    if needed is None or needed >= max(before.values()):
        return Boundaries(before)
    return Boundaries({table: min(day, needed) for table, day in before.items()}, first)


def tidy(project: Project, *, now: datetime, dry_run: bool = False) -> TidySummary:
    """Apply retention, put small files together and remove those out of use, of all tables.

    The caller holds the warehouse, and has published what was sealed.

    Args:
        project: The project.
        now: The run's time, UTC; days are closed by it. Files age by the storage's clock.
        dry_run: Only look.
    """
    days = project.settings.retention.files_days
    done = TidySummary(dry_run, boundaries(project, now), days)
    try:
        _retire(project, done, now)
        changed = {one.table for one in done.retired}
        changed |= _compact(project, done, now)
        for table in PARTITIONS:
            files = vacuum(project.warehouse, table, days=days, dry_run=dry_run)
            if files:
                done.vacuumed[table] = len(files)
        for table in sorted(changed | set(done.vacuumed)):
            if not dry_run:
                shorten_log(project.warehouse, table)
    except StoreError as error:
        done.trouble = str(error)
    return done


def _retire(project: Project, done: TidySummary, now: datetime) -> None:
    for table in RETIRABLE:
        before = done.boundaries.before.get(table)
        if before is None:
            continue
        found = retire(project.warehouse, table, before=before, now=now, dry_run=done.dry_run)
        if found is not None:
            done.retired.append(found)


def _compact(project: Project, done: TidySummary, now: datetime) -> set[str]:
    closed = day_of(now, project.settings.zone) - timedelta(days=SETTLING_DAYS)
    for table, partitions in PARTITIONS.items():
        if "source" in partitions:
            found = compact_days(
                project.warehouse, table, closed_before=closed, dry_run=done.dry_run
            )
        elif not partitions:
            found = compact_whole(project.warehouse, table, dry_run=done.dry_run)
        else:
            continue  # a day of measurements is replaced as a whole: it is one file
        if found is not None:
            done.compacted.append(found)
    return {one.table for one in done.compacted}


def _some(days: tuple[date, ...]) -> str:
    named = ", ".join(map(str, days[:5]))
    return named if len(days) <= 5 else f"{named} and {len(days) - 5} more days"


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB" if size_bytes >= 1e6 else f"{size_bytes / 1e3:,.1f} kB"
