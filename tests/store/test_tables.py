"""Commits are all or nothing, and a batch's number counts once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from etl.errors import StoreError
from etl.schema import INPUTS, REJECTS, requests_schema
from etl.store.actions import Change
from etl.store.encode import Part, PartSink, remove_parts
from etl.store.place import Folder
from etl.store.tables import Warehouse

DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 1, 2, 3, 4, tzinfo=UTC)


def batch(*statuses: int, city: bool = False) -> pa.RecordBatch:
    name = "city" if city else "customer_id"
    count = len(statuses)
    columns = {
        "at": pa.array(range(count), pa.timestamp("us", "UTC")),
        "route": pa.array(["/a"] * count).dictionary_encode(),
        "params": pa.array([{name: "1"}] * count, pa.struct([(name, pa.string())])),
        "status": pa.array(statuses, pa.int32()),
        "input_id": pa.array(["x"] * count).dictionary_encode(),
        "offset": pa.array(range(count), pa.int64()),
    }
    return pa.RecordBatch.from_pydict(columns)


def encode(root: Path, name: str, *batches: pa.RecordBatch) -> list[Part]:
    sink = PartSink(Folder(root), "api", name)
    for one in batches:
        sink.add("requests", DAY, one)
    return sink.close()


def adding(parts: list[Part]) -> Callable[[object], Change]:
    return lambda _: Change(parts)


def statuses(warehouse: Warehouse, *params: str) -> list[int]:
    rows = warehouse.scan("requests", requests_schema(list(params))).collect()
    return sorted(rows["status"].to_list())


def test_a_batch_shows_when_it_is_committed_and_counts_once(tmp_path: Path) -> None:
    warehouse, schema = Warehouse(Folder(tmp_path)), requests_schema(["customer_id"])
    first = encode(tmp_path, "one", batch(200, 500), batch(404))
    assert statuses(warehouse, "customer_id") == []
    warehouse.commit("requests", schema, adding(first), app="api", batch=1)
    again = encode(tmp_path, "again", batch(200))
    warehouse.commit("requests", schema, adding(again), app="api", batch=1)
    assert statuses(warehouse, "customer_id") == [200, 404, 500]
    assert (warehouse.batch_of("requests", "api"), warehouse.batch_of("requests", "other")) == (
        1,
        0,
    )


def test_a_batch_without_rows_still_moves_the_number(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    warehouse.commit("rejects", REJECTS, adding([]), app="api", batch=3)
    assert warehouse.batch_of("rejects", "api") == 3


def test_new_route_parameters_widen_the_table(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    old, new = requests_schema(["customer_id"]), requests_schema(["customer_id", "city"])
    warehouse.commit("requests", old, adding(encode(tmp_path, "a", batch(200))), app="api", batch=1)
    parts = encode(tmp_path, "b", batch(201, city=True))
    warehouse.commit("requests", new, adding(parts), app="api", batch=2)
    rows = warehouse.scan("requests", new).sort("status").collect()
    assert rows["params"].to_list() == [
        {"city": None, "customer_id": "1"},
        {"city": "1", "customer_id": None},
    ]
    assert rows["path"].to_list() == [None, None]


def test_a_table_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    assert statuses(Warehouse(Folder(tmp_path)), "x") == []
    assert Warehouse(Folder(tmp_path)).files("requests") == []


def test_replacing_a_day_leaves_the_others(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    schema = pa.schema([("day", pa.date32()), ("value", pa.float64())])
    other = date(2026, 3, 11)
    for day, value in ((DAY, 1.0), (other, 2.0), (DAY, 3.0)):
        warehouse.replace_day(
            "measurements", day, pa.table({"day": [day], "value": [value]}, schema)
        )
    rows = warehouse.scan("measurements", schema).sort("day").collect()
    assert rows.rows() == [(DAY, 3.0), (other, 2.0)]


def test_an_aborted_sink_leaves_no_file(tmp_path: Path) -> None:
    sink = PartSink(Folder(tmp_path), "api", "x")
    for _ in range(3):
        sink.add("requests", DAY, batch(*range(60_000)))
    assert list(tmp_path.rglob("*.parquet"))
    sink.abort()
    parts = encode(tmp_path, "y", batch(200))
    remove_parts(Folder(tmp_path), parts)
    assert not list(tmp_path.rglob("*.parquet"))


def test_readers_see_plain_text_where_dictionaries_were_written(tmp_path: Path) -> None:
    (part,) = encode(tmp_path, "one", batch(200))
    schema = pl.read_parquet_schema(tmp_path / "requests" / part.path)
    assert schema["route"] == pl.String
    assert schema["at"] == pl.Datetime("us", "UTC")


def test_a_damaged_table_is_a_store_error(tmp_path: Path) -> None:
    log = tmp_path / "requests" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("nonsense")
    with pytest.raises(StoreError, match="requests"):
        Warehouse(Folder(tmp_path)).batch_of("requests", "api")


def test_both_ways_of_asking_for_rows_answer_alike(tmp_path: Path) -> None:
    """The ledger is read by Delta's engine where only logs are read, else by Polars."""
    warehouse = Warehouse(Folder(tmp_path))
    chosen = ["batch", "uri", "read_at", "rebuilt", "parts"]
    assert warehouse.query("inputs", INPUTS, chosen, "true", app="seal/api") == ([], 0)
    part = {"table": "requests", "day": DAY, "path": "ü.parquet", "rows": 3, "size_bytes": 9}
    for number in (1, 2):
        rows = [
            {"batch": number, "source": "api", "uri": "it's", "read_at": NOW, "parts": [part]},
            {"batch": number, "source": "api", "uri": "\N{SNOWMAN}", "rebuilt": number == 2},
        ]
        table = pa.Table.from_pylist(rows, schema=INPUTS)
        assert warehouse.append_once("inputs", table, app="seal/api", number=number)
    where = "source = 'api' order by batch, uri"
    found, number = warehouse.query("inputs", INPUTS, chosen, where, app="seal/api")
    frame, same = warehouse.snapshot("inputs", INPUTS, app="seal/api")
    wanted = frame.select(chosen).sort("batch", "uri").collect()
    assert found == wanted.rows()
    assert number == same == 2
    assert warehouse.query("inputs", INPUTS, ["max(read_at)"], "true") == ([(NOW,)], 0)


def test_a_ledger_that_lacks_a_file_is_named(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    warehouse.append("inputs", pa.Table.from_pylist([{"batch": 1}], schema=INPUTS))
    for path in (tmp_path / "inputs").glob("*.parquet"):
        path.unlink()
    with pytest.raises(StoreError, match=r"table 'inputs': .*\.parquet not found"):
        warehouse.query("inputs", INPUTS, ["batch"], "true")
