"""Numbers of texts are those that a dictionary of Python gives, whatever the texts are."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from etl.metrics.numbering import ABSENT, Numbering

TEXTS = st.lists(st.text(max_size=40) | st.text("ab", max_size=3), max_size=30)
MIX = np.uint64(0x9E3779B97F4A7C15)  # of etl.native.texts, as an unsigned number


def numbers_of(texts: list[str], known: dict[str, int]) -> list[int]:
    return [known.setdefault(text, len(known)) for text in texts]


@given(st.lists(TEXTS, max_size=5), TEXTS)
def test_equal_texts_have_the_same_number(batches: list[list[str]], asked: list[str]) -> None:
    ids, known = Numbering(expected=1), dict[str, int]()
    for texts in batches:
        assert ids.add(pl.Series(texts, dtype=pl.String)).tolist() == numbers_of(texts, known)
    assert ids.texts().to_list() == list(known)
    assert ids.texts(np.arange(len(known), dtype=np.int32)[::-2]).to_list() == list(known)[::-2]
    assert len(ids) == len(known)
    found = ids.find(pl.Series(asked, dtype=pl.String)).tolist()
    assert found == [known.get(text, ABSENT) for text in asked]
    assert len(ids) == len(known)


def test_columns_of_several_chunks_that_begin_anywhere_are_read() -> None:
    texts = [f"object {number} with a long name" if number % 3 else "" for number in range(500)]
    column = pl.concat([pl.Series(texts)[100:300], pl.Series(texts)[50:60]], rechunk=False)
    assert column.n_chunks() == 2
    expected = numbers_of(column.to_list(), {})
    assert Numbering().add(column).tolist() == expected
    assert Numbering().add(column.filter(column != "")).max() == max(expected) - 1


def test_many_texts_are_found_again() -> None:
    texts = pl.Series([f"C{number * 7919 % 100_000:06}" for number in range(100_000)])
    ids = Numbering()
    assert ids.add(texts).tolist() == list(range(100_000))
    assert ids.find(texts.reverse()).tolist() == list(reversed(range(100_000)))


def mixed(number: np.ndarray) -> np.ndarray:
    return number ^ (number >> np.uint64(32))


def colliding(wanted: int) -> list[str]:
    """Return texts of 16 characters that all have the same hash of 64 bits.

    Of such a text the first half is hashed to a number that the second half can make up for.
    """
    pick = np.random.default_rng(1)
    second = pick.integers(32, 127, size=(wanted * 400, 8), dtype=np.uint8).view(np.uint64)[:, 0]
    inverse = np.uint64(pow(int(MIX), -1, 1 << 64))
    size = np.full(len(second), 16, dtype=np.uint64)  # arrays wrap around without a warning
    other = mixed((size ^ second) * MIX)
    hashed = np.uint64(1234567) ^ second ^ (other << np.uint64(1))
    first = (mixed(hashed) * inverse) ^ (size * MIX)
    texts = np.stack([first, second], axis=1).view(np.uint8).reshape(-1, 16)
    plain = texts[(texts < 128).all(axis=1)]
    return [text.tobytes().decode() for text in plain[:wanted]]


def test_whoever_makes_hashes_collide_gains_nothing() -> None:
    texts = colliding(700)
    assert len(set(texts)) == 700
    ids = Numbering()
    column = pl.Series([*texts[:500], "another", *texts[400:]])
    assert ids.add(column).tolist() == numbers_of(column.to_list(), {})
    assert len(ids._apart) == 700 - 256
    assert ids.find(pl.Series(texts)).tolist() == [*range(500), *range(501, 701)]
    more = pl.Series([f"object {number}" for number in range(50_000)])
    assert ids.add(more).tolist() == list(range(701, 50_701))
    assert ids.find(pl.Series(texts)).tolist() == [*range(500), *range(501, 701)]
    assert ids.texts().to_list() == [*texts[:500], "another", *texts[500:], *more]
