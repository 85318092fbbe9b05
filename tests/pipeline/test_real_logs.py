"""Real logs, ingested and reported: counts equal those of an independent, slow, obvious parser."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from etl.pipeline.project import Project
from etl.pipeline.runs import run_all
from etl.store.measurements import read_measurements
from tests.pipeline.conftest import open_folder

Write = Callable[..., Path]

ZONE = "Europe/Vienna"
# After a bracketed time stamp: a request in quotes, with escaped ones in it, and a status.
SLOW = re.compile(
    rb"\[(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\] "
    rb'"(?:[^"\\]|\\.)*" (\d{3}) '
)
# The same of a custom comma-separated format, where the status is the seventh after the stamp.
SLOW_CSV = re.compile(
    rb"\[(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\],"
    rb"(?:[^,]*,){7}(\d{3}),"
)
MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

ALMHUETTE = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" "%{X-Extra}i"'
OTUS = (
    '$remote_addr $remote_user  $http_x_real_ip [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" "$http_x_forwarded_for" "$http_X_REQUEST_ID" '
    '"$http_X_RB_USER" $request_time'
)
TIMED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
    '"$http_user_agent" rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" '
    'urt="$upstream_response_time" ua="$upstream_addr" us="$upstream_status" rl=$request_length'
)
CSV = (
    '%v,%p,%h,%l,%u,%t,%I,%O,%S,%B,%{ms}T,%D,%^FB,%>s,"%H","%m","%U","%q","%{Referer}i",'
    '"%{User-Agent}i","%{VARNAME}C",%L'
)
VHOST_TIMED = (
    '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i" %D %{ms}T %I %{UNIQUE_ID}e'
)

CASES = {
    "almhuette": ("access/almhuette_access.log.gz", f"apache_format = '{ALMHUETTE}'"),
    "blog2016": ("access/blog2016_access.log.gz", 'format = "apache:combined"'),
    "elastic": ("access/elastic_apache_logs.gz", 'format = "apache:combined"'),
    "otus": ("access/otus_nginx_ui_sample.log", f"log_format = '{OTUS}'"),
    "lab-nginx": ("lab/nginx_combined.log.gz", 'format = "nginx:combined"'),
    "lab-timed": ("lab/nginx_timed.log.gz", f"log_format = '{TIMED}'"),
    "lab-apache": ("lab/apache_combined.log.gz", 'format = "apache:combined"'),
    "lab-vhost": ("lab/apache_vhost_timed.log.gz", f"apache_format = '{VHOST_TIMED}'"),
    "farm-nginx": ("farm/nginx_combined/*", 'format = "nginx:combined"'),
    "farm-apache": ("farm/apache_combined/*", 'format = "apache:combined"'),
    "farm-common": ("farm/apache_common/*access*", 'format = "apache:common"'),
    "farm-csv": ("farm/apache_csv/*", f"apache_format = '{CSV}'"),
    "dreamhost": ("advertools/dreamhost_apache_access.log", 'format = "apache:combined"'),
    "shop": ("lnav/logfile_shop_access_log.0.gz", f"apache_format = '{ALMHUETTE}'"),
    "farm-vhost": ("farm/apache_vhost/*", 'format = "apache:vhost_combined"'),
}

LONG = {"almhuette", "blog2016", "farm-nginx"}
"""Cases of hundreds of days, each of which is measured."""


def cases(names: Iterable[str]) -> list[Any]:
    """Return cases as parameters of a test, the long ones for `make test-all` alone."""
    return [pytest.param(name, marks=pytest.mark.extra) if name in LONG else name for name in names]


REFUSED = {"elastic": 1}
"""Lines that a case may refuse: elastic's line 8899 is cut inside its last field."""


def lines_of(data: Path, pattern: str) -> Iterator[bytes]:
    for path in sorted(data.glob(pattern)):
        content = path.read_bytes()
        plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        yield from plain.removesuffix(b"\n").split(b"\n")


