"""The shape of daytally.toml as frozen pydantic models; messages speak to operators."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from etl.errors import nearest
from etl.model import LINE_LIMIT
from etl.schema import EVENT_COLUMNS, FIELD_TYPES
from etl.settings.chains import ChainSettings
from etl.settings.parts import (
    Duration,
    Identifier,
    Name,
    NonEmpty,
    Part,
    Size,
    Wait,
    as_bytes,
    as_span,
    refuse_doubles,
)
from etl.settings.retention import RetentionSettings
from etl.settings.words import SERVER_PATTERN, PlacedError


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"unknown time zone '{name}'; use an IANA name such as Europe/Berlin or UTC"
        raise ValueError(message) from None
    return name


def _is_address(value: str) -> bool:
    """Tell whether somebody meant an address of a server: `s3:/bucket` is no folder's name."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", value) is not None


ZoneName = Annotated[str, AfterValidator(_known_zone)]


class ProjectSettings(Part):
    """`[project]`: what the statement is about, and where it is kept."""

    name: NonEmpty
    timezone: ZoneName
    warehouse: NonEmpty = "warehouse"
    out: NonEmpty = "out"
    engine: Literal["local"] = "local"
    future_tolerance: Duration = "1d"
    within: Wait = "0.5s"

    @property
    def tolerance(self) -> timedelta:
        """How far after a run's time a line may be dated."""
        return as_span(self.future_tolerance)

    @field_validator("warehouse")
    @classmethod
    def _known_place(cls, value: str) -> str:
        if _is_address(value) and not re.fullmatch(r"s3://[^/]+(/[^?#]*)?", value):
            raise ValueError("must be a local folder, or s3://bucket/prefix")
        return value


def _known_type(name: str) -> str:
    if name not in FIELD_TYPES:
        raise ValueError(f"unknown type '{name}'. {nearest(name, FIELD_TYPES)}")
    return name


