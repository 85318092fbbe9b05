"""What a metric's figures are defined by besides the data, part by part.

A change of any part makes figures others; it is named by its part when a day is explained or
measured again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from etl.metrics.scope import OF_CHAINS, words_of
from etl.metrics.tokens import tokens_of
from etl.metrics.views import Definitions
from etl.model import MetricRun, Sheet, TargetRule

RULES = (
    *("agents", "band", "case", "chains", "counts", "derived", "fingerprints", "gaps"),
    *("sightings", "templates"),
)
"""Modules that say what columns and views hold: a metric's SQL alone does not define its values."""

HASHED = ("SQL", "steps of the chains", "rules of this version of Daytally")
"""Parts that are kept as short hashes: that they changed is known, and not what they were."""


def parts_of(sheet: Sheet, definitions: Definitions) -> dict[str, str]:
    """Return what defines a metric, by part, as it is kept with each measuring of a day.

    Blanks and comments are no part of its SQL, nor is the data sheet above it. The rules count a
    change in the text of `RULES` even where no value changes: measuring a day that is asked for
    once more costs little, and a value made by other rules must not pass for today's.
    """
    words = words_of(sheet)
    found = {
        "SQL": _hash_of_sql(sheet.sql),
        "unit": sheet.unit,
        "lookback_days": str(sheet.lookback_days),
        "kpi": str(sheet.kpi).lower(),
        "target": sheet.target,
        "targets": "; ".join(_rule(rule) for rule in sheet.targets),
        "rules of this version of Daytally": _hash_of_rules(),
    }
    if words & OF_CHAINS:
        found["steps of the chains"] = _hash(repr((definitions.steps, definitions.chains)))
    if words & {"within", "within_s"}:
        routes = sorted(definitions.routes_within_s.items())
        own = "".join(f", {seconds:g} s for {path} of {name}" for (name, path), seconds in routes)
        found["within"] = f"{definitions.within_s:g} s{own}"
    return {part: text for part, text in found.items() if text}


def parts_text(sheet: Sheet, definitions: Definitions) -> str:
    """Return `parts_of` as JSON text."""
    return json.dumps(parts_of(sheet, definitions), ensure_ascii=False, sort_keys=True)


def digest(sheets: Iterable[Sheet], definitions: Definitions) -> str:
    """Return a short hash of all that defines the measurements besides the data."""
    texts = [f"{sheet.name} {parts_text(sheet, definitions)}" for sheet in sheets]
    return _hash("\n".join(texts))


def difference(old: str, new: str) -> str:
    """Say which parts of two definitions differ, as in `SQL; target was '<= 2', is '<= 5'`.

    Args:
        old: What `parts_text` gave then; empty where nobody kept it.
        new: What it gives now.
    """
    before: Mapping[str, str] = json.loads(old) if old else {}
    now: Mapping[str, str] = json.loads(new) if new else {}
    parts = sorted(before.keys() | now.keys(), key=lambda part: (part not in HASHED, part))
    said = [_change(part, before, now) for part in parts if before.get(part) != now.get(part)]
    return "; ".join(said) if old else ""


def redefined(old: Iterable[MetricRun], new: Iterable[MetricRun]) -> dict[str, str] | None:
    """Return the metrics whose definition differs between two measurings of a day, and how.

    None where the older measuring did not keep any.
    """
    before = {one.metric: one.definition for one in old if one.definition}
    if not before:
        return None
    changed = {one.metric: difference(before.get(one.metric, ""), one.definition) for one in new}
    return {metric: said for metric, said in changed.items() if said}


def _change(part: str, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    if part in HASHED:
        return part
    was, is_now = (f"'{each[part]}'" if part in each else "none" for each in (before, now))
    return f"{part} was {was}, is {is_now}"


def _rule(rule: TargetRule) -> str:
    return f"{rule.target or 'none'} {rule.when}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@lru_cache(maxsize=512)
def _hash_of_sql(sql: str) -> str:
    return _hash(" ".join(token.text for token in tokens_of(sql)))


@lru_cache(maxsize=1)
def _hash_of_rules() -> str:
    folder = Path(__file__).parent
    texts = ((folder / f"{name}.py").read_bytes() for name in RULES)
    return hashlib.sha256(b"\n".join(texts)).hexdigest()[:8]
