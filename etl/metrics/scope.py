"""Which tables a metric reads, and which sources its figures are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from etl.metrics.chain_schemas import SCHEMAS
from etl.metrics.counts import MADE_OF
from etl.metrics.views import Definitions
from etl.model import Dimensions, Sheet

OF_CHAINS = frozenset({"steps", "steps_before", "chain_steps", *SCHEMAS})
"""Views that are made of the steps of chains."""

_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)


def scope(sheet: Sheet, dimensions: Dimensions, definitions: Definitions) -> Iterator[str]:
    """Yield the sources whose absence would falsify a measurement.

    Of a metric that reads nothing but steps of chains, those that can show an object at one of
    them, as far as that was looked up; else all sources of the tables that it reads.
    """
    if "source" in dimensions:
        yield str(dimensions["source"])
        return
    tables = set(tables_of(sheet))
    if "steps" in tables:
        chain = dimensions.get("chain")
        if tables == {"steps"} and definitions.fed_by is not None:
            of_chains = (definitions.fed_by[c] for c in definitions.fed_by if chain in {None, c})
            yield from frozenset[str]().union(*of_chains)
            return
        tables |= {s.records for s in definitions.steps if chain is None or s.chain == chain}
    yield from (name for name, records, _ in definitions.sources if records in tables)


def tables_of(sheet: Sheet) -> frozenset[str]:
    """Return which of `requests`, `events` and `steps` a metric's SQL reads."""
    words = words_of(sheet)
    named = {name for name in ("requests", "events", "steps") if {name, f"{name}_before"} & words}
    return frozenset(named | ({"steps"} if words & OF_CHAINS else set()))


def words_of(sheet: Sheet) -> set[str]:
    """Return the words of a metric's SQL without its comments, in lower case.

    A view that sums up a table stands for the table.
    """
    return set(_words(sheet.sql))


@lru_cache(maxsize=256)
def _words(sql: str) -> frozenset[str]:
    words = frozenset(re.findall(r"[a-z_]+", _COMMENT.sub(" ", sql).lower()))
    made_of = {table for name, table in MADE_OF.items() if words & {name, f"{name}_before"}}
    return words | made_of
