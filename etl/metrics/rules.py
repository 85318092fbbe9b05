"""Which target holds for which measurement: by dimension, weekday and named days.

In a sheet: `targets = [{ weekday = ["sat", "sun"], target = "<= 5" }, …]`. The keys `target`,
`weekday` and `days` have their meaning; every other key is a dimension of the metric.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from etl.errors import SheetError, nearest
from etl.metrics.targets import parse_target
from etl.model import WEEKDAYS, Dimensions, Sheet, TargetRule

FIGURES = ("value", "n", "numerator", "denominator", "first_at", "last_at")
"""Columns of a metric's result that are not dimensions."""

_RESTS = ("day", "sday", "nesday", "rsday", "day", "urday", "day")
"""What a weekday's whole name has behind its short one."""

NO_TARGET = "none"
"""What a rule says where nothing is demanded."""


def target_for(sheet: Sheet, dimensions: Dimensions, day: date) -> str:
    """Return the text of the target that holds for a measurement; empty for none."""
    for rule in sheet.targets:
        if _is_day(rule, day) and _is_about(rule, dimensions):
            return rule.target
    return sheet.target


def target_of_day(sheet: Sheet, day: date) -> str:
    """Return a target that a metric has on a day, whatever it is about; empty for none.

    For what stands in where a metric gave no row at all.
    """
    for rule in sheet.targets:
        if _is_day(rule, day) and not rule.dimensions:
            return rule.target
    if sheet.target:
        return sheet.target
    held = (rule.target for rule in sheet.targets if _is_day(rule, day) and rule.target)
    return next(held, "")


def reach_days(sheet: Sheet) -> int:
    """Return how many days of measurements before the day a metric's targets need."""
    texts = [sheet.target, *(rule.target for rule in sheet.targets)]
    return max((parse_target(text).reach_days for text in texts if text), default=0)


def parse_rules(given: Any, special_days: Mapping[str, Sequence[date]]) -> tuple[TargetRule, ...]:
    """Read the value of `targets`.

    Args:
        given: As TOML gives it.
        special_days: Lists of days that rules may name, as holidays.

    Raises:
        ValueError: Says which rule is wrong, and how.
    """
    if not isinstance(given, list) or not all(isinstance(rule, dict) for rule in given):
        raise ValueError('targets must be a list of tables, as [{ source = "a", target = "<= 2" }]')
    rules = []
    for number, rule in enumerate(given):
        try:
            rules.append(_rule(rule, special_days))
        except ValueError as error:
            raise ValueError(f"targets[{number}]: {error}") from error
    return tuple(rules)


def check_dimensions(sheet: Sheet, columns: Iterable[str]) -> None:
    """Make sure that the targets of a metric speak of dimensions that it has.

    Args:
        sheet: The metric.
        columns: Of its result.

    Raises:
        SheetError: A rule would never hold; with file and line.
    """
    known = [name for name in columns if name not in FIGURES]
    for number, rule in enumerate(sheet.targets):
        for name in rule.dimensions:
            if name not in known:
                raise SheetError(
                    f"{sheet.place('targets')}: targets[{number}]: {sheet.name} has no dimension"
                    f" '{name}'. {nearest(name, known)}"
                )


def _is_day(rule: TargetRule, day: date) -> bool:
    return (not rule.weekdays or day.weekday() in rule.weekdays) and (
        not rule.days or day in rule.days
    )


def _is_about(rule: TargetRule, dimensions: Dimensions) -> bool:
    return all(
        any(_same(dimensions.get(name), value) for value in values)
        for name, values in rule.dimensions.items()
    )


def _same(found: object, wanted: object) -> bool:
    # In Python True equals 1; in a target it must not.
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def _rule(given: Mapping[str, Any], special_days: Mapping[str, Sequence[date]]) -> TargetRule:
    if not isinstance(given.get("target"), str):
        raise ValueError(f'it needs a target, as target = "<= 2" or target = "{NO_TARGET}"')
    text = given["target"].strip()
    conditions = {key: value for key, value in given.items() if key != "target"}
    weekdays = tuple(_weekday(name) for name in _many(conditions.pop("weekday", [])))
    days = tuple(_days(conditions.pop("days", []), special_days))
    return TargetRule(
        target="" if text == NO_TARGET else str(parse_target(text)),
        dimensions={name: _values(name, value) for name, value in conditions.items()},
        weekdays=tuple(sorted(set(weekdays))),
        days=tuple(sorted(set(days))),
    )


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _values(name: str, value: Any) -> tuple[str | int | float | bool, ...]:
    values = _many(value)
    if not values or not all(isinstance(each, str | int | float | bool) for each in values):
        raise ValueError(f"{name} must be a value of that dimension, or a list of them")
    return tuple(values)


def _weekday(name: Any) -> int:
    text = str(name).lower()
    for number, (short, rest) in enumerate(zip(WEEKDAYS, _RESTS, strict=True)):
        if text in (short, short + rest):
            return number
    raise ValueError(f"unknown weekday {name!r}. {nearest(text, WEEKDAYS)}")


def _days(value: Any, special_days: Mapping[str, Sequence[date]]) -> Iterable[date]:
    for each in _many(value):
        if isinstance(each, str) and each in special_days:
            yield from special_days[each]
            continue
        try:
            yield as_day(each)
        except ValueError:
            known = nearest(str(each), special_days)
            raise ValueError(
                f"days: {each!r} is neither a day (YYYY-MM-DD) nor a list of [special_days]."
                f" {known}"
            ) from None


def as_day(value: Any) -> date:
    """Return a day that TOML gave as a date or as text.

    Raises:
        ValueError: It is none.
    """
    if type(value) is date:
        return value
    if isinstance(value, str):
        return date.fromisoformat(value)
    raise ValueError(f"{value!r} is no day; write YYYY-MM-DD")
