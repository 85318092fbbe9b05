"""A gate before an S3 server: lets requests through, refuses them, or loses their answers."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

Judgement = Literal[
    "pass",
    "lose answer",
    "cut",
    "SlowDown",
    "ExpiredToken",
    "AuthorizationHeaderMalformed",
    "AccessDenied",
]
"""`lose answer` lets the server do it, and says 503; `cut` lets it do it, and says nothing. The
others are codes of errors that the server never hears of."""

STATUS = {"SlowDown": 503}  # others are 400


@dataclass
class Gate:
    """What the gate does and did.

    Attributes:
        judge: Decides by method and path; asked once for each request, one after the other.
        refused: How many requests were answered by the gate itself, by method and path.
        hidden: Header that the server is not to see.
    """

    judge: Callable[[str, str], Judgement]
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    hidden: str = ""
    _one_by_one: threading.Lock = field(default_factory=threading.Lock)

    def decide(self, method: str, path: str) -> Judgement:
        """Judge a request."""
        with self._one_by_one:
            verdict = self.judge(method, path)
            if verdict not in ("pass", "cut"):
                self.refused[method, path.partition("?")[0]] += 1
        return verdict


class _Handler(BaseHTTPRequestHandler):
    """Passes one connection's requests on."""

    protocol_version = "HTTP/1.1"
    gate: Gate
    target: int

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        verdict = self.gate.decide(self.command, self.path)
        if verdict not in ("pass", "cut", "lose answer"):
            self._refuse(verdict)
            return
        try:
            status, headers, text = self._ask(body)
        except OSError:
            verdict = "cut"  # the server has died
        if verdict == "cut":
            self.close_connection = True
        elif verdict == "lose answer":
            self._refuse("SlowDown")
        else:
            self._answer(status, headers, text)

    def handle(self) -> None:
        """Serve until the client goes, or dies."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _pass_on

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        far = HTTPConnection("127.0.0.1", self.target, timeout=60)
        try:
            far.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in ("expect", "connection", self.gate.hidden.lower()):
                    far.putheader(name, value)
            far.endheaders(body or None)
            answer = far.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            far.close()

    def _refuse(self, code: str) -> None:
        error = f"<Error><Code>{code}</Code><Message>The gate is shut.</Message></Error>"
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'.encode()
        self._answer(STATUS.get(code, 400), [("Content-Type", "application/xml")], text)

    def _answer(self, status: int, headers: list[tuple[str, str]], text: bytes) -> None:
        self.send_response_only(status)
        length = str(len(text))
        for name, value in headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            elif name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(ConnectionError):  # a client may stop listening
                self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def opened(gate: Gate, target: str) -> Iterator[str]:
    """Listen before a server; give the gate's address."""
    port = int(urlsplit(target).port or 0)
    handler = type("Handler", (_Handler,), {"gate": gate, "target": port})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
