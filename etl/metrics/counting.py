"""Counts the requests of a day in one pass over their columns, texts as numbers.

Most columns hold few different texts, and lie in the files as dictionaries. So rows are told
apart by numbers, and of texts only the different ones are made. What comes out is what
`counts.counted` makes of the rows by plain queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
import polars as pl
import pyarrow as pa

from etl.metrics.columns import (
    Figures,
    figures_of,
    integers,
    numbers_of,
    ones_of,
    seconds_of,
    text_of,
)
from etl.metrics.counts import COUNTED, QUARTER_US, Counted
from etl.metrics.derived import resource
from etl.metrics.firsts import EARLIEST, LATEST, instants
from etl.metrics.numbering import ABSENT, Numbering, Numbers
from etl.metrics.pairs import Ints, Pairs, Sums, grown, see_times
from etl.native.cells import call_kernel

TEXTS = ("remote_addr", "remote_user", "method", "route", "user_agent")
"""Columns that are wanted as dictionaries."""

NUMBERS = ("at", "status", "body_bytes_sent", "bytes_sent", "request_bytes", "request_time_s")

_OF_ROUTE = -2
"""Number of a resource that is told by the route."""


NO_STATUS = np.iinfo(np.int32).min
"""In the place of one; proxies write -1 of a request that was broken off."""


class RowGroup(Protocol):
    """Some rows of a source."""

    @property
    def source(self) -> str:
        """Return the source's name."""
        ...

    def read(self, names: Sequence[str]) -> pa.Table:
        """Return those of some columns that are not null for want of any value."""
        ...


def count_requests(
    groups: Iterable[RowGroup], within_s: float, routes_within_s: Mapping[tuple[str, str], float]
) -> Counted:
    """Count the requests of a day.

    Args:
        groups: All of them.
        within_s: Seconds in which a request should be answered.
        routes_within_s: The same for routes that have a time of their own, by source and route.
    """
    found: dict[str, _OfSource] = {}
    for group in groups:
        own = {route: s for (name, route), s in routes_within_s.items() if name == group.source}
        found.setdefault(group.source, _OfSource(within_s, own)).count(group)
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in COUNTED}
    for source, of_source in sorted(found.items()):
        for name, columns in of_source.told().items():
            frame = pl.DataFrame(columns).with_columns(source=pl.lit(source))
            frames[name].append(frame.select(COUNTED[name].names()).cast(COUNTED[name]))
    whole = {n: pl.concat([pl.DataFrame(schema=COUNTED[n]), *frames[n]]).lazy() for n in COUNTED}
    return Counted(**whole)


