"""Brings settings, formats, metrics and warehouse together, and finds mistakes before any work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa

from etl.days import day_of
from etl.errors import ConfigError
from etl.formats.fields import LineFormat
from etl.formats.message import MessageFormat, compile_message
from etl.formats.registry import compile_format
from etl.formats.routes import RouteTable, compile_routes
from etl.metrics.catalogue import idle_reason, load_catalogue
from etl.metrics.defining import digest
from etl.metrics.sheet import Override
from etl.metrics.views import Definitions
from etl.model import Sheet
from etl.parse.batch import BlockParser
from etl.pipeline.defining import definitions_of
from etl.pipeline.ingest import SourceJob
from etl.pipeline.reading import Reader
from etl.pipeline.windows import check_retention
from etl.resources import sql_folder, templates_folder
from etl.s3 import S3Options
from etl.schema import INPUTS, REJECTS, events_schema, requests_schema
from etl.settings import Settings, SourceSettings
from etl.settings.load import place_of
from etl.sources.anywhere import AnySource, with_days
from etl.store.bucket import place_at
from etl.store.tables import Warehouse

FORMAT_KEYS = ("format", "log_format", "apache_format")


@dataclass(frozen=True, slots=True)
class Project:
    """A checked project.

    Attributes:
        sheets: The metrics that have something to measure.
        idle: Those that have not, and why.
        formats: Each source's compiled format.
        messages: What is taken out of the messages of sources that say so.
        definitions_digest: Short hash of all that defines measurements besides the data.
        wait_s: How long a run waits for another one to end, in seconds.
    """

    settings: Settings
    warehouse: Warehouse
    sheets: dict[str, Sheet]
    idle: dict[str, str]
    formats: dict[str, LineFormat]
    messages: dict[str, MessageFormat]
    definitions: Definitions
    definitions_digest: str
    wait_s: float = 0

    def schema_of(self, table: str) -> pa.Schema:
        """Return what a table of the warehouse must be able to hold for this project."""
        if table == "requests":
            routes = [compile_routes(self.settings.routes_of(s)) for s in self.settings.source]
            return requests_schema([name for table in routes for name in table.params])
        if table == "events":
            fields = {
                k: v for source in self.settings.source for k, v in source.field_types.items()
            }
            return events_schema(fields)
        return {"rejects": REJECTS, "inputs": INPUTS}[table]

    def tables(self) -> dict[str, pl.LazyFrame]:
        """Return the tables that metrics read, as they are now."""
        names = ("requests", "events", "rejects", "inputs")
        return {name: self.warehouse.scan(name, self.schema_of(name)) for name in names}

    def jobs(self, now: datetime, past: Sequence[date] = ()) -> list[SourceJob]:
        """Return one reading job per source.

        Args:
            now: The run's time, UTC.
            past: Days whose inputs are wanted besides those within the sources' look-back.
        """
        origin = AnySource(self.settings.root, _s3_options(self.settings))
        return [self._job(source, origin, now, past) for source in self.settings.source]

    def _job(
        self, source: SourceSettings, origin: AnySource, now: datetime, past: Sequence[date]
    ) -> SourceJob:
        line_format = self.formats[source.name]
        reader = Reader(
            origin=origin,
            source=source.name,
            table=line_format.stored.table,
            yearless=line_format.yearless,
            headed=line_format.header is not None,
            make_parser=_parser_maker(
                self.settings, source, line_format, self.messages.get(source.name)
            ),
            zone=self.settings.zone,
            place=self.warehouse.place,
            now=now,
            tolerance=self.settings.project.tolerance,
        )
        today = day_of(now, self.settings.zone)
        # Zones ahead of ours are in tomorrow already.
        near = (today - timedelta(days=n) for n in range(-1, source.lookback_days + 1))
        patterns = with_days(source.inputs, sorted({*near, *past}))
        return SourceJob(reader, tuple(patterns), self.schema_of)


def open_project(settings: Settings) -> Project:
    """Compile formats, routes and metrics.

    Raises:
        ConfigError: Anything is wrong; the message names file and line.
    """
    formats = {
        source.name: _compile(settings, number, source)
        for number, source in enumerate(settings.source)
    }
    messages = {
        source.name: _compile_message(settings, number, source, formats[source.name])
        for number, source in enumerate(settings.source)
        if source.message is not None
    }
    _check_routes(settings, formats)
    own = settings.root / "sql"
    catalogue = load_catalogue(
        sql_folder(), own if own.is_dir() else None, _overrides(settings), settings.special_days
    )
    definitions = definitions_of(settings, formats)
    reasons = {
        name: idle_reason(sheet, definitions, has_routes=bool(settings.route))
        for name, sheet in catalogue.items()
    }
    sheets = {name: sheet for name, sheet in catalogue.items() if not reasons[name]}
    check_retention(settings, sheets.values(), definitions)
    return Project(
        settings=settings,
        warehouse=Warehouse(place_at(settings.warehouse, _s3_options(settings))),
        sheets=sheets,
        idle={name: reason for name, reason in reasons.items() if reason},
        formats=formats,
        messages=messages,
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


def _s3_options(settings: Settings) -> S3Options:
    return S3Options(**settings.s3.model_dump())


def templates_of(settings: Settings) -> tuple[Path, Path | None]:
    """Return the folder of the built-in templates, and the project's own where it has one."""
    own = settings.root / "reports"
    return templates_folder(), own if own.is_dir() else None


