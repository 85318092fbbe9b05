"""Real logs: identical to the slow reference, and to what real servers say they were sent."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from etl.formats.fields import LineFormat
from etl.formats.registry import compile_format
from tests.parse import logs
from tests.parse.helpers import assert_same, parse, read_log, records

MOST_BYTES = 3_000_000  # the reference is slow; of longer logs it reads every n-th line


@pytest.mark.parametrize(("name", "line_format", "refused"), logs.published())
def test_a_published_log_reads_as_the_reference_says(
    name: str, line_format: LineFormat, refused: int
) -> None:
    data = read_log(name)
    parsed = parse(line_format, data)
    assert parsed.counts.rejects == refused
    if len(data) > MOST_BYTES:
        data = b"".join(data.splitlines(keepends=True)[:: len(data) // MOST_BYTES + 1])
        parsed = parse(line_format, data)
    assert_same(line_format, data, parsed)


def sent(value: str | None) -> str | None:
    return None if value is None else base64.b64decode(value).decode("utf-8", "replace")


def as_sent(record: dict[str, Any]) -> str | None:
    """Put the request line together again."""
    if record["extra"]:
        for name, value in record["extra"]:
            if name == "request":
                return value
    if record["method"] is None:
        return None
    query = "" if record["query"] is None else "?" + record["query"]
    return f"{record['method']} {record['path']}{query} {record['protocol']}"


@pytest.mark.parametrize(
    ("server", "name", "line_format", "size"),
    [
        ("nginx", "nginx_combined", logs.NGINX, "body_bytes_sent"),
        ("nginx", "nginx_timed", logs.NGINX_TIMED, "body_bytes_sent"),
        ("apache", "apache_combined", logs.COMBINED, "body_bytes_sent"),
        ("apache", "apache_vhost_timed", logs.APACHE_TIMED, None),
    ],
)
def test_records_are_what_the_server_was_sent_and_answered(
    server: str, name: str, line_format: LineFormat, size: str | None
) -> None:
    found = records(parse(line_format, read_log(f"lab/{name}.log.gz")))
    truth = [json.loads(line) for line in read_log(f"lab/truth_{server}.jsonl.gz").splitlines()]
    assert len(found) == len(truth)
    for record, true in zip(found, truth, strict=True):
        assert record["status"] == int(true["status"])
        if size:
            assert record[size] == (0 if true["bytes"] == "-" else int(true["bytes"]))
        if line_format is logs.APACHE_TIMED:
            assert record["request_time_s"] == true["time_us"] / 1e6
        if line_format is logs.NGINX_TIMED:
            assert record["request_time_s"] == float(true["request_time"])
            tries = [
                float(part) for part in true["upstream_response_time"].split(", ") if part != "-"
            ]
            assert record["upstream_time_s"] == (pytest.approx(sum(tries)) if tries else None)
        if "case" in true:
            assert_sent(record, true, server)


def assert_sent(record: dict[str, Any], true: dict[str, Any], server: str) -> None:
    assert record["referer"] == sent(true["referer_b64"])
    assert record["user_agent"] == sent(true["user_agent_b64"])
    written, request = as_sent(record), sent(true["request_line_b64"])
    assert request is not None
    if server == "apache":  # nginx in front of it speaks HTTP/1.0
        written, request = (str(line).rpartition(" ")[0] for line in (written, request))
    assert written == request


NAMED = {
    "farm/apache_error/error.log": "apache:error",
    "farm/nginx_error/meatlabel.app.error.log-20251219": "nginx:error",
    "advertools/apache_error.log": "apache:error",
    "advertools/nginx_error.log": "nginx:error",
    "lab/apache_error.log.gz": "apache:error",
    "lab/nginx_error.log": "nginx:error",
    "lab/nginx_json.log.gz": "nginx:json",
    "lab/nginx_ltsv.log.gz": "ltsv:requests",
    "lnav/logfile_bunyan.0": "json:events",
    "lnav/logfile_cloudflare.1": "cloudflare:json",
    "lnav/logfile_ecs_log.json": "json:events",
    "lnav/logfile_generic.0": "syslog",
    "lnav/logfile_glog.0": "klog:text",
    "lnav/logfile_haproxy.0": "haproxy:http",
    "lnav/logfile_journald.json": "journald:json",
    "lnav/logfile_json.json": "json:events",
    "lnav/logfile_json_invalid.json": "json:events",
    "lnav/logfile_invalid_json2.json": "json:events",
    "lnav/logfile_mixed_json2.json": "json:events",
    "lnav/logfile_nextcloud.0": "json:events",
    "lnav/logfile_otel_collector.jsonl": "json:events",
    "lnav/logfile_pino.0": "json:events",
    "lnav/logfile_w3c.5": "iis:w3c",
    "lnav/logfile_w3c.6": "iis:w3c",
    "loghub/Apache_2k.log.gz": "apache:error",
    "loghub/Mac_2k.log.gz": "syslog",
    "matomo/alb.log": "aws:alb",
    "matomo/amazon_cloudfront_web.log": "aws:cloudfront",
    "matomo/caddy_json.log": "caddy:json",
    "matomo/common_encoding_big5.log": "apache:combined",
    "matomo/logs_to_tests.log": "apache:combined",
    "matomo/ncsa_extended.log": "apache:combined",
    "matomo/nginx_json.log": "nginx:json",
    "matomo/s3.log": "aws:s3",
    "matomo/traefik_json.log": "traefik:json",
    "webreadr/iis.log": "iis:w3c",
    "webreadr/s3.log": "aws:s3",
}
"""Logs of built-in formats, or close to one: what is refused is refused alike."""


@pytest.mark.parametrize("name", NAMED)
def test_a_log_of_a_built_in_format_reads_as_the_reference_says(name: str) -> None:
    data, line_format = read_log(name), compile_format(builtin=NAMED[name])
    if len(data) > MOST_BYTES:
        data = b"".join(data.splitlines(keepends=True)[:: len(data) // MOST_BYTES + 1])
    parsed = parse(line_format, data)
    assert parsed.counts.lines > 0
    assert_same(line_format, data, parsed)
