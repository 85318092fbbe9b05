"""Format strings: what they fill, and how a bad one is shown."""

from __future__ import annotations

import pytest

from etl.errors import ConfigError, LogFormatError, UnknownNameError
from etl.formats.registry import BUILTIN_FORMATS, compile_format
from etl.schema import events_schema, requests_schema
from tests.parse.helpers import assert_same, parse, records

TIME = "[$time_local] "


def test_each_builtin_format_compiles_and_says_where_it_is_documented() -> None:
    for name, entry in BUILTIN_FORMATS.items():
        line_format = compile_format(builtin=name)
        assert line_format.name == name
        assert line_format.table == entry.table
        assert "https://" in entry.source
        assert entry.title
        assert line_format.definition == entry.definition


def test_columns_are_the_table_s_in_its_order() -> None:
    names = " ".join(compile_format(builtin="nginx:combined").columns)
    assert names == (
        "at remote_addr remote_user method path query protocol status body_bytes_sent referer "
        "user_agent extra offset"
    )
    for name in BUILTIN_FORMATS:
        line_format = compile_format(builtin=name)
        table = requests_schema([]) if line_format.table == "requests" else events_schema({})
        known = [each for each in table.names if each in line_format.columns]
        assert list(line_format.columns) == known


def test_an_unknown_builtin_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'nginx:combined'"):
        compile_format(builtin="nginx:combind")


@pytest.mark.parametrize("given", [{}, {"builtin": "syslog", "nginx": "$msec"}])
def test_exactly_one_format_is_given(given: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="exactly one"):
        compile_format(**given)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "no field"),
        ("hello", 0, "no field"),
        ("$status $host", 0, "no time stamp"),
        (TIME + "$status$host", 21, "nothing stands between $status and $host"),
        (TIME + "$host${scheme}", 19, "nothing stands between"),
        (TIME + "a $ b", 16, "name is missing"),
        (TIME + "${host x", 14, "brace is not closed"),
    ],
)
def test_a_bad_nginx_string_shows_the_place(text: str, position: int, words: str) -> None:
    with pytest.raises(LogFormatError) as caught:
        compile_format(nginx=text)
    assert words in str(caught.value)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("%", 0, "letter is missing"),
        ("%t %", 3, "letter is missing"),
        ("%t %Z", 3, "unknown directive"),
        ("%t %{x}Z", 3, "unknown directive"),
        ("%t %i", 3, "needs a name"),
        ("%t %{h}T", 3, "Known: %{ms}T, %{s}T, %{us}T"),
        ("%{%Q}t", 0, "unknown directive"),
        ("%h %s", 0, "no time stamp"),
        ("%t %s%b", 5, "nothing stands between %s and %b"),
        ("%t %{Referer}i%h", 14, "nothing stands between"),
    ],
)
def test_a_bad_apache_string_shows_the_place(text: str, position: int, words: str) -> None:
    with pytest.raises(LogFormatError) as caught:
        compile_format(apache=text)
    assert words in str(caught.value)
    assert caught.value.position == position


def test_fields_may_touch_where_their_types_decide() -> None:
    """A stamp in CLF is as long as it is, and Apache's comes in brackets."""
    found = records(parse(compile_format(apache="%h%t%s"), b"::1[10/Oct/2000:13:55:36 +0000]200\n"))
    assert (found[0]["remote_addr"], found[0]["status"]) == ("::1", 200)


@pytest.mark.parametrize(
    ("text", "line", "host", "path", "query"),
    [
        ("$msec $scheme://$host$request_uri", b"http://a.b/c/d?e=/f", "a.b", "/c/d", "e=/f"),
        ("$msec $host:$server_port$request_uri $status", b"a:80/?x 200", "a", "/", "x"),
        ('$msec "$http_host$uri$is_args$args" $status', b'"a/b?c" 200', "a", "/b", "c"),
        ("$msec $host $uri$is_args$args", b"a /b", "a", "/b", None),
        ("$msec $host $document_uri$is_args$query_string", b"a /b?c", "a", "/b", "c"),
    ],
)
def test_a_uri_may_follow_a_host(
    text: str, line: bytes, host: str, path: str, query: str | None
) -> None:
    """No host has a slash in it, and each URI begins with one."""
    data = b"1700000000.000 " + line
    parsed = parse(compile_format(nginx=text), data)
    (record,) = records(parsed)
    assert (record["host"], record["path"], record["query"]) == (host, path, query)
    assert_same(compile_format(nginx=text), data, parsed)


def test_apache_s_uri_may_follow_its_host() -> None:
    parsed = parse(compile_format(apache="%t %V%U%q %s"), APACHE_STAMP + b" a.b/c?d 200")
    (record,) = records(parsed)
    assert (record["host"], record["path"], record["query"]) == ("a.b", "/c", "d")


