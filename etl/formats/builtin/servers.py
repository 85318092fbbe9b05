"""Access logs of web servers, proxies and application servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from etl.formats import apache, nginx
from etl.formats.apache import compile_apache
from etl.formats.builtin.entry import (
    BuiltinFormat,
    apache_format,
    layout_format,
    nginx_format,
)
from etl.formats.builtin.shapes import (
    CLF,
    ISO,
    MICRO,
    MILLI,
    REQUEST,
    URI,
    address,
    clock,
    forwarded,
    integer,
    seconds,
    text,
)
from etl.formats.fields import Field, Flag, Layout, LineFormat, Op, Trailing
from etl.formats.template import template

_HTTPD = "https://httpd.apache.org/docs/2.4/logs.html#accesslog"
_NGINX = "https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format"
_ENVOY = "https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage"
_INGRESS = "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/"

_CLF_FIELDS: Mapping[str, Field] = {
    "remote_addr": text("remote_addr"),
    "remote_user": text("remote_user"),
    "time_local": CLF,
    "request": REQUEST,
    "status": integer("status"),
    "body_bytes_sent": integer("body_bytes_sent"),
    "referer": text("referer"),
    "user_agent": text("user_agent"),
    "duration_ms": seconds("request_time_s", MILLI),
}

_TRAEFIK = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$referer"'
    ' "$user_agent" $request_count "$router" "$server_url" ${duration_ms}ms'
)

_PYTHON_TIME = clock("%d/%b/%Y %H:%M:%S")
_PYTHON = '$remote_addr - - [$time] "$request" $status $body_bytes_sent'

_ENVOY_FIELDS: Mapping[str, Field] = {
    "start_time": ISO,
    "request": REQUEST,
    "response_code": integer("status"),
    "bytes_sent": integer("body_bytes_sent"),
    "duration": seconds("request_time_s", MILLI),
    "upstream_service_time": seconds("upstream_time_s", MILLI),
    "x_forwarded_for": forwarded(rank=1),
    "downstream_remote_address": address("downstream_remote_port"),
    "user_agent": text("user_agent"),
    "x_request_id": text("request_id"),
    "authority": text("host"),
}
_ENVOY_DEFAULT = (
    '[$start_time] "$request" $response_code $response_flags $bytes_received $bytes_sent'
    ' $duration $upstream_service_time "$x_forwarded_for" "$user_agent" "$x_request_id"'
    ' "$authority" "$upstream_host"'
)
_ISTIO = (
    '[$start_time] "$request" $response_code $response_flags $response_code_details'
    ' $connection_termination_details "$upstream_transport_failure_reason" $bytes_received'
    ' $bytes_sent $duration $upstream_service_time "$x_forwarded_for" "$user_agent"'
    ' "$x_request_id" "$authority" "$upstream_host" $upstream_cluster $upstream_local_address'
    " $downstream_local_address $downstream_remote_address $requested_server_name $route_name"
)

_HAPROXY_FIELDS: Mapping[str, Field] = {
    "syslog_time": Field("at", Op.BSD_TIME, rank=2),
    "syslog_time_iso": Field("at", Op.ISO_TIME, rank=2),
    "client": address("client_port", always=True),
    "accept_date": clock("%d/%b/%Y:%T"),
    "time_active": seconds("request_time_s", MILLI),
    "time_response": seconds("upstream_time_s", MILLI),
    "status": integer("status"),
    "bytes_read": integer("bytes_sent"),
    "request": REQUEST,
}
_HAPROXY_LINE = (
    "$client [$accept_date] $frontend $backend/$server"
    " $time_request/$time_queue/$time_connect/$time_response/$time_active $status $bytes_read"
    " $captured_request_cookie $captured_response_cookie $termination_state"
    " $actconn/$feconn/$beconn/$srv_conn/$retries $srv_queue/$backend_queue "
)
_HAPROXY_CAPTURES = (
    "{$captured_request_headers} {$captured_response_headers} ",
    "{$captured_request_headers} ",
    "",
)
_HAPROXY_PREFIXES = (
    "",
    "$syslog_time $syslog_host $process[$pid]: ",
    "<$priority>$syslog_time $syslog_host $process[$pid]: ",
    "<$priority>$syslog_time $process[$pid]: ",
    "$syslog_time_iso $syslog_host $process[$pid]: ",
    "<$priority>$version $syslog_time_iso $syslog_host $process $pid $msgid - ",
    "$process[$pid]: ",  # as the manual and journalctl -o cat show it
)

_SQUID_FIELDS: Mapping[str, Field] = {
    "time": Field("at", Op.EPOCH_TIME),
    "elapsed": seconds("request_time_s", MILLI),
    "remote_addr": text("remote_addr"),
    "status": integer("status"),
    "bytes": integer("bytes_sent"),
    "method": text("method"),
    "url": URI,
    "user": text("remote_user"),
}
_SQUID = (
    "$time $pad$elapsed $remote_addr $result_code/$status $bytes $method $url $user"
    " $hierarchy_code/$server $content_type"
)

_UWSGI_FIELDS: Mapping[str, Field] = {
    "remote_addr": text("remote_addr"),
    "remote_user": Field("remote_user", flags=Flag.DASH_IS_NULL | Flag.EMPTY_IS_NULL),
    "time": clock("%a %b %e %H:%M:%S %Y"),
    "method": text("method"),
    "uri": URI,
    "protocol": text("protocol"),
    "status": integer("status"),
    "bytes": integer("body_bytes_sent"),
    "msecs": seconds("request_time_s", MILLI),
    "micros": seconds("request_time_s", MICRO),
    "packet_bytes": integer("request_bytes"),
}
_UWSGI_MEMORY = "{address space usage: $vsz bytes/${vsz_mb}MB} {rss usage: $rss bytes/${rss_mb}MB} "
"""What the option memory-report puts first."""
_UWSGI = (
    "[pid: $pid|app: $app|req: $worker_requests/$requests] $remote_addr ($remote_user)"
    " {$vars vars in $packet_bytes bytes} [$time] $method $uri => generated $bytes bytes in"
    " %s ($protocol $status) $headers headers in $header_bytes bytes"
    " ($switches switches on core $core)"
)


def _haproxy() -> tuple[Layout, ...]:
    return tuple(
        _of_words(
            template(
                prefix + _HAPROXY_LINE + captures + '"$request"',
                _HAPROXY_FIELDS,
                name="with syslog's prefix" if prefix else "line",
                trailing=Trailing.EXPECTED,  # option httpslog adds fields of TLS
            )
        )
        for prefix in _HAPROXY_PREFIXES
        for captures in _HAPROXY_CAPTURES
    )


def _of_words(layout: Layout) -> Layout:
    """Let no field but captured headers hold a blank: a damaged line is refused where it is."""
    steps = tuple(
        replace(step, flags=step.flags | Flag.WORD)
        if step.op in (Op.TEXT, Op.ADDRESS) and "captured" not in step.what
        else step
        for step in layout.steps
    )
    return replace(layout, steps=steps)


def _uwsgi() -> tuple[Layout, ...]:
    spans = ("$msecs msecs", "$micros micros", "$msecs msecs via $sent_by")
    return tuple(
        template(prefix + _UWSGI % span, _UWSGI_FIELDS, escapes=Flag.NONE)
        for prefix in ("", _UWSGI_MEMORY)
        for span in spans
    )


def _combined(name: str) -> LineFormat:
    """Return httpd's format; some that imitate it write an absent value's dash without quotes."""
    plain = compile_apache(apache.COMBINED, name=name)
    dashes = compile_apache(apache.COMMON + " - -").layouts[0]
    unquoted = Layout("without quotes", dashes.steps)
    return replace(plain, layouts=(*plain.layouts, unquoted))


_TOMCAT = "https://tomcat.apache.org/tomcat-10.1-doc/config/valve.html#Access_Log_Valve"
_MAIN = nginx.COMBINED + ' "$http_x_forwarded_for"'
_INGRESS_LINE = (
    nginx.COMBINED + " $request_length $request_time [$proxy_upstream_name]"
    " [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length"
    " $upstream_response_time $upstream_status $request_id"
)

SERVERS: Mapping[str, BuiltinFormat] = {
    "nginx:combined": nginx_format("nginx's default access log", nginx.COMBINED, _NGINX),
    "nginx:main": nginx_format(
        "`main` of nginx's packaged nginx.conf: combined and X-Forwarded-For", _MAIN, _NGINX
    ),
    "nginx:ingress": nginx_format("Kubernetes ingress-nginx", _INGRESS_LINE, _INGRESS),
    "apache:common": apache_format("Common Log Format", apache.COMMON, _HTTPD),
    "apache:combined": BuiltinFormat(
        "Combined Log Format", apache.COMBINED, _HTTPD, "requests", _combined
    ),
    # The virtual host comes first; %O as Debian's apache2.conf has it.
    "apache:vhost_combined": apache_format(
        "Combined Log Format after virtual host and port",
        apache.VHOST_COMBINED,
        "https://sources.debian.org/src/apache2/2.4.62-1/debian/config-dir/apache2.conf.in/",
    ),
    "tomcat:common": apache_format("Tomcat's access log valve", apache.TOMCAT, _TOMCAT),
    "python:http": layout_format(
        "Python's http.server, and Flask's and Werkzeug's servers for development",
        _PYTHON,
        "https://docs.python.org/3/library/http.server.html#http.server.BaseHTTPRequestHandler.log_request",
        "requests",
        lambda: (template(_PYTHON, {**_CLF_FIELDS, "time": _PYTHON_TIME}),),
    ),
    "traefik:clf": layout_format(
        "Traefik's access log in its common format",
        _TRAEFIK,
        "https://doc.traefik.io/traefik/observability/access-logs/",
        "requests",
        lambda: (template(_TRAEFIK, _CLF_FIELDS, trailing=Trailing.DRIFT),),
    ),
    "envoy:default": layout_format(
        "Envoy's default access log",
        _ENVOY_DEFAULT,
        _ENVOY,
        "requests",
        lambda: (template(_ENVOY_DEFAULT, _ENVOY_FIELDS, trailing=Trailing.DRIFT),),
    ),
    "istio:default": layout_format(
        "Istio's default access log",
        _ISTIO,
        "https://istio.io/latest/docs/tasks/observability/logs/access-log/",
        "requests",
        lambda: (template(_ISTIO, _ENVOY_FIELDS),),
    ),
    "haproxy:http": layout_format(
        "HAProxy's HTTP log, with or without syslog's prefix and captured headers",
        _HAPROXY_LINE + '[{…} [{…}]] "$request"',
        "https://docs.haproxy.org/3.0/configuration.html#8.2.3",
        "requests",
        _haproxy,
    ),
    "squid:native": layout_format(
        "Squid's native access.log",
        _SQUID,
        "https://wiki.squid-cache.org/Features/LogFormat",
        "requests",
        lambda: (template(_SQUID, _SQUID_FIELDS, escapes=Flag.NONE),),
    ),
    "uwsgi:default": layout_format(
        "uWSGI's request log",
        _UWSGI % "$msecs msecs",
        "https://uwsgi-docs.readthedocs.io/en/latest/LogFormat.html",
        "requests",
        _uwsgi,
    ),
}
"""Formats of servers, by name."""
