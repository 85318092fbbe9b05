"""Logs of named values: JSON objects, LTSV, logfmt, GELF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from etl.formats.builtin.entry import BuiltinFormat, json_format, pairs_format
from etl.formats.builtin.shapes import (
    ANY_TIME,
    ISO,
    LATER_TIME,
    MICRO,
    NANO,
    REQUEST,
    SEVERITY,
    URI,
    address,
    integer,
    seconds,
    text,
)
from etl.formats.fields import Field, Flag, Op, Pairs
from etl.formats.nginx import VARIABLES

_NUMBERS = {
    "status": Op.INTEGER, "body_bytes_sent": Op.INTEGER, "bytes_sent": Op.INTEGER,
    "request_bytes": Op.INTEGER, "request_time_s": Op.DURATION, "upstream_time_s": Op.SUM,
}  # fmt: skip

_COMMON_NAMES: Mapping[str, str] = {
    "remote_addr": "remote_addr remote_ip client_ip clientip client addr ip remotehost c_ip",
    "remote_user": "remote_user user username",
    "host": "vhost host server_name http_host",
    "method": "request_method method http_method verb",
    "query": "args query_string query",
    "protocol": "server_protocol protocol http_version",
    "status": "status status_code code response_status",
    "body_bytes_sent": "body_bytes_sent bytes size length response_size body_bytes",
    "bytes_sent": "bytes_sent",
    "request_bytes": "request_length request_bytes reqsize",
    "request_time_s": "request_time reqtime rt duration latency request_time_s response_time",
    "upstream_time_s": "upstream_response_time apptime urt",
    "upstream_status": "upstream_status",
    "referer": "http_referer referer referrer ref",
    "user_agent": "http_user_agent user_agent ua useragent agent",
    "request_id": "request_id http_x_request_id req_id reqid x_request_id trace_id",
    "scheme": "scheme",
}
"""What people call the columns in their own JSON and LTSV formats; the first name is the best."""


def _common() -> dict[str, Field]:
    fields = {
        "msec": VARIABLES["msec"],
        **dict.fromkeys(("time_iso8601", "time", "time_local", "timestamp", "@timestamp", "ts",
                         "date", "datetime"), LATER_TIME),
        "request": replace(REQUEST, rank=2),
        "req": replace(REQUEST, rank=2),
        **dict.fromkeys(("request_uri", "uri", "url", "path"), replace(URI, rank=1)),
    }  # fmt: skip
    for column, names in _COMMON_NAMES.items():
        op = _NUMBERS.get(column, Op.TEXT)
        for rank, name in enumerate(names.split()):
            fields[name] = Field(column, op, min(rank, 1))
    fields["method"] = replace(fields["method"], rank=1)
    return fields


def _ltsv() -> dict[str, Field]:
    """Return the common names, with the labels that ltsv.org gives another meaning.

    The format has no escapes of its own; nginx and httpd write theirs into the values.
    """
    common = {
        name: replace(field, flags=field.flags | Flag.ESCAPED)
        if field.op in (Op.TEXT, Op.REQUEST, Op.URI)
        else field
        for name, field in _common().items()
    }
    return common | {
        "host": text("remote_addr", rank=1),  # the client's; the server's is vhost
        "reqtime_microsec": Field("request_time_s", Op.DURATION, rank=1, scale=MICRO),
    }


def _journal_text(column: str, rank: int = 0) -> Field:
    """Return a text that journald writes as an array of bytes where it is not printable UTF-8."""
    field = text(column, rank)
    return replace(field, flags=field.flags | Flag.BYTES)


_CADDY: Mapping[str, Field] = {
    "ts": ANY_TIME,
    "request.client_ip": text("remote_addr"),
    "request.remote_ip": text("remote_addr", rank=1),
    "request.remote_addr": address("request.remote_port", rank=1),  # until 2.5
    "request.proto": text("protocol"),
    "request.method": text("method"),
    "request.host": text("host"),
    "request.uri": URI,
    "request.headers.User-Agent": text("user_agent"),
    "request.headers.Referer": text("referer"),
    "request.headers.X-Request-Id": text("request_id"),
    "bytes_read": integer("request_bytes"),
    "user_id": text("remote_user"),
    "duration": Field("request_time_s", Op.DURATION),
    "size": integer("body_bytes_sent"),
    "status": integer("status"),
}
_TRAEFIK: Mapping[str, Field] = {
    "ClientAddr": address("client_port", rank=1),
    "ClientHost": text("remote_addr"),
    "ClientUsername": text("remote_user"),
    "DownstreamContentSize": integer("body_bytes_sent"),
    "DownstreamStatus": integer("status"),
    "Duration": seconds("request_time_s", NANO),
    "OriginDuration": seconds("upstream_time_s", NANO),
    "OriginStatus": text("upstream_status"),
    "RequestHost": text("host"),
    "RequestMethod": text("method"),
    "RequestPath": URI,
    "RequestProtocol": text("protocol"),
    "RequestScheme": text("scheme"),
    "RequestContentSize": integer("request_bytes"),
    "StartUTC": ISO,
    "time": replace(ISO, rank=1),  # when the line was written, whole seconds
    "request_Referer": text("referer"),
    "request_User-Agent": text("user_agent"),
    "request_X-Request-Id": text("request_id"),
}
_GELF: Mapping[str, Field] = {
    "timestamp": Field("at", Op.EPOCH_TIME),
    "host": text("host"),
    "short_message": text("message"),
    "level": SEVERITY,
    "facility": text("app", rank=1),
    "_app": text("app"),
    "_pid": text("procid"),
}
_JOURNALD: Mapping[str, Field] = {
    "__REALTIME_TIMESTAMP": Field("at", Op.EPOCH_TIME, scale=MICRO),
    "_HOSTNAME": _journal_text("host"),
    "SYSLOG_IDENTIFIER": _journal_text("app"),
    "_COMM": _journal_text("app", rank=1),
    "_PID": _journal_text("procid"),
    "SYSLOG_PID": _journal_text("procid", rank=1),
    "MESSAGE_ID": _journal_text("msgid"),
    "PRIORITY": SEVERITY,
    "SYSLOG_FACILITY": integer("facility"),
    "MESSAGE": _journal_text("message"),
}
_EVENT_NAMES: Mapping[str, str] = {
    "host": "host hostname host.name host.hostname",
    "app": "app service logger name component service.name",
    "procid": "pid process.pid",
    "msgid": "msgid event_id",
    "message": "message msg event body",
}


def _events() -> dict[str, Field]:
    fields = {
        "@timestamp": ANY_TIME,
        **dict.fromkeys(
            ("timestamp", "time", "ts", "datetime", "date", "t", "timestamp_ns"), LATER_TIME
        ),
        **dict.fromkeys(("level", "severity", "lvl", "log.level"), replace(SEVERITY, rank=1)),
    }
    for column, names in _EVENT_NAMES.items():
        for rank, name in enumerate(names.split()):
            fields[name] = text(column, min(rank, 1))
    return fields


_JSON = "https://www.rfc-editor.org/rfc/rfc8259"

OBJECTS: Mapping[str, BuiltinFormat] = {
    "nginx:json": json_format(
        "nginx's JSON, keys named after its variables or as people call them",
        "https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format",
        "requests",
        _common(),
    ),
    "caddy:json": json_format(
        "Caddy's access log",
        "https://caddyserver.com/docs/caddyfile/directives/log",
        "requests",
        _CADDY,
    ),
    "traefik:json": json_format(
        "Traefik's access log in JSON",
        "https://doc.traefik.io/traefik/observability/access-logs/",
        "requests",
        _TRAEFIK,
    ),
    "json:requests": json_format(
        "JSON lines of requests, any common names of keys", _JSON, "requests", _common()
    ),
    "json:events": json_format(
        "JSON lines of events, any common names of keys", _JSON, "events", _events()
    ),
    "gelf:json": json_format(
        "Graylog Extended Log Format",
        "https://go2docs.graylog.org/current/getting_in_log_data/gelf.html",
        "events",
        _GELF,
    ),
    "journald:json": json_format(
        "journalctl -o json",
        "https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-json-format",
        "events",
        _JOURNALD,
    ),
    "ltsv:requests": pairs_format(
        "Labeled tab-separated values of requests",
        "https://ltsv.org/",
        "requests",
        Pairs.LTSV,
        _ltsv(),
    ),
    "ltsv:events": pairs_format(
        "Labeled tab-separated values of events",
        "https://ltsv.org/",
        "events",
        Pairs.LTSV,
        _events(),
    ),
    "logfmt:events": pairs_format(
        "logfmt, as Go and Heroku services write it",
        "https://brandur.org/logfmt",
        "events",
        Pairs.LOGFMT,
        _events(),
    ),
    "logfmt:requests": pairs_format(
        "logfmt of requests", "https://brandur.org/logfmt", "requests", Pairs.LOGFMT, _common()
    ),
}
"""Formats of named values, by name."""