@pytest.mark.parametrize("text", ["$msec $host$uri", "$msec $http_x$request_uri"])
def test_what_may_hold_a_slash_is_refused_before_a_uri(text: str) -> None:
    with pytest.raises(LogFormatError, match="nothing stands between"):
        compile_format(nginx=text)


def test_of_nginx_s_time_stamps_the_finest_is_taken() -> None:
    line_format = compile_format(nginx="$time_local|$time_iso8601|$time_iso8601_ms|$msec")
    data = b"14/Nov/2023:22:13:20 +0000|2023-11-14T22:13:20+00:00|2023-11-14T22:13:20.120+00:00|"
    (record,) = records(parse(line_format, data + b"1700000000.123"))
    assert record["at"].microsecond == 123_000
    names = [name for name, _ in record["extra"]]
    assert names == ["time_local", "time_iso8601", "time_iso8601_ms"]
    shorter = compile_format(nginx="$time_local|$time_iso8601|$time_iso8601_ms|")
    (record,) = records(parse(shorter, data))
    assert record["at"].microsecond == 120_000


@pytest.mark.parametrize(
    "name", ["ssl_ech_status", "jwt_claim_sub", "proxy_protocol_tlv_ssl_cn", "upstream_trailer_x"]
)
def test_a_variable_of_nginx_s_modules_needs_no_hint(name: str) -> None:
    assert compile_format(nginx=f"$msec ${name}").hints == ()


def test_an_own_variable_goes_to_extra_with_a_hint() -> None:
    line_format = compile_format(nginx=TIME + "$http_x $arg_y $statsu $my_map")
    assert line_format.hints == ("$statsu goes to extra. Did you mean '$status'?",)
    (record,) = records(parse(line_format, b"[10/Oct/2000:13:55:36 +0000] a b c d"))
    assert record["extra"] == [["http_x", "a"], ["arg_y", "b"], ["statsu", "c"], ["my_map", "d"]]


APACHE_STAMP = b"[10/Oct/2000:13:55:36 -0700]"


