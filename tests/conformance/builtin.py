"""Which built-in format a peer's case is of, where its own name for the format says so."""

from __future__ import annotations

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
_ELSEWHERE = ("url", "request", "client")
"""Facts that an error log's record keeps in its message; a URL is a path here."""


def builtin(case: Case, plain: Wanted, name: str) -> Wanted | str:
    """Return how a case is read by a built-in format, or the name if there is none for it."""
    if name not in BUILTIN:
        return name
    error_log = BUILTIN[name].endswith(":error")
    facts = {
        fact: value
        for fact, value in case.norm.items()
        if fact != "url" and not (error_log and fact in _ELSEWHERE)
    }
    if BUILTIN[name] == "aws:alb":  # it keeps the port, and -1 for what never happened
        facts["client"] = facts["client"].rpartition(":")[0] if "client" in facts else None
        facts["upstream_time"] = (
            None if facts.get("upstream_time") == -1 else facts.get("upstream_time")
        )
        facts = {fact: value for fact, value in facts.items() if fact in case.norm}
    return replace(plain, format={"builtin": BUILTIN[name]}, facts=facts, zone=ZoneInfo("UTC"))
