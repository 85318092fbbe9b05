"""Reads one metric: a data sheet in TOML inside the first comment, then one `select`.

What a project says of a metric in daytally.toml (`[metrics.http_500]`) goes over the sheet and is
checked like it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from etl.errors import SheetError, nearest
from etl.metrics.budget import parse_budget
from etl.metrics.rules import NO_TARGET, as_day, parse_rules
from etl.metrics.targets import parse_target
from etl.model import CLASSES, Sheet

_FRAME = re.compile(
    r"\s*/\*\s*---\s*\n(?P<sheet>.*?)^\s*---\s*\*/(?P<sql>.*)", re.DOTALL | re.MULTILINE
)

REQUIRED = ("title", "class", "unit", "definition")
REQUIRED_OF_KPI = ("target", "owner", "business_value", "impact")
KINDS: dict[str, str] = {
    "title": "text",
    "class": "text",
    "definition": "text",
    "unit": "text",
    "data_source": "text",
    "owner": "text",
    "stakeholders": "texts",
    "kpi": "bool",
    "objective": "text",
    "business_value": "text",
    "target": "text",
    "targets": "rules",
    "budget": "text",
    "impact": "text",
    "runbook": "text",
    "since": "day",
    "review": "day",
    "lookback_days": "number",
    "min_n": "number",
    "better": "text",
    "evidence": "text",
}
"""Every key of a data sheet, in the order of the template, and what it holds."""

BOUND_TO_SQL = ("class", "unit", "lookback_days")
"""Keys that a project cannot set for a metric whose SQL it does not replace."""

BETTER = ("lower", "higher")
MOST_LOOKBACK_DAYS = 90
_KINDS_IN_WORDS = {
    "text": "str",
    "texts": "list of texts",
    "bool": "bool",
    "number": "whole number, 0 or more",
    "day": "day, as 2026-12-31",
}

SpecialDays = Mapping[str, Sequence[date]]


@dataclass(frozen=True, slots=True)
class Override:
    """What a project's configuration says of one metric.

    Attributes:
        keys: As TOML gives them.
        place: Returns `file:line` of a key, or of the whole for an empty one.
    """

    keys: Mapping[str, Any]
    place: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Given:
    """The keys of a sheet with their places, laid over each other."""

    path: Path
    keys: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def error(self, key: str, what: str) -> SheetError:
        return SheetError(f"{self.places.get(key, self.places[''])}: {what}")


def read_sheet(
    path: Path, override: Override | None = None, special_days: SpecialDays | None = None
) -> Sheet:
    """Read and check a metric's file; its SQL is checked later, against the views.

    Args:
        path: The file.
        override: What the project's configuration says of the metric.
        special_days: Lists of days that targets may name.

    Raises:
        SheetError: The sheet is missing or wrong; the message starts with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SheetError(f"{path}: cannot be read: {error}") from error
    match = _FRAME.match(text)
    if match is None:
        raise SheetError(f"{path}:1: no data sheet: the file must begin with /* --- … --- */")
    first_line = text[: match.start("sheet")].count("\n") + 1
    try:
        keys = tomllib.loads(match["sheet"])
    except tomllib.TOMLDecodeError as error:
        raise SheetError(
            f"{path}:{first_line}: the data sheet is not valid TOML: {error}"
        ) from error
    given = _Given(path)
    _lay_over(given, keys, _finder(path, match["sheet"], first_line))
    if override is not None:
        _refuse_bound(override)
        _lay_over(given, override.keys, override.place)
    _check_required(given)
    values = _values(given, special_days or {})
    if not match["sql"].strip():
        raise SheetError(f"{path}: no SQL behind the data sheet; a metric is one select")
    del given.places[""]
    return Sheet(name=path.stem, sql=text, path=str(path), places=given.places, **values)


