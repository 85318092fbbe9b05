"""What each peer's case means here: the format to read it with, and the columns to compare."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from etl.formats import apache, nginx
from tests.conformance.builtin import builtin, duration
from tests.conformance.cases import Case
from tests.conformance.fail2ban import fail2ban
from tests.conformance.wanted import Wanted

INGRESS = (
    nginx.COMBINED + " $request_length $request_time [$proxy_upstream_name] "
    "[$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length "
    "$upstream_response_time $upstream_status $req_id"
)
MAIN = nginx.COMBINED + ' "$http_x_forwarded_for"'
FLUENTD = (
    '$remote_addr $host $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent"'
)
SYSLOG = {"builtin": "syslog"}
SEVERITIES = [
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "informational",
    "debug",
]
FACILITIES = ["kernel", "user", "mail", "daemon", "auth", "syslog"]


OPTIONS = {
    "max_depth": (None,),
    "field_delimiter": (None, "", " "),
    "key_value_delimiter": (None, "", "="),
}
"""What a peer can be told and nobody can tell us, with the values that change nothing. A case with
another one is of another format than its name says."""


def wanted(case: Case) -> Wanted | str:
    """Return how a case is read, or which format it is of that there is not yet."""
    plain = Wanted(SYSLOG, case.line, dict(case.norm), case.error)
    if any(case.options.get(name) not in usual for name, usual in OPTIONS.items()):
        return f"{case.format} with an option of its own"
    found = BY_SCHEMA[case.schema](case, plain)
    return builtin(case, plain, found) if isinstance(found, str) else found


def _go_syslog(case: Case, plain: Wanted) -> Wanted | str:
    facts = plain.facts
    if "msg" in facts:  # go-syslog keeps the byte-order mark that RFC 5424 puts before the text
        facts["msg"] = facts["msg"].removeprefix("\ufeff")
    for values in facts.get("sd", {}).values():  # … and escapes, which 6.3.3 says are none of it
        for name, value in values.items():
            values[name] = re.sub(r'\\(["\\\]])', r"\1", value)
    return plain


def _syslog_loose(case: Case, plain: Wanted) -> Wanted | str:
    # Its test takes 2019 for December and 2020 for other months, in the machine's zone.
    if "timestamp" in plain.facts:
        plain.facts["timestamp"] = plain.facts["timestamp"].replace("LOCAL", "+00:00")
    clock = datetime(2020, 6, 1, tzinfo=UTC)
    return replace(plain, zone=ZoneInfo("UTC"), reference=clock)


def _syslog_ng(case: Case, plain: Wanted) -> Wanted | str:
    no_host = case.options.get("bad_hostname_re")
    if no_host and re.search(rf" {no_host[1:]}[\w.-]* ".encode(), case.line):
        return "rfc3164 with words that are no hosts"
    for name in ("pid", "msgid"):
        if plain.facts.get(name) == "":  # its word for absent
            plain.facts[name] = None
    return replace(plain, reference=datetime(2019, 2, 8, 8, 37, 49, tzinfo=UTC))


def _hpcugent(case: Case, plain: Wanted) -> Wanted | str:
    names = {"program": "app", "pid": "pid", "@source_host": "host", "syslog_abspri": "pri"}
    facts = {
        ours: case.expected[theirs] for theirs, ours in names.items() if theirs in case.expected
    }
    if "pri" in facts:
        facts["pri"] = int(facts["pri"])
    if "@message" in case.expected:
        facts["msg"] = case.expected["@message"]
    return replace(plain, facts=facts)


def _fluentd(case: Case, plain: Wanted) -> Wanted | str:
    if case.format == "fluentd:syslog":
        return plain
    if case.format == "fluentd:apache":
        facts = {"timestamp": case.expected["time"]}
        return replace(plain, format={"apache": apache.COMMON}, facts=facts)
    if case.format == "fluentd:apache2":
        return replace(plain, format={"apache": apache.COMBINED})
    if case.format == "fluentd:nginx":
        more = case.line.count(b'"') > 6  # its pattern takes a last field where there is one
        text = FLUENTD + (' "$http_x_forwarded_for"' if more else "")
        return replace(plain, format={"nginx": text})
    return case.format


def _vrl(case: Case, plain: Wanted) -> Wanted | str:
    zoned = replace(plain, zone=ZoneInfo("UTC"))
    if case.options.get("timestamp_format") == "%+":  # RFC 3339, which is a LogFormat of its own
        return replace(zoned, format={"apache": apache.COMMON.replace("%t", "[%{%FT%T%z}t]")})
    if case.format in ("syslog", "syslog_auth"):
        own = {"appname": "app", "hostname": "host", "message": "msg", "procid": "pid"}
        facts = plain.facts or {own.get(name, name): v for name, v in case.expected.items()}
        stamp = facts.get("timestamp", "").replace("CURRENT_YEAR", "2026")
        return replace(zoned, facts=facts | {"timestamp": stamp})
    if case.format == "duration":
        return duration(case, plain)
    name = case.text.strip('"')
    known = {
        "apache": {"combined": {"builtin": "apache:combined"}, "common": {"apache": apache.COMMON}},
        "common": {"": {"apache": apache.COMMON}},
        "nginx": {
            "combined": {"nginx": nginx.COMBINED},
            "main": {"nginx": MAIN},
            "ingress_upstreaminfo": {"nginx": INGRESS},
        },
    }
    chosen = known.get(case.format, {}).get(name)
    return replace(zoned, format=chosen) if chosen else f"vrl:{case.format} {name}".rstrip()


LNAV_ACCESS = {
    "lnav-0002": {
        "apache": '%{%FT%T}t %h %u %m "%U%q" %{x}n %>s %b "%{Referer}i" "%{User-Agent}i"'
    },
    "lnav-0007": {"builtin": "python:http"},
}


def _lnav(case: Case, plain: Wanted) -> Wanted | str:
    """It gives format and level only, so that the line is a record is all there is to assert."""
    if case.format == "lnav:syslog_log":
        return replace(plain, facts={})
    if case.id in LNAV_ACCESS:  # one name for what are several formats
        return replace(plain, format=LNAV_ACCESS[case.id], facts={})
    if case.format == "lnav:access_log":
        return replace(plain, format={"apache": apache.COMBINED}, facts={})
    return case.format


def _grok(case: Case, plain: Wanted) -> Wanted | str:
    if case.format == "grok:HTTPD_COMBINEDLOG":
        return replace(plain, format={"apache": apache.COMBINED})
    if case.format in ("grok:SYSLOGLINE", "grok:CISCO_TAGGED_SYSLOG"):
        fields = case.expected["ecs"]
        facts = {"host": fields["host"]["hostname"]}
        if "log" in fields:
            facts["pri"] = fields["log"]["syslog"]["priority"]
        return replace(plain, facts=facts)
    return case.format


def _pylogsparser(case: Case, plain: Wanted) -> Wanted | str:
    """Its fields come out of the message by rules of each program; these are the header's."""
    if case.format == "pls:apache":
        names = {"source_ip": "client", "request": "request", "status": "status", "len": "bytes"}
        names |= {"user": "user", "useragent": "user_agent"}
        names["request_header_referer_contents"] = "referer"
        facts = {ours: case.expected[theirs] for theirs, ours in names.items()}
        return replace(plain, format={"apache": apache.COMBINED}, facts=facts)
    if case.format == "pls:IIS":
        return _iis(case, plain)
    if not re.match(rb"<\d+>[A-Z][a-z]{2} ", case.line):  # a message alone, or a header of its own
        return case.format
    pid = str(case.expected.get("pid"))
    facts = {"pid": pid} if f"[{pid}]".encode() in case.line else {}
    if case.format == "pls:syslog":
        facts["host"] = case.expected["source"]
        facts["severity"] = SEVERITIES.index(case.expected["severity"])
        facts["facility"] = FACILITIES.index(case.expected["facility"])
        if "program" not in case.expected:
            facts["msg"] = case.expected["body"]
    return replace(plain, facts=facts)


