"""All metrics of a project: the built-in ones, and the user's that add to or replace them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from etl.errors import SheetError
from etl.metrics.sheet import read_sheet
from etl.model import CLASSES, Sheet


def load_catalogue(built_in: Path, own: Path | None = None) -> dict[str, Sheet]:
    """Read all SQL files of both folders; a file of the same name in `own` wins.

    Returns:
        Sheets by name, ordered by class (as reports show them), KPIs first, then by name.

    Raises:
        SheetError: At least one file is wrong; the message lists all mistakes, one a line.
    """
    paths = {path.stem: path for path in sorted(built_in.glob("*.sql"))}
    if own is not None:
        paths.update({path.stem: path for path in sorted(own.glob("*.sql"))})
    sheets: list[Sheet] = []
    mistakes: list[str] = []
    for path in paths.values():
        try:
            sheets.append(read_sheet(path))
        except SheetError as error:
            mistakes.append(str(error))
    if mistakes:
        raise SheetError("\n".join(mistakes))
    return {sheet.name: sheet for sheet in sorted(sheets, key=_order)}


def digest(sheets: Iterable[Sheet], definitions: Mapping[str, object]) -> str:
    """Return a short hash of all that defines the measurements besides the data."""
    text = "\n".join(sheet.name + sheet.sql for sheet in sheets) + repr(sorted(definitions.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _order(sheet: Sheet) -> tuple[int, bool, str]:
    return CLASSES.index(sheet.metric_class), not sheet.kpi, sheet.name