class _OfSource:
    """What was counted of one source's requests."""

    def __init__(self, within_s: float, routes_within_s: Mapping[str, float]) -> None:
        self._within_s, self._routes_within_s = within_s, routes_within_s
        self._texts = {name: Numbering() for name in TEXTS}
        self._paths = _Paths()
        self._by_method, self._by_status, self._by_quarter, self._rows = (Pairs() for _ in "1234")
        self._by_user, self._clients = Pairs(), Pairs()
        self._seconds, self._times = Pairs(), Pairs()
        self._sums: dict[str, Sums] = {}
        self._first: Ints = np.full(1 << 10, LATEST, dtype=np.int64)
        self._last: Ints = np.full(1 << 10, EARLIEST, dtype=np.int64)

    def count(self, group: RowGroup) -> None:
        """Count the rows of a group."""
        table = group.read((*TEXTS, *NUMBERS))
        texts = {name: numbers_of(table, name, self._texts[name]) for name in TEXTS}
        status, has_status = integers(table, "status")
        if has_status is not None:
            status = np.where(has_status, status, NO_STATUS)
        resources = self._paths.count(group, texts["route"], self._texts["route"], status)
        routed = self._by_method.of(texts["route"], texts["method"])
        figures, at = figures_of(table), integers(table, "at")[0]
        self._count_clients(texts, figures)
        figures |= self._count_times(table, texts["route"], routed)
        of_status = self._by_status.of(routed, status.astype(np.int32))
        of_quarter = self._by_quarter.of(of_status, (at // QUARTER_US).astype(np.int32))
        rows = self._rows.of(of_quarter, resources)
        self._add("rows", rows, len(self._rows), figures)
        count = len(self._rows)
        self._first = grown(self._first, count, LATEST)
        self._last = grown(self._last, count, EARLIEST)
        call_kernel(see_times, (rows, at, len(rows), self._first, self._last))

    def told(self) -> dict[str, Mapping[str, pl.Series]]:
        """Return the columns of what `Counted` has, the source left out."""
        return {
            "routes": self._told_routes(),
            "clients": self._told_clients(),
            "times": self._told_times(),
            "paths": self._paths.told(),
        }

    def _count_clients(self, texts: Mapping[str, Numbers], figures: Figures) -> None:
        of_user = self._by_user.of(texts["remote_addr"], texts["remote_user"])
        clients = self._clients.of(of_user, texts["user_agent"])
        sizes = {name: figures[name] for name in ("requests", "bytes", "sized")}
        self._add("clients", clients, len(self._clients), sizes)

    def _count_times(self, table: pa.Table, route: Numbers, routed: Numbers) -> Figures:
        """Count how long requests took; return which have a time, and a short one."""
        seconds, is_timed = seconds_of(table)
        if is_timed is None:
            times = self._times.of(routed, self._seconds.of_reals(seconds))
        else:
            times = self._times.of(routed[is_timed], self._seconds.of_reals(seconds[is_timed]))
        self._add("times", times, len(self._times), {"requests": None})
        routes = self._texts["route"].texts().to_list()
        limits = np.array([self._routes_within_s.get(r, self._within_s) for r in (*routes, "")])
        is_within = seconds <= limits.take(route, mode="wrap")
        if is_timed is None:
            return {"timed": None, "within": is_within.astype(np.int64)}
        return {"timed": ones_of(is_timed), "within": ones_of(is_within & is_timed)}

    def _add(self, of: str, numbers: Numbers, count: int, figures: Figures) -> None:
        for name, values in figures.items():
            self._sums.setdefault(f"{of} {name}", Sums()).add(numbers, values, count)

    def _sums_of(self, of: str, count: int) -> dict[str, pl.Series]:
        own = {name: sums for name, sums in self._sums.items() if name.startswith(f"{of} ")}
        return {name.split()[1]: pl.Series(sums.of(count)) for name, sums in own.items()}

    def _text(self, name: str, numbers: Numbers) -> pl.Series:
        return text_of(self._texts[name].texts(), numbers)

    def _told_routes(self) -> dict[str, pl.Series]:
        quarters, resources = self._rows.high(), self._rows.low()
        of_status = self._by_quarter.high()[quarters]
        status = self._by_status.low()[of_status]
        of_route = self._by_status.high()[of_status]
        route = self._text("route", self._by_method.high()[of_route])
        by_path = self._paths.resource(np.where(resources == _OF_ROUTE, ABSENT, resources))
        of_route_itself = pl.DataFrame({"route": route}).select(resource(pl.col("route")))
        told = of_route_itself.to_series().zip_with(pl.Series(resources == _OF_ROUTE), by_path)
        count = len(self._rows)
        return {
            "route": route,
            "resource": told,
            "method": self._text("method", self._by_method.low()[of_route]),
            "status": pl.Series(status).set(pl.Series(status == NO_STATUS), None),
            "quarter": pl.Series(self._by_quarter.low()[quarters].astype(np.int64)),
            **self._sums_of("rows", count),
            "first_at": instants("first_at", self._first[:count].copy(), LATEST),
            "last_at": instants("last_at", self._last[:count].copy(), EARLIEST),
        }

    def _told_clients(self) -> dict[str, pl.Series]:
        users, agents = self._clients.high(), self._clients.low()
        return {
            "remote_addr": self._text("remote_addr", self._by_user.high()[users]),
            "remote_user": self._text("remote_user", self._by_user.low()[users]),
            "user_agent": self._text("user_agent", agents),
            **self._sums_of("clients", len(self._clients)),
        }

    def _told_times(self) -> dict[str, pl.Series]:
        routed, seconds = self._times.high(), self._times.low()
        return {
            "route": self._text("route", self._by_method.high()[routed]),
            "method": self._text("method", self._by_method.low()[routed]),
            "request_time_s": pl.Series(self._seconds.reals()[seconds]),
            **self._sums_of("times", len(self._times)),
        }


class _Paths:
    """Paths of requests whose route does not tell their resource, and of those without a route."""

    def __init__(self) -> None:
        self._paths, self._resources = Numbering(), Numbering()
        self._resource_of: Numbers = np.empty(0, dtype=np.int32)
        self._requests, self._answered = Sums(), Sums()

    def count(self, group: RowGroup, route: Numbers, routes: Numbering, status: Ints) -> Numbers:
        """Return the number of each row's resource; count the rows without a route by path."""
        # A path begins with the segment that its route begins with, unless that is a parameter.
        told = routes.texts().str.starts_with("/{").not_().to_list()
        (rows,) = (~np.array([*told, False])[route]).nonzero()
        found = np.full(len(route), _OF_ROUTE, dtype=np.int32)
        if not len(rows):
            return found
        found[rows] = ABSENT
        table = group.read(("path",))
        if not table.num_columns:
            return found
        texts = pl.Series(pl.from_arrow(table["path"].combine_chunks().take(pa.array(rows))))
        is_known = texts.is_not_null()
        rows = rows[is_known.to_numpy()]
        paths = self._paths.add(texts.filter(is_known))
        self._find_resources()
        found[rows] = self._resource_of[paths]
        unrouted = route[rows] == ABSENT
        answered = (status[rows] < 400) & (status[rows] != NO_STATUS)
        self._requests.add(paths[unrouted], None, len(self._paths))
        self._answered.add(paths[unrouted & answered], None, len(self._paths))
        return found

    def resource(self, numbers: Numbers) -> pl.Series:
        """Return resources by their numbers."""
        return text_of(self._resources.texts(), numbers)

    def told(self) -> dict[str, pl.Series]:
        """Return the paths without a route, and how many requests asked for each."""
        count = len(self._paths)
        requests = self._requests.of(count)
        frame = pl.DataFrame(
            {
                "path": self._paths.texts(),
                "requests": requests,
                "answered": self._answered.of(count),
            }
        )
        return frame.filter(pl.col("requests") > 0).to_dict()

    def _find_resources(self) -> None:
        new = self._paths.texts().slice(len(self._resource_of))
        found = pl.DataFrame({"path": new}).select(resource(pl.col("path"))).to_series()
        numbers = np.full(len(new), ABSENT, dtype=np.int32)
        is_known = found.is_not_null()
        numbers[is_known.to_numpy()] = self._resources.add(found.filter(is_known))
        self._resource_of = np.concatenate([self._resource_of, numbers])
