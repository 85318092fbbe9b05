"""Percentiles of one thing, told by the names of their metrics: `time_p50`, `time_max`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from etl.model import Measurement, Sheet

_RANKED = re.compile(r"(?P<stem>.+)_(?:p(?P<rank>\d{1,3})|max)")
_RANK_WORDS = re.compile(r"(?:p\d+|median|longest)\s+(?:of\s+)?(?:the\s+)?", re.IGNORECASE)
_MAX = 1000


def stem_of(name: str) -> str:
    """Return what a metric has in common with its family."""
    match = _RANKED.fullmatch(name)
    return match["stem"] if match else name


def rank_of(name: str) -> int:
    """Return where a metric stands in its family: its percentile, and the maximum last."""
    match = _RANKED.fullmatch(name)
    if match is None:
        return 0
    return int(match["rank"]) if match["rank"] else _MAX


def rank_key(name: str) -> str:
    """Return `p90` or `max`."""
    rank = rank_of(name)
    return "max" if rank == _MAX else f"p{rank}"


def family_title(sheets: Iterable[Sheet]) -> str:
    """Return the title of a family: that of one of its metrics, without its rank."""
    sheets = list(sheets)
    for sheet in sheets:
        match = _RANK_WORDS.match(sheet.title)
        if match:
            rest = sheet.title[match.end() :]
            return rest[:1].upper() + rest[1:]
    return stem_of(sheets[0].name).replace("_", " ").capitalize()


def is_few(m: Measurement, sheet: Sheet | None) -> bool:
    """Tell whether a value has fewer observations behind it than its sheet asks for."""
    return sheet is not None and m.value is not None and m.n is not None and m.n < sheet.min_n