IIS_FIELDS = (
    b"#Fields: date time s-sitename s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username"
    b" c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status\n"
)
"""Of IIS 6: a file has it, the case has the line alone."""


def _iis(case: Case, plain: Wanted) -> Wanted | str:
    if b", " in case.line:
        return "pls:IIS's own format of old"
    facts = {"status": case.expected["status"], "client": case.expected["source_ip"]}
    facts |= {"method": case.expected["method"], "path": case.expected["url_path"]}
    facts |= {"host": None, "user": None, "query": None}
    return replace(plain, format={"builtin": "iis:w3c"}, before=IIS_FIELDS, facts=facts)


def _apachelogs(case: Case, plain: Wanted) -> Wanted | str:
    if case.format == "apache_timestamp":
        return replace(plain, format={"apache": "%t"}, line=b"[" + case.line + b"]")
    for name, value in plain.facts.items():  # it reads bytes as ISO-8859-1 unless told otherwise
        if isinstance(value, str) and not value.isascii():
            plain.facts[name] = value.encode("latin-1").decode()
    return timed(replace(plain, format={"apache": case.text}))


def _apache_log_parser(case: Case, plain: Wanted) -> Wanted | str:
    names = {"status": "status", "request_first_line": "request", "remote_ip": "client"}
    names |= {"remote_host": "client", "request_header_referer": "referer"}
    names |= {"response_bytes_clf": "bytes", "server_name": "host", "server_name2": "host"}
    names |= {"env_unique_id": "request_id", "request_method": "method"}
    facts = {
        ours: case.expected[theirs] for theirs, ours in names.items() if theirs in case.expected
    }
    if "time_us" in case.expected:
        facts["request_time"] = int(case.expected["time_us"]) / 1e6
    return timed(replace(plain, format={"apache": case.text}, facts=facts))


