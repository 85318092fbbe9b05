"""Fourth stage: the statement of a day goes out by mail, each statement once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage

from etl.errors import ConfigError, MailError
from etl.pipeline.project import Project, templates_of
from etl.pipeline.reports import build_report
from etl.pipeline.turns import alone
from etl.reporting import build_mail, deliver, send_key
from etl.settings import MailSettings
from etl.store.measurements import was_sent, write_sent


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of a mail, in a sentence.

    Attributes:
        refused: Whether the server refused some of the recipients.
    """

    said: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class MailSecrets:
    """What the environment knows and daytally.toml does not."""

    username: str | None
    password: str | None


def send_day(
    project: Project, day: date, *, secrets: MailSecrets, now: datetime, again: bool = False
) -> SendResult:
    """Mail a day's statement unless this very statement went out before.

    Raises:
        ConfigError: There is no [mail], or the day was not measured.
        MailError: The server did not take it; nothing is noted, so that it is tried again.
    """
    mail = project.settings.mail
    if mail is None:
        raise ConfigError(
            "daytally.toml has no [mail]: add host, from and to; nobody is there to send to"
        )
    with alone(project, "send", now):
        report = build_report(project, day)
        if not report.measurements:
            raise ConfigError(f"{day} has not been measured. Run: daytally run --day {day}")
        key = send_key(report, mail.to)
        if was_sent(project.warehouse, key) and not again:
            return SendResult(f"The statement of {day} was mailed before: not sent again.")
        message = build_mail(
            report,
            sender=mail.sender,
            recipients=mail.to,
            index_url=mail.report_url,
            now=now,
            overrides=templates_of(project.settings)[1],
        )
        try:
            refused = _deliver(message, mail, secrets)
        except MailError as error:
            raise MailError(f"{error}. Then run: daytally send --day {day}") from error
        write_sent(project.warehouse, day, key, mail.to, now)
    taken = [address for address in mail.to if address not in refused]
    said = f"Mailed the statement of {day} to {', '.join(taken)}."
    for address, answer in refused.items():
        said += f" Refused for {address}: {answer}."
    return SendResult(said, refused=bool(refused))


def _deliver(message: EmailMessage, mail: MailSettings, secrets: MailSecrets) -> dict[str, str]:
    return deliver(
        message,
        host=mail.host,
        port=mail.port,
        starttls=mail.starttls,
        username=secrets.username,
        password=secrets.password,
        ca_file=mail.ca_file,
    )
