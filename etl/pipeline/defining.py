"""What daytally.toml says of sources, chains and routes, as the views want it."""

from __future__ import annotations

from collections.abc import Mapping

from etl.formats.fields import LineFormat
from etl.metrics.steps import Chain, Step
from etl.metrics.views import Definitions
from etl.settings import Settings
from etl.settings.parts import as_seconds


def definitions_of(settings: Settings, formats: Mapping[str, LineFormat]) -> Definitions:
    """Return what the views need to know of a project."""
    return Definitions(
        zone=settings.zone,
        sources=[
            (source.name, formats[source.name].stored.table, source.expect == "daily")
            for source in settings.source
        ],
        steps=[
            Step(chain.name, one.name, position, one.records, one.where, one.object, one.repeats)
            for chain in settings.chain
            for position, one in enumerate(chain.step, start=1)
        ],
        chains=[
            Chain(chain.name, chain.grace_period, chain.lookback_days) for chain in settings.chain
        ],
        within_s=as_seconds(settings.project.within),
        routes_within_s={
            (route.source, route.path): as_seconds(route.within)
            for route in settings.route
            if route.within
        },
    )