LOGPARSER = {
    "IP:connection.client.host": "client",
    "STRING:request.status.last": "status",
    "BYTES:request.bytes": "request_bytes",
    "SECOND_MILLIS:response.server.processing.time": "request_time",
    "TIME.STAMP:request.receive.time": "timestamp",
    "TIME.ISO8601:request.receive.time": "timestamp",
    "TIME.EPOCH:request.receive.time.epoch": "epoch_ms",
    "TIME.EPOCH:request.receive.time.begin.epoch": "epoch_ms",
    "TIME.EPOCH:request.receive.time.end.epoch": "epoch_ms",
    "HTTP.FIRSTLINE:request.firstline": "request",
    "HTTP.QUERYSTRING:request.firstline.uri.query": "query",
    "HTTP.METHOD:request.firstline.method": "method",
    "HTTP.PROTOCOL_VERSION:request.firstline.protocol": "protocol",
    "HTTP.USERAGENT:request.user-agent": "user_agent",
    "HTTP.URI:request.referer": "referer",
    "STRING:connection.server.name": "host",
    "SECOND_MILLIS:nginxmodule.upstream.response.time.0.value": "upstream_time",
    "STRING:nginxmodule.kubernetes.req_id": "extra:req_id",
    "UNKNOWN_NGINX_VARIABLE:nginx.unknown.foobar": "extra:foobar",
    "UNKNOWN_NGINX_VARIABLE:nginx.unknown.remote_user_age": "extra:remote_user_age",
    "UPSTREAM_ADDR_LIST:nginxmodule.upstream.addr": "extra:upstream_addr",
}


def _logparser(case: Case, plain: Wanted) -> Wanted | str:
    facts = {LOGPARSER[name]: v for name, v in case.expected.items() if name in LOGPARSER}
    lone = re.fullmatch(r"\$(\w+)", case.text)
    if lone and not facts and nginx.VARIABLES.get(lone[1]) is None:
        facts = {f"extra:{lone[1]}": case.line.decode()}
    kind = case.format.removesuffix("_custom")
    return timed(replace(plain, format={kind: case.text}, facts=facts, zone=ZoneInfo("UTC")))


def timed(case: Wanted) -> Wanted:
    """Put a time before a format that has none, and before its line: a record needs one."""
    ((kind, text),) = case.format.items()
    has_time = "$time_" in text or "$msec" in text or re.search(r"%[!<>,0-9]*(\{[^}]*\})?t", text)
    if has_time:
        return case
    stamp = {"nginx": "$msec ", "apache": "%{sec}t "}[kind]
    return replace(case, format={kind: stamp + text}, line=b"1700000000 " + case.line)


BY_SCHEMA = {
    "go-syslog": _go_syslog,
    "syslog-loose": _syslog_loose,
    "syslog-ng": _syslog_ng,
    "hpcugent": _hpcugent,
    "fluentd": _fluentd,
    "vrl": _vrl,
    "lnav": _lnav,
    "grok": _grok,
    "pylogsparser": _pylogsparser,
    "apachelogs": _apachelogs,
    "apache-log-parser": _apache_log_parser,
    "logparser": _logparser,
    "fail2ban": fail2ban,
}
