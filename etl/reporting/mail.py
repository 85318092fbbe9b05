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
from etl.model import DayReport
from etl.reporting.dimensions import dimensions_json
from etl.reporting.html import environment, fitting, render
from etl.reporting.judge import Kpi, statement, verdict_of, verdict_words
from etl.reporting.mail_parts import mail_context, mail_text
from etl.reporting.text import clip
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
            mail_context(report, kpis, index_url, limit),
        )
        message.clear_content()
        message.set_content(mail_text(report, kpis, index_url, limit), cte="quoted-printable")
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