def slow_count(lines: Iterator[bytes]) -> Counter[tuple[date, int]]:
    zone, found = ZoneInfo(ZONE), Counter[tuple[date, int]]()
    for line in filter(None, lines):  # blank ones are counted, and are no requests
        match = SLOW.search(line) or SLOW_CSV.search(line)
        assert match is not None, line
        day, month, year, hour, minute, second, sign, hours, minutes, status = match.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == b"-" else 1)
        wall = (int(year), MONTHS.index(month) + 1, *map(int, (day, hour, minute, second)))
        instant = datetime(*wall, tzinfo=ZoneInfo("UTC")) - offset  # type: ignore[arg-type,misc]
        found[instant.astimezone(zone).date(), int(status)] += 1
    return found


def ingest(data: Path, write_project: Write, pattern: str, stanza: str) -> Project:
    stanza = f'[[source]]\nname = "real"\ninputs = ["{data / pattern}"]\n{stanza}\n'
    project = open_folder(write_project(stanza, timezone=ZONE))
    now = datetime(2026, 11, 30, tzinfo=ZoneInfo("UTC"))
    result = run_all(project, [date(2026, 11, 22)], now=now, workers=2)
    assert not result.skipped
    assert result.read is not None
    assert result.read.counts.lines == sum(1 for _ in lines_of(data, pattern))
    return project


@pytest.mark.parametrize("case", cases(CASES))
def test_requests_per_day_and_status_equal_a_slow_count(
    shared_data: Path, write_project: Write, case: str
) -> None:
    pattern, stanza = CASES[case]
    project = ingest(shared_data, write_project, pattern, stanza)
    measured = Counter(
        {
            (one.day, int(str(one.dimensions["status"]))): int(one.value or 0)
            for one in read_measurements(project.warehouse)
            if one.metric == "http_status"
        }
    )
    refused = project.warehouse.scan("rejects", project.schema_of("rejects")).collect()
    raw = refused["raw"].to_list()
    assert len(raw) == REFUSED.get(case, 0), refused.select("reason", "detail", "raw").rows()[:3]
    assert measured == slow_count(lines_of(shared_data, pattern)) - slow_count(iter(raw))
    assert (project.settings.out / "index.html").is_file()


def test_lab_times_and_bytes_equal_its_own_summary(shared_data: Path, write_project: Write) -> None:
    project = ingest(shared_data, write_project, *CASES["lab-timed"])
    rows = project.warehouse.scan("requests", project.schema_of("requests")).collect()
    assert rows["body_bytes_sent"].sum() == 409609
    times = sorted(rows["request_time_s"].to_list())
    assert round(sum(times), 3) == 9.577
    ranks = [times[-(-q * len(times) // 100) - 1] for q in (50, 90, 99)]
    assert ranks == [0.0, 0.001, 0.006]
    upstream = rows.filter(pl.col("upstream_time_s").is_not_null())["upstream_time_s"]
    assert upstream.max() == 1.006


def test_syslog_lines_per_day_and_app_equal_a_slow_count(
    shared_data: Path, write_project: Write
) -> None:
    pattern = "syslog/elastic_auth.log.gz"
    project = ingest(shared_data, write_project, pattern, 'format = "syslog"')
    slow: Counter[tuple[str, str, str]] = Counter()
    for line in lines_of(shared_data, pattern):
        month, day, _, host, tag = line.decode().split(None, 4)[:5]
        slow[f"{month} {int(day)}", host, re.split(r"[\[:]", tag)[0]] += 1
    rows = project.warehouse.scan("events", project.schema_of("events")).collect()
    stamps = rows["at"].dt.convert_time_zone(ZONE)
    days = [f"{stamp:%b} {stamp.day}" for stamp in stamps]
    assert Counter(zip(days, rows["host"], rows["app"], strict=True)) == slow
    assert len(set(stamps.dt.year())) == 1
