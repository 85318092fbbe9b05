"""Blocks hold whole lines, and together exactly the bytes of the input."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from etl.decode.blocks import cut_blocks
from etl.model import BLOCK_PADDING, RAW_LIMIT, Block

CHUNKS = st.lists(st.binary(max_size=60).map(lambda b: b.replace(b"\0", b"\n")), max_size=30)


def content(block: Block) -> bytes:
    return block.data[: block.size].tobytes()


@given(CHUNKS, st.integers(1, 100), st.integers(0, 1000))
def test_blocks_are_the_input_cut_behind_newlines(
    chunks: list[bytes], size: int, offset: int
) -> None:
    blocks = list(cut_blocks(chunks, offset=offset, block_bytes=size))
    assert b"".join(map(content, blocks)) == b"".join(chunks)
    assert all(content(block).endswith(b"\n") for block in blocks[:-1])
    assert all(one.offset + one.size == other.offset for one, other in pairwise(blocks))
    assert not blocks or blocks[0].offset == offset
    assert all(len(block.data) >= block.size + BLOCK_PADDING for block in blocks)


@given(CHUNKS, st.integers(1, 100))
def test_without_tail_the_unfinished_line_is_left(chunks: list[bytes], size: int) -> None:
    whole = b"".join(chunks)
    blocks = cut_blocks(chunks, block_bytes=size, keep_tail=False)
    assert b"".join(map(content, blocks)) == whole[: whole.rfind(b"\n") + 1]


@given(CHUNKS, st.integers(1, 50), st.integers(1, 30), st.booleans())
def test_of_a_line_too_long_to_be_held_only_the_beginning_is(
    chunks: list[bytes], size: int, longest: int, keep_tail: bool
) -> None:
    """Places are those of the input all the same, and each line is in one block."""
    log = b"".join(chunks)
    blocks = list(cut_blocks(chunks, block_bytes=size, line_bytes=longest, keep_tail=keep_tail))
    assert sum(content(block).count(b"\n") for block in blocks) == log.count(b"\n")
    place = 0
    for block in blocks:
        assert block.offset == place
        part = log[place : block.end]
        if block.left_out:
            assert part.rstrip(b"\n").count(b"\n") == 0
            assert len(part.rstrip(b"\n")) > longest
            assert part.startswith(content(block).rstrip(b"\n"))
            assert content(block).endswith(b"\n") == part.endswith(b"\n")
        else:
            assert content(block) == part
        place = block.end
    assert place == (len(log) if keep_tail else log.rfind(b"\n") + 1)


def test_a_file_without_newlines_fills_no_memory() -> None:
    piece = bytes(1 << 20)
    (block,) = cut_blocks(piece for _ in range(300))
    assert (block.size, block.end) == (RAW_LIMIT, 300 << 20)
    assert len(block.data) < 1 << 17