def _finder(path: Path, sheet: str, first_line: int) -> Callable[[str], str]:
    """Return what knows in which line of the file a key of the sheet stands."""
    lines = sheet.splitlines()

    def place(key: str) -> str:
        is_key = re.compile(rf"\s*(?:\[\[)?{re.escape(key)}\s*(?:=|\]\])")
        found = [number for number, line in enumerate(lines) if key and is_key.match(line)]
        return f"{path}:{first_line + (found[0] if found else 0)}"

    return place


def _lay_over(given: _Given, keys: Mapping[str, Any], place: Callable[[str], str]) -> None:
    given.places.setdefault("", place(""))
    for key, value in keys.items():
        if key not in KINDS:
            what = f"unknown key '{key}' in the data sheet. {nearest(key, KINDS)}"
            raise SheetError(f"{place(key)}: {what}")
        given.keys[key] = value
        given.places[key] = place(key)
    if "target" in keys and "targets" not in keys:
        # A project that says one target means all measurements, not those that no rule takes.
        given.keys.pop("targets", None)


def _refuse_bound(override: Override) -> None:
    for key in override.keys:
        if key in BOUND_TO_SQL:
            raise SheetError(
                f"{override.place(key)}: '{key}' belongs to the metric's SQL;"
                " to change it, put a file of the metric's name in sql/"
            )


def _check_required(given: _Given) -> None:
    for key in REQUIRED:
        if key not in given.keys:
            raise given.error(key, f"the data sheet lacks '{key}'")


def _values(given: _Given, special_days: SpecialDays) -> dict[str, Any]:
    """Return the checked values by the names of the sheet's fields."""
    values: dict[str, Any] = {}
    for key, value in given.keys.items():
        try:
            name = "metric_class" if key == "class" else key
            values[name] = _value(key, value, special_days)
        except ValueError as error:
            raise given.error(key, str(error)) from error
    has_target = bool(values.get("target")) or any(r.target for r in values.get("targets", ()))
    if values.get("kpi"):
        _check_kpi(given, values, has_target=has_target)
    if "budget" in values and not has_target and parse_budget(values["budget"]).kind == "days":
        raise given.error("budget", "a day is bad when it misses its target; add a target")
    return values


def _value(key: str, value: Any, special_days: SpecialDays) -> Any:
    kind = KINDS[key]
    if kind == "rules":
        return parse_rules(value, special_days)
    if kind == "day":
        try:
            return as_day(value)
        except ValueError as error:
            what = f"{key} must be a {_KINDS_IN_WORDS[kind]}; it is {value!r}"
            raise ValueError(what) from error
    if not _is(kind, value):
        raise ValueError(f"{key} must be a {_KINDS_IN_WORDS[kind]}; it is {value!r}")
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and not text.strip():
            raise ValueError(f"{key} is empty; leave it out, or say something")
    _check_meaning(key, value)
    if key == "target":
        return "" if value.strip() == NO_TARGET else str(parse_target(value))
    return tuple(value) if isinstance(value, list) else value


def _is(kind: str, value: Any) -> bool:
    if kind == "texts":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind == "number":
        return type(value) is int and value >= 0
    return type(value) is {"text": str, "bool": bool}[kind]


def _check_meaning(key: str, value: Any) -> None:
    if key == "class" and value not in CLASSES:
        raise ValueError(f"unknown class '{value}'. {nearest(value, CLASSES)}")
    if key == "better" and value not in BETTER:
        raise ValueError(f"better must be lower or higher. {nearest(value, BETTER)}")
    if key == "budget":
        parse_budget(value)
    if key == "lookback_days" and value > MOST_LOOKBACK_DAYS:
        raise ValueError(f"lookback_days must lie between 0 and {MOST_LOOKBACK_DAYS}")


def _check_kpi(given: _Given, values: Mapping[str, Any], *, has_target: bool) -> None:
    if values["metric_class"] == "quantity":
        raise given.error("kpi", "a quantity cannot be a KPI: nobody can influence it")
    for key in REQUIRED_OF_KPI:
        if not values.get(key) and not (key == "target" and has_target):
            raise given.error("kpi", f"a KPI needs '{key}' in its data sheet")
