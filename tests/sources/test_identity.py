"""An input is known by its first bytes, however it is called and however it has grown."""

from hypothesis import given
from hypothesis import strategies as st

from etl.sources.identity import (
    HEAD_BYTES,
    TAIL_BYTES,
    Prints,
    TailWatch,
    fingerprint,
    new_input_id,
)

HEADS = st.binary(min_size=1, max_size=200)


@given(HEADS, st.binary(max_size=5000))
def test_a_file_that_grew_is_found_by_what_it_was(head: bytes, more: bytes) -> None:
    grown = (head + more)[:HEAD_BYTES]
    assert Prints([fingerprint(head)]).of(grown) == [fingerprint(head)]


@given(HEADS, HEADS)
def test_another_beginning_is_another_file(one: bytes, other: bytes) -> None:
    found = Prints([fingerprint(one)]).of(other)
    assert bool(found) == other.startswith(one)


def test_the_longest_match_comes_first() -> None:
    prints = [fingerprint(b"ab"), fingerprint(b"abcd"), fingerprint(b"abcdefgh")]
    assert Prints(prints).of(b"abcdef") == [fingerprint(b"abcd"), fingerprint(b"ab")]


def test_an_empty_file_is_like_no_other() -> None:
    assert not Prints([fingerprint(b""), fingerprint(b"a")]).of(b"")


def test_two_sources_may_read_the_same_bytes() -> None:
    assert new_input_id("one", "3:abc", ()) != new_input_id("two", "3:abc", ())


def test_two_inputs_that_begin_alike_get_two_ids() -> None:
    first = new_input_id("one", "3:abc", ())
    second = new_input_id("one", "3:abc", {first})
    assert len({first, second, new_input_id("one", "3:abc", {first, second})}) == 3


@given(st.lists(st.binary(max_size=3000)), st.integers(0, 9000))
def test_the_tail_is_that_of_the_last_bytes(chunks: list[bytes], behind: int) -> None:
    watch, seen = TailWatch(), b""
    for chunk in watch.follow(chunks):
        seen += chunk
        place = len(seen) - min(behind, len(chunk))
        before = seen[max(0, place - TAIL_BYTES) : place]
        assert watch.ended_with(fingerprint(before), behind=len(seen) - place)
        assert not watch.ended_with(fingerprint(before + b"x"), behind=len(seen) - place)
    assert watch.print == fingerprint(seen[-TAIL_BYTES:])
