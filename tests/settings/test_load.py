"""A mistake in daytally.toml is named with line, value and nearest known name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import ConfigError
from etl.settings import load_settings
from etl.settings.places import line_of

GOOD = """\
[project]
name = "Hub"
timezone = "Europe/Berlin"

[[source]]
name = "api"
inputs = ["logs/*.log"]
format = "nginx:combined"

[[source]]
name = "importer"
inputs = ["imp/*.log"]
format = "syslog"
message = "logfmt"
[source.fields]
customer_id = "text"

[[route]]
source = "api"
path = "/customers/{customer_id}"

[[chain]]
name = "customer"
[[chain.step]]
name = "imported"
from = "events"
where = "event = 'imported'"
object = "customer_id"
[[chain.step]]
name = "provided"
from = "requests"
where = "status = 200"
object = "params.customer_id"
"""


FIELDS = """
[[source]]
name = "shop"
inputs = ["shop/*.log"]
format = "syslog"
message = "json"
fields = { status = TABLE, took_s = "duration" }
"""


def write(folder: Path, text: str) -> Path:
    (folder / "daytally.toml").write_text(text)
    return folder


def message(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(folder, text))
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_good_file_loads_with_paths_below_its_folder(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, GOOD))
    assert settings.warehouse == str(tmp_path / "warehouse")
    assert [source.name for source in settings.source] == ["api", "importer"]
    assert settings.chain[0].step[1].records == "requests"
    assert settings.routes_of(settings.source[0]) == ["/customers/{customer_id}"]
    assert settings.zone_of(settings.source[1]).key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("Europe/Berlin", "Europe/Berlim", 3, "Europe/Berlim"),
        ('format = "nginx:combined"', 'formt = "nginx:combined"', 8, "Did you mean 'format'?"),
        ('customer_id = "text"', 'customer_id = "texx"', 16, "Did you mean 'text'?"),
        ('customer_id = "text"', 'customer_id = 5', 16, "must be a type, or a table of type"),
        ('customer_id = "text"', 'customer_id = { key = "k" }', 16, "type: missing"),
        ('customer_id = "text"', 'host = "text"', 15, "column of every event"),
        ('customer_id = "text"', 'a = { typ = "text" }', 16, "Did you mean 'type'?"),
        ('message = "logfmt"', '', 10, 'has fields but no message; add message = "logfmt"'),
        ('message = "logfmt"', 'message = "logfmt"\nlongest_line = "9MiB"', 15, "at most 8MiB"),
        ('message = "logfmt"', 'message = "logfmt"\nlongest_line = "2 MB"', 15, "a unit, KiB or"),
        ('from = "events"', 'from = "event"', 26, "'requests' or 'events'"),
        ('from = "requests"', 'frm = "requests"', 31, "Did you mean 'from'?"),
        ('name = "importer"', 'name = "Im porter"', 11, "must be lower case"),
        ('["imp/*.log"]', "[]", 12, "needs 1 or more; it has 0"),
        ('["imp/*.log"]', '"imp/*.log"', 12, "must be a list, as in"),
        ('["imp/*.log"]', '["s3:/bucket/imp/"]', 12, "paths, globs, or s3://bucket/prefix"),
        ('name = "Hub"', "name = 5", 2, "must be text in quotes (it is 5)"),
        ('name = "Hub"', 'name = " "', 2, "must not be empty"),
        ('name = "Hub"', 'name = "Hub"\nwarehouse = "s3:/b"', 3, "a local folder, or s3://bucket"),
        ('message = "logfmt"', 'message = "json"\nlookback_days = -1', 15, "must be 0 or more"),
        ('message = "logfmt"', 'message = "json"\nlookback_days = 999', 15, "must be 366 or less"),
        ('message = "logfmt"', 'message = "json"\nlookback_days = "x"', 15, "a whole number"),
        ('message = "logfmt"', 'message = "json"\nexpect = "hourly"', 15, "must be 'daily'"),
        ('name = "customer"', 'name = "customer"\ngrace = "1 w"', 24, "a whole number and a unit"),
        ("[[route]]", '[special_days]\nfair = ["2026-13-01"]\n[[route]]', 19, "a day such as"),
        ('["imp/*.log"]', '["gs://bucket/logs/"]', 12, "paths, globs, or s3://bucket/prefix"),
        ('["imp/*.log"]', '["imp/{date}.log"]', 12, "'{date}' is no day; write {day:%Y/%m/%d}"),
        ('source = "api"', 'source = "apy"', 19, "Did you mean 'api'?"),
        ('name = "importer"', 'name = "api"', 11, "'api' is used twice"),
        ('format = "syslog"\n', "", 10, "exactly one of format, log_format, apache_format"),
        ('name = "provided"', 'name = "imported"', 30, "'imported' is used twice"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_line_and_what_is_known(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    said = message(tmp_path, GOOD.replace(old, new, 1))
    assert f"daytally.toml:{line}: " in said
    assert says in said


def test_all_mistakes_are_said_at_once_in_the_files_order(tmp_path: Path) -> None:
    text = GOOD.replace('format = "nginx:combined"', 'fmt = "x"').replace("Berlin", "Berlim")
    lines = message(tmp_path, text).splitlines()
    places = [int(line.split("daytally.toml:")[1].split(":")[0]) for line in lines]
    assert places == sorted(places)
    assert len(places) >= 2


def test_a_field_with_two_types_is_refused(tmp_path: Path) -> None:
    other = GOOD.replace('name = "importer"', 'name = "store"')
    second = other[other.index('[[source]]\nname = "store"') : other.index("[[route]]")]
    said = message(tmp_path, GOOD + second.replace('"text"', '"integer"'))
    assert "daytally.toml:40: source[2].fields.customer_id: " in said
    assert "field 'customer_id' is text in source 'importer' and integer in source 'store'" in said


def test_a_field_may_have_a_key_of_another_name(tmp_path: Path) -> None:
    table = '{ key = "http.response.status", type = "integer" }'
    settings = load_settings(write(tmp_path, GOOD + FIELDS.replace("TABLE", table)))
    source = settings.source[2]
    assert source.field_types == {"status": "integer", "took_s": "duration"}
    assert source.field_keys == {"status": "http.response.status"}


def test_text_that_is_no_toml_says_where(tmp_path: Path) -> None:
    assert "line 2" in message(tmp_path, "[project]\nname = \n")


def test_a_folder_without_project_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="daytally demo DIR"):
        load_settings(tmp_path)


def test_the_line_of_a_key_in_the_second_element_is_its_own() -> None:
    assert line_of(GOOD, ("source", 1, "format")) == 13
    assert line_of(GOOD, ("source", 1, "fields", "customer_id")) == 16
    assert line_of(GOOD, ("chain", 0, "step", 1, "where")) == 32
    assert line_of(GOOD, ("chain", 0, "step", 1, "nothing")) == 29


@given(st.text(), st.lists(st.one_of(st.text(), st.integers(0, 3)), max_size=4))
def test_looking_for_a_line_never_fails(text: str, place: list[str | int]) -> None:
    assert 1 <= line_of(text, place) <= max(1, len(text.splitlines()))
