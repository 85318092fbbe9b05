"""The syslog lines of importer, transformer and store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from etl.demo.chain import ChainDay, Sightings
from etl.demo.damage import Damage, Lines
from etl.demo.plan import SECOND, Day, Ints, Plan
from etl.demo.rhythm import RFC_3164, RFC_3339, write_stamps

SLICE_ROWS = 150_000
HEARTBEATS = 144
"""A day, besides one line for every 30 customers that tells of other things."""

DELIVERY = 6 * 3600 + 1800
"""Seconds after midnight at which a host delivers what it could not the day before."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one system writes its lines.

    Attributes:
        step: The step of the chain that its lines show.
        before: What may stand before the stamp.
        pattern: The stamp's.
        header: What may stand between stamp and message; the last one is the host that is late.
        message: Text before the customer's number, between number and duration, and behind.
        noise: What else it writes, from behind the stamp.
    """

    source: str
    step: str
    before: tuple[str, ...]
    pattern: str
    header: tuple[str, ...]
    message: tuple[str, str, tuple[str, ...]]
    noise: tuple[str, ...]
    damage: Damage

    def write(self, random: np.random.Generator, rows: Sightings, *, late: bool) -> pl.Series:
        """Write a line for each customer seen."""
        number = len(rows.at)
        head, middle, ends = self.message
        header = random.integers(0, len(self.header), number)
        if late:
            header[rows.mark] = len(self.header) - 1
        pieces = [
            pl.Series(self.before).gather(random.integers(0, len(self.before), number)),
            write_stamps(rows.at, self.pattern),
            pl.Series(self.header).gather(header),
            pl.lit(head),
            pl.Series(rows.customer).cast(pl.String).str.zfill(7),
            pl.lit(middle),
            pl.Series((4 + random.exponential(12, number)).astype(np.int64)).cast(pl.String),
            pl.Series(ends).gather(random.integers(0, len(ends), number)),
        ]
        return pl.select(pl.concat_str(pieces)).to_series()

    def write_noise(self, random: np.random.Generator, at: Ints) -> pl.Series:
        """Write a line about something else for each instant."""
        pieces = [
            pl.Series(self.before).gather(random.integers(0, len(self.before), len(at))),
            write_stamps(at, self.pattern),
            pl.Series(self.noise).gather(random.integers(0, len(self.noise), len(at))),
        ]
        return pl.select(pl.concat_str(pieces)).to_series()


IMPORTER = Dialect(
    source="importer",
    step="imported",
    before=("<134>1 ",),
    pattern=RFC_3339,
    header=(
        " imp-1 importer 812 CUST - ",
        " imp-1 importer 812 CUST - ",
        ' imp-1 importer 812 CUST [origin ip="192.0.2.17" software="importer"] ',
        " imp-2 importer 640 CUST - ",
    ),
    message=(
        "event=imported customer_id=C",
        " duration_ms=",
        (
            " city=Berlin",
            " city=Hamburg",
            " city=München",
            " city=Köln",
            " city=Leipzig",
            ' city="Frankfurt am Main"',
            ' city="Bad Homburg v. d. Höhe"',
            "",
        ),
    ),
    noise=(
        " imp-1 importer 812 HEALTH - event=heartbeat queue=3",
        " imp-2 importer 640 HEALTH - event=heartbeat queue=0",
        ' imp-1 importer 812 SRC - level=warn msg="source answers slowly, trying again" attempt=2',
        ' imp-2 importer 640 SRC [retry n="2"] level=info msg="file \\"kunden.csv\\" opened"',
        " imp-1 systemd 1 - - Started Rotate log files.",
    ),
    damage=Damage(
        cut=lambda line: line[:12],
        misdate=lambda line: f"<134>1 2026-13-45T25:61:61.5+01:00 {line.split(' ', 2)[2]}",
    ),
)

TRANSFORMER = Dialect(
    source="transformer",
    step="transformed",
    before=("", "", "", "<134>"),
    pattern=RFC_3164,
    header=(
        " trf-1 transformer[2231]: ",
        " trf-2 transformer[1984]: ",
        " trf-3 transformer[2010]: ",
    ),
    message=(
        "event=transformed customer_id=C",
        " duration_ms=",
        ("", "", " rules=17", ' note="name, given name swapped"'),
    ),
    noise=(
        " trf-1 transformer[2231]: event=heartbeat queue=0",
        " trf-2 transformer[1984]: event=heartbeat queue=12",
        ' trf-3 transformer[2010]: level=warning msg="rule 12 is deprecated"',
        " trf-1 CRON[30411]: (root) CMD (run-parts /etc/cron.hourly)",
        " trf-2 kernel: eth0: link is up",
    ),
    damage=Damage(
        cut=lambda line: line[:10],
        misdate=lambda line: f"Foo 99 25:61:61{line[line.index(' trf-') :]}",
    ),
)

STORE = Dialect(
    source="store",
    step="stored",
    before=("",),
    pattern=RFC_3339,
    header=(" sto-1 store[77]: ", " sto-2 store[81]: "),
    message=(
        '{"event":"stored","customer_id":"C',
        '","duration_ms":',
        ("}", "}", ',"shard":3}', ',"city":"Köln","tags":["new","checked"]}'),
    ),
    noise=(
        ' sto-1 store[77]: {"event":"heartbeat","connections":14}',
        ' sto-2 store[81]: {"event":"heartbeat","connections":9}',
        ' sto-1 store[77]: {"level":"warning","msg":"checkpoint took 2.4 s","table":"customer"}',
        ' sto-2 store[81]: {"level":"info","msg":"said \\"ok\\" to replica","lag_ms":0.5}',
    ),
    damage=Damage(
        cut=lambda line: line[:14],
        misdate=lambda line: f"2026-13-45T25:61:61.5+01:00 {line.split(' ', 1)[1]}",
    ),
)

DIALECTS = (IMPORTER, STORE, TRANSFORMER)


class Systems:
    """Simulates what one system writes, day by day."""

    def __init__(self, plan: Plan, dialect: Dialect) -> None:
        self._plan = plan
        self._dialect = dialect
        self._stream = 2 + DIALECTS.index(dialect)
        self._undelivered: Sightings | None = None

    def noise(self, day: Day) -> Ints:
        """Return when the system writes lines of the day that show no customer."""
        if self._dialect is TRANSFORMER and "missing_log" in day.faults:
            return np.zeros(0, dtype=np.int64)
        random = self._plan.random(day, 10 + self._stream)
        number = HEARTBEATS + day.customers // 30
        return np.sort(day.start + random.integers(0, day.seconds * SECOND, number))

    def day(self, day: Day, chain: ChainDay) -> Iterator[Lines]:
        """Write the lines of a day in the order in which they reach the log."""
        random = self._plan.random(day, self._stream)
        rows, written = self._delivered(day, chain.steps[self._dialect.step])
        noise = self.noise(day)
        order = np.argsort(np.concatenate([written, noise]), kind="stable")
        for first in range(0, len(order), SLICE_ROWS):
            chosen = order[first : first + SLICE_ROWS]
            is_row = chosen < len(written)
            seen, other = chosen[is_row], noise[chosen[~is_row] - len(written)]
            picked = Sightings(rows.customer[seen], rows.at[seen], rows.mark[seen])
            text = pl.concat(
                [
                    self._dialect.write(random, picked, late=self._dialect is IMPORTER),
                    self._dialect.write_noise(random, other),
                ]
            )
            at = np.concatenate([written[seen], other])
            place = np.argsort(at, kind="stable")
            lines = Lines(text.gather(place), np.zeros(len(at), np.int64), at[place])
            yield self._dialect.damage.apply(random, lines, starts_day=first == 0)

    def _delivered(self, day: Day, rows: Sightings) -> tuple[Sightings, Ints]:
        """Hold late lines back until the next day; return rows and when they are written."""
        if self._dialect is not IMPORTER:
            return rows, rows.at
        now, held = rows.where(~rows.mark), self._undelivered
        self._undelivered = rows.where(rows.mark)
        if held is None or not len(held.at):
            return now, now.at
        arrival = day.start + DELIVERY * SECOND + np.arange(len(held.at), dtype=np.int64) * 1000
        joined = Sightings(
            np.concatenate([held.customer, now.customer]),
            np.concatenate([held.at, now.at]),
            np.concatenate([held.mark, now.mark]),
        )
        return joined, np.concatenate([arrival, now.at])
