"""Which built-in format a peer's case is of, where its own name for the format says so."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

from tests.conformance.cases import Case
from tests.conformance.wanted import Wanted

BUILTIN = {
    "fluentd:apache_error": "apache:error",
    "fluentd:json": "json:events",
    "fluentd:labeled_tsv": "ltsv:requests",
    "grok:ELB_ACCESS_LOG": "aws:elb",
    "grok:HAPROXYHTTP": "haproxy:http",
    "grok:HAPROXYHTTPBASE": "haproxy:http",
    "grok:HTTPD_ERRORLOG": "apache:error",
    "grok:SQUID3": "squid:native",
    "lnav:alb_log": "aws:alb",
    "lnav:elb_log": "aws:elb",
    "lnav:error_log": "apache:error",
    "lnav:glog_log": "klog:text",
    "lnav:haproxy_log": "haproxy:http",
    "lnav:s3_log": "aws:s3",
    "lnav:otel_collector_log": "json:events",
    "lnav:rust_tracing_log": "json:events",
    "lnav:uwsgi_log": "uwsgi:default",
    "pls:IIS": "iis:w3c",
    "pls:s3": "aws:s3",
    "pls:squid": "squid:native",
    "vrl:apache error": "apache:error",
    "vrl:aws_alb": "aws:alb",
    "vrl:cef": "cef:text",
    "vrl:cef translate_custom_fields: true": "cef:text",
    "vrl:glog": "klog:text",
    "vrl:klog": "klog:text",
    "vrl:logfmt": "logfmt:events",
    "vrl:nginx error": "nginx:error",
}
HEADED = re.compile(rb"[A-Z][a-z]{2} +\d+ \d+:\d+:\d+ ")
"""A message under syslog's header: what a peer takes out of the message is its program's."""
PAIRS = {
    'vrl:key_value whitespace: "strict': ("logfmt:events", b"time=2023-11-14T22:13:20Z "),
    "vrl:key_value": ("logfmt:events", b"time=2023-11-14T22:13:20Z "),
    "vrl:json": ("json:events", b'{"time":"2023-11-14T22:13:20Z",'),
}
"""Values without a time stamp, and what is put before them; a record needs one."""
TOLD_BY_NAME = ("cef:text",)
_IN_EXTENSION = ("suser", "shost", "src", "duser", "dst", "cs2", "cs3Label", "msg", "reason")
_TAKEN = ("level", "msg", "message", "host", "app", "id", "service", "module", "method")
_ELSEWHERE = ("url", "request", "client")
"""Facts that an error log's record keeps in its message; a URL is a path here."""


def builtin(case: Case, plain: Wanted, name: str) -> Wanted | str:
    """Return how a case is read by a built-in format, or the name if there is none for it."""
    if name in PAIRS:
        return _stamped(case, plain, *PAIRS[name])
    if name not in BUILTIN:
        return _headed(case, plain) if HEADED.match(case.line) else name
    error_log = BUILTIN[name].endswith(":error")
    facts = {
        fact: value
        for fact, value in case.norm.items()
        if fact != "url" and not (error_log and fact in _ELSEWHERE)
    }
    if BUILTIN[name] in TOLD_BY_NAME and isinstance(case.expected, dict):
        own = {"name": "msg", "deviceProduct": "app", "deviceEventClassId": "msgid"}
        told = {key: value for key, value in case.expected.items() if key in _IN_EXTENSION}
        facts |= {own[key]: value for key, value in case.expected.items() if key in own}
        facts |= {"spare": told} if told else {}
    if BUILTIN[name] == "aws:alb":  # it keeps the port, and -1 for what never happened
        facts["client"] = facts["client"].rpartition(":")[0] if "client" in facts else None
        facts["upstream_time"] = (
            None if facts.get("upstream_time") == -1 else facts.get("upstream_time")
        )
        facts = {fact: value for fact, value in facts.items() if fact in case.norm}
    return replace(plain, format={"builtin": BUILTIN[name]}, facts=facts, zone=ZoneInfo("UTC"))


def duration(case: Case, plain: Wanted) -> Wanted:
    """Return how a length of time is read that stands in a message."""
    return replace(
        plain,
        line=b'<13>Oct 11 22:14:15 h a: took="' + case.line + b'"',
        facts={"duration": None if case.error else case.expected},
        error=False,  # what is no duration is null, and the line a record all the same
        message=("logfmt", {"took": "duration"}),
    )


def _headed(case: Case, plain: Wanted) -> Wanted:
    """Return the header's facts; the peers' own names for them differ."""
    if case.schema == "grok":
        fields = case.expected["ecs"]
        host = fields.get("host", fields.get("observer", {})).get("hostname")
        program = fields.get("process", {})
        facts = {"host": host, "app": program.get("name"), "pid": program.get("pid")}
        facts["timestamp"] = fields.get("timestamp")
    else:
        names = {"source": "host", "program": "app", "pid": "pid"}
        facts = {ours: case.expected.get(theirs) for theirs, ours in names.items()}
    return replace(plain, facts={name: value for name, value in facts.items() if value})


def _stamped(case: Case, plain: Wanted, name: str, stamp: bytes) -> Wanted:
    """Return a case whose values are to stand in the column of spare fields as they are there."""
    line = stamp + case.line.removeprefix(b"{" if stamp.startswith(b"{") else b"")
    wanted = replace(plain, format={"builtin": name}, line=line)
    if case.error or not isinstance(case.expected, dict):
        return replace(wanted, error=case.error)
    return replace(
        wanted, facts={"spare": {k: v for k, v in case.expected.items() if k not in _TAKEN}}
    )
