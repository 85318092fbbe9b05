"""All metrics of a project: the built-in ones, and the user's that add to or replace them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from etl.errors import SheetError, nearest
from etl.metrics.scope import OF_CHAINS, words_of
from etl.metrics.sheet import Override, SpecialDays, read_sheet
from etl.metrics.views import Definitions
from etl.model import CLASSES, Sheet


def load_catalogue(
    built_in: Path,
    own: Path | None = None,
    overrides: Mapping[str, Override] | None = None,
    special_days: SpecialDays | None = None,
) -> dict[str, Sheet]:
    """Read all SQL files of both folders; a file of the same name in `own` wins.

    Args:
        built_in: The folder of the built-in metrics.
        own: The project's folder.
        overrides: What the project's configuration says of metrics, by name.
        special_days: Lists of days that targets may name.

    Returns:
        Sheets by name, ordered by class (as reports show them), KPIs first, then by name.

    Raises:
        SheetError: At least one file is wrong; the message lists all mistakes, one a line.
    """
    overrides = overrides or {}
    paths = {path.stem: path for path in sorted(built_in.glob("*.sql"))}
    if own is not None:
        paths.update({path.stem: path for path in sorted(own.glob("*.sql"))})
    sheets: list[Sheet] = []
    mistakes = [
        f"{override.place('')}: unknown metric '{name}'. {nearest(name, paths)}"
        for name, override in overrides.items()
        if name not in paths
    ]
    for name, path in paths.items():
        try:
            sheets.append(read_sheet(path, overrides.get(name), special_days))
        except SheetError as error:
            mistakes.append(str(error))
    if mistakes:
        raise SheetError("\n".join(mistakes))
    return {sheet.name: sheet for sheet in sorted(sheets, key=_order)}


def idle_reason(sheet: Sheet, definitions: Definitions, *, has_routes: bool) -> str:
    """Say why a metric can have nothing to measure in a project; empty if it can.

    A project without chains would otherwise be told every day that its chains have no data.
    """
    words = words_of(sheet)
    tables = {records for _, records, _ in definitions.sources}
    if words & OF_CHAINS and not definitions.steps:
        return "no chain is configured"
    for table in ("requests", "events"):
        others = {"requests", "events"} - {table}
        if table in words and table not in tables and not words & others:
            return f"no source has {table}"
    if "route" in words and not has_routes:
        return "no route is configured"
    return ""


def _order(sheet: Sheet) -> tuple[int, bool, str]:
    return CLASSES.index(sheet.metric_class), not sheet.kpi, sheet.name
