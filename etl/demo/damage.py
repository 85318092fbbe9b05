"""Lines that no reader can take: garbage, cut lines, impossible stamps; and blank ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from etl.demo.plan import Ints

RECORD, REJECT, BLANK = 0, 1, 2

LINES_PER_REJECT = 2_000
LINES_PER_BLANK = 20_000

GARBAGE = (
    "\tat com.example.hub.Importer.run(Importer.java:214)",
    "~~~ buffer overrun, messages dropped ~~~",
    "Segmentation fault",
    "§§§ ¿¿¿ §§§",
)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in the order of writing.

    Attributes:
        kind: `RECORD`, `REJECT` or `BLANK`.
        at: When each line was written, which for a late line is not what its stamp says.
        stamp: What its stamp says.
    """

    text: pl.Series
    kind: Ints
    at: Ints
    stamp: Ints

    def cut(self, first: int, last: int) -> Lines:
        """Return a run of the lines."""
        run = slice(first, last)
        return Lines(self.text[run], self.kind[run], self.at[run], self.stamp[run])


@dataclass(frozen=True, slots=True)
class Damage:
    """How lines of one format break.

    Attributes:
        cut: Shortens a line to what is no line of the format in any reading.
        misdate: Gives a line a stamp that is none in any reading.
    """

    cut: Callable[[str], str]
    misdate: Callable[[str], str]

    def apply(self, random: np.random.Generator, lines: Lines, *, starts_day: bool) -> Lines:
        """Mix bad and blank lines in; a day has two bad ones and a blank one at the least."""
        number = len(lines.text)
        rejects = number // LINES_PER_REJECT + 2 * starts_day
        blanks = number // LINES_PER_BLANK + starts_day
        if not number or not rejects:
            return lines
        near = random.integers(0, number, rejects + blanks)
        models = lines.text.gather(near[:rejects]).to_list()
        bad = [self._break(each, kind) for kind, each in enumerate(models, int(near[0]))]
        kind = np.repeat([RECORD, REJECT, BLANK], [0, rejects, blanks])
        at = np.concatenate([lines.at, lines.at[near]])
        stamp = np.concatenate([lines.stamp, lines.stamp[near]])
        order = np.argsort(at, kind="stable")
        text = pl.concat([lines.text, pl.Series(bad + [""] * blanks, dtype=pl.String)])
        kinds = np.concatenate([lines.kind, kind])[order]
        return Lines(text.gather(order), kinds, at[order], stamp[order])

    def _break(self, line: str, kind: int) -> str:
        if kind % 3 == 0:
            return self.cut(line)
        if kind % 3 == 1:
            return self.misdate(line)
        return GARBAGE[kind // 3 % len(GARBAGE)]
