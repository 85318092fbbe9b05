"""Counts the requests of a day in one pass over their columns, texts as numbers.

Most columns hold few different texts, and lie in the files as dictionaries. So rows are told
apart by numbers, and of texts only the different ones are made. What comes out is what
`counts.counted` makes of the rows by plain queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from etl.metrics.adding import (
    NEXT,
    NO_STATUS,
    OF_CLIENTS,
    OF_PATHS,
    OF_REQUESTS,
    OF_ROUTE,
    OF_TIMES,
    ROW,
    count_rows,
    find_untold,
)
from etl.metrics.columns import NUMBERS, TEXTS, Columns, RowGroup, text_of
from etl.metrics.counts import COUNTED, REQUEST_FIGURES, Counted
from etl.metrics.derived import resource
from etl.metrics.firsts import EARLIEST, LATEST, instants
from etl.metrics.numbering import ABSENT, Numbering, Numbers
from etl.metrics.tallies import Ints, Tally
from etl.native.cells import addresses

COLUMNS_COUNTED = (*TEXTS, *NUMBERS, "path")
"""Columns that row groups need to have, as far as their files do."""


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
        self._texts = {name: Numbering() for name in TEXTS}
        self._routes = _Routes(self._texts["route"], within_s, routes_within_s)
        self._paths = _Paths()
        self._requests = Tally([0] * (OF_REQUESTS - 2) + [LATEST, EARLIEST])
        self._clients, self._times = Tally([0] * OF_CLIENTS), Tally([0] * OF_TIMES)

    def count(self, group: RowGroup) -> None:
        """Count the rows of a group."""
        columns = Columns(group.read((*TEXTS, *NUMBERS)), self._texts)
        self._routes.update()
        untold = self._routes.untold(columns)
        paths = self._paths.numbers(group, untold[:-1])
        row = place = 0
        while row < columns.rows:
            tallies = (self._requests, self._clients, self._times)
            for tally in tallies:
                tally.make_room()
            table = addresses(
                [
                    *(columns.cells, row, columns.rows, self._routes.limits, untold, place, paths),
                    *(self._paths.resources, self._paths.figures),
                    *(tally.cells for tally in tallies),
                ]
            )
            count_rows(table.ctypes.data)
            row, place = int(table[ROW]), int(table[NEXT])

    def told(self) -> dict[str, Mapping[str, pl.Series]]:
        """Return the columns of what `Counted` has, the source left out."""
        return {
            "routes": self._told_routes(),
            "clients": self._told_clients(),
            "times": self._told_times(),
            "paths": self._paths.told(),
        }

    def _text(self, name: str, numbers: Numbers) -> pl.Series:
        return text_of(self._texts[name].texts(), numbers)

    def _told_routes(self) -> dict[str, pl.Series]:
        of = self._requests
        route, status, resources = self._text("route", of.high(0)), of.high(1), of.word(2)
        by_path = self._paths.resource(np.where(resources == OF_ROUTE, ABSENT, resources))
        of_route_itself = pl.DataFrame({"route": route}).select(resource(pl.col("route")))
        told = of_route_itself.to_series().zip_with(pl.Series(resources == OF_ROUTE), by_path)
        figures = _columns(of.figures(), REQUEST_FIGURES)
        return {
            "route": route,
            "resource": told,
            "method": self._text("method", of.low(0)),
            "status": pl.Series(status).set(pl.Series(status == NO_STATUS), None),
            "quarter": pl.Series(of.low(1).astype(np.int64)),
            **figures,
            "first_at": instants("first_at", figures["first_at"].to_numpy(), LATEST),
            "last_at": instants("last_at", figures["last_at"].to_numpy(), EARLIEST),
        }

    def _told_clients(self) -> dict[str, pl.Series]:
        of = self._clients
        return {
            "remote_addr": self._text("remote_addr", of.high(0)),
            "remote_user": self._text("remote_user", of.low(0)),
            "user_agent": self._text("user_agent", of.word(1).astype(np.int32)),
            **_columns(of.figures(), ("requests", "bytes", "sized")),
        }

    def _told_times(self) -> dict[str, pl.Series]:
        of = self._times
        return {
            "route": self._text("route", of.high(0)),
            "method": self._text("method", of.low(0)),
            "request_time_s": pl.Series(of.word(1).view(np.float64)),
            **_columns(of.figures(), ("requests",)),
        }


class _Routes:
    """What is known of routes by their number + 1; before them stands a row without one.

    Attributes:
        limits: Seconds in which a request should be answered.
    """

    def __init__(
        self, texts: Numbering, within_s: float, routes_within_s: Mapping[str, float]
    ) -> None:
        self._texts, self._within_s, self._routes_within_s = texts, within_s, routes_within_s
        self.limits = np.array([within_s])
        self._is_told = np.zeros(1, dtype=np.uint8)

    def update(self) -> None:
        """Look at the routes that came since the last time."""
        if len(self.limits) > len(self._texts):
            return
        new = self._texts.texts().slice(len(self.limits) - 1)
        limits = [self._routes_within_s.get(route, self._within_s) for route in new.to_list()]
        # A path begins with the segment that its route begins with, unless that is a parameter.
        is_told = new.str.starts_with("/{").not_().to_numpy()
        self.limits = np.append(self.limits, limits)
        self._is_told = np.append(self._is_told, is_told)

    def untold(self, columns: Columns) -> Numbers:
        """Return the rows whose resource is not that of their route, and -1 behind them."""
        found = np.empty(columns.rows + 1, dtype=np.int32)
        table = addresses([columns.cells, 0, columns.rows, self._is_told, found])
        find_untold(table.ctypes.data)
        return found[: table[ROW] + 1]


class _Paths:
    """Paths of requests whose route does not tell their resource, and of those without a route.

    Attributes:
        resources: Number of each path's resource.
        figures: Of each path, how many requests without a route asked for it, how many of them
            were answered.
    """

    def __init__(self) -> None:
        self._paths, self._resources = Numbering(), Numbering()
        self.resources: Numbers = np.empty(0, dtype=np.int32)
        self.figures: Ints = np.empty((0, OF_PATHS), dtype=np.int64)

    def numbers(self, group: RowGroup, rows: Numbers) -> Numbers:
        """Return the number of each path of some rows, `ABSENT` where there is none."""
        found = np.full(len(rows), ABSENT, dtype=np.int32)
        table = group.read(("path",))
        if len(rows) and table.num_columns:
            texts = pl.Series(pl.from_arrow(table["path"].take(pa.array(rows))))
            is_known = texts.is_not_null()
            found[is_known.to_numpy()] = self._paths.add(texts.filter(is_known))
            self._look_at_new()
        return found

    def resource(self, numbers: Numbers) -> pl.Series:
        """Return resources by their numbers."""
        return text_of(self._resources.texts(), numbers)

    def told(self) -> dict[str, pl.Series]:
        """Return the paths without a route, and how many requests asked for each."""
        figures = _columns(self.figures[: len(self._paths)], ("requests", "answered"))
        frame = pl.DataFrame({"path": self._paths.texts(), **figures})
        return frame.filter(pl.col("requests") > 0).to_dict()

    def _look_at_new(self) -> None:
        if len(self.resources) == len(self._paths):
            return
        new = self._paths.texts().slice(len(self.resources))
        found = pl.DataFrame({"path": new}).select(resource(pl.col("path"))).to_series()
        numbers = np.full(len(new), ABSENT, dtype=np.int32)
        is_known = found.is_not_null()
        numbers[is_known.to_numpy()] = self._resources.add(found.filter(is_known))
        self.resources = np.concatenate([self.resources, numbers])
        if len(self.resources) > len(self.figures):
            more = np.zeros((len(self.resources), OF_PATHS), dtype=np.int64)
            self.figures = np.concatenate([self.figures, more])


def _columns(figures: Ints, names: Sequence[str]) -> dict[str, pl.Series]:
    """Return the columns of a table of figures."""
    return {name: pl.Series(figures[:, place].copy()) for place, name in enumerate(names)}
