"""How columns are encoded follows from their values; what is read back does not."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.store import encode
from etl.store.encode import PartSink
from etl.store.place import Folder

DAY = date(2026, 3, 16)
ROWS = 5000


def columns() -> dict[str, pa.Array]:
    numbers = range(ROWS)
    routes = pa.DictionaryArray.from_arrays(
        pa.array([None if n % 7 == 0 else n % 2 for n in numbers], pa.int32()), ["/a/{id}", "/b"]
    )
    customers = pa.array([f"C{n}" for n in numbers])
    cities = pa.array(["Bonn" if n % 3 else None for n in numbers])
    return {
        "method": pa.array(["GET"] * ROWS),
        "path": pa.array([f"/a/{n}" for n in numbers]),
        "query": pa.array([f"page={n % 9}" for n in numbers]),
        "route": routes,
        "params": pa.StructArray.from_arrays([cities, customers], names=["city", "customer_id"]),
        "body_bytes_sent": pa.array([n * n for n in numbers]),
        "request_time_s": pa.array([n % 50 / 1000 for n in numbers]),
        "upstream_time_s": pa.array([n / 7 for n in numbers]),
        "extra": pa.array([None] * ROWS, pa.string()),
    }


def written(root: Path, batches: list[pa.RecordBatch]) -> Path:
    sink = PartSink(Folder(root), "api", "part")
    for batch in batches:
        sink.add("requests", DAY, batch)
    (part,) = sink.close()
    return root / "requests" / part.path


def encodings(path: Path) -> dict[str, tuple[str, ...]]:
    group = pq.read_metadata(path).row_group(0)
    found = (group.column(number) for number in range(group.num_columns))
    return {column.path_in_schema: column.encodings for column in found}


def test_dictionaries_are_kept_where_values_repeat(tmp_path: Path) -> None:
    batch = pa.RecordBatch.from_pydict(columns())
    found = encodings(written(tmp_path, [batch]))
    packed = {name for name, how in found.items() if "RLE_DICTIONARY" in how}
    assert packed == {"method", "query", "route", "params.city", "request_time_s"}
    assert "DELTA_BINARY_PACKED" in found["body_bytes_sent"]


@pytest.mark.parametrize("group", [1000, encode.ROW_GROUP_ROWS])
def test_what_is_read_back_is_what_was_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int
) -> None:
    """Also where later rows do not repeat as the first ones did."""
    monkeypatch.setattr(encode, "ROW_GROUP_ROWS", group)
    first = columns()
    later = first | {"query": first["path"], "request_time_s": first["upstream_time_s"]}
    batches = [pa.RecordBatch.from_pydict(each) for each in (first, later)]
    path = written(tmp_path, batches)
    wanted = pa.Table.from_batches(batches)
    at = wanted.schema.get_field_index("route")
    wanted = wanted.set_column(at, "route", wanted["route"].cast(pa.string()))
    assert pq.read_table(path, partitioning=None).equals(wanted)
    assert pl.read_parquet(path, hive_partitioning=False).equals(pl.from_arrow(wanted))


def test_a_log_of_many_days_holds_no_more_rows_than_one_of_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "MOST_PENDING", 2500)
    batch = pa.RecordBatch.from_pydict({"status": pa.array(range(400), pa.int32())})
    sink = PartSink(Folder(tmp_path), "api", "part")
    days = [DAY + timedelta(days=number % 30) for number in range(90)]
    for day in days:
        sink.add("requests", day, batch)
        assert sum(part.pending_rows for part in sink._writers.values()) <= 2500
    parts = sink.close()
    assert {part.day: part.rows for part in parts} == dict.fromkeys(days, 1200)
    for part in parts:
        file = pq.ParquetFile(tmp_path / "requests" / part.path)
        assert file.read().column("status").to_pylist() == 3 * list(range(400))
        assert file.num_row_groups > 1
