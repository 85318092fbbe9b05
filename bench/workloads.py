"""The logs that Daytally and others are compared on, each in a project of its own."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from access_peers import FIELDS, LINE

from etl.demo import simulate

MEGABYTE = 1_000_000
SIZE = 1000 * MEGABYTE
"""Of a log; less, and a process's start counts as much as its reading."""
CLIENTS, VISITORS = 60_000, 110_000
"""Addresses, and addresses with an agent, in 400 MB of log of a public web site. A real one of
206,860 lines has 8,799 and 15,404, and each time that its lines double they grow by three quarters.
"""

JSON_FORMAT = (
    '{"time":"$time_iso8601","addr":"$remote_addr","user":"$remote_user",'
    '"request":"$request","status":$status,"bytes":$body_bytes_sent,"referer":"$http_referer",'
    '"agent":"$http_user_agent","seconds":$request_time}'
)
PROJECT = """
[project]
name = "Bench"
timezone = "Europe/Berlin"

[[source]]
name = "log"
inputs = ["logs/log/*.log"]
"""
SYSLOG = """
format = "syslog"
message = "logfmt"
[source.fields]
event = "text"
customer_id = "text"
duration_ms = "integer"
"""


@dataclass(frozen=True, slots=True)
class Workload:
    """A log to read.

    Attributes:
        project: Daytally's folder for it.
        log: The file; the only one that the project reads.
        routed: The project's settings with routes to match, where it has any.
    """

    project: Path
    log: Path
    routed: str = ""


def make_workload(name: str, folder: Path, lines: int) -> Workload:
    """Simulate the log of a workload.

    Args:
        name: A key of `MAKERS`.
        folder: Where it goes.
        lines: Access-log lines to simulate; other logs are made of what comes along.
    """
    simulated = folder / "simulated"
    simulate(simulated, days=1, lines=lines, seed=1)
    return MAKERS[name](simulated, folder / name)


def _access(simulated: Path, _: Path) -> Workload:
    for other in ("importer", "transformer", "store"):
        shutil.rmtree(simulated / "logs" / other)
    settings = simulated / "daytally.toml"
    routed = settings.read_text()
    settings.write_text(
        re.sub(r"^\[\[(?:route|chain)\]\]\n(?:[^\[].*\n|\n)*", "", routed, flags=re.M)
    )
    return Workload(simulated, simulated / "logs" / "api" / "access.log", routed)


def _goaccess(simulated: Path, _: Path) -> Workload:
    """Cut the access log at 400 MB: more takes GoAccess minutes."""
    made = _access(simulated, simulated)
    with made.log.open("rb+") as log:
        log.seek(400 * MEGABYTE)
        log.readline()
        log.truncate()
    return made


def _public(simulated: Path, folder: Path) -> Workload:
    """Let that log's requests come from as many visitors as those of a public web site do."""
    made = _goaccess(simulated, folder)
    random = np.random.default_rng(1)
    clients = [b"%d.%d.%d.%d" % tuple(parts) for parts in random.integers(0, 256, (CLIENTS, 4))]
    with made.log.open("rb") as log:
        lines = [line.partition(b" ") for line in log]
    # Each client stands for a part of the visitors, as large as its part of the requests, with its
    # agent. Some visitors come often: the first hundredth sends a tenth.
    asked = Counter(first for first, _, _ in lines)
    share = {first: VISITORS * count / len(lines) for first, count in asked.items()}
    begins = dict(zip(share, accumulate(share.values(), initial=0), strict=False))
    with made.log.open("wb") as log:
        for (first, *rest), chance in zip(lines, random.random(len(lines)) ** 2, strict=True):
            visitor = int(begins[first] + share[first] * chance)
            log.write(clients[visitor % CLIENTS] + b"".join(rest))
    return made


def _syslog(source: str, simulated: Path, folder: Path) -> Workload:
    """Repeat a day's log until it is large enough to measure."""
    text = (simulated / "logs" / source / f"{source}.log").read_bytes()
    made = _project(folder, "2026-03-16", SYSLOG)
    with made.log.open("wb") as log:
        for _ in range(-(-SIZE // len(text))):
            log.write(text)
    shutil.rmtree(simulated)
    return made


def _json(simulated: Path, folder: Path) -> Workload:
    """Write the access log as escape=json does, without damaged lines: some peers stop there."""
    made = _project(
        folder, "access", f"log_format = '''log_format j escape=json '{JSON_FORMAT}';'''"
    )
    pattern = re.compile(LINE)
    source = simulated / "logs" / "api" / "access.log"
    size = 0
    with source.open(encoding="utf-8", errors="replace") as plain, made.log.open("w") as log:
        for line in plain:
            match = pattern.match(line.rstrip("\n"))
            if match is not None and "\\" not in line and "/Mar/2026" in match[3]:
                size += log.write(_json_line(dict(zip(FIELDS, match.groups(), strict=True))))
            if size > SIZE:
                break
    shutil.rmtree(simulated)
    return made


def _json_line(found: dict[str, str]) -> str:
    day, _, rest = found["stamp"].split("/")
    stamp = f"{rest[:4]}-03-{day}T{rest[5:13]}{rest[14:17]}:{rest[17:]}"
    texts = {name: found[name] for name in ("addr", "user", "request", "referer", "agent")}
    texts = {name: json.dumps("" if text == "-" else text) for name, text in texts.items()}
    return (
        f'{{"time":"{stamp}","addr":{texts["addr"]},"user":{texts["user"]},'
        f'"request":{texts["request"]},"status":{found["status"]},"bytes":{found["bytes"]},'
        f'"referer":{texts["referer"]},"agent":{texts["agent"]},"seconds":{found["seconds"]}}}\n'
    )


def _project(folder: Path, name: str, source: str) -> Workload:
    logs = folder / "logs" / "log"
    logs.mkdir(parents=True)
    (folder / "daytally.toml").write_text(PROJECT + source)
    return Workload(folder, logs / f"{name}.log")


MAKERS = {
    "access": _access,
    "rfc5424": lambda simulated, folder: _syslog("importer", simulated, folder),
    "rfc3164": lambda simulated, folder: _syslog("transformer", simulated, folder),
    "json": _json,
    "goaccess": _goaccess,
    "public": _public,
}
"""Name of a workload to what makes it out of a simulated project."""
