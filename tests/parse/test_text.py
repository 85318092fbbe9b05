"""The 32-byte scan against Python's own search, at every distance from a chunk's border."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.native.memory import CHUNK
from etl.parse import text
from etl.parse.program import SPARE

PIECES = st.lists(
    st.sampled_from([b'"', b'" "', b"\\", b'\\"', b" ", b"a", b"b" * 7, b"c" * 31, b"\xff"]),
    max_size=24,
)
LITERALS = st.sampled_from([b'"', b'" "', b" ", b'" ', b"ab"])


def array(data: bytes, filler: bytes = b'"') -> np.ndarray:
    """What lies behind the data looks like what is searched for."""
    return np.frombuffer(data + filler * SPARE, dtype=np.uint8).copy()


def ask(search: object, data: bytes, literal: bytes) -> int:
    held, wanted = array(data), array(literal)
    start = held.ctypes.data
    found = search(start, start + len(data), wanted.ctypes.data, len(literal))  # type: ignore[operator]
    return found - start if found >= 0 else -1


@given(PIECES, LITERALS)
def test_find_finds_the_first_place(pieces: list[bytes], literal: bytes) -> None:
    data = b"".join(pieces)
    assert ask(text.find, data, literal) == data.find(literal)


@given(PIECES, LITERALS)
def test_find_quoted_steps_over_what_a_backslash_protects(
    pieces: list[bytes], literal: bytes
) -> None:
    data = b"".join(pieces)
    unit = rb"((?:\\.|(?!%s)[^\\])*)%s" % (re.escape(literal), re.escape(literal))
    match = re.compile(unit, re.DOTALL).match(data)
    assert ask(text.find_quoted, data, literal) == (match.end(1) if match else -1)


@pytest.mark.parametrize("length", [*range(2 * CHUNK + 2), 200])
def test_every_distance_from_the_border(length: int) -> None:
    data = b"x" * length
    assert ask(text.find, data + b'"', b'"') == length
    assert ask(text.find, data, b'"') == -1  # the quotes behind the end are not ours
    assert ask(text.find_quoted, data, b'"') == -1
    assert ask(text.find_quoted, data + b'\\""', b'"') == length + 2
    held, target = array(data), np.full(length + SPARE, 7, dtype=np.uint8)
    start, stop = held.ctypes.data, held.ctypes.data + length
    assert text.find_byte(start, stop, ord('"')) == stop
    assert not text.holds(start, stop, ord('"'))
    assert text.copy(start, stop, target.ctypes.data)
    assert target[:length].tobytes() == data
    assert (target[length + CHUNK - 1 :] == 7).all()
    if length:
        held[length - 1] = 0x80
        assert not text.copy(start, stop, target.ctypes.data)
        held[length - 1] = ord('"')
        assert text.holds(start, stop, ord('"'))
        assert text.find_byte(start, stop, ord('"')) == stop - 1
