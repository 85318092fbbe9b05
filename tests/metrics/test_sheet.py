"""A data sheet that would mislead somebody is refused with file and line."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from etl.errors import SheetError
from etl.metrics.catalogue import idle_reason, load_catalogue
from etl.metrics.sheet import read_sheet
from etl.metrics.views import Definitions
from etl.model import CLASSES
from etl.resources import sql_folder

GOOD = """/* ---
title = "HTTP 500 answers"
class = "errors"
kpi = true
unit = "requests"
owner = "API team"
definition = "Requests answered with status 500."
business_value = "Each is a record that somebody did not get."
target = "<= 2"
impact = "Clients retry."
--- */
select count(*) as value from requests
"""


def write(folder: Path, text: str, name: str = "metric") -> Path:
    path = folder / f"{name}.sql"
    path.write_text(text)
    return path


def test_a_good_sheet_is_read_whole(tmp_path: Path) -> None:
    sheet = read_sheet(write(tmp_path, GOOD))
    assert (sheet.name, sheet.metric_class, sheet.kpi, sheet.target) == (
        "metric",
        "errors",
        True,
        "<= 2",
    )
    assert "select count(*)" in sheet.sql


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('class = "errors"', 'class = "error"', 3, "Did you mean 'errors'?"),
        ('class = "errors"', 'class = "quantity"', 4, "a quantity cannot be a KPI"),
        ('owner = "API team"\n', "", 4, "a KPI needs 'owner'"),
        ('impact = "Clients retry."\n', "", 4, "a KPI needs 'impact'"),
        ('target = "<= 2"', 'target = "about 2"', 9, "'about 2' is not understood"),
        ('unit = "requests"\n', "", 2, "lacks 'unit'"),
        ('unit = "requests"', 'unti = "requests"', 5, "Did you mean 'unit'?"),
        ("kpi = true", 'kpi = "yes"', 4, "kpi must be a bool"),
        ('unit = "requests"', 'unit = " "', 5, "unit is empty"),
        ('title = "HTTP', "title = HTTP", 2, "not valid TOML"),
        ("/* ---", "--", 1, "no data sheet"),
        ("kpi = true", "kpi = true\nlookback_days = 400", 5, "lookback_days must lie between"),
    ],
)
def test_a_mistake_names_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(SheetError) as caught:
        read_sheet(write(tmp_path, GOOD.replace(old, new, 1)))
    assert f"metric.sql:{line}: " in str(caught.value)
    assert says in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_sheet_without_sql_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="no SQL"):
        read_sheet(write(tmp_path, GOOD[: GOOD.index("select")]))


def test_own_metrics_add_and_replace(tmp_path: Path) -> None:
    own = tmp_path / "sql"
    own.mkdir()
    write(own, GOOD, "http_500")
    write(own, GOOD, "mine")
    sheets = load_catalogue(sql_folder(), own)
    assert sheets["http_500"].path.startswith(str(own))
    assert "mine" in sheets
    assert len(sheets) == len(load_catalogue(sql_folder())) + 1


def test_all_mistakes_of_a_catalogue_are_said_at_once(tmp_path: Path) -> None:
    write(tmp_path, "select 1", "one")
    write(tmp_path, GOOD.replace("kpi = true", "kpi = 1"), "two")
    with pytest.raises(SheetError, match=r"(?s)one\.sql:1.*two\.sql:4"):
        load_catalogue(tmp_path)


def test_the_built_in_catalogue_covers_all_classes() -> None:
    sheets = load_catalogue(sql_folder())
    assert {sheet.metric_class for sheet in sheets.values()} == set(CLASSES)
    places = [CLASSES.index(sheet.metric_class) for sheet in sheets.values()]
    assert places == sorted(places)


def test_a_metric_without_anything_to_measure_is_idle() -> None:
    sheets = load_catalogue(sql_folder())
    bare = Definitions(ZoneInfo("UTC"), [("api", "requests", False)], [])
    reasons = {name: idle_reason(one, bare, has_routes=False) for name, one in sheets.items()}
    assert reasons["integrity_flow"] == "no chain is configured"
    assert reasons["request_time_p90"] == "no route is configured"
    measured = {name for name, reason in reasons.items() if not reason}
    assert measured >= {"http_500", "http_status", "http_status_hourly", "lines", "unknown_routes"}
    assert reasons["error_fingerprints"] == "no source has events"
    events = Definitions(ZoneInfo("UTC"), [("app", "events", False)], [])
    assert idle_reason(sheets["http_500"], events, has_routes=False) == "no source has requests"
    assert idle_reason(sheets["lines"], events, has_routes=False) == ""
