"""Pre-rendered pieces of access-log lines: a line is put together by picking one of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from etl.demo.plan import Bools, Floats, Ints
from etl.demo.vocabulary import (
    AGENTS,
    CITIES,
    CLIENTS,
    OK,
    REFERERS,
    STATUSES,
    TEMPLATES,
    USERS,
    Template,
)

VARIANTS = 64
"""Different ends of the request, with status and size, for each template and status."""

REFERER_CHOICES = 4
CHANCES = 8192
"""Resolution of probabilities: the smallest one is 1 / 8192."""

LONGEST_MS = 30_000
_EMPTY_BODY = {206: 65_536, 304: 0, 401: 172, 404: 153, 500: 177, 502: 157}
_NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")


@dataclass(frozen=True, slots=True)
class Pools:
    """Tables of text, and tables of numbers by which rows pick from them.

    Attributes:
        head: By client: address and user.
        request: By template: method and path up to the slot.
        answer: By template, status and variant: rest of the request, status, size.
        tails: What follows the slot in the request of an answer.
        sizes: Bytes of an answer's body.
        clients_known: Address, user and agent of a client, as they are written.
        tail: By client and choice of referer: referer and user agent.
        time: By milliseconds: the request time.
        slots: Nothing, then the cities; customers' numbers follow behind.
        first_client: By template: the first of the clients that send it.
        clients: By template: how many clients send it.
        status: By template and chance: place in `STATUSES`.
        route: By template.
        median_ms: By template.
    """

    head: pl.Series
    request: pl.Series
    answer: pl.Series
    tails: tuple[str, ...]
    sizes: Ints
    clients_known: tuple[tuple[str, str, str], ...]
    tail: pl.Series
    time: pl.Series
    slots: pl.Series
    first_client: Ints
    clients: Ints
    status: Ints
    route: Ints
    median_ms: Floats
    has_customer: Bools
    has_city: Bools


def make_pools(random: np.random.Generator) -> Pools:
    """Render all pieces."""
    kinds = [kind for kind, number in CLIENTS.items() for _ in range(number)]
    agents = [_choice(random, AGENTS[kind]) for kind in kinds]
    heads = [_head(random, kind) for kind in kinds]
    tails = []
    for kind, agent in zip(kinds, agents, strict=True):
        referers = REFERERS.get(kind, ("-",))
        tails += [
            f' "{referers[choice % len(referers)]}" "{agent}" ' for choice in range(REFERER_CHOICES)
        ]
    answers = [
        _answer(random, each, status)
        for each in TEMPLATES
        for status in STATUSES
        for _ in range(VARIANTS)
    ]
    first = dict(zip(CLIENTS, np.cumsum([0, *CLIENTS.values()])[:-1].tolist(), strict=True))
    return Pools(
        head=pl.Series([f"{address} - {user} [" for address, user in heads]),
        request=pl.Series([f"{each.method} {each.path}{_id_prefix(each)}" for each in TEMPLATES]),
        answer=pl.Series([text for text, _, _ in answers]),
        tails=tuple(tail for _, tail, _ in answers),
        sizes=np.array([size for _, _, size in answers], dtype=np.int64),
        clients_known=tuple(
            (address, user, agent) for (address, user), agent in zip(heads, agents, strict=True)
        ),
        tail=pl.Series(tails),
        time=pl.Series([f"{ms // 1000}.{ms % 1000:03d}" for ms in range(LONGEST_MS + 1)]),
        slots=pl.Series(["", *CITIES]),
        first_client=np.array([first[each.clients] for each in TEMPLATES]),
        clients=np.array([CLIENTS[each.clients] for each in TEMPLATES]),
        status=np.stack([_chances(each) for each in TEMPLATES]),
        route=np.array([each.route for each in TEMPLATES]),
        median_ms=np.array([each.median_ms for each in TEMPLATES], dtype=np.float64),
        has_customer=np.array([each.slot == "customer" for each in TEMPLATES]),
        has_city=np.array([each.slot == "city" for each in TEMPLATES]),
    )


def template_chances(*, office: bool) -> Ints:
    """Return templates in proportion to their weight, to be picked from evenly."""
    chosen = [number for number, each in enumerate(TEMPLATES) if each.office == office]
    weights = np.array([TEMPLATES[number].weight for number in chosen])
    bounds = np.round(np.cumsum(weights) / weights.sum() * CHANCES).astype(np.int64)
    return np.repeat(np.array(chosen), np.diff(bounds, prepend=0))


def _choice(random: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(random.integers(len(options)))]


def _head(random: np.random.Generator, kind: str) -> tuple[str, str]:
    if random.random() < 0.15:
        address = f"2001:db8:{random.integers(1, 0xFFFF):x}::{random.integers(1, 0xFFFF):x}"
    else:
        address = f"{_choice(random, _NETWORKS)}{random.integers(1, 255)}"
    return address, _choice(random, USERS.get(kind, ("-",)))


def _id_prefix(template: Template) -> str:
    return "C" if template.slot == "customer" else ""


def _answer(random: np.random.Generator, template: Template, status: int) -> tuple[str, str, int]:
    size = _EMPTY_BODY.get(status)
    if size is None:
        size = round(template.body_bytes * float(np.exp(0.5 * random.standard_normal())))
    if template.method == "HEAD":
        size = 0
    protocol = "HTTP/2.0" if template.clients == "browser" and random.random() < 0.7 else "HTTP/1.1"
    tail = _choice(random, template.tails)
    return f'{tail} {protocol}" {status} {size}', tail, size


def _chances(template: Template) -> Ints:
    table = np.full(CHANCES, OK, dtype=np.int64)
    place = 0
    for status, probability in template.others.items():
        end = place + max(1, round(probability * CHANCES))
        table[place:end] = STATUSES.index(status)
        place = end
    return table
