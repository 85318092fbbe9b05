"""The statement as one mail: verdict in the subject, text and HTML, no images, no scripts."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses, parseaddr
from pathlib import Path

from etl.errors import ConfigError
from etl.model import DayReport, Verdict
from etl.reporting.charts import share
from etl.reporting.context import Context, costs, day_page, web_address
from etl.reporting.dimensions import dimensions_json
from etl.reporting.headline import headline, kpi_line
from etl.reporting.html import environment, fitting, render
from etl.reporting.judge import WORDS, Kpi, statement, verdict_of, verdict_words
from etl.reporting.resolve import incidents_line
from etl.reporting.restated import restated_table
from etl.reporting.text import (
    clip,
    figure,
    finite,
    instant,
    long_day,
    target_bounds,
    target_words,
)
from etl.resources import templates_folder

MAIL_BYTES = 100_000
"""No mail may be larger; tables are cut until it fits."""

_ROW_LIMITS = (20, 12, 8, 4, 1)
_ENVELOPE_BYTES = 4_000
"""Room for headers and the borders between the parts."""


def build_mail(
    report: DayReport,
    *,
    sender: str,
    recipients: Sequence[str],
    now: datetime,
    index_url: str | None = None,
    overrides: Path | None = None,
) -> EmailMessage:
    """Return the day's statement as a mail of less than 100 KB.

    Args:
        report: What the day says.
        sender: Address, or name and address, for `From`.
        recipients: Addresses for `To`.
        now: When the mail is sent, for `Date`.
        index_url: Web address of `out/index.html`, where readers can reach it.
        overrides: A folder whose `mail.html` replaces the built-in one.

    Raises:
        ConfigError: An address cannot stand in a header, or a template is wrong.
    """
    kpis = statement(report)
    key = send_key(report, recipients)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject(report, kpis)
    message["From"] = _address(sender)
    message["To"] = [_address(recipient) for recipient in recipients]
    message["Date"] = now
    # Made of the send key: a server that sees the same statement twice can tell.
    message["Message-ID"] = f"<{key[:32]}.{report.day:%Y%m%d}@{_domain(sender)}>"
    message["Auto-Submitted"] = "auto-generated"

    def bodies(limit: int) -> str:
        page = render(
            environment(templates_folder(), overrides),
            "mail.html",
            _context(report, kpis, index_url, limit),
        )
        message.clear_content()
        message.set_content(_text(report, kpis, index_url, limit), cte="quoted-printable")
        message.add_alternative(page, subtype="html", cte="quoted-printable")
        return message.as_string()

    fitting(bodies, limits=_ROW_LIMITS, size=MAIL_BYTES - _ENVELOPE_BYTES)
    return message


def send_key(report: DayReport, recipients: Sequence[str]) -> str:
    """Return what tells one statement from another, as 64 hexadecimal digits.

    The same day, recipients, verdict, values and verdicts of all measurements give the same key,
    whatever the clock says and in whatever order they come.
    """
    values = sorted(
        (m.metric, dimensions_json(m.dimensions), repr(m.value), m.verdict.value)
        for m in report.measurements
    )
    said = [
        report.day.isoformat(),
        sorted({recipient.strip() for recipient in recipients}),
        verdict_of(report).value,
        values,
    ]
    return hashlib.sha256(json.dumps(said).encode("ascii")).hexdigest()


def subject(report: DayReport, kpis: Sequence[Kpi]) -> str:
    """Return the subject, the verdict first, on one line whatever the project is called."""
    words = verdict_words(verdict_of(report), kpis)
    return f"[Daytally] {words} · {clip(report.project, 60)} · {report.day}"


def _address(text: str) -> Address:
    """Return an address that is safe in a header.

    Raises:
        ConfigError: It has a line break or another control character, or is no address.
    """
    found = getaddresses([text])
    name, spec = found[0] if len(found) == 1 else ("", "")
    if not text.isprintable() or not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", spec):
        raise ConfigError(
            f"[mail]: {clip(text, 120)!r} is no mail address. "
            "Write it as owner@example.org or 'Data team <data@example.org>'"
        )
    try:
        return Address(display_name=name, addr_spec=spec)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise ConfigError(f"[mail]: {clip(text, 120)!r} is no mail address: {error}") from error


def _domain(sender: str) -> str:
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return domain if domain.isascii() else domain.encode("idna").decode("ascii")


def _context(report: DayReport, kpis: Sequence[Kpi], index_url: str | None, limit: int) -> Context:
    page = day_page(report).cut(limit)
    return {
        **page,
        "kpi_rows": [_row(kpi) for kpi in kpis[:limit]],
        "more_kpis": len(kpis) - limit if len(kpis) > limit else 0,
        "day_url": day_url(report, index_url),
        "incidents_line": incidents_line(report.incidents, report.resolved),
        "costs": costs(kpis, Verdict.MISSED)[:limit],
        "gaps": (costs(kpis, Verdict.NO_DATA) + costs(kpis, Verdict.INCOMPLETE))[:limit],
    }


def _row(kpi: Kpi) -> Context:
    m = kpi.measurement
    unit = kpi.sheet.unit
    return {
        "verdict": kpi.verdict.value,
        "word": WORDS[kpi.verdict],
        "title": clip(kpi.sheet.title, 100),
        "about": kpi.about,
        "value": _unbroken(figure(None if m is None else m.value, unit, kpi.target)),
        "target": _unbroken(target_words(kpi.target, unit)),
        "bar": _bar(kpi),
        "previous": ""
        if m is None or m.previous_value is None
        else figure(m.previous_value, unit, kpi.target),
    }


def _unbroken(text: str) -> str:
    """Return a short figure so that no line ends between the number and its unit."""
    return text.replace(" ", "\xa0") if len(text) <= 12 else text


def _bar(kpi: Kpi) -> float | None:
    """Return how far a value has come of what its target allows, in per cent.

    Only for targets that set an upper limit: a full bar means that nothing is left.
    """
    m = kpi.measurement
    bounds = target_bounds(kpi.target)
    if m is None or len(bounds) != 1 or not kpi.target.strip().startswith("<"):
        return None
    return share(finite(m.value), bounds[0])


def day_url(report: DayReport, index_url: str | None) -> str:
    """Return the address of the day's page beside the overview; empty where there is none."""
    address = web_address(index_url or "")
    if not address:
        return ""
    folder = address if address.endswith("/") else address.rpartition("/")[0] + "/"
    return f"{folder}{report.day}/index.html"


