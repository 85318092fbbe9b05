"""What is thin is said, with its line; what somebody has thought about is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from etl.metrics.catalogue import load_catalogue
from etl.metrics.lint import lint
from etl.model import Measurement, Sheet, TargetRule, Verdict
from etl.resources import sql_folder

TODAY = date(2026, 12, 1)
GOOD = Sheet(
    name="wrong_answers",
    title="Wrong answers",
    metric_class="errors",
    unit="requests",
    definition="Requests answered with status 500, per day and source.",
    sql="",
    path="own/wrong_answers.sql",
    kpi=True,
    data_source="Access logs.",
    owner="Ada Example",
    stakeholders=("Sales",),
    objective="Whoever asks gets an answer.",
    business_value="A customer that was asked for and not shown.",
    target="<= 2",
    impact="Clients call support and lose trust.",
    runbook="Look at the log of that minute.",
    since=date(2026, 1, 1),
    review=date(2027, 1, 1),
    places={"owner": "daytally.toml:9", "impact": "own/wrong_answers.sql:12"},
)


def said(measured: list[Measurement] | None = None, **changes: Any) -> list[tuple[str, str]]:
    found = lint([replace(GOOD, **changes)], measured or [], today=TODAY, built_in="sql")
    return [(one.key, one.what) for one in found]


def series(letters: str, **more: Any) -> list[Measurement]:
    """Return a measurement a day, the newest last: `+` met, `x` missed, `?` no data."""
    verdicts = {"+": Verdict.MET, "x": Verdict.MISSED, "?": Verdict.NO_DATA}
    fields: dict[str, Any] = {
        "metric": "wrong_answers", "metric_class": "errors", "dimensions": {}, "value": 1.0,
        "numerator": None, "denominator": None, "n": 9, "unit": "requests", "target": "<= 2",
        "first_at": None, "last_at": None, "previous_value": None,
        "measured_at": datetime(2026, 12, 1, tzinfo=UTC), "data_version": "v",
    } | more  # fmt: skip
    return [
        Measurement(day=TODAY - timedelta(days=len(letters) - i), verdict=verdicts[one], **fields)
        for i, one in enumerate(letters)
    ]


def test_a_thought_out_sheet_has_no_findings() -> None:
    assert said() == []


@pytest.mark.parametrize("owner", ["team", "The Team", "TBD", "n/a", "unknown", "?", "nobody", ""])
def test_an_owner_that_is_nobody_is_found(owner: str) -> None:
    ((key, what),) = said(owner=owner, kpi=False)
    assert (key, "name who is accountable" in what) == ("owner", True)


@pytest.mark.parametrize("owner", ["API team", "Todd", "Team Blue", "Nona", "Ali"])
def test_an_owner_that_is_somebody_is_left_alone(owner: str) -> None:
    assert said(owner=owner) == []


def test_the_example_owner_of_a_built_in_kpi_is_found_until_the_project_names_one() -> None:
    ((key, what),) = said(places={"owner": "sql/wrong_answers.sql:7"})
    assert key == "owner"
    assert "[metrics.wrong_answers] owner" in what
    assert said(places={"owner": "sql/wrong_answers.sql:7"}, kpi=False) == []


@pytest.mark.parametrize(
    ("changes", "key", "says"),
    [
        ({"impact": "Requests are answered with the status 500."}, "impact", "the definition"),
        ({"impact": "There are wrong answers."}, "impact", "repeats the title"),
        ({"impact": "Customer not shown, asked for."}, "impact", "repeats the business value"),
        ({"impact": "It is bad."}, "impact", "says little"),
        ({"business_value": "Fewer wrong answers."}, "business_value", "repeats the title"),
        ({"definition": "The wrong answers per day of requests.", "title": "Wrong answers to"
          " requests of a day"}, "definition", "repeats the title"),
        ({"definition": "Answers with status 500, per day."}, "definition", "its unit (requests)"),
        ({"definition": "Requests with status 500."}, "definition", "per what it is counted"),
        ({"unit": "s", "definition": "How slow answers were, per day."}, "definition", "unit (s)"),
        ({"review": date(2026, 11, 30)}, "review", "due on 2026-11-30"),
        ({"review": None}, "review", "no review date"),
        ({"runbook": ""}, "runbook", "without a runbook"),
        ({"objective": "", "since": None}, "objective", "lacks objective, since"),
        ({"kpi": False, "metric_class": "quantity"}, "target", "a quantity with a target"),
        ({"name": "times_p90"}, "min_n", "without min_n"),
        ({"sql": "select QUANTILE_DISC(request_time_s, 0.9) as value from requests"}, "min_n",
         "without min_n"),
        ({"targets": (TargetRule("<= 1", days=(date(2026, 11, 30),)),)}, "targets", "are past"),
        ({"targets": (TargetRule("<= 1"), TargetRule("<= 2", weekdays=(6,)))}, "targets",
         "targets[1] never holds"),
    ],
)  # fmt: skip
def test_what_is_thin_is_found(changes: dict[str, Any], key: str, says: str) -> None:
    found = said(**changes)
    assert [one[0] for one in found] == [key]
    assert says in found[0][1]


@pytest.mark.parametrize(
    ("letters", "says"),
    [
        ("+" * 7, "always met in the last 30 days (7 times on 7 days)"),
        ("x" * 8, "never met in the last 30 days (8 times on 8 days)"),
        ("+" * 7 + "?" * 3, "always met"),
    ],
)
def test_a_target_that_decides_nothing_is_found(letters: str, says: str) -> None:
    ((key, what),) = said(series(letters))
    assert key == "target"
    assert says in what


@pytest.mark.parametrize("letters", ["+" * 6, "+" * 6 + "x", "?" * 20, "x" * 6])
def test_too_few_days_or_both_verdicts_are_no_finding(letters: str) -> None:
    assert said(series(letters)) == []


def test_one_set_of_dimensions_that_never_meets_is_named() -> None:
    good = series("+" * 9, dimensions={"source": "api"})
    bad = series("x" * 9, dimensions={"source": "batch"})
    ((_, what),) = said([*good, *bad])
    assert what == "its target was never met in the last 30 days for source batch"


def test_findings_name_the_line_of_their_key() -> None:
    found = lint([replace(GOOD, owner="tbd", impact="Bad.")], [], today=TODAY, built_in="sql")
    assert [one.place for one in found] == ["daytally.toml:9", "own/wrong_answers.sql:12"]


def test_the_built_in_sheets_lack_nothing_but_your_owners() -> None:
    sheets = load_catalogue(sql_folder()).values()
    today = min(one.review for one in sheets if one.review)
    found = lint(sheets, [], today=today, built_in=str(sql_folder()))
    assert [(one.metric, one.what) for one in found if one.key != "owner"] == []
    assert {one.metric for one in found} == {one.name for one in sheets if one.kpi}
