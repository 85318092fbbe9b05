"""Access logs that cloud services write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from etl.formats.builtin.entry import BuiltinFormat, json_format, layout_format
from etl.formats.builtin.shapes import (
    ABSENT,
    ANY_TIME,
    CLF,
    ISO,
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
from etl.formats.fields import Field, Flag, Layout, Op, Pairs, Trailing
from etl.formats.template import named_values, template

_AWS = "https://docs.aws.amazon.com/elasticloadbalancing/latest"
_REQUEST = replace(REQUEST, flags=REQUEST.flags | Flag.NO_ORIGIN)

_ELB_FIELDS: Mapping[str, Field] = {
    "time": ISO,
    "client": address("client_port", always=True),
    # The client waited for all three: they add up to request_time_s. One of them is -1 where the
    # request never came to the target or back from it: then there is no such time.
    "request_processing_time": Field("", Op.ADDEND, flags=ABSENT),
    "target_processing_time": Field("upstream_time_s", Op.ADDEND, flags=ABSENT),
    "response_processing_time": Field("", Op.ADDEND, flags=ABSENT),
    "elb_status_code": integer("status"),
    "target_status_code": text("upstream_status"),
    "received_bytes": integer("request_bytes"),
    "sent_bytes": integer("bytes_sent"),
    "request": _REQUEST,
    "user_agent": text("user_agent"),
    "trace_id": text("request_id"),
    "domain_name": text("host"),
}
_TIMES = "$request_processing_time $target_processing_time $response_processing_time"
_CODES = "$elb_status_code $target_status_code $received_bytes $sent_bytes"
_ALB_FIRST = (
    f"$type $time $elb $client $target {_TIMES} {_CODES}"
    ' "$request" "$user_agent" $ssl_cipher $ssl_protocol $target_group_arn "$trace_id"'
)
_ALB = (
    f'{_ALB_FIRST} "$domain_name" "$chosen_cert_arn" $matched_rule_priority'
    ' $request_creation_time "$actions_executed" "$redirect_url" "$error_reason"'
    ' "$target_port_list" "$target_status_code_list" "$classification" "$classification_reason"'
)
_CLASSIC_FIELDS: Mapping[str, Field] = {
    **_ELB_FIELDS,
    "sent_bytes": integer("body_bytes_sent"),  # of HTTP listeners without the headers
}
_ELB_FIRST = f'$time $elb $client $backend {_TIMES} {_CODES} "$request"'
_ELB = _ELB_FIRST + ' "$user_agent"'
_NLB_FIELDS: Mapping[str, Field] = {
    "time": clock("%Y-%m-%dT%H:%M:%S", utc=True),  # written without a zone, kept in UTC
    "client": address("client_port", always=True),
    "connection_time": seconds("request_time_s", MILLI),
    "received_bytes": integer("request_bytes"),
    "sent_bytes": integer("bytes_sent"),
    "domain_name": text("host"),
}
_NLB = (
    "$type $version $time $elb $listener $client $destination $connection_time"
    " $tls_handshake_time $received_bytes $sent_bytes $incoming_tls_alert $chosen_cert_arn"
    " $chosen_cert_serial $tls_cipher $tls_protocol_version $tls_named_group $domain_name"
    " $alpn_fe_protocol $alpn_be_protocol $alpn_client_preference_list"
)

_S3_FIELDS: Mapping[str, Field] = {
    "time": CLF,
    "remote_ip": text("remote_addr"),
    "requester": text("remote_user"),
    "request_id": text("request_id"),
    "request": REQUEST,
    "status": integer("status"),
    # Without the overhead of HTTP; the dash stands for zero.
    "bytes_sent": Field("body_bytes_sent", Op.INTEGER, flags=Flag.DASH_IS_ZERO),
    "total_time": seconds("request_time_s", MILLI),
    "turn_around_time": seconds("upstream_time_s", MILLI),
    "referer": text("referer"),
    "user_agent": text("user_agent"),
    "host_header": text("host"),
}
_S3_FIRST = (
    "$bucket_owner $bucket [$time] $remote_ip $requester $request_id $operation $key"
    ' "$request" $status $error_code $bytes_sent $object_size $total_time $turn_around_time'
    ' "$referer" "$user_agent"'
)
_S3_LATER = (
    " $version_id $host_id $signature_version $cipher_suite $authentication_type"
    " $host_header $tls_version"
)
_S3 = _S3_FIRST + _S3_LATER

_HEROKU: Mapping[str, Field] = {
    "method": text("method"),
    "path": Field("path", Op.URI),
    "host": text("host"),
    "request_id": text("request_id"),
    "fwd": forwarded(),
    "service": Field("request_time_s", Op.DURATION, scale=MILLI),
    "status": integer("status"),
    "bytes": integer("bytes_sent"),
    "protocol": text("scheme"),
}

_CLOUDFLARE: Mapping[str, Field] = {
    "ClientIP": text("remote_addr"),
    "ClientRequestHost": text("host"),
    "ClientRequestMethod": text("method"),
    "ClientRequestURI": URI,
    "ClientRequestPath": replace(URI, op=Op.TEXT, rank=1),
    "ClientRequestProtocol": text("protocol"),
    "ClientRequestScheme": text("scheme"),
    "ClientRequestBytes": integer("request_bytes"),
    "ClientRequestReferer": text("referer"),
    "ClientRequestUserAgent": text("user_agent"),
    "EdgeStartTimestamp": ANY_TIME,
    "EdgeResponseStatus": integer("status"),
    "EdgeResponseBytes": integer("bytes_sent"),
    "EdgeResponseBodyBytes": integer("body_bytes_sent"),
    "EdgeTimeToFirstByteMs": seconds("request_time_s", MILLI),
    "OriginResponseDurationMs": seconds("upstream_time_s", MILLI),
    "OriginResponseStatus": text("upstream_status"),
    "RayID": text("request_id"),
}


def _alb() -> tuple[Layout, ...]:
    return (
        template(_ALB, _ELB_FIELDS, trailing=Trailing.EXPECTED),
        template(_ALB_FIRST, _ELB_FIELDS, name="of older days", trailing=Trailing.EXPECTED),
    )


def _s3() -> tuple[Layout, ...]:
    """Return the layouts of all ages; what is absent may stand without its quotes."""
    bare = _S3_FIRST.replace('"$request"', "-")
    both = '"$referer" "$user_agent"'
    firsts = (_S3_FIRST, bare, _S3_FIRST.replace(both, "- -"), bare.replace(both, "- -"))
    ages = (
        ("line", _S3_LATER, Trailing.EXPECTED),
        ("of older days", " $version_id", Trailing.EXPECTED),
        ("of old", "", Trailing.REFUSED),
    )
    return tuple(
        template(first + rest, _S3_FIELDS, name=name, escapes=Flag.NONE, trailing=trailing)
        for name, rest, trailing in ages
        for first in firsts
    )


def _heroku() -> tuple[Layout, ...]:
    pairs = named_values(Pairs.LOGFMT, _HEROKU, "requests")
    heads = (
        "<$priority>$version $time $drain $process $dyno_name - ",
        "$length <$priority>$version $time $drain $process $dyno_name - ",  # as drains send it
        "$time $process[$dyno_name]: ",
    )
    fields = {"time": ISO}
    found = []
    for head in heads:
        # The last literal of the head ends its last field; the pairs take the rest.
        layout = template(head, fields, name="router")
        found.append(Layout(layout.name, (*layout.steps, pairs)))
    return tuple(found)


CLOUDS: Mapping[str, BuiltinFormat] = {
    "aws:alb": layout_format(
        "AWS application load balancer",
        _ALB,
        f"{_AWS}/application/load-balancer-access-logs.html",
        "requests",
        _alb,
    ),
    "aws:elb": layout_format(
        "AWS classic load balancer",
        _ELB + " $ssl_cipher $ssl_protocol",
        f"{_AWS}/classic/access-log-collection.html",
        "requests",
        lambda: (
            template(
                _ELB + " $ssl_cipher $ssl_protocol", _CLASSIC_FIELDS, trailing=Trailing.EXPECTED
            ),
            template(_ELB, _CLASSIC_FIELDS, name="of older days", trailing=Trailing.EXPECTED),
            template(_ELB_FIRST, _CLASSIC_FIELDS, name="of the first days"),
        ),
    ),
    "aws:nlb": layout_format(
        "AWS network load balancer, TLS listeners",
        _NLB,
        f"{_AWS}/network/load-balancer-access-logs.html",
        "requests",
        lambda: (template(_NLB, _NLB_FIELDS, trailing=Trailing.EXPECTED),),
    ),
    "aws:s3": layout_format(
        "AWS S3 server access log",
        _S3,
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html",
        "requests",
        _s3,
    ),
    "cloudflare:json": json_format(
        "Cloudflare Logpush, HTTP requests",
        "https://developers.cloudflare.com/logs/logpush/logpush-job/datasets/zone/http_requests/",
        "requests",
        _CLOUDFLARE,
    ),
    "heroku:router": layout_format(
        "Heroku's router, from a drain or `heroku logs`",
        "<PRI>VERSION TIME DRAIN heroku router - key=value …\nTIME heroku[router]: key=value …",
        "https://devcenter.heroku.com/articles/http-routing#heroku-router-log-format",
        "requests",
        _heroku,
    ),
}
"""Formats of clouds, by name."""
