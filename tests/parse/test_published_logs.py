"""Real logs: identical to the slow reference, and to what real servers say they were sent."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from etl.formats.fields import LineFormat
from etl.formats.registry import compile_format
from tests.conformance.cases import SCHEMAS, read_cases
from tests.parse import logs
from tests.parse.helpers import assert_same, parse, read_log, records


@pytest.mark.parametrize(("name", "line_format", "refused"), logs.published())
def test_a_published_log_reads_as_the_reference_says(
    name: str, line_format: LineFormat, refused: int
) -> None:
    data = read_log(name)
    parsed = parse(line_format, data)
    assert parsed.counts.rejects == refused
    if name in logs.LONG:
        data = b"".join(data.splitlines(keepends=True)[::50])
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
    "advertools/nginx_custom_date.log": "nginx:combined",
    "attack/netsparker.txt.gz": "apache:combined",
    "farm/apache_error/farmwork.error.log": "apache:error",
    "farm/apache_error/farmwork.error.log-20241014": "apache:error",
    "farm/apache_error/farmwork.error.log-20241025": "apache:error",
    "farm/nginx_error/meatlabel.app.error.log-20251220": "nginx:error",
    "farm/nginx_error/meatlabel.app.error.log-20251223.gz": "nginx:error",
    "farm/nginx_error/meatlabel.app.error.log-20251225.gz": "nginx:error",
    "farm/nginx_error/meatlabel.app.error.log-20251226": "nginx:error",
    "lnav/logfile_access_log.0": "apache:combined",
    "lnav/logfile_access_log.1": "apache:combined",
    "lnav/logfile_generic.1": "syslog",
    "lnav/logfile_java.1": "syslog",
    "lnav/logfile_jsonid.json": "json:events",
    "lnav/logfile_mux_zookeeper.0": "syslog",
    "lnav/logfile_muxed_syslog.0": "json:events",
    "lnav/logfile_rollover.1": "syslog",
    "lnav/logfile_rollover.2": "syslog",
    "lnav/logfile_shop_access_log.0.gz": "nginx:main",
    "lnav/logfile_syslog.1": "syslog",
    "lnav/logfile_syslog.3": "syslog",
    "lnav/logfile_syslog_with_header.0": "syslog",
    "lnav/logfile_syslog_with_mixed_times.0": "syslog",
    "matomo/common.log": "apache:common",
    "matomo/common.log.gz": "apache:common",
    "matomo/gandi.log": "apache:vhost_combined",
    "matomo/icecast2.log": "apache:combined",
    "matomo/static_ignores.log": "apache:combined",
    "webreadr/combined_log.clf": "apache:combined",
    "webreadr/log.clf": "apache:common",
}
"""Logs of built-in formats, or close to one: what is refused is refused alike."""

FOREIGN = (
    "lnav/logfile_bro_conn.log.0",
    "lnav/logfile_bro_http.log.0",
    "lnav/logfile_docker_compose_with_ts.0",
    "lnav/logfile_epoch.1",
    "lnav/logfile_generic.3",
    "lnav/logfile_generic_nanos.0",
    "lnav/logfile_invalid_tz.0",
    "lnav/logfile_laravel.0",
    "lnav/logfile_laravel.1",
    "lnav/logfile_multiline.0",
    "lnav/logfile_postgres.0",
    "lnav/logfile_postgres.1",
    "loghub/BGL_2k.log.gz",
    "loghub/HDFS_2k.log.gz",
    "loghub/Thunderbird_2k.log.gz",
    "loghub/Zookeeper_2k.log.gz",
)
"""Logs of formats that are not built in; they are refused alike, by whatever format."""

NO_LOG = re.compile(r"conformance/|incidents/|lab/(summary|truth)|README|LICENSE|_structured")


def test_each_log_that_there_is_is_read(shared_data: Path) -> None:
    files = (path for path in shared_data.rglob("*") if path.is_file())
    names = (str(path.relative_to(shared_data)) for path in files)
    assert {name for name in names if not NO_LOG.search(name)} == {
        name for name, *_ in logs.published()
    } | {*NAMED, *FOREIGN}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("builtin", ["syslog", "apache:combined", "logfmt:events"])
def test_a_log_of_no_built_in_format_reads_as_the_reference_says(name: str, builtin: str) -> None:
    data, line_format = read_log(name), compile_format(builtin=builtin)
    assert_same(line_format, data, parse(line_format, data))


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize(
    "builtin", ["syslog", "apache:combined", "apache:error", "json:events", "logfmt:events"]
)
def test_lines_of_other_parsers_tests_read_as_the_reference_says(
    schema: str, builtin: str, shared_data: Path
) -> None:
    lines = [case.line.replace(b"\n", b" ") for case in read_cases(shared_data, schema)]
    data, line_format = b"\n".join(lines), compile_format(builtin=builtin)
    assert_same(line_format, data, parse(line_format, data))


@pytest.mark.parametrize("name", NAMED)
def test_a_log_of_a_built_in_format_reads_as_the_reference_says(name: str) -> None:
    data, line_format = read_log(name), compile_format(builtin=NAMED[name])
    parsed = parse(line_format, data)
    assert parsed.counts.lines > 0
    assert_same(line_format, data, parsed)
