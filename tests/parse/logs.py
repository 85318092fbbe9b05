"""Which of the published logs is of which format."""

from __future__ import annotations

from etl.formats.fields import LineFormat
from etl.formats.registry import compile_format
from tests.conftest import SHARED_DATA

TIMED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" rt=$request_time uct="$upstream_connect_time" '
    'uht="$upstream_header_time" urt="$upstream_response_time" ua="$upstream_addr" '
    'us="$upstream_status" rl=$request_length'
)
VHOST_TIMED = (
    '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i" %D %{ms}T %I %{UNIQUE_ID}e'
)
APACHE_CSV = (
    '%v,%p,%h,%l,%u,%t,%I,%O,%S,%B,%{ms}T,%D,%^FB,%>s,"%H","%m","%U","%q",'
    '"%{Referer}i","%{User-Agent}i","%{VARNAME}C",%L'
)
OTUS = (
    "$remote_addr $remote_user  $http_x_real_ip [$time_local] "
    '"$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" '
    '"$http_x_forwarded_for" "$http_X_REQUEST_ID" "$http_X_RB_USER" $request_time'
)
JSON = """log_format json escape=json
    '{"time":"$time_iso8601","msec":$msec,"addr":"$remote_addr","user":"$remote_user",'
    '"method":"$request_method","request":"$request","uri":"$request_uri","status":$status,'
    '"bytes":$body_bytes_sent,"referer":"$http_referer","ua":"$http_user_agent",'
    '"rt":$request_time,"urt":"$upstream_response_time"}';"""
ALMHUETTE = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" "%{X-Unknown}i"'
NGINX, SYSLOG = compile_format(builtin="nginx:combined"), compile_format(builtin="syslog")
COMBINED, COMMON = (compile_format(builtin=f"apache:{name}") for name in ("combined", "common"))
VHOST = compile_format(builtin="apache:vhost_combined")
NGINX_JSON = compile_format(nginx=JSON)
NGINX_TIMED, APACHE_TIMED = compile_format(nginx=TIMED), compile_format(apache=VHOST_TIMED)

LONG = ("access/blog2016_access.log.gz", "access/almhuette_access.log.gz")
"""40 MB each: `make test` holds every 50th line to the reference, `make test-all` every one."""


def published() -> list[tuple[str, LineFormat, int]]:
    """Return name, format and the number of lines that are rightly refused."""
    logs = [
        ("lab/nginx_combined.log.gz", NGINX, 0),
        ("lab/nginx_timed.log.gz", NGINX_TIMED, 0),
        ("lab/nginx_json.log.gz", NGINX_JSON, 0),
        ("lab/apache_combined.log.gz", COMBINED, 0),
        ("lab/apache_vhost_timed.log.gz", APACHE_TIMED, 0),
        ("syslog/elastic_auth.log.gz", SYSLOG, 0),
        ("access/elastic_apache_logs.gz", COMBINED, 1),  # one line is cut in its agent
        ("access/otus_nginx_ui_sample.log", compile_format(nginx=OTUS), 0),
        ("access/blog2016_access.log.gz", COMBINED, 0),
        ("access/almhuette_access.log.gz", compile_format(apache=ALMHUETTE), 0),
        ("advertools/dreamhost_apache_access.log", COMBINED, 0),  # a space ends every line
        ("farm/apache_combined/farmfreshsoftware.access.log", COMBINED, 0),
        ("farm/apache_common/farmfreshsoftware.access.log", COMMON, 0),
        ("farm/apache_common/farmwork.error.log", COMMON, 6),  # an error log under a wrong name
        ("farm/apache_vhost/farmwork.access.log.gz", VHOST, 0),
        ("attack/w3af.txt.gz", COMBINED, 0),  # whole lines in quotes; 62 are not
    ]
    for folder, line_format in (
        ("nginx_combined", NGINX),
        ("apache_csv", compile_format(apache=APACHE_CSV)),
    ):
        paths = sorted((SHARED_DATA / "farm" / folder).glob("*"))
        logs.extend((f"farm/{folder}/{path.name}", line_format, 0) for path in paths)
    return logs
