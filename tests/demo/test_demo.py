"""What the demo promises besides its numbers: the same bytes, known faults, nothing overwritten."""

from __future__ import annotations

import ast
import gzip
import hashlib
import json
import sys
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import etl.demo
from etl.demo import simulate

FAULTY = dict.fromkeys((1, 3, 4, 7, 9), "missed") | dict.fromkeys((10, 11), "incomplete")
"""Day of the fortnight to its verdict; all others are met. On the eleventh day a log is missing,
and with it what some objects of the tenth were to show."""


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        + str(path.stat().st_mtime_ns * ("logs" in path.parts))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def truth_of(folder: Path, **options: Any) -> dict[str, Any]:
    simulate(folder, **options)
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return truth


@pytest.fixture(scope="module")
def fortnight(tmp_path_factory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("fortnight")
    return folder, truth_of(folder, lines=40_000, seed=5)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        simulate(tmp_path / name, days=4, lines=12_000, seed=11)
    simulate(tmp_path / "other", days=4, lines=12_000, seed=12)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    assert hashes(tmp_path / "one") != hashes(tmp_path / "other")


@pytest.mark.parametrize(
    ("lines", "seed"), [(1, 0), (5_000, 1), (5_000, 2), (5_000, 3), (5_000, 4), (200_000, 1)]
)
def test_days_have_the_verdicts_that_their_faults_ask_for(tmp_path, lines, seed) -> None:
    """Sound days stay sound at every size, or the demo would teach people to ignore red."""
    truth = truth_of(tmp_path, lines=lines, seed=seed)
    verdicts = [day["verdict"] for day in truth["days"].values()]
    assert verdicts == [FAULTY.get(number, "met") for number in range(14)]


def test_incidents_are_those_of_the_faults(fortnight) -> None:
    _, truth = fortnight
    found = {
        (each["metric"], each["first_day"], each["last_day"], each["resolved_at"] is not None)
        for each in truth["incidents"]
    }
    assert found == {
        ("http_500", "2026-03-17", "2026-03-17", True),
        ("http_5xx_rate", "2026-03-17", "2026-03-17", True),
        ("integrity_flow", "2026-03-19", "2026-03-20", True),
        ("integrity_cohort", "2026-03-19", "2026-03-20", True),
        ("lost_objects", "2026-03-19", "2026-03-20", True),
        ("request_time_p90", "2026-03-23", "2026-03-23", True),
        ("integrity_flow", "2026-03-25", "2026-03-25", True),
    }
    burst = next(each for each in truth["incidents"] if each["metric"] == "http_500")
    assert "2026-03-17T09:10" <= burst["started_at"] < burst["resolved_at"] < "2026-03-17T09:50"
    lost = next(each for each in truth["incidents"] if each["metric"] == "integrity_flow")
    assert lost["started_at"] == "2026-03-18T23:00:00+00:00"
    assert lost["resolved_at"] == "2026-03-20T23:00:00+00:00"


def test_the_day_on_which_the_clock_changes_has_no_second_hour(fortnight) -> None:
    _, truth = fortnight
    hours = {
        row["dimensions"]["hour"]
        for row in truth["days"]["2026-03-29"]["measurements"]
        if row["metric"] == "http_status_hourly"
    }
    assert {"01:00+01:00", "03:00+02:00"} <= hours
    assert not any(hour.startswith("02") for hour in hours)


def test_the_missing_log_is_nowhere(fortnight) -> None:
    folder, truth = fortnight
    assert truth["days"]["2026-03-27"]["missing"] == ["transformer"]
    assert not list(folder.glob("logs/transformer/*20260327*"))
    for path in folder.glob("logs/transformer/*"):
        data = path.read_bytes()
        text = gzip.decompress(data) if path.suffix == ".gz" else data
        assert b"Mar 27 " not in text


def test_late_lines_stand_in_the_next_days_file(fortnight) -> None:
    folder, truth = fortnight
    assert truth["late"]
    own, following = (
        gzip.decompress((folder / f"logs/importer/importer.log-{day}.gz").read_bytes()).decode()
        for day in ("20260322", "20260323")
    )
    for entry in truth["late"]:
        assert entry["day"] == "2026-03-22"
        assert entry["customer_id"] not in own
        assert f"event=imported customer_id={entry['customer_id']} " in following


def test_customers_cross_every_midnight(fortnight) -> None:
    _, truth = fortnight
    numbers = {day: 0 for day in truth["days"]}
    for entry in truth["in_flight"]:
        numbers[entry["day"]] += 1
    assert all(number >= 3 for number in numbers.values())
    assert max(numbers, key=numbers.__getitem__) == "2026-03-28"


def test_files_are_rotated_and_the_last_one_stops_in_mid_line(fortnight) -> None:
    folder, truth = fortnight
    for name in ("api/access", "store/store"):
        assert (folder / f"logs/{name}.log-20260316.gz").read_bytes()[4:8] == bytes(4)
        assert (folder / f"logs/{name}.log-20260328").exists()
        assert (folder / f"logs/{name}.log").exists()
    assert not (folder / "logs/api/access.log").read_bytes().endswith(b"\n")
    midnight = datetime.fromisoformat("2026-03-30T00:00:00+02:00").timestamp()
    assert midnight - 7200 < (folder / "logs/api/access.log").stat().st_mtime < midnight
    crossing = gzip.decompress(
        (folder / "logs/transformer/transformer.log-20260316.gz").read_bytes()
    )
    assert b"Mar 17 00:0" in crossing
    assert all(each["rejects"] and each["blank"] for each in truth["inputs"].values())


def test_the_configuration_is_what_the_contract_says(fortnight) -> None:
    folder, _ = fortnight
    config = tomllib.loads((folder / "daytally.toml").read_text(encoding="utf-8"))
    assert set(config) == {"project", "source", "route", "chain", "special_days", "metrics"}
    assert {source["name"] for source in config["source"]} == {
        "api",
        "importer",
        "store",
        "transformer",
    }
    assert config["source"][0]["log_format"].endswith('"$http_user_agent" $request_time')
    for source in config["source"]:
        assert source["expect"] == "daily"
        assert list(folder.glob(source["inputs"][0]))


@pytest.mark.parametrize(("days", "faults"), [(1, 0), (3, 1), (8, 5), (30, 20)])
def test_other_lengths_leave_out_faults_or_repeat_them(tmp_path, days, faults) -> None:
    done: list[int] = []
    truth = truth_of(tmp_path, days=days, lines=900 * days, on_progress=done.append)
    assert len(truth["days"]) == days
    assert done == list(range(1, days + 1))
    assert len(truth["faults"]) == faults
    sound = ("late", "in_flight", "held", "strangers")  # few enough for every target
    faulty = {each["day"] for each in truth["faults"] if each["kind"] not in sound}
    waited = [each["day"] for each in truth["faults"] if each["kind"] == "missing_log"]
    # Objects of the day before were to pass a step in the log that is missing.
    faulty |= {str(date.fromisoformat(day) - timedelta(days=1)) for day in waited}
    for day, entry in truth["days"].items():
        assert (entry["verdict"] == "met") == (day not in faulty)


@pytest.mark.parametrize("name", ["daytally.toml", "logs", "truth.json"])
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(FileExistsError, match=rf"{name} exists already"):
        simulate(tmp_path, days=1, lines=500)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_stopped_simulation_leaves_nothing_behind_and_can_be_done_again(tmp_path: Path) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path, days=2, lines=500, on_progress=stop)
    assert not list(tmp_path.iterdir())
    simulate(tmp_path, days=2, lines=500)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "daytally.toml",
        "logs",
        "truth.json",
    ]


@pytest.mark.parametrize("wrong", [{"days": 0}, {"lines": 0}, {"seed": -1}])
def test_numbers_that_are_too_small_are_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=rf"{next(iter(wrong))} must be at least"):
        simulate(tmp_path, **wrong)
    assert not list(tmp_path.iterdir())


def test_the_oracle_shares_no_code_with_what_it_judges() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "polars"}
    for path in Path(etl.demo.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [each.name for each in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                assert name.split(".")[0] in allowed or name.startswith("etl.demo"), path.name


def test_the_first_day_can_be_chosen(tmp_path: Path) -> None:
    truth = truth_of(tmp_path, days=2, lines=900, first_day=date(2028, 2, 28))
    assert list(truth["days"]) == ["2028-02-28", "2028-02-29"]
