"""Guessing formats: on logs whose format is known, and on anything at all."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.cli import main
from etl.pipeline.detecting import detect

NOW = datetime(2026, 11, 24, tzinfo=UTC)
COMBINED = '1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326 "-" "x"\n'

KNOWN = {
    "access/blog2016_access.log.gz": "apache:combined",
    "access/elastic_apache_logs.gz": "apache:combined",
    "advertools/apache_error.log": "apache:error",
    "advertools/nginx_error.log": "nginx:error",
    "attack/netsparker.txt.gz": "nginx:combined",
    "farm/apache_common/farmfreshsoftware.access.log": "apache:common",
    "farm/apache_error/error.log": "apache:error",
    "farm/apache_vhost/farmwork.access.log.gz": "apache:vhost_combined",
    "farm/nginx_error/meatlabel.app.error.log-20251219": "nginx:error",
    "lab/apache_combined.log.gz": "apache:combined",
    "lab/apache_error.log.gz": "apache:error",
    "lab/nginx_json.log.gz": "nginx:json",
    "lab/nginx_ltsv.log.gz": "ltsv:requests",
    "lab/nginx_error.log": "nginx:error",
    "lnav/logfile_bunyan.0": "json:events",
    "lnav/logfile_cloudflare.1": "cloudflare:json",
    "lnav/logfile_glog.0": "klog:text",
    "lnav/logfile_journald.json": "journald:json",
    "lnav/logfile_muxed_syslog.0": "json:events",
    "lnav/logfile_pino.0": "json:events",
    "lnav/logfile_w3c.5": "iis:w3c",
    "loghub/Apache_2k.log.gz": "apache:error",
    "loghub/Mac_2k.log.gz": "syslog",
    "matomo/alb.log": "aws:alb",
    "matomo/amazon_cloudfront_web.log": "aws:cloudfront",
    "matomo/caddy_json.log": "caddy:json",
    "matomo/common.log": "apache:common",
    "matomo/traefik_json.log": "traefik:json",
    "syslog/elastic_auth.log.gz": "syslog",
    "webreadr/iis.log": "iis:w3c",
    "webreadr/s3.log": "aws:s3",
}
NEITHER = ("lnav/logfile_bro_conn.log.0", "lnav/logfile_epoch.1", "loghub/HDFS_2k.log.gz")


def guess(path: Path) -> list[str]:
    return [one.format for one in detect(path, zone=ZoneInfo("UTC"), reference=NOW)]


@pytest.mark.parametrize("name", KNOWN)
def test_a_real_log_is_known_again(name: str, shared_data: Path) -> None:
    assert guess(shared_data / name)[0] == KNOWN[name]


@pytest.mark.parametrize("name", NEITHER)
def test_a_log_of_no_built_in_format_is_none(name: str, shared_data: Path) -> None:
    assert guess(shared_data / name) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(data=st.binary(max_size=300))
def test_any_bytes_have_some_answer(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" + data)  # no compression's magic number
    for one in detect(path, zone=ZoneInfo("UTC"), reference=NOW):
        assert 0 < one.confidence <= 1


def test_the_stanza_can_be_pasted(tmp_path: Path) -> None:
    log = tmp_path / "Access.Log"
    log.write_text(COMBINED)
    result = CliRunner().invoke(main, ["formats", "detect", str(log)])
    assert result.exit_code == 0
    assert 'name = "access"' in result.stdout
    assert "format = 'nginx:combined'" in result.stdout
    assert "apache:combined would read these lines as well." in result.stdout


def test_more_fields_than_the_format_says_are_told(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(COMBINED.replace("\n", " 0.123 0.5\n"))
    result = CliRunner().invoke(main, ["formats", "detect", str(log)])
    assert "100.0% of the records have more fields than nginx:combined says" in result.stdout


def test_nothing_fits_leaves_with_3_and_says_what_to_do(tmp_path: Path) -> None:
    log = tmp_path / "odd.log"
    log.write_text("what is this\n")
    result = CliRunner().invoke(main, ["formats", "detect", str(log)])
    assert result.exit_code == 3
    assert "what is this" in result.stdout
    assert "regex:" in result.stdout
    plain = CliRunner().invoke(main, ["formats", "detect", "--json", str(log)])
    assert json.loads(plain.stdout) == [{"file": str(log), "guesses": [], "formats": []}]


def test_where_the_nearest_format_stops_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "odd.log"
    log.write_text(COMBINED.replace("10/Oct/2000:13", "October 10, 2000T13"))
    lines = CliRunner().invoke(main, ["formats", "detect", str(log)]).stdout.splitlines()
    assert lines[1] == "No built-in format fits; nginx:combined comes furthest:"
    assert lines[3].endswith("^ column 14: expected $time_local")
    assert lines[2].index("October") == lines[3].index("^")


def test_words_alone_come_near_no_format(tmp_path: Path) -> None:
    """Whatever is read as a client and a user before a time stamp is missed says nothing."""
    log = tmp_path / "plain.log"
    log.write_text("hello world this is\nsome text without meaning\n")
    stdout = CliRunner().invoke(main, ["formats", "detect", str(log)]).stdout
    assert "No built-in format fits.\n" in stdout
    log.write_text('1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] GET "/x 200\n')
    stdout = CliRunner().invoke(main, ["formats", "detect", str(log)]).stdout
    assert "comes furthest:" in stdout


def test_json_without_a_known_stamp_is_told_what_to_write(tmp_path: Path) -> None:
    log = tmp_path / "odd.jsonl"
    log.write_text('{"when":"2009/11/10 23:00:00","msg":"hi"}\n' * 2)
    stdout = CliRunner().invoke(main, ["formats", "detect", str(log)]).stdout
    assert "json:events comes furthest" in stdout
    assert "[source.columns]\nat = " in stdout
    assert "regex:" not in stdout


def test_lines_that_are_refused_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(COMBINED * 9 + COMBINED.replace(" 200 ", " OK "))
    stdout = CliRunner().invoke(main, ["formats", "detect", str(log)]).stdout
    assert "It refuses 10.0% of the lines, such as:" in stdout
    assert "expected $status" in stdout


def test_utf_16_is_named(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes((COMBINED * 3).encode("utf-16"))
    result = CliRunner().invoke(main, ["formats", "detect", str(log)])
    assert result.exit_code == 3
    assert "No line can be read: UTF-16" in result.stdout


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("access.log", "access.log*"),
        ("access.log.1.gz", "access.log*"),
        ("site.access.log-20260310", "site.access.log*"),
        ("access_log.3", "access_log*"),
        ("syslog.2.xz", "syslog*"),
        ("u_ex260310.txt", "u_ex260310.txt"),
    ],
)
def test_the_stanza_takes_in_what_rotation_makes_of_a_log(
    name: str, pattern: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(COMBINED)
    stdout = CliRunner().invoke(main, ["formats", "detect", str(tmp_path / name)]).stdout
    assert f'inputs = ["{tmp_path / pattern}"]' in stdout


def test_files_that_rotation_made_of_a_log_have_one_stanza(tmp_path: Path) -> None:
    for name in ("b.access.log", "b.access.log.1", "b.error.log", "x/b.access.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(COMBINED)
    with gzip.open(tmp_path / "b.access.log.2.gz", "wt") as log:
        log.write(COMBINED + "nothing of the kind\n")
    (tmp_path / "b.access.log.3").write_text("2026/03/10 10:00:00 [error] 1#1: *1 oh, no\n")
    paths = [str(path) for path in sorted(tmp_path.rglob("b.*"))]
    stdout = CliRunner().invoke(main, ["formats", "detect", *paths]).stdout
    names = re.findall(r'name = "(.*)"', stdout)
    assert names == ["b-access", f"{tmp_path.name.strip('_')}-b-access", "b-error", "x-b-access"]
    assert f"{tmp_path}/b.access.log*, 3 files; the one that fits least is\n" in stdout
    assert f"{tmp_path}/b.access.log.2.gz:\n" in stdout
    assert f"{tmp_path}/b.access.log.1:\n" not in stdout
    told = CliRunner().invoke(main, ["formats", "detect", "--json", *paths])
    assert [each["file"] for each in json.loads(told.stdout)] == paths


def test_a_dash_for_no_bytes_tells_apache_from_nginx(tmp_path: Path) -> None:
    """In the file that has one, and in the files of the same log that have none."""
    for name, status in (("access.log", "200 2326"), ("access.log.1", "304 -"), ("b.log", "200 1")):
        (tmp_path / name).write_text(COMBINED * 3 + COMBINED.replace("200 2326", status))
    stdout = CliRunner().invoke(main, ["formats", "detect", *map(str, tmp_path.iterdir())]).stdout
    stanzas = re.findall(r'name = "(.*)"\ninputs = .*\nformat = (.*)\n', stdout)
    assert sorted(stanzas) == [("access", "'apache:combined'"), ("b", "'nginx:combined'")]


def test_a_w3c_log_with_more_fields_is_told_by_its_own_line(tmp_path: Path) -> None:
    log = tmp_path / "u_ex.log"
    log.write_text("#Fields: date time c-ip\n2026-03-10 10:00:00 ::1 200 5\n")
    stdout = CliRunner().invoke(main, ["formats", "detect", str(log)]).stdout
    assert "more fields than iis:w3c says: its #Fields line does not name them." in stdout


def test_a_configuration_is_read(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text("log_format t '$time_local $status';\naccess_log /l/a.log t;\n")
    result = CliRunner().invoke(main, ["formats", "detect", str(conf)])
    assert result.exit_code == 0
    assert 'inputs = ["/l/a.log*"]' in result.stdout
    assert "log_format = '$time_local $status'" in result.stdout


def test_includes_and_pipes_of_a_configuration_are_understood(tmp_path: Path) -> None:
    conf = tmp_path / "httpd.conf"
    conf.write_text(
        'CustomLog "|/usr/bin/rotatelogs -l /logs/c.%Y%m%d 86400" "%t %s"\nInclude sites/*.conf\n'
    )
    stdout = CliRunner().invoke(main, ["formats", "detect", str(conf)]).stdout
    assert 'inputs = ["/logs/c.*"]' in stdout
    assert "It includes other files, which were not read" in stdout


def test_inputs_are_patterns_of_files(tmp_path: Path) -> None:
    """What a pipe writes is dated anywhere in its path; where there is no file, a place is left."""
    conf = tmp_path / "httpd.conf"
    conf.write_text(
        'CustomLog "||/usr/bin/cronolog -l /l/now.log /l/%Y/%m-%d.log" common\n'
        'CustomLog "|/usr/bin/cronolog /l/%Y/%m-%d.log" vhost_combined\n'
        'CustomLog "|/usr/bin/logger" combined\n'
    )
    result = CliRunner().invoke(main, ["formats", "detect", str(conf)])
    assert result.exit_code == 0
    assert re.findall("inputs = .*", result.stdout) == [
        'inputs = ["/l/now.log*"]',
        'inputs = ["/l/*/*.log*"]',
        'inputs = ["/path/to/access.log*"]',
    ]


def test_a_configuration_whose_formats_are_elsewhere_fits_nothing(tmp_path: Path) -> None:
    conf = tmp_path / "site.conf"
    conf.write_text("server { access_log /l/a.log main; }\n")
    result = CliRunner().invoke(main, ["formats", "detect", str(conf)])
    assert result.exit_code == 3
    assert "log_format main (line 1)\nthis file does not define it" in result.stdout


def test_one_refused_line_of_thousands_is_not_zero_per_cent(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(COMBINED * 2500 + "torn\n")
    result = CliRunner().invoke(main, ["formats", "detect", str(log)])
    assert "It refuses 0.1% of the lines, such as:\n  torn" in result.stdout
