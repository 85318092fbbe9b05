"""Reads one metric: a data sheet in TOML inside the first comment, then one `select`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from etl.errors import SheetError, nearest
from etl.metrics.targets import parse_target
from etl.model import CLASSES, Sheet

_FRAME = re.compile(
    r"\s*/\*\s*---\s*\n(?P<sheet>.*?)^\s*---\s*\*/(?P<sql>.*)", re.DOTALL | re.MULTILINE
)

REQUIRED = ("title", "class", "unit", "definition")
REQUIRED_OF_KPI = ("target", "owner", "business_value", "impact")
TYPES: dict[str, type] = {
    "title": str,
    "class": str,
    "unit": str,
    "definition": str,
    "kpi": bool,
    "owner": str,
    "business_value": str,
    "target": str,
    "impact": str,
    "runbook": str,
    "lookback_days": int,
}
MOST_LOOKBACK_DAYS = 90


def read_sheet(path: Path) -> Sheet:
    """Read and check a metric's file; its SQL is checked later, against the views.

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
    place = _Place(path, match["sheet"], first_line)
    _check_keys(keys, place)
    _check_meaning(keys, place)
    if not match["sql"].strip():
        raise SheetError(f"{path}: no SQL behind the data sheet; a metric is one select")
    return _sheet(path, keys, text)


class _Place:
    """Knows in which line of the file a key of the sheet stands."""

    def __init__(self, path: Path, sheet: str, first_line: int) -> None:
        self.path = path
        self._lines = sheet.splitlines()
        self._first = first_line

    def error(self, key: str, what: str) -> SheetError:
        starts = [
            n for n, line in enumerate(self._lines) if re.match(rf"\s*{re.escape(key)}\s*=", line)
        ]
        return SheetError(f"{self.path}:{self._first + (starts[0] if starts else 0)}: {what}")


def _check_keys(keys: dict[str, Any], place: _Place) -> None:
    for key, value in keys.items():
        if key not in TYPES:
            raise place.error(key, f"unknown key '{key}' in the data sheet. {nearest(key, TYPES)}")
        if type(value) is not TYPES[key]:
            raise place.error(key, f"{key} must be a {TYPES[key].__name__}; it is {value!r}")
        if isinstance(value, str) and not value.strip():
            raise place.error(key, f"{key} is empty; leave it out, or say something")
    for key in REQUIRED:
        if key not in keys:
            raise place.error(key, f"the data sheet lacks '{key}'")


def _check_meaning(keys: dict[str, Any], place: _Place) -> None:
    if keys["class"] not in CLASSES:
        known = nearest(keys["class"], CLASSES)
        raise place.error("class", f"unknown class '{keys['class']}'. {known}")
    if keys.get("kpi"):
        if keys["class"] == "quantity":
            raise place.error("kpi", "a quantity cannot be a KPI: nobody can influence it")
        for key in REQUIRED_OF_KPI:
            if key not in keys:
                raise place.error("kpi", f"a KPI needs '{key}' in its data sheet")
    if "target" in keys:
        try:
            parse_target(keys["target"])
        except ValueError as error:
            raise place.error("target", str(error)) from error
    if not 0 <= keys.get("lookback_days", 0) <= MOST_LOOKBACK_DAYS:
        what = f"lookback_days must lie between 0 and {MOST_LOOKBACK_DAYS}"
        raise place.error("lookback_days", what)


def _sheet(path: Path, keys: dict[str, Any], text: str) -> Sheet:
    return Sheet(
        name=path.stem,
        title=keys["title"],
        metric_class=keys["class"],
        unit=keys["unit"],
        definition=keys["definition"],
        sql=text,
        path=str(path),
        kpi=keys.get("kpi", False),
        owner=keys.get("owner", ""),
        business_value=keys.get("business_value", ""),
        target=keys.get("target", ""),
        impact=keys.get("impact", ""),
        runbook=keys.get("runbook", ""),
        lookback_days=keys.get("lookback_days", 0),
    )
