"""Two runs at the same batch, and publishing what a dead run has sealed, on real tables."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake.exceptions import CommitFailedError

from etl.errors import StoreError
from etl.model import Counts, Input
from etl.schema import REJECTS, requests_schema
from etl.store import tables
from etl.store.actions import Change
from etl.store.encode import Part, PartSink
from etl.store.ledger import Ledger, Outcome, Span
from etl.store.place import Folder
from etl.store.publish import publish
from etl.store.tables import Warehouse
from etl.store.upkeep import replace_parts

NOW = datetime(2026, 3, 11, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
DAY = date(2026, 3, 10)
ITEM = Input("logs/a.log", 100, "v1", NOW, closed=True)
SPAN = Span(ITEM, "a", "3:abc", 0, 100)


def schema_of(table: str) -> pa.Schema:
    return REJECTS if table == "rejects" else requests_schema([])


def outcome(input_id: str, records: int) -> Outcome:
    span = replace(SPAN, input_id=input_id)
    return Outcome(span, 100, Counts(lines=records, records=records), NOW, NOW, "3:xyz")


def encode(root: Path, name: str, rows: dict[str, list[int]]) -> list[Part]:
    """Write one part with the offsets of each input's rows."""
    sink = PartSink(Folder(root), "api", name)
    for input_id, offsets in rows.items():
        columns = {
            "at": pa.array([NOW] * len(offsets), pa.timestamp("us", "UTC")),
            "input_id": pa.array([input_id] * len(offsets)).dictionary_encode(),
            "offset": pa.array(offsets, pa.int64()),
        }
        sink.add("requests", DAY, pa.RecordBatch.from_pydict(columns))
    return sink.close()


def rows(warehouse: Warehouse) -> list[tuple[str, int]]:
    found = warehouse.scan("requests", schema_of("requests")).collect()
    return sorted(found.select("input_id", "offset").rows())


def test_of_two_runs_at_one_batch_one_seals_it(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    ledger = Ledger(warehouse, "api")
    ledger.plan(1, [SPAN], attempt="x", now=NOW)

    def seal(attempt: str) -> bool:
        parts = encode(tmp_path, attempt, {"a": [0, 1]})
        return ledger.seal(1, [outcome("a", 2)], parts, attempt=attempt, now=NOW)

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(seal, ["one", "two", "three", "four"]))
    assert sorted(won) == [False, False, False, True]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: publish(warehouse, "api", schema_of), range(4)))
    assert rows(warehouse) == [("a", 0), ("a", 1)]
    assert warehouse.batch_of("rejects", "api") == 1
    assert ledger.load().sealed == 1
    assert ledger.load().open_plan().is_empty()


def test_a_seal_is_refused_if_another_came_after_its_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of the same process: its open table must not go along with the other's commit."""
    ledger, others = Ledger(Warehouse(Folder(tmp_path)), "api"), []
    true = tables.write_deltalake

    def overtaken(*args: Any, **options: Any) -> None:
        if not others:
            others.append("began")
            others.append(ledger.seal(2, [outcome("b", 1)], [], attempt="other", now=NOW))
        true(*args, **options)

    assert ledger.seal(1, [outcome("a", 1)], [], attempt="one", now=NOW)
    monkeypatch.setattr(tables, "write_deltalake", overtaken)
    assert not ledger.seal(2, [outcome("b", 1)], [], attempt="mine", now=NOW)
    assert others == ["began", True]
    assert ledger.load().reads()["attempt"].to_list() == ["one", "other"]


def test_a_batch_is_shown_once_if_another_came_after_the_look(tmp_path: Path) -> None:
    warehouse, schema = Warehouse(Folder(tmp_path)), schema_of("requests")
    mine, other = encode(tmp_path, "mine", {"a": [0]}), encode(tmp_path, "other", {"a": [0]})

    def show(change: Callable[[object], Change]) -> bool:
        return warehouse.commit("requests", schema, change, app="api", batch=1)

    def overtaken(_: object) -> Change:
        show(lambda _: Change(other))
        return Change(mine)

    assert not show(overtaken)
    assert rows(warehouse) == [("a", 0)]


def test_a_seal_that_seems_to_have_failed_and_has_landed_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server's answer is lost, the commit is sent again, and is refused because of itself."""
    ledger = Ledger(Warehouse(Folder(tmp_path)), "api")
    true = tables.write_deltalake

    def landed_twice(*args: Any, **options: Any) -> None:
        true(*args, **options)
        raise CommitFailedError("Concurrent transaction failed.")

    monkeypatch.setattr(tables, "write_deltalake", landed_twice)
    assert ledger.seal(1, [outcome("a", 1)], [], attempt="mine", now=NOW)
    assert not ledger.seal(1, [outcome("a", 1)], [], attempt="other", now=NOW)
    assert ledger.load().sealed == 1


