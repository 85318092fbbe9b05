"""Blocks hold whole lines, and together exactly the bytes of the input."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from etl.decode.blocks import cut_blocks
from etl.model import BLOCK_PADDING, Block

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
