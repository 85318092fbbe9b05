"""Parsers in several threads at once give what one gives alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from etl.formats.message import compile_message
from etl.formats.registry import compile_format
from etl.formats.routes import compile_routes
from etl.model import BLOCK_PADDING, Block, ParsedBlock
from etl.parse.batch import BlockParser

BLOCKS = 60


def block(text: str) -> Block:
    data = text.encode()
    return Block(np.frombuffer(data + bytes(BLOCK_PADDING), dtype=np.uint8), len(data), 0)


def requests(number: int) -> Block:
    return block(
        "".join(
            f"192.0.2.{n % 250} - - [10/Mar/2026:01:{n % 60:02}:00 +0000] "
            f'"GET /customers/C{number}-{n} HTTP/1.1" 200 {n} "-" "agent {n % 7}"\n'
            for n in range(400)
        )
    )


def events(number: int) -> Block:
    return block(
        "".join(
            f"2026-03-10T01:{n % 60:02}:00Z host app[{number}]: event=e{n} customer_id=C{number}\n"
            for n in range(400)
        )
    )


def request_parser() -> BlockParser:
    return BlockParser(
        compile_format(builtin="nginx:combined"),
        zone=ZoneInfo("UTC"),
        reference=datetime(2026, 3, 11, tzinfo=UTC),
        routes=compile_routes(["/customers/{customer_id}", "/customers"]),
    )


def event_parser() -> BlockParser:
    return BlockParser(
        compile_format(builtin="syslog"),
        zone=ZoneInfo("UTC"),
        reference=datetime(2026, 3, 11, tzinfo=UTC),
        message=compile_message("logfmt", {"event": "text", "customer_id": "text"}),
    )


def parse_both(numbers: range) -> list[ParsedBlock]:
    one, other = request_parser(), event_parser()
    return [parsed for n in numbers for parsed in (one.parse(requests(n)), other.parse(events(n)))]


def test_threads_do_not_disturb_each_other() -> None:
    """The kernels work on addresses without the GIL: whatever they use has to stay alive."""
    expected = parse_both(range(BLOCKS))
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(parse_both, [range(BLOCKS)] * 4):
            assert all(
                mine.records.equals(other.records)
                for mine, other in zip(found, expected, strict=True)
            )
