"""One statement, one mail: never the same twice, again when a value was restated."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from etl.cli import main
from etl.errors import ConfigError, MailError
from etl.pipeline.runs import run_all
from etl.pipeline.sending import MailSecrets, send_day
from tests.pipeline.conftest import open_folder
from tests.pipeline.test_nightly import API, FIRST, line

HOST = "127.0.0.1"
NIGHT = datetime(2026, 3, 11, 1, tzinfo=UTC)
NO_SECRETS = MailSecrets(None, None)

Write = Callable[..., Path]


class Inbox:
    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope.content)
        return "250 taken"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def port(inbox: Inbox) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        free = int(probe.getsockname()[1])
    controller = Controller(inbox, hostname=HOST, port=free)
    controller.start()
    yield free
    controller.stop()


def project(write_project: Write, port: int) -> Path:
    mail = (
        f'[mail]\nhost = "{HOST}"\nport = {port}\nstarttls = false\n'
        'from = "daytally@example.org"\nto = ["owner@example.org"]\n'
    )
    folder = write_project(API + mail)
    (folder / "logs" / "access.log").write_text(line(FIRST, 1) + line(FIRST, 2, 500) * 3)
    run_all(open_folder(folder), [FIRST], now=NIGHT, workers=1)
    return folder


def send(folder: Path, day: date = FIRST, **options: bool) -> str:
    return send_day(open_folder(folder), day, secrets=NO_SECRETS, now=NIGHT, **options).said


def test_the_mail_starts_with_the_verdict_and_goes_out_once(
    write_project: Write, inbox: Inbox, port: int
) -> None:
    folder = project(write_project, port)
    assert send(folder) == "Mailed the statement of 2026-03-10 to owner@example.org."
    assert "not sent again" in send(folder)
    assert len(inbox.mails) == 1
    message = message_from_bytes(inbox.mails[0])
    assert "MISSED" in str(message["subject"])
    assert [part.get_content_type() for part in message.walk()][1:3] == ["text/plain", "text/html"]
    send(folder, again=True)
    assert len(inbox.mails) == 2


def test_a_restated_day_is_mailed_again(write_project: Write, inbox: Inbox, port: int) -> None:
    folder = project(write_project, port)
    send(folder)
    with (folder / "logs" / "access.log").open("a") as log:
        log.write(line(FIRST, 3, 500))
    later = NIGHT + timedelta(days=1)
    run_all(open_folder(folder), [FIRST], now=later, workers=1)
    send(folder)
    assert len(inbox.mails) == 2


def test_a_mail_that_was_not_taken_is_tried_again(
    write_project: Write, inbox: Inbox, port: int
) -> None:
    folder = project(write_project, port)
    text = (folder / "daytally.toml").read_text()
    (folder / "daytally.toml").write_text(text.replace(f"port = {port}", "port = 9"))
    with pytest.raises(MailError, match=r"127\.0\.0\.1:9"):
        send(folder)
    (folder / "daytally.toml").write_text(text)
    assert send(folder).startswith("Mailed")
    assert len(inbox.mails) == 1


def test_a_day_that_was_not_measured_is_not_mailed(
    write_project: Write, inbox: Inbox, port: int
) -> None:
    folder = project(write_project, port)
    with pytest.raises(ConfigError, match="daytally run --day 2026-03-12"):
        send(folder, date(2026, 3, 12))
    assert inbox.mails == []


def test_run_with_send_is_the_whole_night(write_project: Write, inbox: Inbox, port: int) -> None:
    folder = project(write_project, port)
    words = ["--now", "2026-03-11T01:00:00", "--project", str(folder), "run", "--send"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert "Mailed the statement of 2026-03-10" in result.stdout
    assert len(inbox.mails) == 1


def test_a_secret_that_is_not_set_is_named(write_project: Write, port: int) -> None:
    folder = project(write_project, port)
    with (folder / "daytally.toml").open("a") as file:
        file.write('password_env = "DAYTALLY_NOT_SET"\n')
    words = ["--now", "2026-03-11T01:00:00", "--project", str(folder), "send"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "DAYTALLY_NOT_SET" in result.stderr
