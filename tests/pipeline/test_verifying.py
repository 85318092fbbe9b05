"""What is read of an input is what was planned of it, or nothing of it is kept."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl.errors import ChangedInputError, OtherInputError, SkippableError
from etl.model import Input
from etl.pipeline.verifying import plain_blocks
from etl.sources.identity import HEAD_BYTES, TAIL_BYTES, TailWatch, fingerprint
from etl.store.ledger import TO_END, Span

LINES = "".join(f"line {number:06}\n" for number in range(2_000)).encode()
READ = LINES.index(b"line 001000")
"""Where a run before this one has read to."""


def span(start: int = 0, end: int = TO_END) -> Span:
    item = Input("logs/a.log", len(LINES), "v1", datetime(2026, 3, 11, tzinfo=UTC), closed=True)
    tail = fingerprint(LINES[max(0, start - TAIL_BYTES) : start]) if start else ""
    return Span(item, "a", fingerprint(LINES[:HEAD_BYTES]), start, end, tail)


def read(stored: bytes, planned: Span) -> bytes:
    stream = io.BytesIO(stored)
    with plain_blocks(stream, planned, TailWatch()) as blocks:
        return b"".join(bytes(block.data[: block.size]) for block in blocks)


def test_a_compressed_input_goes_on_behind_what_was_read() -> None:
    assert read(gzip.compress(LINES), span(READ)) == LINES[READ:]
    assert read(gzip.compress(LINES), span()) == LINES


OTHER_HEAD = b"x" + LINES[1:]
OTHER_PAST = LINES[: READ - 5] + b"xxxx\n" + LINES[READ:]


@pytest.mark.parametrize(
    ("found", "start", "error", "said"),
    [
        (OTHER_HEAD, 0, ChangedInputError, "was replaced by another one"),
        (OTHER_HEAD, READ, ChangedInputError, "was replaced by another one"),
        (OTHER_PAST, READ, OtherInputError, "begins like another input, but goes on differently"),
        (LINES[: READ - 100], READ, OtherInputError, "ends before byte"),
        (LINES[:100], 0, ChangedInputError, "was replaced by a shorter one"),
    ],
)
def test_a_compressed_input_that_is_another_one_is_not_read(
    found: bytes, start: int, error: type[SkippableError], said: str
) -> None:
    with pytest.raises(error, match=said):
        read(gzip.compress(found), span(start))


@pytest.mark.parametrize("found", [OTHER_HEAD, OTHER_PAST])
def test_a_file_that_is_another_one_is_not_read(found: bytes) -> None:
    with pytest.raises(ChangedInputError, match="rotated or rewritten"):
        read(found, span(READ, len(LINES)))


@pytest.mark.parametrize("found", [OTHER_HEAD, OTHER_PAST])
def test_a_file_that_becomes_another_one_meanwhile_is_told(found: bytes, tmp_path: Path) -> None:
    """As by a log that is truncated under the reader's hands, and grows again at once."""
    path = tmp_path / "a.log"
    path.write_bytes(LINES)

    def read_while_it_changes() -> None:
        planned = span(READ, len(LINES))
        with (
            path.open("rb", buffering=0) as stream,
            plain_blocks(stream, planned, TailWatch()) as blocks,
        ):
            assert b"".join(bytes(each.data[: each.size]) for each in blocks) == LINES[READ:]
            path.write_bytes(found)

    with pytest.raises(ChangedInputError, match="rotated or rewritten"):
        read_while_it_changes()