def _text(report: DayReport, kpis: Sequence[Kpi], index_url: str | None, limit: int) -> str:
    """Return the statement as plain text, the same facts in the same order."""
    lines = [*headline(report)[:1], long_day(report.day), ""]
    for cost in costs(kpis, Verdict.MISSED)[:limit]:
        lines += [f"MISSED: {cost.title}", *(f"  {line}" for line in cost.lines)]
        lines += [f"  {text}" for text in (cost.more, cost.impact) if text]
        lines += [f"  Owner: {cost.owner}"] if cost.owner else []
        lines += [f"  Runbook: {cost.runbook}"] if cost.runbook else []
        lines += [f"  What to do: {cost.advice}"] if cost.advice else []
        lines += [f"  Where it comes from: {cost.trace}"] if cost.trace else []
        lines.append("")
    if report.missing:
        lines += [f"Missing sources: {clip(', '.join(sorted(report.missing)), 400)}", ""]
    lines.append("KPIs")
    lines += [f"  {WORDS[kpi.verdict].upper()}: {kpi_line(kpi)}" for kpi in kpis[:limit]]
    if len(kpis) > limit:
        lines.append(f"  and {len(kpis) - limit:,} more")
    lines += _restated(report, limit)
    lines += [f"Not measured: {clip(name, 80)}" for name in sorted(report.failed)[:limit]]
    lines += ["", incidents_line(report.incidents, report.resolved), headline(report)[2]]
    url = day_url(report, index_url)
    lines += ["", f"The whole page: {url}"] if url else []
    lines += ["", f"Measured at {instant(report.measured_at, report.zone)} by Daytally."]
    return "\n".join(lines) + "\n"


def _restated(report: DayReport, limit: int) -> list[str]:
    rows = restated_table(report).rows
    lines = [
        f"  {row[0].text}{f' ({row[1].text})' if row[1].text else ''}: was {row[2].text}, is"
        f" {row[3].text}, because: {row[6].text}"
        for row in rows[:limit]
    ]
    more = [f"  and {len(rows) - limit:,} more"] if len(rows) > limit else []
    return ["", "Restated", *lines, *more] if rows else []
