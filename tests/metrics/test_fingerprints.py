"""Fingerprints: what varies is masked, what says something stays."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etl.metrics.fingerprints import LONGEST, LONGEST_MESSAGE, MASK, fingerprint

SAID = {
    "Connection from 10.1.2.3 port 4711 refused": "Connection from {…} port {…} refused",
    "timeout of fe80::1ff:fe23:abcd%eth0 at 12:30:01": "timeout of {…} at {…}",
    "2026-11-25T18:00:00.5+01:00 user C0000123 not found": "{…} user {…} not found",
    "order 3f2504e0-4f89-11d3-9a0c-0305e82c3301 is late": "order {…} is late",
    "bad hash deadbeefcafe of 0xDEADBEEF": "bad hash {…} of {…}",
    "mail to a.b+c@example.org failed": "mail to {…} failed",
    "KeyError: 'customer_id'": "KeyError: {…}",
    "can't open `x` and don't try 'y'": "can't open {…} and don't try {…}",
    'open() "/srv/a b.html" failed (2: No such file)': "open() {…} failed ({…}: No such file)",
    "attempt=3 of job in /var/spool/job-17.xml": "attempt={…} of job in /var/spool/{…}",
    "lost rows 1, 2, 3 and 4": "lost rows {…} and {…}",
    "std::bad_alloc in main": "std::bad_alloc in main",
    "[Sun Dec 04 04:47:44 2005] shutting down": "[{…}] shutting down",
    '{"level":"error","msg":"cannot reach \\"db1\\" in 30 s","n":3}': "cannot reach {…} in {…} s",
    '{"error": "disk full", "event": "write"}': "disk full",
    'level=error msg="queue full" size=3': "queue full",
    '{"code":500,"k":"x"}': "{code:{…},k:{…}}",
    "nothing varies here": "nothing varies here",
    "": "",
}

# Words as logs have them, and letters that meet the rules' edges.
PIECES = st.sampled_from(
    [
        *(
            "user",
            "port ",
            "10.1.2.3",
            "fe80::1",
            "::",
            ":",
            "12",
            "a@b.c",
            "deadbeefcafe",
            "add::",
        ),
        *('"', "'", "`", " '", "='", '"k":', "{", "}", MASK, "{…", "…}", ", ", "/", "-", "+", " "),
        *("msg=", '"msg":"', 'error="', "\\", '\\"', "Mon Dec", "Sun, Jan", "é", "\n", "\t", "_"),
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=40).map("".join))


def mask(*messages: str | None) -> list[str | None]:
    frame = pl.DataFrame({"message": messages}, schema={"message": pl.String})
    return frame.select(fingerprint("message")).to_series().to_list()


@pytest.mark.parametrize("message", SAID)
def test_what_varies_is_masked_and_the_rest_stays(message: str) -> None:
    assert mask(message) == [SAID[message]]


def test_no_message_has_no_fingerprint() -> None:
    assert mask(None, "a") == [None, "a"]


@given(TEXTS)
@example("5add::fooo 'x'1 'y'")
@example("a" * 199 + " b 12")
def test_masking_what_is_masked_changes_nothing(message: str) -> None:
    once = mask(message)
    assert mask(*once) == once


@given(st.lists(st.one_of(PIECES, st.integers(0, 10**12)), max_size=30), st.data())
def test_messages_that_differ_only_in_numbers_look_the_same(
    pieces: list[str | int], data: st.DataObject
) -> None:
    message = "".join(map(str, pieces))
    numbers = st.integers(0, 10**15).map(str)
    other = re.sub(r"[0-9]+", lambda _: data.draw(numbers), message)
    one, two = mask(message, other)
    assert one == two


ADDRESSES = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6).map(str).filter(lambda text: not text.startswith("::")),
    st.from_regex(r"[a-z]+([.+_-][a-z]+)?@[a-z]+\.org", fullmatch=True),
    st.uuids(),
)


@given(ADDRESSES)
def test_ids_and_addresses_of_any_form_are_one_mask(value: object) -> None:
    assert mask(f"object {value} is late") == [f"object {MASK} is late"]


def test_long_messages_are_bounded() -> None:
    found = mask("x" * 10_000, "1" * 10_000, ("ab " * 10_000), '"' + "y" * LONGEST_MESSAGE)
    assert all(len(one or "") <= LONGEST for one in found)
    assert found[1] == MASK
