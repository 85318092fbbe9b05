"""A record that a server's rules render as a line reads back as the same record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from etl.formats.registry import compile_format
from tests.parse import logs
from tests.parse.helpers import parse, records

JSON = compile_format(
    nginx="""log_format json escape=json '{"t":"$time_iso8601","addr":"$remote_addr",'
    '"user":"$remote_user","request":"$request","status":$status,"bytes":$body_bytes_sent,'
    '"referer":"$http_referer","ua":"$http_user_agent"}';"""
)
TEXT = st.text(max_size=40).filter(lambda text: text != "-")
TOKEN = st.text("abcXYZ019-_!", min_size=1, max_size=8).filter(lambda text: text != "-")
URI = st.text(st.characters(exclude_characters=" ?", codec="utf-8"), min_size=1, max_size=30)
REQUESTS = st.fixed_dictionaries(
    {
        "at": st.datetimes(datetime(1970, 1, 2), datetime(2100, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
        "remote_addr": st.ip_addresses().map(str),
        # A user who is really called "-" looks like nobody in these formats.
        "remote_user": st.none() | TOKEN.filter(lambda name: name != "-"),
        "method": TOKEN,
        "path": URI,
        "query": st.none() | URI,
        "protocol": st.sampled_from(["HTTP/1.0", "HTTP/1.1", "HTTP/2.0"]),
        "status": st.integers(100, 599),
        "body_bytes_sent": st.integers(0, 10**15),
        "referer": st.none() | TEXT,
        "user_agent": st.none() | TEXT,
    }
)


def nginx_escape(text: str) -> str:
    """As ngx_http_log_escape does: hexadecimal for quotes, backslashes, controls and above 126."""
    return "".join(
        chr(byte) if 32 <= byte <= 126 and byte not in b'"\\' else f"\\x{byte:02X}"
        for byte in text.encode()
    )


def apache_escape(text: str) -> str:
    """As ap_escape_logitem does: C's letters where there are some."""
    letters = {
        '"': '\\"',
        "\\": "\\\\",
        "\n": "\\n",
        "\t": "\\t",
        "\r": "\\r",
        "\b": "\\b",
        "\v": "\\v",
    }
    escaped = (letters.get(each) or nginx_escape(each) for each in text)
    return "".join(escaped)


def json_escape(text: str) -> str:
    """As ngx_escape_json does: letters or \\u00XX for controls, quotes and backslashes; no more."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


@given(st.lists(REQUESTS.filter(lambda record: "" not in record.values()), min_size=1, max_size=4))
def test_a_request_rendered_as_json_reads_back(wanted: list[dict[str, Any]]) -> None:
    lines = []
    for record in wanted:
        record["at"] = record["at"].replace(microsecond=0)
        shown = {n: json_escape(v) if isinstance(v, str) else v for n, v in record.items()}
        uri = shown["path"] + ("" if record["query"] is None else "?" + shown["query"])
        lines.append(
            f'{{"t":"{record["at"].isoformat()}","addr":"{shown["remote_addr"]}",'
            f'"user":"{shown["remote_user"] or ""}",'
            f'"request":"{shown["method"]} {uri} {shown["protocol"]}",'
            f'"status":{shown["status"]},"bytes":{shown["body_bytes_sent"]},'
            f'"referer":"{shown["referer"] or ""}","ua":"{shown["user_agent"] or ""}"}}'
        )
    found = records(parse(JSON, "\n".join(lines).encode()))
    for record in found:
        assert record.pop("extra") is None
        del record["offset"]
    assert found == wanted


@given(st.lists(REQUESTS, min_size=1, max_size=4), st.sampled_from(["nginx", "apache"]))
def test_a_rendered_request_reads_back(wanted: list[dict[str, Any]], server: str) -> None:
    escape = nginx_escape if server == "nginx" else apache_escape
    lines = []
    for record in wanted:
        record["at"] = record["at"].replace(microsecond=0)
        shown = {
            n: "-" if v is None else escape(v) if isinstance(v, str) else v
            for n, v in record.items()
        }
        stamp = f"{record['at']:%d/%b/%Y:%H:%M:%S +0000}"
        uri = shown["path"] + ("" if record["query"] is None else "?" + shown["query"])
        lines.append(
            f"{shown['remote_addr']} - {shown['remote_user']} [{stamp}] "
            f'"{shown["method"]} {uri} {shown["protocol"]}" {shown["status"]} '
            f'{shown["body_bytes_sent"]} "{shown["referer"]}" "{shown["user_agent"]}"'
        )
    line_format = logs.NGINX if server == "nginx" else logs.COMBINED
    found = records(parse(line_format, "\n".join(lines).encode()))
    for record in found:
        assert record.pop("extra") is None
        del record["offset"]
    assert found == wanted


NAME = st.text("abc@1.-", min_size=1, max_size=6)
EVENTS = st.fixed_dictionaries(
    {
        "at": st.datetimes(datetime(1970, 1, 2), datetime(2100, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
        "host": st.none() | TOKEN,
        "app": st.none() | TOKEN,
        "procid": st.none() | TOKEN,
        "msgid": st.none() | TOKEN,
        "facility": st.integers(0, 23),
        "severity": st.integers(0, 7),
        "message": st.none() | st.text(st.characters(exclude_characters="\n\r", codec="utf-8")),
        "structured_data": st.none()
        | st.dictionaries(
            NAME,
            st.dictionaries(NAME, st.text(st.characters(exclude_characters="\n\r", codec="utf-8"))),
            min_size=1,
            max_size=3,
        ),
    }
)


@given(EVENTS)
def test_a_rendered_event_reads_back(wanted: dict[str, Any]) -> None:
    shown = {name: value or "-" for name, value in wanted.items()}
    data = "-"
    if wanted["structured_data"]:
        data = "".join(
            f"[{id_}{''.join(f' {name}=' + quoted(value) for name, value in params.items())}]"
            for id_, params in wanted["structured_data"].items()
        )
    line = (
        f"<{wanted['facility'] * 8 + wanted['severity']}>1 {wanted['at']:%Y-%m-%dT%H:%M:%S.%fZ} "
        f"{shown['host']} {shown['app']} {shown['procid']} {shown['msgid']} {data}"
    )
    line += "" if wanted["message"] is None else " \ufeff" + wanted["message"]
    (found,) = parse(logs.SYSLOG, line.encode()).records.to_pylist()
    if found["structured_data"]:
        found["structured_data"] = json.loads(found["structured_data"])
    names = ("host", "app", "procid", "msgid")
    expected = wanted | {n: None for n in names if wanted[n] == "-"} | {"offset": 0}
    assert found == expected


def quoted(value: str) -> str:
    for mark in ("\\", '"', "]"):
        value = value.replace(mark, "\\" + mark)
    return f'"{value}"'
