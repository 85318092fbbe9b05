"""Tables in S3 are what they are on disk: a real server, whole nights, upkeep and rebuilds."""

from __future__ import annotations

import pickle
import shutil
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from etl.demo import simulate
from etl.pipeline import packing
from etl.pipeline.checking import check_project
from etl.pipeline.inspecting import reject_groups
from etl.pipeline.runs import run_all, run_backfill, run_upkeep
from etl.pipeline.status import project_status
from etl.s3 import split_address
from etl.schema import CHAIN_WAITS, INCIDENT_LOG
from etl.store import upkeep
from etl.store.bucket import Bucket
from etl.store.tables import Warehouse
from tests.pipeline.conftest import NOW, open_folder
from tests.pipeline.faults import DAYS, all_figures, all_rows, assert_balanced, write_logs
from tests.s3.gate import Gate, Judgement, opened
from tests.s3.servers import client
from tests.s3.warehouses import bucket_at, everything, move_to_s3
from tests.store.helpers import DAY, SCHEMA, batch, commit

pytestmark = pytest.mark.extra


def reports(folder: Path) -> dict[str, bytes]:
    """Return what was written to `out/`, with the folder's name taken out."""
    return {
        str(path.relative_to(folder)): path.read_bytes().replace(str(folder).encode(), b"FOLDER")
        for path in (folder / "out").rglob("*")
        if path.is_file()
    }


def data_files(place: Bucket, table: str) -> set[str]:
    """Return the data files that lie in a table's folder, whether or not it shows them."""
    bucket, prefix = split_address(f"{place.address}/{table}/")
    names = (found.key.removeprefix(prefix) for found in place.store.list_objects(bucket, prefix))
    return {name for name in names if name.endswith(".parquet") and "_delta_log" not in name}


def test_the_demo_in_s3_is_the_demo_on_disk(seaweed: str, prefix: str, tmp_path: Path) -> None:
    """Row for row in all tables, byte for byte in all reports; and a second run finds no news."""
    here, there = tmp_path / "here", tmp_path / "there"
    simulate(here, days=5, lines=2_000, seed=7)
    shutil.copytree(here, there, copy_function=shutil.copy2)
    move_to_s3(there, seaweed, prefix)
    days = [date(2026, 3, 16) + timedelta(days=n) for n in range(5)]
    for folder in (here, there):
        run_all(open_folder(folder), days, now=NOW, workers=2)
    assert everything(open_folder(here)) == everything(open_folder(there))
    assert reports(here) == reports(there)
    assert not (there / "warehouse").exists()

    again = run_all(open_folder(there), days, now=NOW + timedelta(hours=1), workers=2)
    assert again.read is not None
    assert (again.read.inputs_read, again.measured) == (0, ())
    assert reports(here) == reports(there)
    assert project_status(open_folder(there), NOW).is_sound
    assert reject_groups(open_folder(there), None, None) == reject_groups(
        open_folder(here), None, None
    )


