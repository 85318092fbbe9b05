"""The syslog lines of importer, transformer and store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from etl.demo.chain import ChainDay, Sightings
from etl.demo.damage import Damage, Lines
from etl.demo.plan import SECOND, Day, Ints, Plan
from etl.demo.rhythm import RFC_3164, RFC_3339, write_stamps
from etl.demo.troubles import KINDS, Troubles, troubles

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

    def write(
        self, random: np.random.Generator, rows: Sightings, *, late: bool
    ) -> tuple[pl.Series, Ints]:
        """Write a line for each customer seen; return what stands before the stamps, too."""
        number = len(rows.at)
        head, middle, ends = self.message
        header = random.integers(0, len(self.header), number)
        if late:
            header[rows.mark] = len(self.header) - 1
        before = random.integers(0, len(self.before), number)
        pieces = [
            pl.Series(self.before).gather(before),
            write_stamps(rows.at, self.pattern),
            pl.Series(self.header).gather(header),
            pl.lit(head),
            pl.Series(rows.customer).cast(pl.String).str.zfill(7),
            pl.lit(middle),
            pl.Series((4 + random.exponential(12, number)).astype(np.int64)).cast(pl.String),
            pl.Series(ends).gather(random.integers(0, len(ends), number)),
        ]
        return pl.select(pl.concat_str(pieces)).to_series(), before

    def write_noise(self, random: np.random.Generator, at: Ints) -> tuple[pl.Series, Ints, Ints]:
        """Write a line about something else for each instant; return what was chosen, too."""
        before = random.integers(0, len(self.before), len(at))
        noise = random.integers(0, len(self.noise), len(at))
        pieces = [
            pl.Series(self.before).gather(before),
            write_stamps(at, self.pattern),
            pl.Series(self.noise).gather(noise),
        ]
        return pl.select(pl.concat_str(pieces)).to_series(), before, noise

    def write_troubles(self, found: Troubles) -> pl.Series:
        """Write errors and warnings."""
        pieces = [found.start, write_stamps(found.at, self.pattern), found.text]
        return pl.select(pl.concat_str(pieces)).to_series()

    def severity(self, before: int) -> int | None:
        """Return the severity that one of the beginnings of a line says."""
        digits = self.before[before].strip("<>1 ") and self.before[before][1:4]
        return int(digits) % 8 if digits else None


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
    """Simulates what one system writes, day by day.

    Attributes:
        severities: Application and severity of the day's lines that have one; of the importer's,
            whose lines may be late, without those of customers.
    """

    def __init__(self, plan: Plan, dialect: Dialect) -> None:
        self._plan = plan
        self._dialect = dialect
        self._stream = 2 + DIALECTS.index(dialect)
        self._undelivered: Sightings | None = None
        self.severities: Counter[tuple[str, int]] = Counter()

    def noise(self, day: Day) -> Ints:
        """Return when the system writes lines of the day that show no customer."""
        if self._dialect is TRANSFORMER and "missing_log" in day.faults:
            return np.zeros(0, dtype=np.int64)
        random = self._plan.random(day, 10 + self._stream)
        number = HEARTBEATS + day.customers // 30
        return np.sort(day.start + random.integers(0, day.seconds * SECOND, number))

    def troubles(self, day: Day) -> Troubles:
        """Return the errors and warnings that the system writes on the day."""
        quiet = self._dialect is TRANSFORMER and "missing_log" in day.faults
        return troubles(self._plan, day, "" if quiet else self._dialect.source)

    def day(self, day: Day, chain: ChainDay) -> Iterator[Lines]:
        """Write the lines of a day in the order in which they reach the log."""
        self.severities.clear()
        random = self._plan.random(day, self._stream)
        rows, written = self._delivered(day, chain.steps[self._dialect.step])
        noise, trouble = self.noise(day), self.troubles(day)
        bounds = np.cumsum([len(written), len(noise)])
        order = np.argsort(np.concatenate([written, noise, trouble.at]), kind="stable")
        for first in range(0, len(order), SLICE_ROWS):
            group = np.searchsorted(bounds, order[first : first + SLICE_ROWS], side="right")
            seen, other, wrong = (
                order[first : first + SLICE_ROWS][group == number] - start
                for number, start in enumerate((0, *bounds))
            )
            text = self._write(random, rows, seen, noise[other], trouble.gather(wrong))
            at = np.concatenate([written[seen], noise[other], trouble.at[wrong]])
            stamp = np.concatenate([rows.at[seen], noise[other], trouble.at[wrong]])
            place = np.argsort(at, kind="stable")
            kind = np.zeros(len(at), np.int64)
            lines = Lines(text.gather(place), kind, at[place], stamp[place])
            yield self._dialect.damage.apply(random, lines, starts_day=first == 0)

    def _write(
        self,
        random: np.random.Generator,
        rows: Sightings,
        seen: Ints,
        noise: Ints,
        trouble: Troubles,
    ) -> pl.Series:
        dialect = self._dialect
        picked = Sightings(rows.customer[seen], rows.at[seen], rows.mark[seen])
        text, before = dialect.write(random, picked, late=dialect is IMPORTER)
        if dialect is not IMPORTER:
            self._tell(dialect.source, before)
        more, before, chosen = dialect.write_noise(random, noise)
        for number, line in enumerate(dialect.noise):
            app = line.split()[1].split("[")[0].rstrip(":")
            self._tell(app, before[chosen == number])
        for number, kind in enumerate(KINDS):
            self.severities[kind.app, kind.severity] += int((trouble.kind == number).sum())
        return pl.concat([text, more, dialect.write_troubles(trouble)])

    def _tell(self, app: str, before: Ints) -> None:
        for place, number in enumerate(np.bincount(before, minlength=1).tolist()):
            severity = self._dialect.severity(place) if number else None
            if severity is not None:
                self.severities[app, severity] += number

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
