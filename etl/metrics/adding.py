"""Adds up the figures of requests in one pass over their rows, each grouped in several ways."""

from __future__ import annotations

import numpy as np

from etl.metrics.columns import (
    ADDR,
    AGENT,
    AT,
    BODY,
    METHOD,
    RECEIVED,
    ROUTE,
    SENT,
    STATUS,
    TIME,
    USER,
    known,
    narrow,
    real,
    text,
    wide,
)
from etl.metrics.counts import QUARTER_US
from etl.metrics.numbering import ABSENT
from etl.metrics.tallies import WORDS, add, figures_of, paired, room
from etl.native.cells import cell, set_cell
from etl.native.jit import inlined, kernel
from etl.native.memory import load, load32, load64, load_real, store32, store64

OF_ROUTE = -2
"""Number of a resource that is told by the route."""

NO_STATUS = int(np.iinfo(np.int32).min)
"""In the place of one; proxies write -1 of a request that was broken off."""

# Cells of the table. COLUMNS: see `Columns`. ROW: the next one, in and out. LIMITS: in which time
# a request should be answered, by its route's number + 1. UNTOLD: rows whose resource the route
# does not tell, and -1 at the end; NEXT: the place of the next one. PATHS: numbers of their paths;
# RESOURCES, PATH_FIGURES: by these. REQUESTS, CLIENTS, TIMES: tallies.
COLUMNS, ROW, ROWS, LIMITS, UNTOLD, NEXT, PATHS, RESOURCES, PATH_FIGURES = range(9)
REQUESTS, CLIENTS, TIMES = range(9, 12)

TOLD, FOUND = range(3, 5)
"""Cells of the other table, behind COLUMNS, ROW and ROWS: whether a route tells the resource, by
its number + 1 (bytes), and room for the rows whose route does not."""

BYTES, SIZED, BYTES_RECEIVED, WITH_SIZE, TIMED, WITHIN, FIRST_AT, LAST_AT = range(1, 9)
"""Figures after the number of requests."""

OF_REQUESTS, OF_CLIENTS, OF_TIMES, OF_PATHS = 9, 3, 1, 2
"""How many figures there are: clients have the first ones, paths requests and answered ones."""


@kernel
def find_untold(k: int) -> None:
    """Write rows whose route does not tell their resource, then -1; return how many in ROW."""
    columns, told, found, count = cell(k, COLUMNS), cell(k, TOLD), cell(k, FOUND), 0
    for row in range(cell(k, ROWS)):
        store32(found + 4 * count, row)
        count += 1 - load(told + 1 + text(columns, ROUTE, row))
    store32(found + 4 * count, -1)
    set_cell(k, ROW, count)


@kernel
def count_rows(k: int) -> None:
    """Count rows, up to one for whose new keys there may be no room."""
    row, rows = cell(k, ROW), cell(k, ROWS)
    end = row + _room(k, rows - row)
    while row < end:
        while row < end:
            _count_row(k, cell(k, COLUMNS), row)
            row += 1
        end = row + _room(k, rows - row)
    set_cell(k, ROW, row)


@inlined
def _room(k: int, rows: int) -> int:
    """Return how many rows there is room for: each may have a new key for each tally."""
    return min(rows, room(cell(k, REQUESTS)), room(cell(k, CLIENTS)), room(cell(k, TIMES)))


@inlined
def _count_row(k: int, columns: int, row: int) -> None:
    route, method = text(columns, ROUTE, row), text(columns, METHOD, row)
    status, at = _status(columns, row), wide(columns, AT, row)
    sent, body = known(columns, SENT, row), known(columns, BODY, row)
    size = wide(columns, SENT, row) & -sent | wide(columns, BODY, row) & -(body & ~sent)
    received = known(columns, RECEIVED, row)
    resource = _resource(k, row, route, status)
    routed, of_time = paired(route, method), paired(status, at // QUARTER_US)
    figures = figures_of(cell(k, REQUESTS), WORDS + OF_REQUESTS, routed, of_time, resource)
    _add_bytes(figures, size, sent | body)
    add(figures, BYTES_RECEIVED, wide(columns, RECEIVED, row) & -received)
    add(figures, WITH_SIZE, received)
    _see(figures, at)
    if known(columns, TIME, row) != 0:
        limit = load_real(cell(k, LIMITS) + 8 * (route + 1))
        add(figures, TIMED, 1)
        add(figures, WITHIN, int(real(columns, TIME, row) <= limit))
        _count_time(k, routed, wide(columns, TIME, row))
    user = paired(text(columns, ADDR, row), text(columns, USER, row))
    agent = text(columns, AGENT, row)
    client = figures_of(cell(k, CLIENTS), WORDS + OF_CLIENTS, user, agent, 0)
    _add_bytes(client, size, sent | body)


@inlined
def _count_time(k: int, routed: int, seconds: int) -> None:
    """Count a time by the bits of its double: zero is zero, whatever its sign."""
    if seconds << 1 == 0:
        seconds = 0
    add(figures_of(cell(k, TIMES), WORDS + OF_TIMES, routed, seconds, 0), 0, 1)


@inlined
def _add_bytes(figures: int, size: int, is_sized: int) -> None:
    """Add a request to the first three figures."""
    add(figures, 0, 1)
    add(figures, BYTES, size)
    add(figures, SIZED, is_sized)


@inlined
def _see(figures: int, at: int) -> None:
    if at < load64(figures + 8 * FIRST_AT):
        store64(figures + 8 * FIRST_AT, at)
    if at > load64(figures + 8 * LAST_AT):
        store64(figures + 8 * LAST_AT, at)


@inlined
def _status(columns: int, row: int) -> int:
    is_known = known(columns, STATUS, row)
    return (narrow(columns, STATUS, row) & -is_known) | (NO_STATUS & (is_known - 1))


@inlined
def _resource(k: int, row: int, route: int, status: int) -> int:
    """Return the number of a row's resource; count a path without a route."""
    place = cell(k, NEXT)
    if load32(cell(k, UNTOLD) + 4 * place) != row:
        return OF_ROUTE
    set_cell(k, NEXT, place + 1)
    path = load32(cell(k, PATHS) + 4 * place)
    if path == ABSENT:
        return ABSENT
    if route == ABSENT:
        figures = cell(k, PATH_FIGURES) + 8 * OF_PATHS * path
        add(figures, 0, 1)
        if status != NO_STATUS and status < 400:
            add(figures, 1, 1)
    return load32(cell(k, RESOURCES) + 4 * path)
