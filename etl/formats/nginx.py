"""nginx `log_format` strings.

Sources: https://nginx.org/en/docs/http/ngx_http_log_module.html (format, escapes, `combined`),
https://nginx.org/en/docs/varindex.html (variables).
"""

from __future__ import annotations

import difflib
import re

from etl.errors import LogFormatError
from etl.formats.assemble import Piece, Placed, blank_hints, layouts
from etl.formats.directives import read_log_format
from etl.formats.fields import TIMES, Field, LineFormat, Op

_VARIABLE = re.compile(r"\$(?:\{(\w*)\}?|(\w*))")

VARIABLES: dict[str, Field] = {
    "remote_addr": Field("remote_addr"),
    "remote_user": Field("remote_user"),
    "host": Field("host"),
    "http_host": Field("host", rank=1),  # as sent by the client, with a port
    "server_name": Field("host", rank=2),  # the server block's name, not the client's wish
    "request": Field("path", Op.REQUEST),
    "request_uri": Field("path", Op.URI, rank=1),
    "uri": Field("path", rank=2),  # decoded and rewritten, so not what the client sent
    "document_uri": Field("path", rank=2),
    "args": Field("query", Op.QUERY, rank=2),
    "query_string": Field("query", Op.QUERY, rank=2),
    "request_method": Field("method", rank=1),
    "server_protocol": Field("protocol", rank=1),
    "scheme": Field("scheme"),
    "status": Field("status", Op.INTEGER),
    "body_bytes_sent": Field("body_bytes_sent", Op.INTEGER),
    "bytes_sent": Field("bytes_sent", Op.INTEGER),
    "request_length": Field("request_bytes", Op.INTEGER),
    "request_time": Field("request_time_s", Op.DECIMAL),
    # One number per server that was tried; the client waited for all of them.
    "upstream_response_time": Field("upstream_time_s", Op.SUM),
    "upstream_status": Field("upstream_status", Op.LIST),
    "http_referer": Field("referer"),
    "http_user_agent": Field("user_agent"),
    "request_id": Field("request_id"),
    "http_x_request_id": Field("request_id", rank=1),  # from the client or a proxy before us
    "msec": Field("at", Op.EPOCH_TIME),
    "time_iso8601_ms": Field("at", Op.ISO_TIME, rank=1),  # NGINX Plus
    "time_iso8601": Field("at", Op.ISO_TIME, rank=2),  # whole seconds, as the next
    "time_local": Field("at", Op.CLF_TIME, rank=3),
    # Further upstream lists: they hold spaces, so a plain word would end too early.
    "upstream_addr": Field("", Op.LIST),
    "upstream_bytes_received": Field("", Op.LIST),
    "upstream_bytes_sent": Field("", Op.LIST),
    "upstream_cache_status": Field("", Op.LIST),
    "upstream_connect_time": Field("", Op.LIST),
    "upstream_first_byte_time": Field("", Op.LIST),
    "upstream_header_time": Field("", Op.LIST),
    "upstream_queue_time": Field("", Op.LIST),
    "upstream_response_length": Field("", Op.LIST),
    "upstream_session_time": Field("", Op.LIST),
}
"""Variables that have a column, or a shape of their own. Any other is text in `extra`."""

