"""What reading logs needs of a project: settings, formats and warehouse, checked before any work.

Metrics are no part of it: a data sheet that is wrong keeps no log from being read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import pyarrow as pa

from etl.days import day_of
from etl.errors import ConfigError
from etl.formats.fields import LineFormat
from etl.formats.message import MessageFormat, compile_message
from etl.formats.registry import compile_format
from etl.formats.routes import RouteTable, compile_routes
from etl.parse.batch import BlockParser
from etl.pipeline.ingest import SourceJob
from etl.pipeline.reading import Reader
from etl.s3 import S3Options
from etl.schema import INPUTS, REJECTS, events_schema, requests_schema
from etl.settings import Settings, SourceSettings
from etl.settings.load import place_of
from etl.sources.anywhere import AnySource, with_days
from etl.store.bucket import place_at
from etl.store.tables import Warehouse

FORMAT_KEYS = ("format", "log_format", "apache_format")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A project as far as reading its logs goes.

    Attributes:
        formats: Each source's compiled format.
        messages: What is taken out of the messages of sources that say so.
        wait_s: How long a run waits for another one to end, in seconds.
    """

    settings: Settings
    warehouse: Warehouse
    formats: dict[str, LineFormat]
    messages: dict[str, MessageFormat]
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


def open_intake(settings: Settings) -> Intake:
    """Compile formats and routes.

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
    return Intake(
        settings=settings,
        warehouse=Warehouse(place_at(settings.warehouse, _s3_options(settings))),
        formats=formats,
        messages=messages,
    )


def _s3_options(settings: Settings) -> S3Options:
    return S3Options(**settings.s3.model_dump())


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
