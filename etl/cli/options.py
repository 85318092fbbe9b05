"""What several commands share: their state, days, and options used more than once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import click

from etl.errors import ConfigError

if TYPE_CHECKING:
    from etl.pipeline.intake import Intake
    from etl.pipeline.project import Project

Command = TypeVar("Command", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class State:
    """Global options, as commands see them.

    Attributes:
        root: The project folder.
        now: The clock, read once: UTC.
    """

    root: Path
    now: datetime
    quiet: bool

    def open_project(self, wait_s: float = 0) -> Project:
        """Load and check the project.

        Args:
            wait_s: How long to wait for another run to end, in seconds.
        """
        from etl.pipeline.project import open_project
        from etl.settings import load_settings

        return replace(open_project(load_settings(self.root)), wait_s=wait_s)

    def open_intake(self, wait_s: float = 0) -> Intake:
        """Load and check of the project what reading its logs needs."""
        from etl.pipeline.intake import open_intake
        from etl.settings import load_settings

        return replace(open_intake(load_settings(self.root)), wait_s=wait_s)


class DayType(click.ParamType[date | str]):
    """`YYYY-MM-DD`, `today` or `yesterday`; the words wait for the project's time zone."""

    name = "day"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date | str:
        """Return a date, or one of the two words."""
        if isinstance(value, date) or value in {"today", "yesterday"}:
            return value
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self.fail(f"there is no day {value}", param, ctx)
        return self.fail(f"'{value}' is no day; write YYYY-MM-DD, today or yesterday", param, ctx)


DAY = DayType()

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class DurationType(click.ParamType[float]):
    """A whole number and a unit, as in `90s` or `30m`; becomes seconds."""

    name = "duration"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"([0-9]{1,5})([smhd])", value)
        if found is None:
            return self.fail(f"'{value}' is no duration; write 90s, 30m, 6h or 1d", param, ctx)
        return float(int(found[1]) * _UNITS_S[found[2]])


wait_option = click.option(
    "--wait",
    type=DurationType(),
    default=0,
    metavar="DURATION",
    help="Wait so long for another run to end, as in 30m. Default: leave at once, with exit 5.",
)


def window_options(command: Command) -> Command:
    """Add --day, --since and --until."""
    command = click.option("--until", type=DAY, help="Last day, included.")(command)
    command = click.option("--since", type=DAY, help="First day.")(command)
    return click.option("--day", type=DAY, help="One day. Default: yesterday.")(command)


json_option = click.option("--json", is_flag=True, help="Print JSON instead of a table.")


def resolve_day(value: date | str, now: datetime, zone: ZoneInfo) -> date:
    """Return the date that a day option means in the project's time zone."""
    if isinstance(value, date):
        return value
    today = now.astimezone(zone).date()
    return today if value == "today" else today - timedelta(days=1)


def resolve_window(
    day: date | str | None,
    since: date | str | None,
    until: date | str | None,
    now: datetime,
    zone: ZoneInfo,
) -> list[date]:
    """Return the days that --day, --since and --until mean together.

    Raises:
        ConfigError: They contradict each other.
    """
    from etl.days import days_between

    if day is not None and (since is not None or until is not None):
        raise ConfigError("--day goes without --since and --until: name one day, or a span of days")
    if since is None and until is None:
        return [resolve_day(day or "yesterday", now, zone)]
    if since is None:
        raise ConfigError("--until needs --since: which day is the first?")
    first = resolve_day(since, now, zone)
    last = resolve_day(until or "yesterday", now, zone)
    if last < first:
        raise ConfigError(f"--since {first} lies after --until {last}; no day is between them")
    return list(days_between(first, last))