def _compile(settings: Settings, number: int, source: SourceSettings) -> LineFormat:
    try:
        line_format = compile_format(
            builtin=source.format,
            nginx=source.log_format,
            apache=source.apache_format,
            inner=source.inner,
            columns=source.columns,
        )
    except ConfigError as error:
        key = _mistaken_key(source)
        place = place_of(settings.root, "source", number, key)
        raise ConfigError(f"{place}: source[{number}].{key}: {error}") from error
    return line_format


def _compile_message(
    settings: Settings, number: int, source: SourceSettings, line_format: LineFormat
) -> MessageFormat:
    place = place_of(settings.root, "source", number, "message")
    if line_format.stored.table != "events":
        raise ConfigError(
            f"{place}: source '{source.name}' reads requests, which have no message;"
            " leave message and fields out"
        )
    try:
        return compile_message(source.message or "", source.field_types, source.field_keys)
    except ConfigError as error:
        raise ConfigError(f"{place}: source[{number}].message: {error}") from error


def _mistaken_key(source: SourceSettings) -> str:
    """Return the key to blame for a source's format: the first with which it does not compile."""
    key = next(key for key in FORMAT_KEYS if getattr(source, key) is not None)
    compiled = partial(
        compile_format,
        builtin=source.format,
        nginx=source.log_format,
        apache=source.apache_format,
    )
    try:
        compiled()
        key = "inner"
        compiled(inner=source.inner)
    except ConfigError:
        return key
    return "columns"


def _check_routes(settings: Settings, formats: dict[str, LineFormat]) -> None:
    for number, route in enumerate(settings.route):
        place = place_of(settings.root, "route", number, "path")
        if formats[route.source].stored.table != "requests":
            raise ConfigError(f"{place}: source '{route.source}' has events, and so no routes")
        try:
            compile_routes([route.path])
        except ConfigError as error:
            raise ConfigError(f"{place}: {error}") from error


def _parser_maker(
    settings: Settings,
    source: SourceSettings,
    line_format: LineFormat,
    message: MessageFormat | None,
) -> Callable[[datetime], BlockParser]:
    paths = settings.routes_of(source)
    routes: RouteTable | None = compile_routes(paths) if paths else None
    zone = settings.zone_of(source)

    def make(reference: datetime) -> BlockParser:
        return BlockParser(
            line_format,
            zone=zone,
            reference=reference,
            message=message,
            routes=routes,
            max_line_bytes=source.longest_line_bytes,
        )

    return make
