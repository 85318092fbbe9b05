"""Measures the parser alone: a generated access log, blocks interleaved, one thread.

Run: `python -m bench.parse_kernel [MEGABYTES]`. Prints MB of log per second for the kernel, for
the whole parse to Arrow, and for parse and Parquet encoding together, plus the encoding alone.
Blocks of two logs take turns, so that the branch predictor learns neither by heart.
"""

from __future__ import annotations

import io
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from etl.formats.registry import compile_format
from etl.formats.routes import compile_routes
from etl.model import BLOCK_PADDING, Block
from etl.parse.batch import BlockParser
from etl.parse.buffers import line_ends, line_room

BLOCK_BYTES = 1 << 20
ROUNDS = 5
AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    f"Chrome/{version}.0.0.0 Safari/537.36"
    for version in range(90, 130)
] + ["curl/8.5.0", "python-requests/2.32.3", "Go-http-client/1.1", "-"]
CITIES = ["Berlin", "K%C3%B6ln", "Bad%20Ems", "Hamburg"]


def generate(megabytes: int, seed: int) -> bytes:
    """Return an nginx combined log; a line in a thousand is cut short, some have escapes."""
    draw = random.Random(seed)  # noqa: S311 - a simulated log is no secret
    at = datetime(2026, 3, 1, tzinfo=UTC)
    lines, size = [], 0
    while size < megabytes * 1_000_000:
        at += timedelta(milliseconds=draw.randrange(400))
        address = f"{draw.randrange(1, 224)}.{draw.randrange(256)}.{draw.randrange(256)}.9"
        number = draw.randrange(1_000_000)
        path = draw.choice([f"/customers/{number}", f"/customers/city/{draw.choice(CITIES)}"])
        query = "" if draw.random() < 0.7 else f"?page={number % 50}&q=\\x22{number}\\x22"
        status = draw.choice([200, 200, 200, 200, 304, 404, 500])
        referer = draw.choice(["-", "-", "https://example.org/search?q=customers"])
        line = (
            f"{address} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "
            f'"GET {path}{query} HTTP/1.1" {status} {draw.randrange(50_000)} '
            f'"{referer}" "{draw.choice(AGENTS)}"'
        )
        lines.append(line[:60] if number % 1000 == 0 else line)
        size += len(lines[-1]) + 1
    return ("\n".join(lines) + "\n").encode()


def cut(log: bytes) -> list[Block]:
    """Return the log in blocks of whole lines."""
    blocks, start = [], 0
    while start < len(log):
        end = min(start + BLOCK_BYTES, len(log))
        end = log.rindex(b"\n", start, end) + 1
        data = np.zeros(end - start + BLOCK_PADDING, dtype=np.uint8)
        data[: end - start] = np.frombuffer(log, np.uint8, end - start, start)
        blocks.append(Block(data, end - start, start))
        start = end
    return blocks


def encode(batches: list[pa.RecordBatch]) -> None:
    """Encode as the store does: zstd-1."""
    with pq.ParquetWriter(
        io.BytesIO(), batches[0].schema, compression="zstd", compression_level=1
    ) as writer:
        writer.write_table(pa.Table.from_batches(batches))


def measure(name: str, size: int, work: Callable[[], None]) -> None:
    """Print the median speed of some rounds."""
    work()
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    spread = f"{size / max(seconds) / 1e6:.0f}..{size / min(seconds) / 1e6:.0f}"
    print(f"{name:28} {size / median(seconds) / 1e6:7.0f} MB/s   ({spread})")


def main(megabytes: int) -> None:
    """Generate, measure, print."""
    logs = [cut(generate(megabytes // 2, seed)) for seed in (1, 2)]
    blocks = [block for pair in zip(*logs, strict=False) for block in pair]
    size = sum(block.size for block in blocks)
    routes = compile_routes(["/customers/{customer_id}", "/customers/city/{city}"])
    options = {"zone": ZoneInfo("Europe/Berlin"), "reference": datetime(2026, 3, 2, tzinfo=UTC)}
    line_format = compile_format(builtin="nginx:combined")
    plain, routed = (BlockParser(line_format, **options, routes=r) for r in (None, routes))
    parsed = [plain.parse(block) for block in blocks]
    rejects = sum(each.counts.rejects for each in parsed)
    print(f"{size / 1e6:.0f} MB, {len(blocks)} blocks, {rejects} rejects, 1 thread")

    room = line_room(max(block.size for block in blocks))

    def kernel() -> None:
        for block in blocks:
            plain._parser._buffers.run(block, line_ends(block.data, block.size, room), 1 << 20)

    measure("kernel", size, kernel)
    measure("parse to Arrow", size, lambda: [plain.parse(block) for block in blocks] and None)
    measure("parse with routes", size, lambda: [routed.parse(block) for block in blocks] and None)
    measure("encode alone", size, lambda: encode([each.records for each in parsed]))
    measure("parse and encode", size, lambda: encode([plain.parse(b).records for b in blocks]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
