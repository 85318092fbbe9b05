"""Lines end where a newline stands, and where the bytes do."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from etl.parse.buffers import line_ends, line_room
from etl.parse.newlines import count_newlines

TEXT = st.text("\n\ra", max_size=200).map(str.encode) | st.binary(max_size=100)


@given(before=TEXT, inside=TEXT, behind=TEXT)
def test_the_places_are_those_of_a_slow_search(before: bytes, inside: bytes, behind: bytes) -> None:
    """Newlines around the bytes are not theirs; there is no padding to read into."""
    data = np.frombuffer(before + inside + behind, dtype=np.uint8)[len(before) :]
    wanted = [place for place, byte in enumerate(inside) if byte == ord("\n")]
    if inside and not inside.endswith(b"\n"):
        wanted.append(len(inside))
    assert line_ends(data, len(inside), line_room(256)).tolist() == wanted


@given(before=TEXT, inside=TEXT, behind=TEXT)
def test_their_count_is_that_of_python(before: bytes, inside: bytes, behind: bytes) -> None:
    data = np.frombuffer(before + inside + behind, dtype=np.uint8)[len(before) :]
    assert count_newlines(data, len(inside)) == inside.count(b"\n")


def test_every_other_byte_is_no_newline() -> None:
    data = np.arange(256, dtype=np.uint8)
    assert line_ends(data, 256, line_room(256)).tolist() == [10, 256]
