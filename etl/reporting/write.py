"""Writes the report's files so that no reader and no crash ever sees half of one.

Files are made whole in a hidden sibling and moved into place, the page last. Nothing is synced
to the disk: after a power failure the warehouse still has everything, and `daytally report`
writes the same bytes again. One writer at a time: the run holds a lock.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from etl.errors import FatalError
from etl.model import DayReport, Incident
from etl.reporting.catalogue import Catalogue, catalogue_page, catalogue_table
from etl.reporting.context import day_page
from etl.reporting.html import environment, fitting, render
from etl.reporting.judge import DaySummary
from etl.reporting.pages import Site, incidents_page, overview
from etl.reporting.proof import rejects_csv
from etl.reporting.resolve import time_to_resolve_csv
from etl.reporting.summary import measurements_csv, summary_json

SUMMARY = "summary.json"
"""A day for machines; says from which data version its files were written."""

_OURS = frozenset({".csv", ".html", ".json"})
"""Endings of files that a day's folder may lose when they no longer belong."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def write_day(
    out: Path,
    report: DayReport,
    *,
    templates: Path,
    overrides: Path | None = None,
    days: Collection[date] | None = None,
) -> list[Path]:
    """Write `out/<day>/`: the page, its tables as CSV, and `summary.json`.

    Args:
        out: Folder of all reports; made if need be.
        report: What the day says.
        templates: The built-in templates.
        overrides: A folder whose templates replace built-in ones of the same name.
        days: Days that have a page, for the links to the days beside this one; None where only
            the report's history tells.

    Returns:
        The files written, the page first.

    Raises:
        ConfigError: A template of the user's is wrong.
        FatalError: The folder cannot be written; what was there before is still whole.
    """
    env = environment(templates, overrides)
    page = day_page(report, days)
    files = {table.file: table.csv() for table in page.all_tables()}
    files["measurements.csv"] = measurements_csv(report.measurements, report.sheets)
    # Resolved ones too: the averages on the page are made of them.
    files["time_to_resolve.csv"] = time_to_resolve_csv((*report.resolved, *report.incidents))
    files["rejects.csv"] = rejects_csv(report.rejects)
    files[SUMMARY] = summary_json(report)
    files["index.html"] = fitting(lambda limit: render(env, "day.html", page.cut(limit)))
    return _place_folder(out / report.day.isoformat(), files)


def reported_versions(out: Path, day: date) -> list[str]:
    """Return the data versions that a day's files in `out` were written from; none if unwritten."""
    try:
        summary = json.loads((out / day.isoformat() / SUMMARY).read_bytes())
        return [str(version) for version in summary["data_version"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # not there, or not ours: either way it has to be written


def write_index(out: Path, days: Sequence[DaySummary], site: Site) -> list[Path]:
    """Write `out/index.html`, `out/days.csv` and `out/trends.csv`: all days at a glance.

    Raises:
        ConfigError: A template of the user's is wrong.
        FatalError: The folder cannot be written.
    """
    env = environment(site.templates, site.overrides)
    page = overview(days, site)
    files = {page.days.file: page.days.csv(), page.trends.file: page.trends.csv()}
    files["index.html"] = fitting(lambda limit: render(env, "index.html", page.cut(limit)))
    return _place_files(out, files)


def write_catalogue(out: Path, catalogue: Catalogue, site: Site) -> list[Path]:
    """Write `out/catalogue.html` and `out/catalogue.csv`: all data sheets, and how they fared.

    Raises:
        ConfigError: A template of the user's is wrong.
        FatalError: The folder cannot be written.
    """
    env = environment(site.templates, site.overrides)

    def page(limit: int) -> str:
        return render(env, "catalogue.html", catalogue_page(catalogue, site, limit))

    table = catalogue_table(catalogue.sheets)
    return _place_files(out, {table.file: table.csv(), "catalogue.html": fitting(page)})


def write_incidents(
    out: Path, incidents: Sequence[Incident], site: Site, *, until: datetime
) -> list[Path]:
    """Write `out/incidents.html`, `out/time_to_resolve.csv` and `out/resolve_times.csv`.

    Args:
        out: Folder of all reports.
        incidents: All of them.
        site: What all pages share.
        until: The instant that ages of open incidents are counted to, as the end of the last day.

    Raises:
        ConfigError: A template of the user's is wrong.
        FatalError: The folder cannot be written.
    """
    env = environment(site.templates, site.overrides)
    context, table, times = incidents_page(incidents, site, until)

    def page(limit: int) -> str:
        shown = {"time_to_resolve": table.cut(10 * limit), "resolve_times": times.cut(limit)}
        return render(env, "incidents.html", {**context, **shown})

    files = {table.file: time_to_resolve_csv(incidents), times.file: times.csv()}
    files["incidents.html"] = fitting(page)
    return _place_files(out, files)


def _place_folder(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Put a folder's files into place, and take away those that no longer belong."""
    staging = folder.parent / f".{folder.name}.new"
    with _said(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(staging, ignore_errors=True)  # of a run that was killed
        staging.mkdir()
        try:
            for name, content in files.items():
                (staging / name).write_bytes(content)
            if folder.exists():
                # File by file, the page last: swapping the folders would leave a moment, or
                # after a crash a night, without any page. Behind it only the summary, whose
                # version says that all of the day is in place.
                for name in sorted(_page_last(files), key=lambda name: name == SUMMARY):
                    (staging / name).replace(folder / name)
            else:
                staging.rename(folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        for path in folder.iterdir():
            if path.suffix in _OURS and path.name not in files:
                path.unlink()
    return [folder / name for name in reversed(_page_last(files))]


def _place_files(out: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Put single files into place, the page last; others in the folder stay."""
    with _said(out):
        out.mkdir(parents=True, exist_ok=True)
        for name in _page_last(files):
            staging = out / f".{name}.new"
            staging.write_bytes(files[name])
            staging.replace(out / name)
    return [out / name for name in reversed(_page_last(files))]


def _page_last(files: Mapping[str, bytes]) -> list[str]:
    return sorted(files, key=lambda name: (name.endswith(".html"), name))


@contextmanager
def _said(place: Path) -> Iterator[None]:
    """Turn a failure to write into an error that says where, and what to do."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        advice = "Make room on its disk" if error.errno in _FULL else "Make the folder writable"
        raise FatalError(
            f"cannot write the report to {error.filename or place}: {reason}. {advice}"
            " or set another one as 'out', then run: daytally report"
        ) from error