@pytest.fixture
def pair(seaweed: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two projects with the same logs, which come in as many small batches: disk, then S3."""
    monkeypatch.setattr(packing, "BATCH_INPUTS", 1)
    folders = [tmp_path / "here", tmp_path / "there"]
    for folder in folders:
        write_logs(folder, inputs=upkeep.FEW)
    move_to_s3(folders[1], seaweed, prefix)
    return folders


def test_rows_read_again_replace_the_old_ones_and_old_days_go(pair: list[Path]) -> None:
    """Compaction, rebuild, retention and the removal of dead files give what they give on disk."""
    found = []
    for folder in pair:
        first = run_all(open_folder(folder), DAYS, now=NOW, workers=2)
        assert first.tidied is not None
        assert {one.table for one in first.tidied.compacted} >= {"requests", "events"}
        before = all_rows(folder)
        text = (folder / "daytally.toml").read_text()
        again = run_backfill(open_folder(folder), DAYS[:1], now=NOW, workers=2, rebuild=True)
        assert again.read is not None
        assert again.read.inputs_read == 3 * upkeep.FEW
        assert all_rows(folder) == before
        assert_balanced(folder)
        kept = (NOW.date() - DAYS[1]).days
        (folder / "daytally.toml").write_text(f"{text}\n[retention]\nevents = {kept}\n")
        cut = run_upkeep(open_folder(folder), now=NOW)
        assert not cut.trouble
        assert project_status(open_folder(folder), NOW).is_sound
        found.append((all_rows(folder), all_figures(folder), [one.rows for one in cut.retired]))
    assert found[0] == found[1]
    assert found[0][2]


def test_dead_files_and_unfinished_uploads_are_removed(
    pair: list[Path], seaweed: str, prefix: str
) -> None:
    folder = pair[1]
    project = open_folder(folder)
    run_all(project, DAYS, now=NOW, workers=2)
    before = all_rows(folder)
    place = bucket_at(seaweed, prefix)
    left = place.create("requests/day=2026-03-10/source=api/dead.parquet")
    left.write(b"x" * (20 << 20))  # two pieces are sent, and the process dies
    assert place.size_of("requests/day=2026-03-10/source=api/dead.parquet") is None
    dead = upkeep.vacuum(project.warehouse, "requests", days=0, dry_run=True)
    assert "day=2026-03-10/source=api/dead.parquet" in dead
    assert not upkeep.vacuum(project.warehouse, "requests", days=1)
    assert len(dead) > upkeep.FEW  # with the files that compaction has replaced
    assert upkeep.vacuum(project.warehouse, "requests", days=0) == dead
    shown = {path for _, path in project.warehouse.files("requests")}
    assert data_files(place, "requests") == shown
    assert place.sweep("requests", days=0, dry_run=True) == []
    assert all_rows(folder) == before


def test_an_object_of_many_pieces_appears_whole_or_never(server: str, prefix: str) -> None:
    place = bucket_at(server, prefix)
    body = bytes(range(256)) * (80 << 10)  # 20 MiB
    whole, dropped = place.create("whole"), place.create("dropped")
    for start in range(0, len(body), 1_000_000):
        whole.write(body[start : start + 1_000_000])
        dropped.write(body[start : start + 1_000_000])
    assert place.size_of("whole") is None
    dropped.abort()
    assert whole.finish() == len(body) == place.size_of("whole")
    found = place.open("whole")
    assert found.read() == body
    assert place.size_of("dropped") is None
    assert place.sweep("", days=0, dry_run=True) == []


def test_a_place_travels_to_another_process(seaweed: str, prefix: str) -> None:
    """Workers elsewhere make their own connections, with their own keys."""
    place = bucket_at(seaweed, prefix)
    place.create("one").finish()
    travelled = pickle.loads(pickle.dumps(place))  # noqa: S301 # made a moment ago
    assert travelled.size_of("one") == 0
    assert travelled.address == place.address


@pytest.mark.parametrize(
    ("address", "environment", "said"),
    [
        ("s3://no-such-bucket/x", {}, "there is no such bucket"),
        ("s3://logs/x", {"AWS_ACCESS_KEY_ID": "nobody"}, "does not know this access key"),
        ("s3://logs/x", {"AWS_SECRET_ACCESS_KEY": "wrong"}, "the secret key is wrong"),
    ],
)
def test_what_is_wrong_with_the_warehouse_is_said_in_words(
    pair: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    environment: dict[str, str],
    said: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    path = pair[1] / "daytally.toml"
    path.write_text(
        "\n".join(
            f'warehouse = "{address}"' if line.startswith("warehouse") else line
            for line in path.read_text().splitlines()
        )
    )
    project = open_folder(pair[1])
    (found,) = [f for f in check_project(project, now=NOW, network=True) if f.what == "warehouse"]
    assert (said in found.detail, found.ok) == (True, False)
    with pytest.raises(Exception, match=said) as raised:
        run_all(project, DAYS, now=NOW, workers=2)
    assert raised.value.exit_code == 1  # type: ignore[attr-defined]
    with pytest.raises(Exception, match=said) as raised:
        project.warehouse.exists("inputs")  # Delta's own words are another's
    assert raised.value.exit_code == 1  # type: ignore[attr-defined]


def test_a_good_warehouse_is_checked_without_a_trace(
    pair: list[Path], seaweed: str, prefix: str
) -> None:
    findings = check_project(open_folder(pair[1]), now=NOW, network=True)
    assert [f.ok for f in findings if f.what == "warehouse"] == [True]
    assert "KeyCount" in (
        listed := client(seaweed).list_objects_v2(Bucket="logs", Prefix=f"{prefix}/")
    )
    assert listed["KeyCount"] == 0


def test_a_server_that_ignores_conditions_is_refused(moto_server: str, prefix: str) -> None:
    """It would let two runs overwrite each other's commits."""
    gate = Gate(lambda *_: "pass", hidden="If-None-Match")
    with opened(gate, moto_server) as url:
        place = bucket_at(url, prefix)
        with pytest.raises(Exception, match="takes no conditional writes"):
            place.probe()
    assert "can be read and written" in bucket_at(moto_server, prefix).probe()


def test_commits_are_told_from_the_open_version_on(server: str, prefix: str) -> None:
    """By any server: those that list in another order, and those that do not begin where told."""
    place = bucket_at(server, prefix)
    assert place.commits_from("requests", 0) == {}
    for number in range(1, 13):
        commit(Warehouse(place), number, batch(200))
    from_nine = place.commits_from("requests", 9)
    assert sorted(from_nine) == [9, 10, 11, 12]
    assert len(set(from_nine.values())) == 4
    assert place.commits_from("requests", 13) == {}


def watching(seaweed: str, asked: list[str]) -> AbstractContextManager[str]:
    """Return a gate that writes down each request: its method, path and query."""

    def judge(method: str, path: str) -> Judgement:
        asked.append(f"{method} {path}")
        return "pass"

    return opened(Gate(judge), seaweed)


def test_a_table_that_nobody_changed_is_read_again_by_one_request(
    seaweed: str, prefix: str
) -> None:
    asked: list[str] = []
    with watching(seaweed, asked) as url:
        warehouse = Warehouse(bucket_at(url, prefix))
        for number in range(1, 6):
            commit(warehouse, number, batch(200))
        frame = warehouse.scan("requests", SCHEMA)
        assert frame.collect().height == 5
        asked.clear()
        assert warehouse.files("requests")
        assert warehouse.reading("requests") is warehouse.reading("requests")
        assert ["list-type" in path for path in asked] == [True] * 3
        asked.clear()
        commit(warehouse, 6, batch(500))
        assert len(asked) < 20, "what is open for writing goes along"
        assert warehouse.scan("requests", SCHEMA).collect().height == 6
        assert frame.collect().height == 5


@pytest.mark.parametrize("replaced", [False, True])
def test_who_writes_again_asks_once_whether_another_did(
    seaweed: str, prefix: str, replaced: bool
) -> None:
    asked: list[str] = []
    waits = pa.Table.from_pylist([{"day": DAY, "chain": "c", "objects": 1}], schema=CHAIN_WAITS)
    incident = pa.Table.from_pylist([{"incident_id": "1"}], schema=INCIDENT_LOG)
    with watching(seaweed, asked) as url:
        warehouse = Warehouse(bucket_at(url, prefix))
        for _ in range(3):
            asked.clear()
            if replaced:
                warehouse.replace_day("chain_waits", DAY, waits)
            else:
                warehouse.append("incident_log", incident)
    # Our own question, then Delta's: file, commits of others, commit, and that commit read.
    assert len(asked) <= 7, asked
    assert sum("encoding-type" in one for one in asked) == 1, asked
