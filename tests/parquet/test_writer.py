"""What other readers find in our files is what was written, whatever the batches look like."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etl.parquet.pages import MOST_BYTES, MOST_ENTRIES, Encoder
from etl.parquet.writer import FileWriter

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST = (1 << 63) - 1
INSTANT = pa.timestamp("us", tz="UTC")
WORDS = ["", "GET", "POST", "ä" * 9, "x" * 31, "y" * 32, "z" * 100, "\x00\n"]

texts = st.sampled_from(WORDS) | st.text(max_size=40)
wholes = st.integers(-LARGEST - 1, LARGEST) | st.integers(0, 300) | st.just(7)
KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "text": (pa.string(), texts),
    "raw": (pa.binary(), st.binary(max_size=40)),
    "whole": (pa.int64(), wholes),
    "small": (pa.int32(), st.integers(-(1 << 31), (1 << 31) - 1) | st.sampled_from([200, 404])),
    "real": (pa.float64(), st.floats(allow_nan=False) | st.sampled_from([0.5, -0.0])),
    "truth": (pa.bool_(), st.booleans()),
    "day": (pa.date32(), st.dates()),
    "at": (INSTANT, st.integers(0, 1 << 52).map(lambda n: EPOCH + timedelta(microseconds=n))),
    "code": (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(WORDS)),
    "codes": (pa.dictionary(pa.int32(), pa.string()), texts),
    "both": (
        pa.struct([("city", pa.string()), ("number", pa.int64())]),
        st.fixed_dictionaries({"city": st.none() | texts, "number": st.none() | wholes}),
    ),
}
SCHEMA = pa.schema([(name, type_) for name, (type_, _) in KINDS.items()])


@st.composite
def columns(draw: st.DrawFn, rows: int) -> list[pa.Array]:
    """Arrays of a number of rows; some are slices of longer ones."""
    arrays = []
    for type_, values in KINDS.values():
        before, nullable = draw(st.integers(0, 9)), draw(st.booleans())
        each = st.none() | values if nullable else values
        found = draw(st.lists(each, min_size=rows + before, max_size=rows + before))
        arrays.append(pa.array(found, type_)[before:])
    return arrays


@st.composite
def batches(draw: st.DrawFn) -> list[pa.RecordBatch]:
    sizes = draw(st.lists(st.integers(0, 20), min_size=1, max_size=4))
    return [pa.RecordBatch.from_arrays(draw(columns(n)), schema=SCHEMA) for n in sizes]


def written(groups: list[list[pa.RecordBatch]], encoder: Encoder | None = None) -> bytes:
    file = io.BytesIO()
    writer = FileWriter(file, groups[0][0].schema, encoder or Encoder(), bounded=["at"])
    for group in groups:
        writer.write(group)
    writer.close()
    return file.getvalue()


def plain(batches: list[pa.RecordBatch]) -> pa.Table:
    """What was written, without dictionaries."""
    fields = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in batches[0].schema
    ]
    return pa.Table.from_batches(batches).cast(pa.schema(fields)).combine_chunks()


SHARED = Encoder()


@settings(deadline=None)
@given(st.lists(batches(), min_size=1, max_size=3))
def test_pyarrow_and_polars_read_what_was_written(groups: list[list[pa.RecordBatch]]) -> None:
    data = written(groups, SHARED)
    wanted = plain([batch for group in groups for batch in group])
    found = pq.read_table(io.BytesIO(data))
    assert found.schema.remove_metadata().equals(wanted.schema)
    assert found.equals(wanted)
    assert pl.read_parquet(data).equals(pl.DataFrame(pl.from_arrow(wanted)))


def test_duckdb_reads_it_too(tmp_path: Path) -> None:
    rows = [
        {"t": word, "n": n, "at": EPOCH + timedelta(n), "s": {"c": word or None}}
        for n, word in enumerate(WORDS * 900)
    ]
    type_ = pa.schema([("t", pa.string()), ("n", pa.int64()), ("at", INSTANT),
                       ("s", pa.struct([("c", pa.string())]))])  # fmt: skip
    batch = pa.RecordBatch.from_pylist(rows, type_)
    path = tmp_path / "x.parquet"
    path.write_bytes(written([[batch], [batch.slice(7, 60)]]))
    found = duckdb.sql(f"select t, n, s from '{path}'").to_arrow_table()
    wanted = pa.Table.from_batches([batch, batch.slice(7, 60)]).select(["t", "n", "s"])
    assert found.cast(wanted.schema).to_pylist() == wanted.to_pylist()
    (pages,) = duckdb.sql(f"select sum(num_values) from parquet_metadata('{path}')").fetchall()
    assert pages[0] == 4 * wanted.num_rows


def sole(array: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([array], names=["x"])


def encodings(data: bytes) -> set[str]:
    return set(pq.read_metadata(io.BytesIO(data)).row_group(0).column(0).encodings)


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 127, 128, 129, 130, 257, 5000])
@pytest.mark.parametrize("step", [0, 1, -3, 1 << 31, 1 << 62])
def test_deltas_of_every_width_and_number(count: int, step: int) -> None:
    """Distances overflow 64 bits on purpose: they wrap around, as the format says."""
    numbers = [((n * n * step + LARGEST) & (2 * LARGEST + 1)) - LARGEST - 1 for n in range(count)]
    batch = sole(pa.array(numbers, pa.int64()))
    data = written([[batch]])
    assert pq.read_table(io.BytesIO(data)).to_batches() == [batch]
    if step not in (0, 1 << 62):
        assert "DELTA_BINARY_PACKED" in encodings(data)


@pytest.mark.parametrize("distinct", [1, 2, 3, 16, 17, 255, 256, 257, 16_384, 16_385])
def test_dictionaries_of_every_width(distinct: int) -> None:
    words = [f"word {n % distinct}" for n in range(5 * MOST_ENTRIES + 3)]
    batch = sole(pa.array(words))
    data = written([[batch.slice(0, 70_001), batch.slice(70_001)]])
    assert pq.read_table(io.BytesIO(data))["x"].to_pylist() == words
    assert ("RLE_DICTIONARY" in encodings(data)) == (distinct <= MOST_ENTRIES)


def test_a_dictionary_that_grows_too_large_becomes_plain_values() -> None:
    long = [f"{n % 3000:05}" + "x" * 1000 for n in range(12_000)]
    assert MOST_BYTES < 3000 * 1000
    data = written([[sole(pa.array(long))], [sole(pa.array(["a"] * 9))]])
    assert pq.read_table(io.BytesIO(data))["x"].to_pylist() == [*long, *["a"] * 9]
    assert "RLE_DICTIONARY" not in encodings(data)


def test_what_does_not_repeat_at_first_is_plain_to_the_end() -> None:
    first, later = [f"{n}" for n in range(5000)], ["a"] * 5000
    data = written([[sole(pa.array(first))], [sole(pa.array(later))]])
    assert pq.read_table(io.BytesIO(data))["x"].to_pylist() == [*first, *later]
    assert encodings(data) == {"PLAIN", "RLE"}


@example("x")
@given(st.text(min_size=1, max_size=70))
def test_dictionaries_with_other_words_are_one(word: str) -> None:
    """Each batch brings its own; the file's holds each word once."""
    one = pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int8()), [word, "b"])
    two = pa.DictionaryArray.from_arrays(pa.array([1, 0, 1], pa.int8()), ["b", word])
    data = written([[sole(one), sole(two)] * 3])
    found = pq.read_table(io.BytesIO(data), read_dictionary=["x"])["x"]
    assert found.cast(pa.string()).to_pylist() == [word, "b", None, word, "b", word] * 3
    assert sorted(found.chunk(0).dictionary.to_pylist()) == sorted({word, "b"})


