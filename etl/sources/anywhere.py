"""Finds the place that an address is of, and puts days into addresses that have room for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from etl.model import Input
from etl.s3 import SCHEME, S3Options, S3Store
from etl.sources.local import LocalSource
from etl.sources.s3 import S3Source

DAY = re.compile(r"\{day:([^{}]+)\}")


class AnySource:
    """Lists and opens files and objects.

    Args:
        root: Where relative paths start.
        options: Of S3.
    """

    def __init__(self, root: Path, options: S3Options) -> None:
        self._files, self._objects = LocalSource(root), S3Source(S3Store(options))

    def list_inputs(self, patterns: Sequence[str], *, now: datetime) -> list[Input]:
        """Return what paths, globs and prefixes name, sorted by address, each once."""
        objects = [pattern for pattern in patterns if pattern.startswith(SCHEME)]
        files = [pattern for pattern in patterns if not pattern.startswith(SCHEME)]
        listed = self._files.list_inputs(files, now=now)
        return [*listed, *(self._objects.list_inputs(objects, now=now) if objects else ())]

    def open_input(self, item: Input) -> BinaryIO:
        """Open a file or an object; see `Source.open_input`."""
        place = self._objects if item.uri.startswith(SCHEME) else self._files
        return place.open_input(item)


def _with_day(pattern: str, day: date) -> str:
    return DAY.sub(lambda found: day.strftime(found[1]), pattern)


def with_days(patterns: Iterable[str], days: Iterable[date]) -> list[str]:
    """Return the patterns, those with `{day:%Y/%m/%d}` once for each day, each once."""
    spelled: dict[str, None] = {}
    wanted = list(days)
    for pattern in patterns:
        if not DAY.search(pattern):
            spelled[pattern] = None
        for day in wanted:
            spelled[_with_day(pattern, day)] = None
    return list(spelled)
