"""Plain bytes come out whole, or an error says that they could not."""

import bz2
import gzip
import io
import lzma
import os
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.decode.decompress import CHUNK_BYTES, OUTPUT_BYTES, is_compressed, read_plain
from etl.errors import TruncatedInputError, UnreadableInputError

Compress = Callable[[bytes], bytes]


def zstd(data: bytes) -> bytes:
    frame: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return frame


COMPRESSORS = [gzip.compress, bz2.compress, lzma.compress, zstd]
SKIPPABLE = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"


def plain(stored: bytes) -> bytes:
    return b"".join(read_plain(io.BytesIO(stored)))


@pytest.mark.parametrize("compress", COMPRESSORS)
@given(members=st.lists(st.binary(max_size=3000), min_size=1, max_size=4))
def test_several_members_in_a_row_are_one_stream(compress: Compress, members: list[bytes]) -> None:
    assert plain(b"".join(compress(member) for member in members)) == b"".join(members)


@given(st.binary(max_size=5000).filter(lambda data: not is_compressed(data)))
def test_plain_bytes_pass_unchanged(data: bytes) -> None:
    assert plain(data) == data


@pytest.mark.parametrize("compress", COMPRESSORS)
@pytest.mark.parametrize("cut", [1, 8, 100])
def test_a_stream_that_stops_early_is_an_error(compress: Compress, cut: int) -> None:
    stored = compress(bytes(range(256)) * 300)
    with pytest.raises(TruncatedInputError):
        plain(stored[:-cut])


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_flipped_bit_is_an_error(compress: Compress) -> None:
    """Zstd has a checksum only where its writer asked for one, so it may not notice."""
    stored = bytearray(compress(bytes(range(256)) * 300))
    stored[len(stored) // 2] ^= 4
    with pytest.raises(TruncatedInputError):
        plain(bytes(stored))


def test_zero_bytes_behind_the_last_member_are_padding() -> None:
    assert plain(gzip.compress(b"x\n") + bytes(512)) == b"x\n"


@pytest.mark.parametrize("compress", COMPRESSORS)
def test_a_bomb_comes_out_in_bounded_pieces(compress: Compress) -> None:
    pieces = [len(piece) for piece in read_plain(io.BytesIO(compress(bytes(40 << 20))))]
    assert sum(pieces) == 40 << 20
    assert max(pieces) <= OUTPUT_BYTES


@pytest.mark.parametrize(
    "frames", [[SKIPPABLE, zstd(b"a\n")], [zstd(b"a"), SKIPPABLE, zstd(b"\n")]]
)
def test_skippable_frames_of_zstd_are_skipped(frames: list[bytes]) -> None:
    stored = b"".join(frames)
    assert is_compressed(stored)
    assert plain(stored) == b"a\n"


def test_what_is_no_frame_behind_a_frame_is_an_error() -> None:
    with pytest.raises(TruncatedInputError, match="damaged"):
        plain(zstd(b"a\n") + b"plain text behind it\n")


@pytest.mark.parametrize("compress", [bytes, *COMPRESSORS])
def test_a_failing_disk_is_not_taken_for_a_short_stream(compress: Compress) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(size)

    noise = os.urandom(2 * CHUNK_BYTES)
    with pytest.raises(UnreadableInputError, match="Input/output error"):
        list(read_plain(Failing(compress(noise))))