@pytest.mark.parametrize(
    ("directives", "line", "expected"),
    [
        ("%a %h", b"1.1.1.1 name", {"remote_addr": "1.1.1.1", "extra": {"remote_host": "name"}}),
        ("%s %>s", b"404 200", {"status": 200, "extra": {"original_status": "404"}}),
        ("%<s", b"404", {"status": 404}),
        ("%T", b"3", {"request_time_s": 3.0}),
        ("%T %D", b"3 3000001", {"request_time_s": 3.000001, "extra": {"request_time_s": "3"}}),
        ("%{us}T", b"25", {"request_time_s": 0.000025}),
        ("%{ms}T", b"25", {"request_time_s": 0.025}),
        ("%{s}T %^FB", b"2 -", {"request_time_s": 2.0}),
        ("%B", b"0", {"body_bytes_sent": 0}),
        ("%b", b"-", {"body_bytes_sent": 0}),
        ("%B", b"-", {"body_bytes_sent": None}),
        ("%S %X", b"9 +", {"extra": {"bytes_total": "9", "connection_status": "+"}}),
        ("%k", b"1", {"extra": {"keepalive_requests": "1"}}),
        ("%m %U%%%q", b"GET /a%?b=c", {"method": "GET", "path": "/a", "query": "b=c"}),
        ("%H", b"HTTP/1.1", {"protocol": "HTTP/1.1"}),
        ("%q.", b".", {"query": None}),
        ("%V %v", b"a b", {"host": "b", "extra": {"server_name": "a"}}),
        ("%V %p", b"a 80", {"host": "a", "extra": {"server_port": "80"}}),
        ("%{Host}i", b"h", {"host": "h"}),
        ("%{X-Y}o %{Z}e", b"1 2", {"extra": {"sent_http_x_y": "1", "env_Z": "2"}}),
        ("%{n}n %{s}C", b"3 4", {"extra": {"note_n": "3", "cookie_s": "4"}}),
        ("%<{Referer}i %U %<U", b"a /b /c", {"path": "/b", "extra": {"original_path": "/c"}}),
        ("%{ms}!200,304>T", b"-", {"request_time_s": None}),
        ("%L", b"Ab", {"request_id": "Ab"}),
        ("%{UNIQUE_ID}e %L", b"Cd Ab", {"request_id": "Cd", "extra": {"log_id": "Ab"}}),
        ("%400,501{User-Agent}i", b"-", {"user_agent": None}),
        ("%!200b", b"-", {"body_bytes_sent": None}),
        (r"\"%r\"\t%u", b'"GET / HTTP/1.1"\tjoe', {"path": "/", "remote_user": "joe"}),
        ("%{c}a %{c}h", b"::1 name", {"extra": {"peer_addr": "::1", "peer_host": "name"}}),
        ("%{local}p", b"80", {"extra": {"server_port_local": "80"}}),
        ("%{remote}p", b"5", {"extra": {"remote_port": "5"}}),
        ("%{X}^ti %{Y}^to", b"1 2", {"extra": {"trailer_x": "1", "sent_trailer_y": "2"}}),
        ("%R %f", b"proxy /a", {"extra": {"handler": "proxy", "request_filename": "/a"}}),
        ("%{SSL_PROTOCOL}x", b"TLSv1.3", {"extra": {"ssl_protocol": "TLSv1.3"}}),
        ("%I %O", b"10 20", {"request_bytes": 10, "bytes_sent": 20}),
        ("%^FB", b"1234", {"extra": {"time_to_first_byte_us": "1234"}}),
        ("%P %{tid}P %A", b"1 2 ::1", {"extra": {"pid": "1", "thread": "2", "server_addr": "::1"}}),
    ],
)  # fmt: skip
def test_apache_directives(directives: str, line: bytes, expected: dict[str, object]) -> None:
    (record,) = records(
        parse(compile_format(apache="%t " + directives), APACHE_STAMP + b" " + line)
    )
    if record.get("extra"):
        record["extra"] = dict(record["extra"])
    assert record == record | expected
    assert set(record.get("extra") or {}) == set(expected.get("extra") or {})  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("directive", "stamp", "micros"),
    [
        ("%{sec}t", b"1700000000", 1_700_000_000_000_000),
        ("%{msec}t", b"1700000000123", 1_700_000_000_123_000),
        ("%{usec}t", b"1700000000123456", 1_700_000_000_123_456),
        ("%{begin:usec}t", b"1700000000123456", 1_700_000_000_123_456),
        ("%{%Y-%m-%dT%H:%M:%S%z}t", b"2023-11-14T23:13:20+0100", 1_700_000_000_000_000),
        ("%{%FT%T}t", b"2023-11-14T23:13:20", 1_700_000_000_000_000),  # in the source's zone
        ("%{end:sec}t", b"1700000000", 1_700_000_000_000_000),
        ("%{sec}t.%{msec_frac}t", b"1700000000.123", 1_700_000_000_123_000),
        ("%{begin:%s}t.%{begin:usec_frac}t", b"1700000000.123456", 1_700_000_000_123_456),
        ("[%{%d/%b/%Y %T}t.%{msec_frac}t]", b"[14/Nov/2023 23:13:20.120]", 1_700_000_000_120_000),
        (
            "%{%d/%b/%Y:%H:%M:%S}t.%{usec_frac}t %{%z}t",
            b"14/Nov/2023:22:13:20.000001 +0000",
            1_700_000_000_000_001,
        ),
        ("%{%Y}t-%{%m}t-%{%d}t %{%H:%M:%S}t", b"2023-11-14 23:13:20", 1_700_000_000_000_000),
        ("%{%F %T}t%{ [local]}t", b"2023-11-14 23:13:20 [local]", 1_700_000_000_000_000),
    ],
)
def test_apache_time_stamps(directive: str, stamp: bytes, micros: int) -> None:
    parsed = parse(compile_format(apache=f"{directive} %h"), stamp + b" h")
    assert parsed.records["at"].cast("int64").to_pylist() == [micros]


def test_a_whole_nginx_directive_is_its_strings_joined() -> None:
    directive = r"""log_format main  '[$time_local] "$request" '  # the request
        "$status \"$host\" " $scheme;"""
    plain = compile_format(nginx='[$time_local] "$request" $status "$host" $scheme')
    assert compile_format(nginx=directive).layouts == plain.layouts


def test_escape_none_takes_a_backslash_for_what_it_is() -> None:
    none = compile_format(nginx="""log_format a escape=none '$time_iso8601 "$http_x"';""")
    found = records(parse(none, rb'2026-01-01T00:00:00Z "a\"' + b'\n2026-01-01T00:00:00Z ""'))
    assert [each["extra"] for each in found] == [[["http_x", "a\\"]], None]


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("log_format a escape=jsn '$msec';", 20, "Did you mean 'json'"),
        ("log_format a '$msec", 12, "up to a semicolon"),
        ("log_format a ;", 12, "up to a semicolon"),
    ],
)
def test_a_bad_directive_shows_the_place(text: str, position: int, words: str) -> None:
    with pytest.raises(LogFormatError) as caught:
        compile_format(nginx=text)
    assert words in str(caught.value)
    assert caught.value.position == position


def test_of_many_names_only_the_near_ones_are_listed() -> None:
    with pytest.raises(UnknownNameError) as caught:
        compile_format(builtin="nginx:combind")
    assert "Did you mean 'nginx:combined'?" in str(caught.value)
    assert "syslog" not in str(caught.value)
    with pytest.raises(UnknownNameError, match=r"Known: apache:combined, .*, uwsgi:default"):
        compile_format(builtin="???")
