"""Mail goes to a real SMTP server on loopback, encrypted, or an error says why not."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from etl.errors import ConfigError, MailError
from etl.reporting import build_mail, deliver
from tests.reporting.figures import MEASURED_AT
from tests.reporting.statements import rich_report

HOST = "127.0.0.1"
Start = Callable[..., Controller]


class Inbox:
    """Takes mail, unless told what to answer.

    Args:
        rcpt: Answer to recipients whose address starts with `no`.
        data: Answer to the mail itself.
    """

    def __init__(self, rcpt: str = "", data: str = "") -> None:
        self.rcpt, self.data = rcpt, data
        self.mails: list[Envelope] = []

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.rcpt and address.startswith("no"):
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.data:
            return self.data
        self.mails.append(envelope)
        return "250 taken"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def start(authority: trustme.CA) -> Iterator[Start]:
    """Return a function that starts a server on a free port."""
    running = []

    def run(inbox: Inbox, *, name: str = HOST, tls: bool = True, **options: Any) -> Controller:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(context)
        if tls:
            options |= {"tls_context": context, "require_starttls": True}
        controller = Controller(inbox, hostname=HOST, port=free_port(), **options)
        controller.start()
        running.append(controller)
        return controller

    yield run
    for controller in running:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def mail(*to: str) -> EmailMessage:
    recipients = to or ("owner@example.org",)
    return build_mail(
        rich_report(), sender="daytally@example.org", recipients=recipients, now=MEASURED_AT
    )


def send(port: int, message: EmailMessage | None = None, **more: Any) -> dict[str, str]:
    options = {"starttls": True, "username": None, "password": None, "timeout_s": 10.0, **more}
    return deliver(message or mail(), host=HOST, port=port, **options)


def sign_in(server: Any, session: Any, envelope: Any, mechanism: Any, data: Any) -> AuthResult:
    right = (data.login, data.password) == (b"daytally", b"right")
    return AuthResult(success=right, handled=False)


def test_a_mail_arrives_whole_over_starttls(start: Start, ca_file: str) -> None:
    inbox = Inbox()
    assert send(start(inbox).port, ca_file=ca_file) == {}
    (envelope,) = inbox.mails
    assert envelope.mail_from == "daytally@example.org"
    assert envelope.rcpt_tos == ["owner@example.org"]
    assert isinstance(envelope.content, bytes)
    received = message_from_bytes(envelope.content)
    assert received["Message-ID"] == mail()["Message-ID"]
    assert len(received.get_payload()) == 2


def test_the_sign_in_goes_through_tls(start: Start, ca_file: str) -> None:
    inbox = Inbox()
    port = start(inbox, authenticator=sign_in, auth_required=True).port
    send(port, ca_file=ca_file, username="daytally", password="right")  # noqa: S106
    assert len(inbox.mails) == 1


def test_a_wrong_password_is_told_with_what_to_check(start: Start, ca_file: str) -> None:
    port = start(Inbox(), authenticator=sign_in, auth_required=True).port
    with pytest.raises(MailError, match=rf"{HOST}:{port} refused .*535.*password_env") as caught:
        send(port, ca_file=ca_file, username="daytally", password="secret-wrong")  # noqa: S106
    assert "secret-wrong" not in str(caught.value)


def test_a_server_that_wants_a_sign_in_says_so(start: Start, ca_file: str) -> None:
    port = start(Inbox(), authenticator=sign_in, auth_required=True).port
    with pytest.raises(MailError, match=r"530 .*username_env"):
        send(port, ca_file=ca_file)


@pytest.mark.parametrize(
    ("inbox", "words"),
    [
        (Inbox(rcpt="550 5.1.1 no such user"), r"550 5\.1\.1 no such user.*addresses in \[mail\]"),
        (Inbox(data="552 too big"), r"552 too big.*too large"),
        (Inbox(data="451 greylisted"), r"451 greylisted.*try again later"),
        (Inbox(data="554 5.7.1 spam\x07\x1b[31m"), r"554 5\.7\.1 spam\\x07\\x1b\[31m"),
        (Inbox(data="599 odd"), r"599 odd.*Ask who runs"),
    ],
)
def test_a_refusal_is_told_in_the_servers_words(
    inbox: Inbox, words: str, start: Start, ca_file: str
) -> None:
    port = start(inbox).port
    with pytest.raises(MailError, match=words) as caught:
        send(port, mail("nobody@example.org"), ca_file=ca_file)
    assert f"{HOST}:{port}" in str(caught.value)
    assert str(caught.value).isprintable()
    assert not inbox.mails


def test_who_was_refused_while_others_got_it_is_returned(start: Start, ca_file: str) -> None:
    inbox = Inbox(rcpt="550 5.1.1 no such user")
    message = mail("owner@example.org", "nobody@example.org")
    refused = send(start(inbox).port, message, ca_file=ca_file)
    assert refused == {"nobody@example.org": "550 5.1.1 no such user"}
    assert inbox.mails[0].rcpt_tos == ["owner@example.org"]


def test_an_unknown_certificate_is_not_trusted(start: Start) -> None:
    inbox = Inbox()
    with pytest.raises(MailError, match=r"certificate of .* is not trusted.*ca_file"):
        send(start(inbox).port)
    assert not inbox.mails


def test_a_certificate_of_another_host_is_not_trusted(start: Start, ca_file: str) -> None:
    inbox = Inbox()
    with pytest.raises(MailError, match="is not trusted"):
        send(start(inbox, name="mail.example.net").port, ca_file=ca_file)
    assert not inbox.mails


def test_without_starttls_on_the_server_nothing_is_sent(start: Start) -> None:
    inbox = Inbox()
    with pytest.raises(MailError, match=r"does not offer .*STARTTLS.*Nothing was sent"):
        send(start(inbox, tls=False).port)
    assert not inbox.mails


def test_a_server_without_tls_is_fine_where_it_is_asked_for(start: Start) -> None:
    inbox = Inbox()
    send(start(inbox, tls=False).port, starttls=False)
    assert len(inbox.mails) == 1


def test_a_password_never_travels_unencrypted() -> None:
    with pytest.raises(ConfigError, match=r"unencrypted.*starttls = true"):
        deliver(
            mail(),
            host="mail.example.org",
            port=25,
            starttls=False,
            username="daytally",
            password="x",  # noqa: S106
        )


def test_a_sign_in_beyond_ascii_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ConfigError, match="beyond ASCII"):
        send(free_port(), username="daytally", password="pässword")  # noqa: S106


def test_no_server_there() -> None:
    port = free_port()
    with pytest.raises(MailError, match=rf"no connection with {HOST}:{port}: .*refused.*host and"):
        send(port)


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    timed_out = pytest.raises(MailError, match=r"no connection with .*timed out")
    with socket.create_server((HOST, 0)) as silent, timed_out:
        send(silent.getsockname()[1], timeout_s=0.2)


def test_a_ca_file_that_is_none_is_the_operators_mistake(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(ConfigError, match="ca_file"):
            send(25, ca_file=str(path))
