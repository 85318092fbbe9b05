"""The whole catalogue over one large day: time and peak memory beside those of reading it.

    .venv/bin/python bench/measure.py [--requests 5000000] [--events 5000000] [--days 1] [--runs 3]

Simulates a day, and repeats each line about an object for other objects, until there are about as
many requests and events as asked for; nearly all objects get through, as on most days. Runs the
nightly job over it, whose log tells what its stages took, and then each of the two stages in a
process of its own, start-up included, measuring without what was measured before. The project is
kept in bench/data and used again by the next call. With --days there are such days before it, which
the chain's look-back reaches; they are measured once, and not counted.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from deltalake import DeltaTable
from watched import median, watch

from etl.demo import simulate

DATA = Path(__file__).parent / "data"
LAST = date(2026, 3, 16)
SIMULATED = 0.7
"""Share of the requests that are simulated; the others are those that end the objects' ways."""

_OBJECT = re.compile(rb"\bC0(\d{6})\b")
_LETTER = re.compile(rb"\bC(?=\d{7}\b)")


def main() -> None:
    """Measure and print: reading, then each measuring, then their median and its share."""
    options = _options()
    project = DATA / f"measure-{options.requests}-{options.events}-{options.days}"
    if not project.exists():
        _make(project, options)
    nights = [_night(project) for _ in range(options.runs)] if options.days == 1 else []
    reads = [_ingest(project) for _ in range(options.runs)]
    runs = [_measure(project) for _ in range(options.runs)]
    reading = median(reads)
    print(f"{reads[0]['records']:,} records of {options.days} days up to {LAST}")
    if nights:
        _tell_nights(nights)
    print(_line("reading, median", reading))
    for run in runs:
        print(_line("measuring", run))
    print(_line("measuring, median", median(runs)))
    for name in ("wall_s", "cpu_s"):
        share = median(runs)[name] / (reading[name] / options.days)
        print(f"  {name}: {share:.0%} of reading a day")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=5_000_000)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


def _make(project: Path, options: argparse.Namespace) -> None:
    making = project.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    simulate(making, days=1, lines=round(options.requests * SIMULATED), seed=1)
    logs = list((making / "logs").glob("*/*.log"))
    lines = sum(path.read_bytes().count(b"\n") for path in logs if path.name != "access.log")
    for path in logs:
        _repeat(path, round(options.events / lines))
        for number in range(1, options.days):
            _copy_to(path, LAST - timedelta(days=number), b"DEFGHIJ"[number - 1 : number])
    making.rename(project)


def _repeat(path: Path, times: int) -> None:
    """Write each line about an object so many times, each time about another one.

    In the access log these are the requests that end an object's way: of others it has enough.
    """
    repeated = path.with_suffix(".repeated")
    with path.open("rb") as lines, repeated.open("wb") as out:
        for line in lines:
            out.write(line)
            if path.name == "access.log" and b'"crm-sync/' not in line:
                continue
            for number in range(1, times):
                out.write(_OBJECT.sub(b"C%d\\1" % number, line))
    repeated.rename(path)


def _copy_to(path: Path, day: date, letter: bytes) -> None:
    """Write a log again as that of another day, with other objects."""
    with path.open("rb") as lines, path.with_name(f"{path.name}-{day}").open("wb") as out:
        while some := lines.readlines(1 << 20):
            text = b"".join(some)
            for form in ("%d/%b/%Y", "%Y-%m-%d", "%b %d"):
                text = text.replace(f"{LAST:{form}}".encode(), f"{day:{form}}".encode())
            out.write(_LETTER.sub(letter, text))


def _night(project: Path) -> dict[str, dict[str, float]]:
    """Run the nightly job, and return what each of its stages used."""
    for made in ("warehouse", "out"):
        shutil.rmtree(project / made, ignore_errors=True)
    command = [sys.executable, "-m", "etl", "--project", str(project), "run", "--day", str(LAST)]
    done = subprocess.run([*command, "--workers", "2"], capture_output=True, text=True, check=False)
    if done.returncode not in {0, 3}:
        sys.exit(done.stderr)
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    return {event["stage"]: event for event in told if event["event"] == "stage done"}


def _tell_nights(nights: list[dict[str, dict[str, float]]]) -> None:
    for stage in nights[0]:
        wall, cpu = (
            statistics.median(n[stage][key] for n in nights) for key in ("wall_s", "cpu_s")
        )
        print(f"{f'stage {stage}, median':>24}: wall {wall:.2f} s, CPU {cpu:.2f} s")
    for name in ("wall_s", "cpu_s"):
        shares = [night["measure"][name] / night["ingest"][name] for night in nights]
        print(f"  {name}: {statistics.median(shares):.0%} of the stage that reads")


def _ingest(project: Path) -> dict[str, float]:
    shutil.rmtree(project / "warehouse", ignore_errors=True)
    return watch([*_daytally(project), "ingest", "--workers", "2", "--json"])


def _measure(project: Path) -> dict[str, float]:
    """Measure the last day as if it were for the first time."""
    table = project / "warehouse" / "measurements"
    command = [*_daytally(project), "measure", "--day", str(LAST), "--json"]
    if not table.exists():
        watch(command, accepted=(0, 3))
    DeltaTable(table).delete(f"day = '{LAST}'")
    return watch(command, accepted=(0, 3))


def _daytally(project: Path) -> list[str]:
    return [sys.executable, "-m", "etl", "-q", "--project", str(project)]


def _line(name: str, run: dict[str, float]) -> str:
    used = f"wall {run['wall_s']:.1f} s, CPU {run['cpu_s']:.1f} s, peak {run['peak_mb']:,.0f} MB"
    return f"{name:>18}: {used}"


if __name__ == "__main__":
    main()
