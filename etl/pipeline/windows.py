"""Which days around a day its measurements depend on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from etl.errors import ConfigError
from etl.metrics.case import Known
from etl.metrics.views import Definitions
from etl.model import Sheet
from etl.settings import Settings
from etl.settings.load import place_of
from etl.store.reads import first_and_last
from etl.store.tables import Warehouse


def lookback_days(sheets: Iterable[Sheet], definitions: Definitions) -> int:
    """Return how many days before a day its metrics look at, at most."""
    of_sheets = [sheet.lookback_days for sheet in sheets]
    return max([*of_sheets, *(chain.lookback_days for chain in definitions.chains)], default=0)


def ahead_days(definitions: Definitions, day: date) -> int:
    """Return how many days behind a day decide what became of its objects, at most."""
    ahead = (chain.ahead_days(day, definitions.zone) for chain in definitions.chains)
    return max(ahead, default=0)


def known_span(warehouse: Warehouse) -> Known:
    """Return between which instants the warehouse has data."""
    return Known(*first_and_last(warehouse))


def check_retention(settings: Settings, sheets: Iterable[Sheet], definitions: Definitions) -> None:
    """Refuse to remove rows that a day needs which is still to be measured, or measured again.

    Raises:
        ConfigError: Names the line of the setting, what needs the rows, and the least that will do.
    """
    needs = [
        (sheet.lookback_days, 0, f"metric '{sheet.name}' looks back {sheet.lookback_days} days")
        for sheet in sheets
    ]
    for chain in definitions.chains:
        what = f"chain '{chain.name}' looks back {chain.lookback_days} days"
        if ahead := chain.most_ahead_days:
            what += f" and, for its grace period, {ahead} ahead"
        needs.append((chain.lookback_days, ahead, what))
    for table, days in settings.retention.by_table.items():
        for back, ahead, what in needs:
            least = back + ahead + 2
            if days < least:
                place = place_of(settings.root, "retention", table)
                raise ConfigError(
                    f"{place}: retention.{table}: {days} days are too few: {what}, and a day is"
                    f" measured the night after it; keep at least {least}"
                )
