"""Logs of events: error logs, containers, appliances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from etl.formats import syslog
from etl.formats.builtin.entry import BuiltinFormat, layout_format
from etl.formats.builtin.shapes import (
    ANY_TIME,
    CLF,
    ISO,
    LEVEL_LETTER,
    SEVERITY,
    clock,
    text,
)
from etl.formats.fields import Field, Flag, Layout, Op, Pairs
from etl.formats.pieces import cri_pieces, docker_pieces
from etl.formats.template import json_object, named_values, template

_EVENT: Mapping[str, Field] = {
    "host": text("host"),
    "app": text("app"),
    "pid": text("procid"),
    "message": Field("message", flags=Flag.NONE),
    "level": SEVERITY,
}

_APACHE: Mapping[str, Field] = {
    **_EVENT,
    "time": clock("%a %b %e %H:%M:%S %Y"),
    "module": text("app"),
}
_APACHE_TIMES = (
    _APACHE["time"],
    Field("at", Op.ISO_TIME, scale=ord(" ")),  # ErrorLogFormat's %{c}t
    CLF,  # of generators of logs
)
_APACHE_LINES = {
    "2.4": "[$time] [$module:$level] [pid $pid:tid $thread] [client $client] $message",
    "2.4 without a client": "[$time] [$module:$level] [pid $pid:tid $thread] $message",
    "2.4 prefork": "[$time] [$module:$level] [pid $pid] [client $client] $message",
    "2.4 prefork without a client": "[$time] [$module:$level] [pid $pid] $message",
    "2.2": "[$time] [$level] [client $client] $message",
    "2.2 without a client": "[$time] [$level] $message",
}

_NGINX: Mapping[str, Field] = {**_EVENT, "time": clock("%Y/%m/%d %H:%M:%S")}
_NGINX_LINES = {
    "of a connection": "$time [$level] $pid#$thread: *$connection $message",
    "of the server": "$time [$level] $pid#$thread: $message",
}

_KLOG: Mapping[str, Field] = {
    **_EVENT,
    "severity": LEVEL_LETTER,
    "time": clock("%m%d %H:%M:%S"),
    "place": text("app"),
}
_KLOG_LINE = "$severity$time $pad$pid $place] $message"
_GLOG = {**_KLOG, "time": clock("%Y%m%d %H:%M:%S")}

_CRI: Mapping[str, Field] = {**_EVENT, "time": ISO}
_CRI_LINE = "$time $stream $tag $message"

_CISCO: Mapping[str, Field] = {
    **_EVENT,
    "time": Field("at", Op.BSD_TIME),
    "iso": ISO,
    "utc": clock("%b %e %H:%M:%S", utc=True),
    "utc_with_year": clock("%b %e %Y %H:%M:%S", utc=True),
    # A relay's stamp and name come before the device's own.
    "relay_time": Field("at", Op.BSD_TIME, rank=1),
    "relay": text("host"),
    "sequence": Field("", Op.DIGITS),
    "facility": text("app"),
    "mnemonic": text("msgid"),
}
_CISCO_BEFORE = ("$relay_time $relay $sequence: ", "$sequence: $host: ", "$sequence: ", "")
_CISCO_HEADS = (
    # `*` and `.` say that the clock is not in step; of zones only UTC is an instant here.
    *(
        f"{before}{mark}${stamp} UTC: %"
        for before in _CISCO_BEFORE
        for mark in ("", "*", ".")
        for stamp in ("utc", "utc_with_year")
    ),
    *(f"{before}$time %" for before in _CISCO_BEFORE),
    # The device's own mark or number says that the word is a zone and no host.
    *(f"{before}$time $zone: %" for before in ("*", ".", *_CISCO_BEFORE[:3])),
    "$time $host : %",  # ASA
    "$time $host: %",
    "$time $host %",
    "$iso $host : %",  # ASA since 9.10, with `logging timestamp rfc5424`
    "$iso $host %",
    "$iso $host: %",
    "$iso: %",
)
_CISCO_LINE = "$facility-$level-$mnemonic: $message"

_CEF: Mapping[str, Field] = {
    "syslog_time": Field("at", Op.BSD_TIME),
    "syslog_iso": ISO,
    "host": text("host"),
    "device_product": text("app"),
    "signature": text("msgid"),
    "name": text("message"),
}
_CEF_HEADS = (
    "<$priority>$syslog_time $host ",
    "<$priority>$syslog_iso $host ",
    "<$priority>$syslog_version $syslog_iso $host $syslog_app $syslog_pid $syslog_msgid - ",
    "$syslog_time $host ",
    "$syslog_iso $host ",
    "",
)
_CEF_LINE = (
    "CEF:$cef_version|$device_vendor|$device_product|$device_version|$signature"
    "|$name|$cef_severity|"
)
_CEF_EXTENSION: Mapping[str, Field] = {
    "rt": replace(ANY_TIME, rank=1),
    "end": replace(ANY_TIME, rank=1),
    "start": replace(ANY_TIME, rank=1),
}

_DOCKER: Mapping[str, Field] = {
    "log": Field("message", flags=Flag.NONE),
    "time": ISO,
}


def _lines(lines: Mapping[str, str], fields: Mapping[str, Field]) -> tuple[Layout, ...]:
    return tuple(
        template(line, fields, name=name, table="events", escapes=Flag.NONE)
        for name, line in lines.items()
    )


def _apache() -> tuple[Layout, ...]:
    layouts = (_lines(_APACHE_LINES, {**_APACHE, "time": time}) for time in _APACHE_TIMES)
    return tuple(layout for each in layouts for layout in each)


def _cisco() -> tuple[Layout, ...]:
    heads = [*("<$priority>" + head for head in _CISCO_HEADS), *_CISCO_HEADS]
    return _lines({head + "…": head + _CISCO_LINE for head in heads}, _CISCO)


def _cef() -> tuple[Layout, ...]:
    extension = named_values(Pairs.CEF, _CEF_EXTENSION, "events")
    found = []
    for head in _CEF_HEADS:
        layout = template(head + _CEF_LINE, _CEF, table="events")
        # A pipe in a field of the header has a backslash before it.
        steps = tuple(
            replace(step, flags=step.flags | Flag.QUOTED) if step.literal == b"|" else step
            for step in layout.steps
        )
        found.append(Layout("with syslog's prefix" if head else "line", (*steps, extension)))
    return tuple(found)


def _docker() -> tuple[Layout, ...]:
    return (Layout("line", (json_object(_DOCKER, "events"),)),)


SYSLOG = BuiltinFormat(
    "RFC 5424, RFC 3164 and ISO-dated syslog, line by line",
    syslog.DEFINITION,
    "https://www.rfc-editor.org/rfc/rfc5424 and https://www.rfc-editor.org/rfc/rfc3164",
    "events",
    lambda name: syslog.compile_syslog(name=name),
)

DAEMONS: Mapping[str, BuiltinFormat] = {
    "syslog": SYSLOG,
    "apache:error": layout_format(
        "Apache's error log, 2.2 and 2.4",
        "\n".join(_APACHE_LINES.values()),
        "https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat",
        "events",
        _apache,
    ),
    "nginx:error": layout_format(
        "nginx's error log",
        "\n".join(_NGINX_LINES.values()),
        "https://nginx.org/en/docs/ngx_core_module.html#error_log",
        "events",
        lambda: _lines(_NGINX_LINES, _NGINX),
    ),
    "klog:text": layout_format(
        "klog and glog, as Kubernetes' components write it",
        _KLOG_LINE,
        "https://github.com/kubernetes/klog/blob/main/klog.go",
        "events",
        lambda: (*_lines({"line": _KLOG_LINE}, _KLOG), *_lines({"glog": _KLOG_LINE}, _GLOG)),
    ),
    "container:cri": layout_format(
        "Kubernetes' container logs (CRI); takes an `inner` format",
        _CRI_LINE,
        "https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md",
        "events",
        lambda: _lines({"line": _CRI_LINE}, _CRI),
        cri_pieces,
    ),
    "container:docker": layout_format(
        "Docker's json-file logs; takes an `inner` format",
        "log -> message\ntime -> at",
        "https://docs.docker.com/engine/logging/drivers/json-file/",
        "events",
        _docker,
        docker_pieces,
    ),
    "cisco:ios": layout_format(
        "Cisco IOS and ASA",
        "[<PRI>][SEQUENCE: ]TIME [HOST[:]] %FACILITY-SEVERITY-MNEMONIC: MESSAGE",
        "https://www.cisco.com/c/en/us/td/docs/routers/access/wireless/software/guide/SysMsgLogging.html",
        "events",
        _cisco,
    ),
    "cef:text": layout_format(
        "ArcSight Common Event Format, with or without syslog's prefix",
        _CEF_LINE + "EXTENSION",
        "https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.3/cef-implementation-standard/",
        "events",
        _cef,
    ),
}
"""Formats of events, by name."""
