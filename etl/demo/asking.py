"""Who asked for what, counted; and what the metrics of it must say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from etl.demo.counting import RequestCount
from etl.demo.plan import Ints, iso
from etl.demo.pools import VARIANTS, Pools
from etl.demo.requests import Requests
from etl.demo.row import row, top
from etl.demo.vocabulary import FAMILIES, ROUTES, STATUSES, TEMPLATES, UNROUTED

Keys = list[tuple[Any, ...]]


class AskCount:
    """Requests of a day and their bytes, by client, answer and route.

    Attributes:
        by_client: Requests and bytes of each client.
        by_answer: Requests and bytes of each answer.
        by_route: Requests and bytes of each route, the last one for none.
    """

    def __init__(self, pools: Pools) -> None:
        self.pools = pools
        self.by_client = np.zeros((2, len(pools.clients_known)), dtype=np.int64)
        self.by_answer = np.zeros((2, len(pools.sizes)), dtype=np.int64)
        self.by_route = np.zeros((2, len(ROUTES) + 1), dtype=np.int64)

    def add(self, requests: Requests) -> None:
        """Count a slice of the day."""
        sizes = self.pools.sizes[requests.answer]
        for table, place in (
            (self.by_client, requests.client),
            (self.by_answer, requests.answer),
            (self.by_route, requests.route),
        ):
            table[0] += np.bincount(place, minlength=table.shape[1])
            # Sums of whole numbers below 2**53 are exact as floats.
            table[1] += np.bincount(place, sizes, table.shape[1]).astype(np.int64)


def asked(count: AskCount) -> Iterator[dict[str, Any]]:
    """Return the measurements of who asked for what."""
    clients = count.pools.clients_known
    known = [FAMILIES[agent] for _, _, agent in clients]
    yield from _pair("client", ("client",), [(each[0],) for each in clients], count.by_client)
    yield from _pair(
        "agent", ("agent_kind", "agent_family"), [(kind, name) for name, kind in known],
        count.by_client,
    )  # fmt: skip
    yield from _pair("agent_kind", ("agent_kind",), [(kind,) for _, kind in known], count.by_client)
    yield from _pair("resource", ("resource",), list(_resources(count.pools)), count.by_answer)
    yield from _pair("route", ("route",), [(each,) for each in (*ROUTES, None)], count.by_route)
    users = [(None if user == "-" else user,) for _, user, _ in clients]
    for (user,), number in _sums(users, count.by_client[0]).items():
        yield row("requests_by_user", {"source": "api", "remote_user": user}, number)
    for (template,), number in _sums(*_unrouted(count)).items():
        yield row("unknown_routes", {"source": "api", "template": template}, number)
    requests, sent = (int(each) for each in count.by_route.sum(axis=1))
    addresses = {clients[place][0] for place in np.flatnonzero(count.by_client[0]).tolist()}
    yield row("distinct_clients", {"source": "api"}, len(addresses), n=requests)
    yield row("bytes_sent", {"source": "api"}, sent, n=requests)


def rates(requests: RequestCount) -> Iterator[dict[str, Any]]:
    """Return the measurements of statuses by route, and of the shares of failures."""
    by_route = requests.cells.sum(axis=0)
    for place, route in enumerate((*ROUTES, None)):
        dimensions = {"source": "api", "route": route}
        for status, number in zip(STATUSES, by_route[place].tolist(), strict=True):
            if number:
                yield row("http_status_by_route", dimensions | {"status": status}, number)
        if by_route[place].any():
            yield from _shares("_by_route", dimensions, by_route[place])
    broken = [None, None] if requests.broken is None else [*map(iso, requests.broken)]
    for share in _shares("", {"source": "api"}, by_route.sum(axis=0)):
        if share["metric"] == "http_5xx_rate":
            share |= {"first_at": broken[0], "last_at": broken[1]}
        yield share


def _shares(ending: str, dimensions: dict[str, Any], numbers: Ints) -> Iterator[dict[str, Any]]:
    all_ = int(numbers.sum())
    for family in (4, 5):
        failed = sum(
            number
            for status, number in zip(STATUSES, numbers.tolist(), strict=True)
            if status // 100 == family
        )
        metric = f"http_{family}xx_rate{ending}"
        yield row(metric, dimensions, failed / all_ if all_ else None, n=all_) | {
            "numerator": failed,
            "denominator": all_,
        }


def _resources(pools: Pools) -> Keys:
    """Return the first segment of each answer's path."""
    return [(path.split("/")[1],) for path in _paths(pools, "{}")]


def _unrouted(count: AskCount) -> tuple[Keys, Ints]:
    """Return paths of answers that match no route, with customers left open, and how many."""
    routes = np.repeat([each.route for each in TEMPLATES], len(STATUSES) * VARIANTS)
    places = np.flatnonzero(routes == UNROUTED)
    paths = _paths(count.pools, "{id}")
    return [(paths[place],) for place in places.tolist()], count.by_answer[0][places]


def _paths(pools: Pools, slot: str) -> list[str]:
    """Return each answer's path without its query."""
    heads = [each.path + (slot if each.slot else "") for each in TEMPLATES]
    variants = len(STATUSES) * VARIANTS
    return [f"{heads[n // variants]}{tail}".split("?")[0] for n, tail in enumerate(pools.tails)]


def _sums(keys: Keys, numbers: Ints) -> dict[tuple[Any, ...], int]:
    """Return the sum of each key that has any."""
    found: Counter[tuple[Any, ...]] = Counter()
    for key, number in zip(keys, numbers.tolist(), strict=True):
        found[key] += number
    return {key: number for key, number in found.items() if number}


def _pair(thing: str, names: tuple[str, ...], keys: Keys, table: Ints) -> Iterator[dict[str, Any]]:
    """Return requests and bytes by one thing: the largest ones, and the others together."""
    requests, bytes_ = _sums(keys, table[0]), _sums(keys, table[1])
    sent = {key: bytes_.get(key, 0) for key in requests}
    own = top(requests, sent)
    rest = ("(other)",) * len(names)
    for metric, figures in ((f"requests_by_{thing}", requests), (f"bytes_by_{thing}", sent)):
        merged: Counter[tuple[Any, ...]] = Counter()
        numbers: Counter[tuple[Any, ...]] = Counter()
        for key, value in figures.items():
            merged[key if key in own else rest] += value
            numbers[key if key in own else rest] += requests[key]
        for key in numbers:
            dimensions = {"source": "api", **dict(zip(names, key, strict=True))}
            n = numbers[key] if metric.startswith("bytes") else None
            yield row(metric, dimensions, merged[key], n=n)