def test_bounds_are_those_of_the_instants() -> None:
    at = pa.array([EPOCH + timedelta(n) for n in (5, 3, 9)], INSTANT)
    data = written([[pa.RecordBatch.from_arrays([at, at], names=["at", "other"])]])
    group = pq.read_metadata(io.BytesIO(data)).row_group(0)
    bounds = group.column(0).statistics
    assert (bounds.min, bounds.max) == (EPOCH + timedelta(3), EPOCH + timedelta(9))
    assert group.column(1).statistics is None


def test_a_file_without_rows_is_one() -> None:
    data = written([[pa.RecordBatch.from_pylist([], SCHEMA)]])
    assert pq.read_table(io.BytesIO(data)).num_rows == 0


@pytest.mark.parametrize("type_", [pa.decimal128(9), pa.list_(pa.int64()), pa.timestamp("ns")])
def test_other_types_are_refused(type_: pa.DataType) -> None:
    with pytest.raises(TypeError, match="no columns of type"):
        written([[sole(pa.array([], type_))]])


def test_dates_are_dates() -> None:
    data = written([[sole(pa.array([date(2026, 3, 1)]))]])
    assert pl.read_parquet(data)["x"].to_list() == [date(2026, 3, 1)]


def test_a_dictionary_in_a_struct_is_refused() -> None:
    """Where it fell back to plain values, they would forget which structs are null."""
    words = pa.array(["a", "b"]).dictionary_encode()
    with pytest.raises(TypeError, match="dictionaries in structs"):
        written([[sole(pa.StructArray.from_arrays([words], names=["w"]))]])
