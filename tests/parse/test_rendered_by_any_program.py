"""Any record that any field program of a built-in format renders parses back to the same record."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.formats.assemble import IN_QUOTES
from etl.formats.fields import SPARE_COLUMN, LineFormat, Op
from etl.formats.registry import BUILTIN_FORMATS, compile_format
from tests.conftest import examples
from tests.parse.helpers import parse, records
from tests.parse.rendering import MOMENTS, SINGLE, Rendered
from tests.parse.rendering_named import NAMED

OWN = {
    "nginx:every operation": compile_format(
        nginx='$msec $host$request_uri $upstream_response_time "$upstream_addr" $upstream_status '
        '$request_time $bytes_sent "$http_x_y" $scheme [$time_local] "$http_referer"'
    ),
    "nginx:parts of a request": compile_format(
        nginx='$time_iso8601$request_method$request_uri "$args" ${remote_addr}: $server_protocol'
    ),
    "apache:parts of a request": compile_format(
        apache='%{%d/%b/%Y %I:%M:%S %p}t %m "%U" %q "%u" %{ms}T %{cond}e%%'
    ),
    "nginx:json": compile_format(
        nginx="""log_format j escape=json '{"t":"$time_iso8601","r":"$request","x":"$http_x"}';"""
    ),
    "apache:every operation": compile_format(
        apache='%{%Y-%m-%d}t %{%H:%M:%S}t %a %U%q %>s %D "%{User-Agent}i" %b %{X}o'
    ),
}
FORMATS = OWN | {name: compile_format(builtin=name) for name in BUILTIN_FORMATS}
PROGRAMS = [
    (name, number)
    for name, line_format in FORMATS.items()
    for number, layout in enumerate(line_format.layouts)
    if layout.name != IN_QUOTES  # the same steps between two marks
    and (name != "cisco:ios" or number % 7 == 0)  # eighty heads before one message
]


def alone(name: str, number: int) -> LineFormat:
    """A format of one layout: another one may understand a line as well, and otherwise."""
    whole = FORMATS[name]
    return replace(whole, layouts=(whole.layouts[number],), header=None)


@pytest.mark.parametrize(("name", "number"), PROGRAMS)
@given(data=st.data())
@examples(10)
def test_a_rendered_record_reads_back(name: str, number: int, data: st.DataObject) -> None:
    assert_reads_back(alone(name, number), data)


def assert_reads_back(line_format: LineFormat, data: st.DataObject) -> None:
    """A record that the format's only layout renders is the one that is read."""
    one = Rendered(data.draw, data.draw(MOMENTS))
    one.take(line_format.layouts[0])
    parsed = parse(line_format, one.line, zone=ZoneInfo("UTC"))
    assert parsed.counts.records == 1, (one.line, parsed.rejects.to_pylist())
    (found,) = records(parsed)
    spare = SPARE_COLUMN[line_format.table]
    wanted = dict.fromkeys(found) | one.record | {"offset": 0}
    wanted[spare] = [list(each) for each in one.extra] or None
    for column, value in wanted.items():
        expected = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
        assert found.get(column) == expected, (column, one.line)
    assert set(found) >= set(one.record)


def test_each_operation_is_rendered() -> None:
    steps = [step for one in FORMATS.values() for layout in one.layouts for step in layout.steps]
    used = {step.op for step in [*steps, *(member for step in steps for member in step.members)]}
    assert used <= set(SINGLE) | set(NAMED)
    assert used == set(Op)