def test_sources_do_not_get_into_each_others_way(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))

    def seal(source: str) -> bool:
        return Ledger(warehouse, source).seal(1, [outcome("a", 1)], [], attempt="x", now=NOW)

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(seal, "abcdef"))


def test_a_plan_is_open_until_its_batch_is_sealed(tmp_path: Path) -> None:
    ledger = Ledger(Warehouse(Folder(tmp_path)), "api")
    ledger.plan(1, [SPAN, replace(SPAN, input_id="b")], attempt="one", now=NOW)
    ledger.plan(1, [replace(SPAN, input_id="c"), SPAN], attempt="two", now=LATER)
    ledger.drop(1, [SPAN], attempt="two", now=LATER)
    assert ledger.load().open_plan()["input_id"].to_list() == ["c"]
    assert not ledger.seal(2, [outcome("c", 1)], [], attempt="two", now=NOW)
    assert ledger.seal(1, [outcome("c", 1)], [], attempt="two", now=NOW)
    assert ledger.load().open_plan().is_empty()
    assert [known.input_id for known in ledger.load().known()] == ["c"]


def test_batches_of_dead_runs_are_published_in_order(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    ledger = Ledger(warehouse, "api")
    for batch in (1, 2, 3):
        parts = encode(tmp_path, f"p{batch}", {"a": [batch]})
        assert ledger.seal(batch, [outcome("a", 1)], parts, attempt="x", now=NOW)
    assert rows(warehouse) == []
    assert publish(warehouse, "api", schema_of) == [1, 2, 3]
    assert publish(warehouse, "api", schema_of) == []
    assert rows(warehouse) == [("a", 1), ("a", 2), ("a", 3)]


def test_a_sealed_file_that_is_gone_is_named(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    parts = encode(tmp_path, "lost", {"a": [1]})
    assert Ledger(warehouse, "api").seal(1, [outcome("a", 1)], parts, attempt="x", now=NOW)
    (tmp_path / "requests" / parts[0].path).unlink()
    with pytest.raises(StoreError, match=r"requests/day=2026-03-10/source=api/lost\.parquet"):
        publish(warehouse, "api", schema_of)
    assert rows(warehouse) == []


def test_files_that_were_shown_may_go_before_a_dead_runs_batch_is_in_all_tables(
    tmp_path: Path,
) -> None:
    """It died between two tables; meanwhile the first one's files became others."""
    warehouse = Warehouse(Folder(tmp_path))
    parts = encode(tmp_path, "small", {"a": [1]})
    assert Ledger(warehouse, "api").seal(1, [outcome("a", 1)], parts, attempt="x", now=NOW)
    warehouse.commit("requests", schema_of("requests"), lambda _: Change(parts), app="api", batch=1)
    whole = encode(tmp_path, "whole", {"a": [1]})
    opened = warehouse.existing("requests")
    assert opened is not None
    replace_parts(opened, "requests", Change(whole, parts), {"api": 1})
    (tmp_path / "requests" / parts[0].path).unlink()
    assert publish(warehouse, "api", schema_of) == [1]
    assert warehouse.batch_of("rejects", "api") == 1
    assert rows(warehouse) == [("a", 1)]


def test_a_rebuilt_input_replaces_its_rows_and_no_others(tmp_path: Path) -> None:
    warehouse = Warehouse(Folder(tmp_path))
    ledger = Ledger(warehouse, "api")
    first = encode(tmp_path, "one", {"a": [0, 1], "b": [0, 1]})
    alone = encode(tmp_path, "two", {"a": [2]})
    ledger.seal(1, [outcome("a", 2), outcome("b", 2)], first, attempt="x", now=NOW)
    ledger.seal(2, [outcome("a", 1)], alone, attempt="y", now=NOW)
    publish(warehouse, "api", schema_of)
    again = encode(tmp_path, "new", {"a": [0, 1, 2, 3]})
    assert ledger.seal(3, [outcome("a", 4)], again, attempt="z", now=NOW, rebuilt=True)
    assert [row["batch"] for row in ledger.load().reads().to_dicts()] == [1, 3]
    publish(warehouse, "api", schema_of)
    publish(warehouse, "api", schema_of)
    assert rows(warehouse) == [("a", n) for n in range(4)] + [("b", 0), ("b", 1)]
