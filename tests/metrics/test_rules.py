"""The first rule that holds gives the target; what cannot hold is refused."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from etl.errors import SheetError
from etl.metrics.rules import parse_rules, reach_days, target_for, target_of_day
from etl.metrics.sheet import Override, read_sheet
from etl.model import Sheet

SUNDAY, MONDAY, CHRISTMAS = date(2026, 12, 20), date(2026, 12, 21), date(2026, 12, 24)
HOLIDAYS = {"holidays": [CHRISTMAS, date(2026, 12, 25)]}
TEXT = """/* ---
title = "Wrong answers"
class = "errors"
definition = "Requests answered with 500, per day and source."
unit = "requests"
target = "<= 2"
targets = [
  { source = "batch", days = "holidays", target = "none" },
  { source = ["batch", "night"], target = "<= 20" },
  { weekday = ["sat", "Sunday"], target = "<= 5" },
  { days = ["2026-12-24"], target = ">= 50 % of same weekday" },
]
--- */
select 1 as value
"""


def read(folder: Path, text: str = TEXT, **override: Any) -> Sheet:
    path = folder / "wrong.sql"
    path.write_text(text)
    over = Override(override, lambda key: f"daytally.toml:{7 if key else 6}")
    return read_sheet(path, over if override else None, HOLIDAYS)


def test_the_first_rule_that_holds_wins(tmp_path: Path) -> None:
    sheet = read(tmp_path)
    said = {
        (source, day): target_for(sheet, {"source": source}, day)
        for source in ("api", "batch", "night")
        for day in (SUNDAY, MONDAY, CHRISTMAS)
    }
    assert said == {
        ("api", SUNDAY): "<= 5", ("api", MONDAY): "<= 2",
        ("api", CHRISTMAS): ">= 50 % of same weekday",
        ("batch", SUNDAY): "<= 20", ("batch", MONDAY): "<= 20", ("batch", CHRISTMAS): "",
        ("night", SUNDAY): "<= 20", ("night", MONDAY): "<= 20", ("night", CHRISTMAS): "<= 20",
    }  # fmt: skip
    assert reach_days(sheet) == 7


def test_a_metric_without_any_row_has_the_target_of_its_day(tmp_path: Path) -> None:
    sheet = read(tmp_path)
    assert [target_of_day(sheet, day) for day in (SUNDAY, MONDAY)] == ["<= 5", "<= 2"]
    free = TEXT.replace('days = ["2026-12-24"], target = ">= 50 % of same weekday"',
                        'days = ["2026-12-24"], target = "none"')  # fmt: skip
    assert target_of_day(read(tmp_path, free), CHRISTMAS) == ""


def test_a_dimension_that_is_absent_or_of_another_type_does_not_match() -> None:
    rules = parse_rules([{"flag": True, "target": "= 1"}], {})
    sheet = Sheet("m", "M", "errors", "x", "d", "", "", target="= 2", targets=rules)
    given: list[dict[str, Any]] = [{"flag": True}, {"flag": 1}, {"flag": None}, {}]
    assert [target_for(sheet, one, MONDAY) for one in given] == ["= 1", "= 2", "= 2", "= 2"]


def test_rules_say_in_words_when_they_hold(tmp_path: Path) -> None:
    assert [rule.when for rule in read(tmp_path).targets] == [
        "for source batch, on 2026-12-24, 2026-12-25", "for source batch or night",
        "on sat and sun", "on 2026-12-24"]  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("<= 2", "must be a list of tables"),
        ([{"source": "a"}], r"targets\[0\]: it needs a target"),
        ([{"target": "<= 2"}, {"target": "two"}], r"targets\[1\]: target 'two' is not understood"),
        ([{"weekday": "sunny", "target": "= 1"}], "unknown weekday 'sunny'.*Did you mean 'sun'"),
        ([{"weekday": ["montag"], "target": "= 1"}], "unknown weekday"),
        ([{"weekday": ["monxday"], "target": "= 1"}], "unknown weekday 'monxday'"),
        ([{"days": "holliday", "target": "= 1"}], "Did you mean 'holidays'"),
        ([{"days": ["2026-02-30"], "target": "= 1"}], "'2026-02-30' is neither"),
        ([{"source": [], "target": "= 1"}], "source must be a value"),
        ([{"source": {"a": 1}, "target": "= 1"}], "source must be a value"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(rules: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_rules(rules, HOLIDAYS)


def test_a_wrong_rule_names_the_line_of_the_rules(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match=r"wrong\.sql:7: targets\[2\]: unknown weekday"):
        read(tmp_path, TEXT.replace('"sat"', '"so"'))


def test_a_project_sets_owner_and_target_without_copying_sql(tmp_path: Path) -> None:
    sheet = read(tmp_path, owner="Ada", target="<= 10", review=MONDAY)
    assert (sheet.owner, sheet.target, sheet.targets, sheet.review) == ("Ada", "<= 10", (), MONDAY)
    assert sheet.place("owner") == "daytally.toml:7"
    assert sheet.place("unit").endswith("wrong.sql:5")
    rules = [{"source": "api", "target": "= 0"}]
    both = read(tmp_path, target="<= 10", targets=rules)
    assert target_for(both, {"source": "api"}, MONDAY) == "= 0"
    assert read(tmp_path, target="none").has_target is False


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ({"onwer": "Ada"}, "daytally.toml:7: unknown key 'onwer'.*Did you mean 'owner'"),
        ({"target": "about 2"}, "daytally.toml:7: target 'about 2' is not understood"),
        ({"unit": "s"}, "daytally.toml:7: 'unit' belongs to the metric's SQL"),
        ({"kpi": True}, "daytally.toml:7: a KPI needs 'owner'"),
        ({"min_n": -1}, "daytally.toml:7: min_n must be a whole number"),
        ({"since": "soon"}, "daytally.toml:7: since"),
        ({"stakeholders": "Sales"}, "daytally.toml:7: stakeholders must be a list of texts"),
        ({"better": "more"}, "daytally.toml:7: better must be lower or higher"),
    ],
)
def test_what_a_project_says_is_checked_like_a_sheet(
    tmp_path: Path, override: dict[str, Any], says: str
) -> None:
    with pytest.raises(SheetError, match=says):
        read(tmp_path, **override)


@pytest.mark.parametrize("number", range(7))
def test_a_weekday_has_a_short_and_a_whole_name(tmp_path: Path, number: int) -> None:
    name = f"{date(2026, 3, 2) + timedelta(days=number):%A}"  # from a Monday on
    for said in (name, name.lower(), name[:3], name[:3].upper()):
        sheet = read(tmp_path, targets=[{"weekday": said, "target": "= 1"}])
        assert [rule.weekdays for rule in sheet.targets] == [(number,)]
