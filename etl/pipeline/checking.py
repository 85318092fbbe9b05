"""What `daytally check` looks at, each finding on its own."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from etl.decode.blocks import cut_blocks
from etl.decode.decompress import read_plain
from etl.errors import ConfigError, SkippableError, StoreError
from etl.pipeline.ingest import SourceJob
from etl.pipeline.project import Project, templates_of
from etl.pipeline.telling import reason
from etl.pipeline.trying import percent
from etl.pipeline.validating import check_metrics
from etl.reporting import check_templates
from etl.reporting.text import count_of
from etl.settings import MailSettings
from etl.store.place import Folder

SAMPLE_BYTES = 1 << 16
WORST_SHARE = 0.5


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    detail: str


def check_project(project: Project, *, now: datetime, network: bool) -> list[Finding]:
    """Look at everything that a run needs; the configuration itself was checked on loading."""
    return [
        Finding("configuration", True, count_of(len(project.settings.source), "source")),
        *(Finding(f"format of {name}", True, hint) for name, hint in _hints(project)),
        _check_metrics(project),
        _check_templates(project),
        *_check_sources(project, now),
        _check_warehouse(project, network),
        _check_out(project),
        *_check_mail(project.settings.mail, network),
    ]


def _hints(project: Project) -> Iterator[tuple[str, str]]:
    """Yield what is allowed in a format, and looks like a slip of the pen."""
    for name, line_format in project.formats.items():
        for hint in line_format.hints:
            yield name, hint


def _check_metrics(project: Project) -> Finding:
    try:
        check_metrics(project)
    except ConfigError as error:
        return Finding("metrics", False, str(error))
    kpis = sum(sheet.kpi for sheet in project.sheets.values())
    return Finding("metrics", True, f"{len(project.sheets)} metrics, {kpis} of them KPIs")


def _check_templates(project: Project) -> Finding:
    built_in, own = templates_of(project.settings)
    try:
        check_templates(built_in, own)
    except ConfigError as error:
        return Finding("templates", False, str(error))
    return Finding("templates", True, "own ones in reports/" if own else "built in")


def _check_sources(project: Project, now: datetime) -> Iterator[Finding]:
    for job in project.jobs(now):
        yield _check_source(job, now)


def _check_source(job: SourceJob, now: datetime) -> Finding:
    reader = job.reader
    what = f"source {reader.source}"
    try:
        listed = reader.origin.list_inputs(job.patterns, now=now)
    except SkippableError as error:
        return Finding(what, False, str(error))
    if not listed:
        return Finding(what, False, f"no input matches {', '.join(job.patterns)}")
    newest = max(listed, key=lambda item: item.dated_at)
    try:
        with reader.origin.open_input(newest) as stream:
            block = next(cut_blocks(read_plain(stream), block_bytes=SAMPLE_BYTES), None)
    except SkippableError as error:
        return Finding(what, False, f"{newest.uri}: {reason(newest.uri, error)}")
    if block is None:
        return Finding(what, True, f"{len(listed)} inputs; the newest is empty")
    parsed = reader.make_parser(newest.dated_at).parse(block)
    counts = parsed.counts
    share = counts.records / max(1, counts.lines - counts.blank)
    matched = f"{percent(share)} of the first {counts.lines} lines of {newest.uri} match"
    detail = f"{len(listed)} inputs; {matched}"
    if share < WORST_SHARE and parsed.rejects.num_rows:
        first = parsed.rejects.slice(0, 1).to_pylist()[0]
        sample = first["raw"][:120].decode("utf-8", "backslashreplace")
        detail += f"; refused: {first['reason']} ({first['detail']}): {sample}"
    return Finding(what, share >= WORST_SHARE, detail)


def _check_warehouse(project: Project, network: bool) -> Finding:
    place = project.warehouse.place
    if not (network or isinstance(place, Folder)):
        return Finding("warehouse", True, f"{place.address}, not tried")
    try:
        return Finding("warehouse", True, place.probe())
    except StoreError as error:
        return Finding("warehouse", False, str(error))


def _check_out(project: Project) -> Finding:
    try:
        return Finding("out", True, Folder(project.settings.out).probe())
    except StoreError as error:
        return Finding("out", False, str(error))


def _check_mail(mail: MailSettings | None, network: bool) -> Iterator[Finding]:
    if mail is None:
        yield Finding("mail", True, "not configured; nothing is sent")
    elif not network:
        yield Finding("mail", True, f"{mail.host}:{mail.port}, not tried")
    else:
        try:
            with smtplib.SMTP(mail.host, mail.port, timeout=10) as server:
                server.noop()
        except (OSError, smtplib.SMTPException, socket.gaierror) as error:
            yield Finding("mail", False, f"{mail.host}:{mail.port} does not answer: {error}")
        else:
            yield Finding("mail", True, f"{mail.host}:{mail.port} answers")
