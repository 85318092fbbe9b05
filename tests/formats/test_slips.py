"""Slips of the pen in format strings: what cannot work fails at once, what can is told."""

from __future__ import annotations

import pytest

from etl.errors import LogFormatError
from etl.formats.registry import compile_format


@pytest.mark.parametrize(
    ("text", "what", "place"),
    [
        ("%h %{%H:%M:%S}t %>s", "the format has no date", 3),
        ("%h %{%d/%b/%Y}t %>s", "the format has no hour of the day", 3),
        ("%h %{%F %I:%M}t %>s", "the format has no hour of the day", 3),
    ],
)
def test_parts_of_a_stamp_that_make_none_fail_at_once(text: str, what: str, place: int) -> None:
    """Every one of its lines would be a reject."""
    with pytest.raises(LogFormatError) as caught:
        compile_format(apache=text)
    assert (caught.value.what, caught.value.position) == (what, place)


@pytest.mark.parametrize(
    "text", ["%{%d/%b}t %{%H}t", "%{%s}t", "%{%j %Y}t %{%I %p}t", "%{%H:%M}t %{msec}t", "%{%c}t"]
)
def test_parts_of_a_stamp_that_make_one_compile(text: str) -> None:
    assert "at" in compile_format(apache=text).columns


def test_a_misspelt_token_of_apache_s_time_is_no_literal() -> None:
    with pytest.raises(LogFormatError) as caught:
        compile_format(apache="%h %{msce}t")
    assert "%{msec}t" in caught.value.hint


def test_a_misspelt_variable_of_time_is_marked() -> None:
    with pytest.raises(LogFormatError) as caught:
        compile_format(nginx="$remote_addr [$time_locl] $status")
    assert caught.value.position == 14
    assert caught.value.hint == "Did you mean '$time_local'?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ({"nginx": "$msec $request $status"}, "$request holds blanks"),
        ({"apache": "%t %r %>s"}, "%r holds blanks"),
        ({"apache": "%t %{User-Agent}i %>s"}, "%{User-Agent}i holds blanks"),
    ],
)
def test_what_holds_blanks_and_ends_at_one_is_told(text: dict[str, str], words: str) -> None:
    (hint,) = compile_format(**text).hints
    assert hint.startswith(words)
    assert compile_format(apache='%t "%r" "%{User-Agent}i" %>s %r').hints == ()