class FieldSettings(Part):
    """One key of `[source.fields]`: `status = "integer"`, or a table where its key is another."""

    type: Annotated[str, AfterValidator(_known_type)]
    key: Annotated[str, StringConstraints(min_length=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if isinstance(value, str):
            return {"type": value}
        if not isinstance(value, dict):
            raise ValueError(f"must be a type, or a table of type and key, not {value!r}")
        return value


class SourceSettings(Part):
    """`[[source]]`: a named stream of logs with one format."""

    name: Name
    inputs: Annotated[list[NonEmpty], Field(min_length=1)]
    format: str | None = None
    log_format: str | None = None
    apache_format: str | None = None
    inner: str | None = None
    columns: dict[Identifier, NonEmpty] = Field(default_factory=dict)
    expect: Literal["daily"] | None = None
    lookback_days: Annotated[int, Field(ge=0, le=366)] = 3
    timezone: ZoneName | None = None
    message: str | None = None
    fields: dict[Identifier, FieldSettings] = Field(default_factory=dict)
    longest_line: Size = "1MiB"

    @field_validator("longest_line")
    @classmethod
    def _held_line(cls, value: str) -> str:
        if as_bytes(value) > LINE_LIMIT:
            raise ValueError("at most 8MiB: no more of a line is held in memory")
        return value

    @field_validator("inputs")
    @classmethod
    def _known_places(cls, value: list[str]) -> list[str]:
        for pattern in value:
            if _is_address(pattern) and not re.match(r"s3://[^/]+", pattern):
                raise ValueError(f"'{pattern}': inputs are paths, globs, or s3://bucket/prefix")
            for opened in re.findall(r"\{[^{}]*\}?", pattern):
                if not re.fullmatch(r"\{day:[^{}]*%[^{}]*\}", opened):
                    raise ValueError(f"'{pattern}': '{opened}' is no day; write {{day:%Y/%m/%d}}")
        return value

    @field_validator("fields")
    @classmethod
    def _own_names(cls, value: dict[str, FieldSettings]) -> dict[str, FieldSettings]:
        for name in value:
            if name in EVENT_COLUMNS:
                raise ValueError(
                    f"'{name}' is a column of every event; give the field another name"
                )
        return value

    @model_validator(mode="after")
    def _one_format(self) -> Self:
        given = [
            k for k in ("format", "log_format", "apache_format") if getattr(self, k) is not None
        ]
        if len(given) != 1:
            named = " and ".join(given) or "none"
            raise ValueError(
                f"source '{self.name}' needs exactly one of format, log_format, apache_format;"
                f" it has {named}"
            )
        if self.fields and self.message is None:
            raise ValueError(
                f"source '{self.name}' has fields but no message;"
                ' add message = "logfmt", "json", "pairs" or "regex:…"'
            )
        return self

    @property
    def longest_line_bytes(self) -> int:
        """Bytes of the longest line that is read; longer ones are rejects."""
        return as_bytes(self.longest_line)

    @property
    def field_types(self) -> dict[str, str]:
        """Columns out of messages, to a key of `schema.FIELD_TYPES` each."""
        return {name: field.type for name, field in self.fields.items()}

    @property
    def field_keys(self) -> dict[str, str]:
        """Columns out of messages whose key there has another name, to that key."""
        return {name: field.key for name, field in self.fields.items() if field.key}


class RouteSettings(Part):
    """`[[route]]`: a path template; braces become route parameters."""

    source: Name
    path: NonEmpty
    within: Wait | None = None


class MailSettings(Part):
    """`[mail]`: who gets the statement, through which server. Secrets stay in the environment."""

    host: NonEmpty
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    starttls: bool = True
    ca_file: str | None = None
    username_env: str | None = None
    password_env: str | None = None
    sender: NonEmpty = Field(alias="from")
    to: Annotated[list[NonEmpty], Field(min_length=1)]
    report_url: str | None = None


class S3Settings(Part):
    """`[s3]`: where the server is. Keys come from boto3's usual chain, never from this file."""

    endpoint_url: Annotated[str, StringConstraints(pattern=SERVER_PATTERN)] | None = None
    region: NonEmpty | None = None
    requester_pays: bool = False


class Settings(Part):
    """The whole of daytally.toml.

    Attributes:
        metrics: Keys of data sheets that the project sets, by metric; checked with the sheets.
        special_days: Lists of days that targets may name, as holidays.
        root: The project folder; relative paths start there. Not part of the file.
    """

    project: ProjectSettings
    source: Annotated[list[SourceSettings], Field(min_length=1)]
    route: list[RouteSettings] = Field(default_factory=list)
    chain: list[ChainSettings] = Field(default_factory=list)
    mail: MailSettings | None = None
    s3: S3Settings = Field(default_factory=S3Settings)
    retention: RetentionSettings = RetentionSettings()
    metrics: dict[Name, dict[str, Any]] = Field(default_factory=dict)
    special_days: dict[Identifier, list[date]] = Field(default_factory=dict)
    root: Path = Path()

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        sources = [source.name for source in self.source]
        refuse_doubles("source", sources)
        refuse_doubles("chain", [chain.name for chain in self.chain])
        _refuse_two_types(self.source)
        for number, route in enumerate(self.route):
            if route.source not in sources:
                raise PlacedError(
                    f"route '{route.path}' names unknown source '{route.source}'."
                    f" {nearest(route.source, sources)}",
                    *("route", number, "source"),
                )
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The project's time zone, whose midnights bound the days."""
        return ZoneInfo(self.project.timezone)

    @property
    def warehouse(self) -> str:
        """Where the tables lie: a path, or an address in S3."""
        named = self.project.warehouse
        return named if "://" in named else str(self.root / named)

    @property
    def out(self) -> Path:
        """Where the reports go."""
        return self.root / self.project.out

    def zone_of(self, source: SourceSettings) -> ZoneInfo:
        """Return the zone of a source's time stamps that carry no offset."""
        return ZoneInfo(source.timezone or self.project.timezone)

    def routes_of(self, source: SourceSettings) -> list[str]:
        """Return the path templates of a source, in the file's order."""
        return [route.path for route in self.route if route.source == source.name]


def _refuse_two_types(sources: list[SourceSettings]) -> None:
    """All sources of events share one table, so that a column has one type."""
    first: dict[str, tuple[str, str]] = {}
    for number, source in enumerate(sources):
        for name, kind in source.field_types.items():
            other, other_kind = first.setdefault(name, (source.name, kind))
            if other_kind != kind:
                raise PlacedError(
                    f"field '{name}' is {other_kind} in source '{other}' and {kind} in source"
                    f" '{source.name}'; give both the same type, or two names",
                    *("source", number, "fields", name),
                )
