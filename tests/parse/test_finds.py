"""What the reference found wrong in the kernel once, each on a line of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from etl.formats.builtin.shapes import text
from etl.formats.fields import Field, Flag, Layout, LineFormat, Op, Step
from etl.formats.mapping import with_columns
from etl.formats.registry import compile_format
from etl.formats.template import json_object
from etl.model import Counts
from etl.parse.buffers import Buffers
from etl.parse.program import pack
from tests.parse.helpers import assert_same, block, parse, parser, records, rejects

STAMP = b"2026-03-10T10:00:00Z"


def one(line_format: LineFormat, line: bytes) -> dict[str, Any]:
    parsed = parse(line_format, line + b"\n")
    assert parsed.counts == Counts(1, 1, 0, 0), parsed.rejects.to_pylist()
    (record,) = parsed.records.to_pylist()
    return dict(record)


def test_a_name_with_a_dot_may_be_an_object() -> None:
    """Behind it names are those of the outer object again."""
    line = b'{"ts":1773136800,"request.headers":{"User-Agent":"a","X":1},"status":200,"y":2}'
    record = one(compile_format(builtin="caddy:json"), line)
    assert (record["user_agent"], record["status"]) == ("a", 200)
    assert json.loads(record["extra"]) == {"request.headers.X": 1, "y": 2}


def test_what_comes_too_late_for_its_column_is_kept_as_it_was_sent() -> None:
    line = b'{"time":"%s","status":200,"code":201,"status_code":[202,{"a":"b"}]}' % STAMP
    record = one(compile_format(builtin="json:requests"), line)
    spare = json.loads(record["extra"])
    assert record["status"] == 200
    assert spare.get("status_code") == [202, {"a": "b"}]


def test_a_member_that_is_empty_is_wrong_and_not_cut_short() -> None:
    (reject,) = rejects(parse(compile_format(builtin="ltsv:requests"), b"time:\tstatus:200\n"))
    assert reject[:2] == ("bad_timestamp", "column 6: expected time")


def test_a_line_cut_in_a_key_is_cut_short() -> None:
    (reject,) = rejects(parse(compile_format(builtin="json:requests"), b'{"time":1,"sta\n'))
    assert reject[:2] == ("cut_short", "column 15: expected a JSON object")


def test_a_carriage_return_between_tokens_is_json() -> None:
    line = b'{"time":"%s","x":{\r"a":\r1}}' % STAMP
    assert json.loads(one(compile_format(builtin="json:requests"), line)["extra"])["x"] == {"a": 1}


def test_cef_leaves_paths_as_they_are() -> None:
    line = rb"Mar 10 10:00:00 h CEF:0|V|P|1|1|n|1|path=C:\Temp\x eq=a\=b nl=a\nb slash=\\ pipe=\|"
    spare = json.loads(one(compile_format(builtin="cef:text"), line)["structured_data"])
    assert spare["path"] == r"C:\Temp\x"
    assert (spare["eq"], spare["nl"], spare["slash"], spare["pipe"]) == ("a=b", "a\nb", "\\", "|")


def test_iis_writes_blanks_as_pluses_and_percents_as_they_came() -> None:
    line = b"2026-03-10 10:00:00 s GET /a - 80 - ::1 a+b%20c http://r/?q=%22 200 0 0 1"
    record = one(compile_format(builtin="iis:w3c"), line)
    assert (record["user_agent"], record["referer"]) == ("a b%20c", "http://r/?q=%22")


@pytest.mark.parametrize(
    ("url", "path", "query"),
    [
        ("http://h?q=/1", "", "q=/1"),
        ("http://h", "", None),
        ("https://h:443/a?b", "/a", "b"),
        ("/a://b", "/a://b", None),
    ],
)
def test_the_origin_ends_where_path_or_query_begin(url: str, path: str, query: str | None) -> None:
    request = Step(Op.REQUEST, b'" ', "path", Flag.NO_ORIGIN, key="request")
    layout = Layout("line", (Step(Op.LITERAL, b'"'), request, Step(Op.ISO_TIME, column="at")))
    record = one(
        LineFormat("x", "requests", "", (layout,)), b'"GET %s HTTP/1.1" %s' % (url.encode(), STAMP)
    )
    assert (record["path"], record["query"]) == (path, query)


def test_a_stamp_ends_where_its_value_does() -> None:
    """A digit behind it, here of another member, is none of it."""
    members = {"t": Field("at", Op.ANY_TIME), "n": text("user_agent")}
    line_format = LineFormat(
        "x", "requests", "", (Layout("line", (json_object(members, "requests"),)),)
    )
    line_parser = parser(line_format)
    line_parser.parse(block(rb'{"n":"\u0041234567890123456789","t":1}' + b"\n"))
    (record,) = records(line_parser.parse(block(rb'{"t":"Nov\u002010 10:2:3"}' + b"\n")))
    assert record["at"].second == 3


def test_a_clock_s_length_is_in_seconds_whatever_plain_numbers_are() -> None:
    heroku = compile_format(builtin="heroku:router")
    line = STAMP + b" heroku[router]: service=%s status=200"
    assert one(heroku, line % b"00:00:02")["request_time_s"] == 2.0
    assert one(heroku, line % b"2000")["request_time_s"] == 2.0


def test_a_pattern_that_finds_no_group_refuses_the_line() -> None:
    line_format = compile_format(builtin="regex:(?P<time>[0-9]+)?(?P<own>x)?")
    parsed = parse(line_format, b"?\r\n\n1773136800\n")
    assert parsed.counts == Counts(3, 1, 1, 1)
    assert rejects(parsed)[0][2] == b"?\r"


def test_old_macs_lines_are_told_from_a_pattern_too() -> None:
    parsed = parse(compile_format(builtin="regex:(?P<time>[0-9]+)"), b"a\rb\rc\r\n")
    assert rejects(parsed)[0][0] == "mac_line_ends"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_parser_is_shown_all_directives(mark: bytes) -> None:
    """The first has a byte-order mark before it, the last cannot be understood."""
    head = mark + b"#Fields: date time c-ip\n#Fields: nothing\n"
    line_parser = parser(compile_format(builtin="iis:w3c"))
    line_parser.follow(head)
    (record,) = records(line_parser.parse(block(b"2026-03-10 10:00:00 ::1\n", len(head))))
    assert record["remote_addr"] == "::1"


def test_a_block_too_large_for_its_columns_is_refused() -> None:

    with pytest.raises(ValueError, match="may overflow a column"):
        Buffers(pack(compile_format(builtin="caddy:json")), 1 << 28, 1)


@pytest.mark.parametrize("line", [b"\r\r1 x", b"a\rb\rc"])
def test_a_pattern_s_groups_hide_no_old_mac(line: bytes) -> None:
    line_format = compile_format(builtin="regex:[^0-9]*(?P<time>[0-9]+)? ?(?P<status>.*)")
    ((reason, _, raw, _),) = rejects(parse(line_format, line))
    assert (reason, raw) == ("mac_line_ends", line)


def test_a_sum_that_overflows_is_no_number() -> None:
    line_format = compile_format(nginx="$msec $upstream_response_time $status")
    member = b"99999999.999999999"
    lines = [b"1700000000.5 %s 200" % b", ".join([member] * count) for count in (92, 93)]
    data = b"\n".join(lines)
    parsed = parse(line_format, data)
    assert_same(line_format, data, parsed)
    (record,) = parsed.records.to_pylist()
    assert record["upstream_time_s"] == pytest.approx(92e8)
    ((reason, detail, *_),) = rejects(parsed)
    assert (reason, detail) == (
        "bad_number",
        f"column {len(lines[1]) - 21}: expected $upstream_response_time",
    )


@pytest.mark.parametrize(
    ("sent", "address", "spare"),
    [
        (b'"192.0.2.7, 10.0.0.1"', "192.0.2.7", "192.0.2.7, 10.0.0.1"),
        (b'["192.0.2.7"]', "192.0.2.7", None),
        (b'", 10.0.0.1"', None, ", 10.0.0.1"),
        (b'"-"', None, None),
    ],
)
def test_an_address_that_a_user_maps_may_be_a_list(
    sent: bytes, address: str | None, spare: str | None
) -> None:
    line_format = with_columns(compile_format(builtin="json:requests"), {"remote_addr": "h.xff"})
    data = b'{"time":"%s","h":{"xff":%s}}' % (STAMP, sent)
    record = one(line_format, data)
    assert_same(line_format, data, parse(line_format, data))
    assert record["remote_addr"] == address
    assert json.loads(record["extra"] or "{}").get("h.xff") == spare
