"""Any record that any nginx or Apache string renders parses back to the same record."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from etl.formats.apache import DIRECTIVES, NAMED, WITH_ARGUMENT
from etl.formats.directives import ESCAPES
from etl.formats.fields import TIMES
from etl.formats.nginx import KNOWN, VARIABLES
from etl.formats.registry import compile_format
from tests.conftest import examples
from tests.parse.test_rendered_by_any_program import assert_reads_back

NGINX_TIMES = sorted(name for name, field in VARIABLES.items() if field.op in TIMES)
OWN = ["http_x_forwarded_for", "sent_http_etag", "cookie_session", "arg_q", "no_such_variable"]
NGINX = st.sampled_from(["$" + name for name in sorted(KNOWN.union(OWN).difference(NGINX_TIMES))])
APACHE_TIMES = [
    "%t", "%{msec}t", "%{usec}t", "%{sec}t", "%{%F %T}t", "%{%Y-%m-%dT%T%z}t", "%{%s}t", "%200t",
    "%{%d/%b/%Y %I:%M:%S %p}t", "%{begin:%d/%b/%Y:%H:%M:%S %z}t", "%{%a, %e %b %Y %T}t",
]  # fmt: skip
APACHE = st.sampled_from(
    ["%" + letter for letter in DIRECTIVES if letter != "t"]
    + [f"%{{{argument}}}{letter}" for letter, argument in NAMED if letter != "t"]
    + [f"%{{X-Own}}{letter}" for letter in WITH_ARGUMENT]
    + ["%>s", "%<s", "%!200,304{Referer}i", "%400,501{User-agent}i", "%U%q", "%{c}a", "%200D"]
)
# A comma or a colon would go on with a list of servers that nginx tried, and digits with a number.
BETWEEN = st.sampled_from([" ", " ", '" "', "|", " - ", "] [", ";", "\t", " x=", '" [', "}{"])


def strings(fields: st.SearchStrategy[str], times: list[str]) -> st.SearchStrategy[str]:
    """Fields with something between them, one of which is a time stamp."""

    @st.composite
    def draw_one(draw: st.DrawFn) -> str:
        some = draw(st.lists(fields, max_size=7))
        some.insert(draw(st.integers(0, len(some))), draw(st.sampled_from(times)))
        text = draw(st.sampled_from(["", "[", '"', "<x> "]))
        for field in some:
            quoted = field in ("$request", "%r")  # they hold blanks, of which a hint tells
            text += (f'"{field}"' if quoted else field) + draw(BETWEEN)
        return text.rstrip()

    return draw_one()


@given(
    text=strings(NGINX, ["$" + name for name in NGINX_TIMES]),
    escape=st.sampled_from(sorted(ESCAPES)),
    data=st.data(),
)
@examples(100)
def test_a_record_of_any_nginx_string_reads_back(
    text: str, escape: str, data: st.DataObject
) -> None:
    reads_back(f"log_format own escape={escape} '{text}';", "nginx", data)


@given(text=strings(APACHE, APACHE_TIMES), data=st.data())
@examples(100)
def test_a_record_of_any_apache_string_reads_back(text: str, data: st.DataObject) -> None:
    reads_back(text, "apache", data)


def reads_back(text: str, server: str, data: st.DataObject) -> None:
    line_format = compile_format(**{server: text})
    assert_reads_back(replace(line_format, layouts=line_format.layouts[:1]), data)
