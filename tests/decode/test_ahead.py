"""A thread makes chunks ahead: all of them, in order, not too many, and it always ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.decode.ahead import AHEAD, made_ahead
from etl.errors import TruncatedInputError


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def broken(good: int) -> Iterator[bytes]:
    for number in range(good):
        yield b"%d" % number
    raise TruncatedInputError("the compressed stream stops before its end")


@given(st.lists(st.binary(max_size=5)), st.integers(1, 5))
def test_all_chunks_come_in_order(chunks: list[bytes], most: int) -> None:
    with made_ahead(iter(chunks), most=most) as ahead:
        assert list(ahead) == chunks
    assert "daytally-ahead" not in threads()


@given(st.integers(0, 10))
def test_an_error_comes_in_its_place(good: int) -> None:
    seen: list[bytes] = []
    with (
        pytest.raises(TruncatedInputError, match="before its end"),
        made_ahead(broken(good)) as ahead,
    ):
        seen.extend(ahead)
    assert len(seen) in (0, good)  # `extend` keeps what came, or nothing
    assert "daytally-ahead" not in threads()


@pytest.mark.parametrize("taken", [0, 1, 10])
def test_who_stops_early_leaves_no_thread_behind(taken: int) -> None:
    """Of chunks without end, no more are made than were taken and may wait."""
    made = []

    def endless() -> Iterator[bytes]:
        for number in count():
            made.append(number)
            yield b"x"

    with made_ahead(endless()) as ahead:
        assert len(list(islice(ahead, taken))) == taken
    assert "daytally-ahead" not in threads()
    assert len(made) <= taken + AHEAD


def test_an_error_of_the_consumer_ends_the_thread_too() -> None:
    def consume() -> None:
        with made_ahead(iter([b"x"] * 99)) as ahead:
            next(ahead)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        consume()
    assert "daytally-ahead" not in threads()
