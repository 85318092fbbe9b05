"""What the systems complain about: errors and warnings, and what kind each of them is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from etl.demo.plan import SECOND, Day, Ints, Plan

ERROR, WARNING = 3, 4


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of complaint.

    Attributes:
        fault: On days with this fault; every day where it is empty.
        source: The system that complains.
        app: Its name in the log.
        start: What stands before the stamp, and says the severity.
        text: From behind the stamp; each `#` is a digit of its own.
        mask: The message as it must look with its variable parts masked.
        number: About how many a day.
    """

    fault: str
    source: str
    app: str
    severity: int
    start: str
    text: str
    mask: str
    number: int


KINDS = (
    Kind(
        *("", "importer", "importer", ERROR, "<131>1 "),
        " imp-1 importer 812 SRC - source 192.0.2.1## refused the connection after 3### ms",
        "source {…} refused the connection after {…} ms",
        6,
    ),
    Kind(
        *("", "importer", "importer", WARNING, "<132>1 "),
        ' imp-2 importer 640 SRC - level=warn msg="sum of \\"kunden-##.csv\\" differs" attempt=#',
        "sum of {…} differs",
        4,
    ),
    Kind(
        *("", "store", "store", WARNING, "<132>"),
        ' sto-1 store[77]: {"level":"warning","msg":"checkpoint took #.# s","table":"customer"}',
        "checkpoint took {…} s",
        3,
    ),
    Kind(
        *("errors", "store", "store", ERROR, "<131>"),
        ' sto-2 store[81]: {"level":"error","msg":"replica fe80::1##:f## lost","lag_ms":1##}',
        "replica {…} lost",
        20,
    ),
    Kind(
        *("lost", "store", "store", ERROR, "<131>"),
        " sto-1 store[77]: cannot write C00#####: no space left on '/dev/sdb#', 1#### bytes short",
        "cannot write {…}: no space left on {…} bytes short",
        40,
    ),
)


@dataclass(frozen=True, slots=True)
class Troubles:
    """Complaints of one system on one day, in the order of their stamps.

    Attributes:
        kind: Place in `KINDS`.
        text: Behind the stamp.
    """

    at: Ints
    kind: Ints
    text: pl.Series

    @property
    def start(self) -> pl.Series:
        """What stands before each stamp."""
        return pl.Series([each.start for each in KINDS]).gather(self.kind)

    def gather(self, places: Ints) -> Troubles:
        """Return some of them."""
        return Troubles(self.at[places], self.kind[places], self.text.gather(places))


def troubles(plan: Plan, day: Day, source: str) -> Troubles:
    """Let a system complain for a day."""
    at, kind, text = [], [], []
    for number, each in enumerate(KINDS):
        if each.source != source or (each.fault and each.fault not in day.faults):
            continue
        random = plan.random(day, 30 + number)
        count = each.number + int(random.integers(0, each.number))
        stamps = np.sort(day.start + random.integers(0, day.seconds, count) * SECOND)
        at.append(stamps)
        kind.append(np.full(count, number))
        text += [_filled(random, each.text) for _ in range(count)]
    if not at:
        return Troubles(
            np.zeros(0, np.int64), np.zeros(0, np.int64), pl.Series([], dtype=pl.String)
        )
    order = np.argsort(np.concatenate(at), kind="stable")
    return Troubles(
        np.concatenate(at)[order], np.concatenate(kind)[order], pl.Series(text).gather(order)
    )


def _filled(random: np.random.Generator, text: str) -> str:
    digits = iter(random.integers(0, 10, text.count("#")).tolist())
    return "".join(str(next(digits)) if each == "#" else each for each in text)