_PLAIN = """\
    acme_certificate acme_certificate_key ancient_browser binary_remote_addr connection
    connection_requests connection_time content_length content_type date_gmt date_local
    document_root fastcgi_path_info fastcgi_script_name geoip_area_code geoip_city
    geoip_city_continent_code geoip_city_country_code geoip_city_country_code3
    geoip_city_country_name geoip_country_code geoip_country_code3 geoip_country_name
    geoip_dma_code geoip_latitude geoip_longitude geoip_org geoip_postal_code geoip_region
    geoip_region_name gzip_ratio hostname http2 http3 http_x_forwarded_for
    http_x_forwarded_proto http_x_real_ip https invalid_referer is_args is_request_port
    jwt_payload limit_conn_status limit_rate limit_req_status memcached_key modern_browser msie
    nginx_version oidc_access_token oidc_id_token oidc_userinfo pid pipe
    proxy_add_x_forwarded_for proxy_host proxy_port proxy_protocol_addr proxy_protocol_port
    proxy_protocol_server_addr proxy_protocol_server_port realip_remote_addr
    realip_remote_port realpath_root remote_port request_body request_body_file
    request_completion request_filename request_port secure_link secure_link_expires server_addr
    server_port session_log_binary_id session_log_id slice_range ssl_alpn_protocol ssl_cipher
    ssl_ciphers ssl_client_cert ssl_client_escaped_cert ssl_client_fingerprint ssl_client_i_dn
    ssl_client_i_dn_legacy ssl_client_raw_cert ssl_client_s_dn ssl_client_s_dn_legacy
    ssl_client_serial ssl_client_sigalg ssl_client_v_end ssl_client_v_remain ssl_client_v_start
    ssl_client_verify ssl_curve ssl_curves ssl_early_data ssl_ech_outer_server_name
    ssl_ech_status ssl_protocol ssl_server_name ssl_session_id ssl_session_reused ssl_sigalg
    ssl_sigalgs tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd uid_got uid_reset
    uid_set upstream_last_addr upstream_last_server_name
""".split()  # noqa: SIM905 - a hundred names are a text, not a hundred lines
KNOWN = frozenset(VARIABLES).union(_PLAIN)
"""All variables of nginx's modules for HTTP, as of July 2026; they are known so that slips are."""

_TIMES = [name for name, field in VARIABLES.items() if field.op in TIMES]
_OWN_NAMES = (
    "http_", "sent_http_", "sent_trailer_", "cookie_", "arg_", "upstream_http_",
    "upstream_cookie_", "upstream_trailer_", "jwt_header_", "jwt_claim_", "oidc_claim_",
    "proxy_protocol_tlv_",
)  # fmt: skip

_PATH_AND_QUERY = re.compile(r"\$(?:document_)?uri\$is_args\$(?:args|query_string)")
_URI = Field("path", Op.URI, rank=2, name="uri")

COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" '
    '$status $body_bytes_sent "$http_referer" "$http_user_agent"'
)


def compile_nginx(text: str, *, name: str = "nginx") -> LineFormat:
    """Compile a `log_format` string.

    Args:
        text: The string as in nginx.conf, without its quotes (default escaping); or the whole
            directive with its strings, which may say `escape=json` or `escape=none`.
        name: Name of the format in messages.

    Raises:
        LogFormatError: It does not compile; carries the place.
    """
    written = text
    text, escapes = read_log_format(text)
    pieces: list[Piece] = []
    hints: list[str] = []
    start = 0
    while match := _VARIABLE.search(text, start):
        pieces.append(text[start : match.start()].encode())
        whole = _PATH_AND_QUERY.match(text, match.start())
        if whole:  # as one field: nothing else would tell where the path ends
            pieces.append(Placed(_URI, whole[0], match.start()))
        else:
            pieces.append(_variable(match, text, hints))
        start = (whole or match).end()
    pieces.append(text[start:].encode())
    laid_out = layouts(pieces, text, escapes, _time_slip(pieces))
    return LineFormat(name, "requests", written, laid_out, (*hints, *blank_hints(pieces)))


def _time_slip(pieces: list[Piece]) -> tuple[Placed, str] | None:
    """Return the unknown variable that is most like one of time, and that one."""
    for piece in pieces:
        if isinstance(piece, Placed) and piece.field.name not in KNOWN:
            close = difflib.get_close_matches(piece.field.name, _TIMES, n=1, cutoff=0.7)
            if close:
                return piece, "$" + close[0]
    return None


def _variable(match: re.Match[str], text: str, hints: list[str]) -> Placed:
    variable = match[1] or match[2]
    written = match[0]
    if not variable or (written.startswith("${") and not written.endswith("}")):
        what = "a variable's name is missing or its brace is not closed"
        raise LogFormatError(
            what, text=text, position=match.start(), length=len(written), hint="$name or ${name}"
        )
    known = VARIABLES.get(variable)
    if known is None:
        known = Field("")
        close = difflib.get_close_matches(variable, KNOWN, n=1, cutoff=0.8)
        if variable not in KNOWN and not variable.startswith(_OWN_NAMES) and close:
            hints.append(f"{written} goes to extra. Did you mean '${close[0]}'?")
    field = Field(known.column, known.op, known.rank, known.flags, known.scale, variable)
    return Placed(field, written, match.start())
