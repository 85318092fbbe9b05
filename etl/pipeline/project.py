"""Brings settings, formats, metrics and warehouse together, and finds mistakes before any work."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from etl.metrics.catalogue import idle_reason, load_catalogue
from etl.metrics.defining import digest
from etl.metrics.sheet import Override
from etl.metrics.views import Definitions
from etl.model import Sheet
from etl.pipeline.defining import definitions_of
from etl.pipeline.intake import Intake, open_intake
from etl.pipeline.windows import check_retention
from etl.resources import sql_folder, templates_folder
from etl.settings import Settings
from etl.settings.load import place_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Project(Intake):
    """A checked project.

    Attributes:
        sheets: The metrics that have something to measure.
        idle: Those that have not, and why.
        definitions_digest: Short hash of all that defines measurements besides the data.
    """

    sheets: dict[str, Sheet]
    idle: dict[str, str]
    definitions: Definitions
    definitions_digest: str

    def tables(self) -> dict[str, pl.LazyFrame]:
        """Return the tables that metrics read, as they are now."""
        names = ("requests", "events", "rejects", "inputs")
        return {name: self.warehouse.scan(name, self.schema_of(name)) for name in names}


def open_project(settings: Settings) -> Project:
    """Compile formats, routes and metrics.

    Raises:
        ConfigError: Anything is wrong; the message names file and line.
    """
    intake = open_intake(settings)
    own = settings.root / "sql"
    catalogue = load_catalogue(
        sql_folder(), own if own.is_dir() else None, _overrides(settings), settings.special_days
    )
    definitions = definitions_of(settings, intake.formats)
    reasons = {
        name: idle_reason(sheet, definitions, has_routes=bool(settings.route))
        for name, sheet in catalogue.items()
    }
    sheets = {name: sheet for name, sheet in catalogue.items() if not reasons[name]}
    check_retention(settings, sheets.values(), definitions)
    return Project(
        settings=settings,
        warehouse=intake.warehouse,
        formats=intake.formats,
        messages=intake.messages,
        sheets=sheets,
        idle={name: reason for name, reason in reasons.items() if reason},
        definitions=definitions,
        definitions_digest=digest(sheets.values(), definitions),
    )


def _overrides(settings: Settings) -> dict[str, Override]:
    """Return what the project says of metrics, with the places where it says so."""

    def placed(name: str, key: str) -> str:
        # The first rule's number finds `[[metrics.x.targets]]` as well as `targets = [`.
        within: list[str | int] = [key, 0] if key == "targets" else [key] if key else []
        return place_of(settings.root, "metrics", name, *within)

    return {name: Override(keys, partial(placed, name)) for name, keys in settings.metrics.items()}


def templates_of(settings: Settings) -> tuple[Path, Path | None]:
    """Return the folder of the built-in templates, and the project's own where it has one."""
    own = settings.root / "reports"
    return templates_folder(), own if own.is_dir() else None
