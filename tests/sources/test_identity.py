"""An input is known by its first bytes, however it is called and however it has grown."""

from hypothesis import given
from hypothesis import strategies as st

from etl.sources.identity import HEAD_BYTES, find_match, fingerprint, new_input_id

HEADS = st.binary(min_size=1, max_size=200)


@given(HEADS, st.binary(max_size=5000))
def test_a_file_that_grew_is_found_by_what_it_was(head: bytes, more: bytes) -> None:
    grown = (head + more)[:HEAD_BYTES]
    assert find_match(grown, [fingerprint(head)]) == fingerprint(head)


@given(HEADS, HEADS)
def test_another_beginning_is_another_file(one: bytes, other: bytes) -> None:
    found = find_match(other, [fingerprint(one)])
    assert (found is not None) == other.startswith(one)


def test_the_longest_match_wins() -> None:
    prints = [fingerprint(b"ab"), fingerprint(b"abcd"), fingerprint(b"abcdefgh")]
    assert find_match(b"abcdef", prints) == fingerprint(b"abcd")


def test_an_empty_file_is_like_no_other() -> None:
    assert find_match(b"", [fingerprint(b""), fingerprint(b"a")]) is None


def test_two_sources_may_read_the_same_bytes() -> None:
    assert new_input_id("one", "3:abc") != new_input_id("two", "3:abc")
