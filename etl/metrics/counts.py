"""Requests and events counted once, for all metrics that add them up.

Days have millions of rows, and few different ones as far as a metric tells them apart. So each
table is grouped once at the finest grain that counting metrics need, and these sum the groups:

- `request_counts`: requests by source, hour, route, resource, method and status;
- `client_counts`: requests by source, client (address, user) and user agent;
- `request_times`: how many requests took how long, and how many that long or less;
- `event_counts`: events by source, application and severity;
- `fingerprints`: errors and warnings by source, severity and fingerprint.

Sums are those over the rows. Texts that are worked out, such as an agent's family, are worked out
for each different text and not for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from etl.metrics.derived import resource, with_agent_columns, with_event_columns
from etl.metrics.templates import paths, unrouted

MADE_OF = {
    "unrouted": "requests",
    "request_counts": "requests",
    "client_counts": "requests",
    "request_times": "requests",
    "event_counts": "events",
    "fingerprints": "events",
}
"""Views that sum up a table, and the table; each also with `_before`."""

WORST_SEVERITIES = 4
"""Severities that `fingerprints` has: 0 (emergency) to 3 (error), and 4 (warning)."""

REQUEST_KEYS = ("source", "hour", "route", "resource", "method", "status")
REQUEST_FIGURES = (
    *("requests", "bytes", "sized", "bytes_received", "received", "timed", "within"),
    *("first_at", "last_at"),
)
"""Columns of `request_counts`: what tells the requests apart, and what is counted of them."""

QUARTER_US = 900_000_000

_GRAINS = {"source": (), "route": ("route",), "method": ("method",)}
"""What `request_times` tells apart besides the source, by the value of its column `per`."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Requests, grouped as far as their rows have to be read for it; columns as in `COUNTED`.

    Attributes:
        routes: By what `request_counts` tells apart, by quarters instead of hours: local hours of
            all zones are made of these.
        clients: By client and user agent.
        times: By how long they took.
        paths: Those without a route, by path.
    """

    routes: pl.LazyFrame
    clients: pl.LazyFrame
    times: pl.LazyFrame
    paths: pl.LazyFrame


@dataclass(frozen=True, slots=True)
class CountedEvents:
    """Events, grouped as far as their rows have to be read for it.

    Attributes:
        applications: By source, application and severity: `events`.
        messages: Errors and warnings by source, severity and message, each with its `fingerprint`:
            `events`, `first_at`, `last_at`, and `input_id` and `offset` of the first line.
    """

    applications: pl.LazyFrame
    messages: pl.LazyFrame

    def made(self) -> CountedEvents:
        """Return the same, counted here and now."""
        frames = (self.applications, self.messages)
        return CountedEvents(*(frame.collect(engine="streaming").lazy() for frame in frames))


_INSTANT = pl.Datetime("us", "UTC")

COUNTED = {
    "routes": pl.Schema(
        {name: pl.String() for name in ("source", "route", "resource", "method")}
        | {"status": pl.Int32(), "quarter": pl.Int64()}
        | {name: pl.Int64() for name in REQUEST_FIGURES[:-2]}
        | {"first_at": _INSTANT, "last_at": _INSTANT}
    ),
    "clients": pl.Schema(
        {name: pl.String() for name in ("source", "remote_addr", "remote_user", "user_agent")}
        | {name: pl.Int64() for name in ("requests", "bytes", "sized")}
    ),
    "times": pl.Schema(
        {name: pl.String() for name in ("source", "route", "method")}
        | {"request_time_s": pl.Float64(), "requests": pl.Int64()}
    ),
    "paths": pl.Schema(
        {name: pl.String() for name in ("source", "path")}
        | {name: pl.Int64() for name in ("requests", "answered")}
    ),
}


def counted(requests: pl.LazyFrame) -> Counted:
    """Group requests by plain queries."""
    return Counted(_routes(requests), _clients(requests), _times(requests), paths(requests))


def counted_events(events: pl.LazyFrame) -> CountedEvents:
    """Group events by plain queries."""
    worst = events.filter(pl.col("severity") <= WORST_SEVERITIES)
    line = ("at", "input_id", "offset")
    messages = worst.group_by("source", "severity", "message").agg(
        _number(pl.len()).alias("events"),
        pl.col("at").min().alias("first_at"),
        pl.col("at").max().alias("last_at"),
        *(pl.col(name).sort_by(line).first() for name in line[1:]),
    )
    applications = events.group_by("source", "app", "severity").agg(events=_number(pl.len()))
    return CountedEvents(applications, with_event_columns(messages))


def count_views(of: Counted, of_events: CountedEvents, hour: pl.Expr) -> dict[str, pl.LazyFrame]:
    """Return the views that sum up `requests` and `events`.

    Args:
        of: The requests.
        of_events: The events.
        hour: The local hour as these views have it, of a column `at`.
    """
    return {
        "unrouted": unrouted(of.paths),
        "request_counts": _request_counts(of.routes, hour),
        "client_counts": _client_counts(of.clients),
        "request_times": _request_times(of.times),
        "event_counts": of_events.applications,
        "fingerprints": _fingerprints(of_events.messages),
    }


def cumulated(counts: pl.LazyFrame, keys: Sequence[str], time: str, count: str) -> pl.LazyFrame:
    """Add how many took up to each time (`up_to`), of how many (`n`); sorted by time.

    The nearest-rank percentile q of a group is its smallest time with `up_to >= q * n`.

    Args:
        counts: One row per group and time; sets of keys with it, in any order.
        keys: Columns of the group.
        time: Column of the time.
        count: Column of how many took it.
    """
    numbers = pl.col(count)
    if not keys:
        return counts.sort(time).with_columns(up_to=numbers.cum_sum(), n=numbers.sum())
    return counts.sort(time).with_columns(
        up_to=numbers.cum_sum().over(keys), n=numbers.sum().over(keys)
    )


def _bytes() -> pl.Expr:
    return pl.coalesce("bytes_sent", "body_bytes_sent")


def _number(of: pl.Expr) -> pl.Expr:
    return of.cast(pl.Int64)


def _routes(requests: pl.LazyFrame) -> pl.LazyFrame:
    # A path begins with the segment that its route begins with, unless that is a parameter: only
    # then the path has to be read, which costs as much as all the rest.
    follows = (~pl.col("route").str.starts_with("/{")).fill_null(value=False)
    by_route = _counted(requests.filter(follows)).with_columns(resource=resource(pl.col("route")))
    other = _counted(requests.filter(~follows), pl.col("resource"))
    return pl.concat([part.select(COUNTED["routes"].names()) for part in (by_route, other)])


def _counted(requests: pl.LazyFrame, *more: pl.Expr) -> pl.LazyFrame:
    time_s = pl.col("request_time_s")
    quarter = pl.col("at").to_physical() // QUARTER_US
    keys = ("source", "route", "method", "status")
    return requests.group_by(*keys, *more, quarter.alias("quarter")).agg(
        requests=_number(pl.len()),
        bytes=_bytes().sum(),
        sized=_number(_bytes().count()),
        bytes_received=pl.col("request_bytes").sum(),
        received=_number(pl.col("request_bytes").count()),
        timed=_number(time_s.count()),
        within=_number((time_s <= pl.col("within_s")).sum()),
        first_at=pl.col("at").min(),
        last_at=pl.col("at").max(),
    )


def _request_counts(routes: pl.LazyFrame, hour: pl.Expr) -> pl.LazyFrame:
    at = (pl.col("quarter") * QUARTER_US).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    first, last = pl.col("first_at").min(), pl.col("last_at").max()
    sums = pl.col(REQUEST_FIGURES[:-2]).sum()
    hours = routes.with_columns(at=at).with_columns(hour.alias("hour"))
    counts = hours.group_by(REQUEST_KEYS).agg(sums, first, last)
    return counts.with_columns(_known("bytes", "sized"), _known("bytes_received", "received"))


def _known(total: str, number: str) -> pl.Expr:
    """Return a sum, or null where nothing was added up."""
    return pl.when(pl.col(number) > 0).then(total).alias(total)


def _clients(requests: pl.LazyFrame) -> pl.LazyFrame:
    # By the agent's own words: its family is then looked for once each.
    return requests.group_by("source", "remote_addr", "remote_user", "user_agent").agg(
        requests=_number(pl.len()), bytes=_bytes().sum(), sized=_number(_bytes().count())
    )


def _client_counts(clients: pl.LazyFrame) -> pl.LazyFrame:
    keys = ("source", "remote_addr", "remote_user", "agent_kind", "agent_family")
    counts = with_agent_columns(clients).group_by(keys)
    return counts.agg(pl.col("requests", "bytes", "sized").sum()).with_columns(
        _known("bytes", "sized")
    )


def _times(requests: pl.LazyFrame) -> pl.LazyFrame:
    keys = ("source", "route", "method", "request_time_s")
    timed = requests.filter(pl.col("request_time_s").is_not_null())
    return timed.group_by(keys).agg(requests=_number(pl.len()))


def _request_times(times: pl.LazyFrame) -> pl.LazyFrame:
    parts = [
        cumulated(
            times.filter([pl.col(name).is_not_null() for name in told] or [pl.lit(value=True)])
            .group_by("source", *told, "request_time_s")
            .agg(pl.col("requests").sum()),
            ["source", *told],
            "request_time_s",
            "requests",
        ).with_columns(per=pl.lit(per))
        for per, told in _GRAINS.items()
    ]
    columns = ("per", "source", "route", "method", "request_time_s", "requests", "up_to", "n")
    return pl.concat(parts, how="diagonal").select(columns)


def _fingerprints(messages: pl.LazyFrame) -> pl.LazyFrame:
    return messages.group_by("source", "severity", pl.col("fingerprint").fill_null("")).agg(
        pl.col("events").sum(), pl.col("first_at").min(), pl.col("last_at").max()
    )
