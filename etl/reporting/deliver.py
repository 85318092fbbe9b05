"""Hands a mail to an SMTP server, and says what to do when the server does not take it."""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import NotRequired, TypedDict, Unpack

from etl.errors import ConfigError, MailError
from etl.reporting.text import clip

IMPLICIT_TLS = 465
"""The port on which servers speak TLS from the first byte."""

_ADVICE: Mapping[int, str] = {
    421: "The server is busy or closing: try again later",
    451: "The server has a passing problem: try again later",
    452: "The server is short of space: try again later",
    530: "The server wants a sign-in or TLS: set username_env, password_env and starttls in [mail]",
    534: "The server wants another way to sign in: ask who runs it",
    535: "Check the variables that username_env and password_env in [mail] name",
    550: "Check the addresses in [mail], and whether the server relays for this sender",
    552: "The mail or the mailbox is too large for the server: ask who runs it",
    553: "Check the addresses in [mail]",
    554: "The server refuses mail from here: ask who runs it",
}


class ServerOptions(TypedDict):
    """How to reach the mail server.

    Attributes:
        timeout_s: Longest wait for each answer, in seconds; 30 unless told.
        ca_file: Certificates to trust instead of the system's.
    """

    host: str
    port: int
    starttls: bool
    username: str | None
    password: str | None
    timeout_s: NotRequired[float]
    ca_file: NotRequired[str | None]


@dataclass(frozen=True, slots=True)
class _Server:
    host: str
    port: int
    starttls: bool
    username: str | None
    password: str | None
    timeout_s: float = 30.0
    ca_file: str | None = None

    @property
    def name(self) -> str:
        return f"{clip(self.host, 120)}:{self.port}"


def deliver(message: EmailMessage, **options: Unpack[ServerOptions]) -> dict[str, str]:
    """Send a mail.

    Args:
        message: The mail; its headers name sender and recipients.
        **options: How to reach the server, see `ServerOptions`.

    Returns:
        Recipients that the server refused while it took the mail for others, with its answer.
        Empty when all of them got it.

    Raises:
        MailError: The server cannot be reached or trusted, or took the mail for nobody; says
            host, port, the server's answer and what to do.
        ConfigError: A password would travel unencrypted, or `ca_file` cannot be read.
    """
    server = _Server(**options)
    context = _trust(server)
    _check_sign_in(server)
    with _explained(server), _connected(server, context) as session:
        if server.starttls and server.port != IMPLICIT_TLS:
            session.starttls(context=context)
        if server.username is not None:
            session.login(server.username, server.password or "")
        refused = session.send_message(message)
    return {to: _answer(code, text) for to, (code, text) in refused.items()}


def _trust(server: _Server) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"[mail] ca_file {clip(str(server.ca_file), 200)!r}: cannot be read as certificates: "
            f"{error}"
        ) from error


def _check_sign_in(server: _Server) -> None:
    secrets = (server.username or "", server.password or "")
    if not all(secret.isascii() for secret in secrets):
        raise ConfigError(
            f"{server.name}: user name or password has characters beyond ASCII, which servers "
            "read in different ways. Choose others"
        )
    encrypted = server.starttls or server.port == IMPLICIT_TLS
    if server.username is None or encrypted or _is_loopback(server.host):
        return
    raise ConfigError(
        f"{server.name}: the password would travel unencrypted. Set starttls = true in [mail]"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextlib.contextmanager
def _connected(server: _Server, context: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    """Open a session, and close it without letting the goodbye hide what went wrong."""
    if server.port == IMPLICIT_TLS:
        session: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=server.timeout_s, context=context
        )
    else:
        session = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
    try:
        session.ehlo_or_helo_if_needed()
        yield session
    finally:
        # Once the server said 250 the mail is its own; a lost QUIT must not look like a failure.
        with contextlib.suppress(smtplib.SMTPException, OSError):
            session.quit()
        session.close()


@contextlib.contextmanager
def _explained(server: _Server) -> Iterator[None]:
    """Turn what smtplib raises into errors that say what to do next."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        to = ", ".join(clip(recipient, 80) for recipient in list(error.recipients)[:5])
        raise _refused(server, code, text, f" for {to}") from error
    except smtplib.SMTPSenderRefused as error:
        raise _refused(
            server, error.smtp_code, error.smtp_error, f" from {clip(error.sender, 80)}"
        ) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(server, error.smtp_code, error.smtp_error, "") from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailError(
            f"{server.name} does not offer what the mail needs: {str(error).rstrip('.')}. "
            "Nothing was sent; check host, port, starttls and addresses in [mail]"
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise MailError(
            f"the certificate of {server.name} is not trusted: {error.verify_message}. Nothing was "
            "sent; if the server has a certificate of your own, name it as ca_file in [mail]"
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(
            f"no connection with {server.name}: {clip(str(error), 200)}. "
            "Check host and port in [mail] and the network"
        ) from error


def _refused(server: _Server, code: int, text: bytes | str, what: str) -> MailError:
    fallback = "try again later" if 400 <= code < 500 else "ask who runs the server"
    return MailError(
        f"{server.name} refused the mail{what}: {_answer(code, text)}. "
        f"{_ADVICE.get(code, fallback.capitalize())}"
    )


def _answer(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {clip(said.replace(chr(10), ' '), 200)}".strip()
