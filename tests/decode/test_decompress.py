"""Plain bytes come out whole, or an error says that they could not."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.decode.decompress import OUTPUT_BYTES, is_compressed, read_plain
from etl.errors import TruncatedInputError, UnreadableInputError

COMPRESSORS = [gzip.compress, bz2.compress, lzma.compress]
Compress = Callable[[bytes], bytes]


def plain(stored: bytes) -> bytes:
    return b"".join(read_plain(io.BytesIO(stored)))


@pytest.mark.parametrize("compress", COMPRESSORS)
@given(members=st.lists(st.binary(max_size=3000), min_size=1, max_size=4))
def test_several_members_in_a_row_are_one_stream(compress: Compress, members: list[bytes]) -> None:
    assert plain(b"".join(compress(member) for member in members)) == b"".join(members)


@given(st.binary(max_size=5000).filter(lambda data: not is_compressed(data)))
def test_plain_bytes_pass_unchanged(data: bytes) -> None:
    if not data.startswith(b"\x28\xb5\x2f\xfd"):
        assert plain(data) == data


@pytest.mark.parametrize("compress", COMPRESSORS)
@pytest.mark.parametrize("cut", [1, 8, 100])
def test_a_stream_that_stops_early_is_an_error(compress: Compress, cut: int) -> None:
    stored = compress(bytes(range(256)) * 300)
    with pytest.raises(TruncatedInputError):
        plain(stored[:-cut])


def test_a_flipped_bit_is_an_error() -> None:
    stored = bytearray(gzip.compress(bytes(range(256)) * 300))
    stored[len(stored) // 2] ^= 4
    with pytest.raises(TruncatedInputError):
        plain(bytes(stored))


def test_zero_bytes_behind_the_last_member_are_padding() -> None:
    assert plain(gzip.compress(b"x\n") + bytes(512)) == b"x\n"


def test_a_bomb_comes_out_in_bounded_pieces() -> None:
    pieces = list(read_plain(io.BytesIO(gzip.compress(bytes(40 << 20)))))
    assert sum(map(len, pieces)) == 40 << 20
    assert max(map(len, pieces)) <= OUTPUT_BYTES


def test_zstd_is_named_as_not_readable() -> None:
    with pytest.raises(UnreadableInputError, match="zstd"):
        plain(b"\x28\xb5\x2f\xfd rest")
