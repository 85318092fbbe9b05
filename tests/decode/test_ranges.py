"""A range that is read into its blocks' own memory gives the lines that putting together gives."""

from collections.abc import Callable
from itertools import cycle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.decode.blocks import cut_blocks
from etl.decode.ranges import read_blocks
from etl.model import BLOCK_PADDING

LOGS = st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\0", b"\n"))).map(b"\n".join)


def filling(data: bytes, most: list[int]) -> Callable[[memoryview], int]:
    """A stream that gives less than what it is asked for, as servers do."""
    place, sizes = 0, cycle(most)

    def fill(view: memoryview) -> int:
        nonlocal place
        piece = data[place : place + min(len(view), next(sizes))]
        assert piece, "asked for more than there is"
        view[: len(piece)] = piece
        place += len(piece)
        return len(piece)

    return fill


@given(
    LOGS,
    st.lists(st.integers(1, 70), min_size=1, max_size=5),
    st.integers(1, 100),
    st.integers(1, 30),
    st.integers(0, 1000),
)
def test_a_range_is_its_lines(
    log: bytes, most: list[int], size: int, front: int, offset: int
) -> None:
    fill, place, kept = filling(log, most), offset, b""
    for block in read_blocks(fill, len(log), offset=offset, block_bytes=size, front=front):
        text = block.data[: block.size].tobytes()
        assert block.offset == place
        assert block.size > 0
        assert len(block.data) >= block.size + BLOCK_PADDING
        assert text.endswith(b"\n") or place + len(text) == offset + len(log)
        kept, place = kept + text, block.end
    assert kept == log


def test_a_line_too_long_to_be_held_is_told_by_its_beginning() -> None:
    """As when blocks are put together: places count what was left out."""
    log = b"first\n" + bytes(9 << 20) + b"\nlast\n"
    read = [
        (block.offset, block.size, block.left_out)
        for block in read_blocks(filling(log, [1 << 20]), len(log))
    ]
    chunks = [log[place : place + (1 << 20)] for place in range(0, len(log), 1 << 20)]
    cut = [(block.offset, block.size, block.left_out) for block in cut_blocks(chunks)]
    assert sum(size + left_out for _, size, left_out in read) == len(log)
    assert [one for one in read if one[2]] == [one for one in cut if one[2]]


def test_a_block_is_good_until_the_next() -> None:
    """Its memory is used again: whoever keeps one has to copy it."""
    blocks = read_blocks(filling(b"one\ntwo\n", [4]), 8, block_bytes=4)
    first = next(blocks)
    assert np.shares_memory(first.data, next(blocks).data)


def test_what_reading_raises_is_raised() -> None:
    def fill(_: memoryview) -> int:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        next(read_blocks(fill, 10))
