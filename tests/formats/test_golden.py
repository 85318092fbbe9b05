"""Lines as vendors' manuals and real servers write them, and exactly what must come out."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from etl.formats.fields import SPARE_COLUMN, LineFormat
from etl.formats.registry import BUILTIN_FORMATS, compile_format
from tests.parse.helpers import parse, read_log, records
from tests.parse.test_published_logs import assert_sent

CASES = sorted((Path(__file__).parents[1] / "cases" / "golden").glob("*.toml"))

PUBLISHED = {
    "matomo/alb.log": ("aws:alb", 1, 0),
    "matomo/amazon_cloudfront_web.log": ("aws:cloudfront", 1, 0),
    "matomo/caddy_json.log": ("caddy:json", 3, 0),
    "matomo/common.log": ("apache:common", 1, 0),
    "matomo/common_encoding_big5.log": ("apache:common", 1, 0),
    "matomo/icecast2.log": ("apache:combined", 1, 0),
    "matomo/ncsa_extended.log": ("apache:combined", 1, 0),
    "matomo/nginx_json.log": ("nginx:json", 2, 0),
    "matomo/s3.log": ("aws:s3", 1, 0),
    "matomo/static_ignores.log": ("apache:combined", 4, 0),
    "matomo/traefik_json.log": ("traefik:json", 1, 0),
    "lnav/logfile_access_log.0": ("apache:combined", 3, 0),
    "lnav/logfile_access_log.1": ("apache:combined", 1, 0),
    "lnav/logfile_bunyan.0": ("json:events", 10, 0),
    "lnav/logfile_cloudflare.1": ("cloudflare:json", 15, 0),
    "lnav/logfile_ecs_log.json": ("json:events", 5, 0),
    "lnav/logfile_glog.0": ("klog:text", 7, 0),
    "lnav/logfile_haproxy.0": ("haproxy:http", 13, 4),  # starts, stops and failed handshakes
    "lnav/logfile_journald.json": ("journald:json", 2, 0),
    "lnav/logfile_json.json": ("json:events", 13, 1),  # one object is cut
    "lnav/logfile_nextcloud.0": ("json:events", 5, 0),
    "lnav/logfile_pino.0": ("json:events", 1, 0),
    "lnav/logfile_w3c.5": ("iis:w3c", 1, 0),
    "lnav/logfile_w3c.6": ("iis:w3c", 1, 0),
    "webreadr/combined_log.clf": ("apache:combined", 12, 0),
    "webreadr/iis.log": ("iis:w3c", 1, 0),
    "webreadr/log.clf": ("apache:common", 2, 0),
    "webreadr/s3.log": ("aws:s3", 6, 0),
    "advertools/apache_error.log": ("apache:error", 12, 0),
    "advertools/nginx_error.log": ("nginx:error", 37, 37),  # requests in binary
    "lab/apache_error.log.gz": ("apache:error", 2302, 0),
    "lab/nginx_error.log": ("nginx:error", 49, 0),
    "lab/nginx_json.log.gz": ("nginx:json", 1558, 0),
    "lab/nginx_ltsv.log.gz": ("ltsv:requests", 1558, 0),
    "loghub/Apache_2k.log.gz": ("apache:error", 2000, 0),
}
"""Log, its format, records, and lines that are rightly refused."""


def read_case(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def case_format(case: dict[str, Any]) -> LineFormat:
    return compile_format(builtin=case["builtin"], inner=case.get("inner"))


def known(record: dict[str, Any], spare: str) -> dict[str, Any]:
    """Leave out what is null, round what is binary, and read what is JSON."""
    found = {name: value for name, value in record.items() if value is not None}
    del found["offset"]
    if spare in found:
        found[spare] = json.loads(found[spare])
    return {
        name: round(value, 9) if isinstance(value, float) else value
        for name, value in found.items()
    }


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_sample_gives_exactly_its_records(path: Path) -> None:
    case = read_case(path)
    line_format = case_format(case)
    parsed = parse(line_format, case["input"].encode())
    spare = SPARE_COLUMN[line_format.stored.table]
    found = [known(record, spare) for record in parsed.records.to_pylist()]
    for one, other in zip(found, case.get("records", []), strict=False):
        assert one == other
    assert len(found) == len(case.get("records", []))
    assert parsed.rejects.column("reason").to_pylist() == case.get("rejects", [])
    assert parsed.counts.blank == case.get("blank", 0)


def test_each_built_in_format_has_a_sample_of_its_own() -> None:
    alone = {case["builtin"] for case in map(read_case, CASES) if "inner" not in case}
    assert set(BUILTIN_FORMATS) <= alone


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_log_matches(name: str) -> None:
    builtin, records, refused = PUBLISHED[name]
    counts = parse(compile_format(builtin=builtin), read_log(name)).counts
    assert (counts.records, counts.rejects) == (records, refused)


@pytest.mark.parametrize(
    ("name", "builtin"), [("nginx_json", "nginx:json"), ("nginx_ltsv", "ltsv:requests")]
)
def test_named_values_are_what_the_server_was_sent_and_answered(name: str, builtin: str) -> None:
    found = records(parse(compile_format(builtin=builtin), read_log(f"lab/{name}.log.gz")))
    truth = [json.loads(line) for line in read_log("lab/truth_nginx.jsonl.gz").splitlines()]
    assert len(found) == len(truth)
    for record, true in zip(found, truth, strict=True):
        assert record["status"] == int(true["status"])
        assert record["body_bytes_sent"] == int(true["bytes"])
        assert record["request_time_s"] == float(true["request_time"])
        tries = [float(part) for part in true["upstream_response_time"].split(", ") if part != "-"]
        assert record["upstream_time_s"] == (pytest.approx(sum(tries)) if tries else None)
        if "case" in true:
            # Of named values what is empty is null: JSON writes what is absent so.
            true |= {key: true[key] or None for key in ("referer_b64", "user_agent_b64")}
            assert_sent(record, true, "nginx")
