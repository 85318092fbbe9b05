"""Renders any record by any layout: what each step would have to be written as to be read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from etl.formats.fields import Flag, Layout, Op, Step, expand_pattern
from tests.parse.rendering_named import LETTERS, NAMED, STAMPS, WORDS

MOMENTS = st.datetimes(datetime(2026, 1, 2), datetime(2026, 11, 20)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
"""Near enough to the reference of the tests that a stamp without a year means this one."""

LEVELS = {"emerg": 0, "crit": 2, "error": 3, "warning": 4, "notice": 5, "info": 6, "debug": 7}
NGINX = {'"': r"\x22", "\\": r"\x5C"}


@dataclass
class Rendered:
    """A line in the making, and what must come of it.

    Attributes:
        at: When it is dated.
        record: Columns, `extra` apart.
        extra: Names and texts of the column of spare fields.
    """

    draw: st.DrawFn
    at: datetime
    line: bytes = b""
    record: dict[str, Any] = field(default_factory=dict)
    extra: list[tuple[str, Any]] = field(default_factory=list)
    total: float = 0.0

    def take(self, layout: Layout) -> None:
        for step in layout.steps:
            self.line += self.written(step) + step.literal

    def written(self, step: Step) -> bytes:
        if step.op in NAMED:
            return NAMED[step.op](self, step)
        return escaped(self.value(step, letters_of(step)), step.flags).encode()

    def value(self, step: Step, letters: str = LETTERS) -> str:
        """Draw a value, note what it must become, and return it without escapes."""
        if step.flags & Flag.EXTRA and step.op not in (*STAMPS, Op.DIGITS):
            return self.kept(step, letters)
        return SINGLE[step.op](self, step, letters)

    def kept(self, step: Step, letters: str) -> str:
        texts = st.text(letters, min_size=1, max_size=8)
        if step.op is Op.LIST:
            texts = st.lists(WORDS, min_size=1, max_size=3).map(", ".join)
        text = self.draw(texts.filter(lambda one: one not in ("-", "")))
        self.extra.append((step.key, text))
        return text

    def put(self, step: Step, shown: str, value: Any) -> str:
        self.record[step.column] = value
        return shown

    def stamp(self, step: Step, shown: str) -> str:
        if step.flags & Flag.EXTRA:
            self.extra.append((step.key, shown))
        elif step.flags & Flag.LATE and "at" in self.record:
            self.extra.append((step.what, shown))
        else:
            self.record["at"] = self.at
        return shown


def letters_of(step: Step) -> str:
    """Return what a value may hold so that its literal is not in it, nor any mark of its own."""
    first = step.literal[:1].decode()
    some = LETTERS + ("" if first == " " or step.flags & Flag.WORD else " ")
    some += "" if first == '"' and not step.flags & ANY_ESCAPES else '"'
    if step.flags & (Flag.ESCAPED | Flag.JSON_ESCAPED):
        some += "\\\t\x01"
    return "".join(letter for letter in some if letter != first or step.flags & Flag.QUOTED)


ANY_ESCAPES = Flag.ESCAPED | Flag.JSON_ESCAPED | Flag.PLUS_IS_SPACE | Flag.PERCENT_ENCODED


def escaped(text: str, flags: Flag) -> str:
    if flags & Flag.JSON_ESCAPED:
        return json.dumps(text, ensure_ascii=False)[1:-1]
    if flags & Flag.ESCAPED:
        shown = (NGINX.get(c) or (c if c.isprintable() else f"\\x{ord(c):02X}") for c in text)
        return "".join(shown)
    if flags & Flag.PERCENT_ENCODED:
        return quote(text, safe="/?=:., ")
    return text.replace(" ", "+") if flags & Flag.PLUS_IS_SPACE else text


def a_text(one: Rendered, step: Step, letters: str) -> str:
    may_be = bool(step.flags & Flag.DASH_IS_NULL) and step.literal[:1] != b"-"
    null = may_be and one.draw(st.booleans())
    if null:
        return one.put(step, "-", None)
    texts = st.text(letters, min_size=1, max_size=12).map(str.strip)
    text = one.draw(texts.filter(lambda some: some not in ("", "-", '""')))
    return one.put(step, text, text)


def a_number(one: Rendered, step: Step, _: str) -> str:
    shown = one.draw(st.text("0123456789", min_size=1, max_size=30))
    if step.flags & Flag.EXTRA:
        one.extra.append((step.key, shown))
        return shown
    return one.put(step, shown, shown)


def an_integer(one: Rendered, step: Step, _: str) -> str:
    number = one.draw(st.integers(0, 10**step.scale - 1))
    return one.put(step, str(number), number)


def a_decimal(one: Rendered, step: Step, _: str) -> str:
    shown = f"{one.draw(st.integers(0, 10**7))}.{one.draw(st.integers(0, 999)):03d}"
    return one.put(step, shown, float(shown) / 10**step.scale)


def a_sum(one: Rendered, step: Step, _: str) -> str:
    parts = one.draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=3))
    shown = ", ".join(f"{part / 1000:.3f}" for part in parts)
    return one.put(step, shown, sum(parts) / 1000)


def an_addend(one: Rendered, step: Step, _: str) -> str:
    thousandths = one.draw(st.integers(0, 10**6))
    one.total += thousandths / 1000
    one.record["request_time_s"] = one.total
    shown = f"{thousandths / 1000:.3f}"
    if step.column:
        one.record[step.column] = thousandths / 1000
    if step.key:
        one.extra.append((step.key, shown))
    return shown


def a_list(one: Rendered, step: Step, _: str) -> str:
    text = one.draw(st.lists(WORDS, min_size=1, max_size=3).map(", ".join))
    return one.put(step, text, text)


def a_uri(one: Rendered, step: Step, _: str) -> str:
    """Draw path and query; of one whose slash stands before it, what follows the slash."""
    path, query = "/" + one.draw(WORDS), one.draw(st.none() | WORDS)
    one.record |= {"path": path, "query": query}
    return (path + ("" if query is None else f"?{query}"))[step.scale if step.op is Op.URI else 0 :]


def a_request(one: Rendered, step: Step, letters: str) -> str:
    one.record |= {"method": one.draw(WORDS), "protocol": "HTTP/1.1"}
    return f"{one.record['method']} {a_uri(one, step, letters)} HTTP/1.1"


def a_query(one: Rendered, step: Step, _: str) -> str:
    query = one.draw(WORDS)
    return one.put(step, "?" + query, query)


def an_address(one: Rendered, step: Step, _: str) -> str:
    address, port = one.draw(st.ip_addresses(v=4).map(str)), one.draw(st.integers(1, 65535))
    if step.key:
        one.extra.append((step.key, str(port)))
    return one.put(step, f"{address}:{port}", address)


def a_forwarded(one: Rendered, step: Step, _: str) -> str:
    addresses = one.draw(st.lists(st.ip_addresses(v=4).map(str), min_size=1, max_size=3))
    shown = ", ".join(addresses)
    if len(addresses) > 1:
        one.extra.append((step.key, shown))
    return one.put(step, shown, addresses[0])


def a_duration(one: Rendered, step: Step, _: str) -> str:
    number = one.draw(st.integers(0, 10**6))
    return one.put(step, f"{number}ms", number / 1000)


def a_level(one: Rendered, step: Step, _: str) -> str:
    letters = {"I": 6, "W": 4, "E": 3, "F": 2} if step.scale == 1 else LEVELS
    word = one.draw(st.sampled_from(sorted(letters)))
    return one.put(step, word, letters[word])


def a_clock(one: Rendered, step: Step, _: str) -> str:
    return one.stamp(step, one.at.strftime(expand_pattern(step.name).replace("%f", "000000")))


def an_epoch(one: Rendered, step: Step, _: str) -> str:
    seconds = int(one.at.timestamp())
    return one.stamp(step, str(seconds * 10**step.scale) if step.scale else f"{seconds}.000")


def an_iso(one: Rendered, step: Step, _: str) -> str:
    mark = chr(step.scale) if step.op is Op.ISO_TIME and step.scale else "T"
    return one.stamp(step, f"{one.at:%Y-%m-%d}{mark}{one.at:%H:%M:%S}Z")


def nothing(one: Rendered, step: Step, _: str) -> str:
    return ""


SINGLE: dict[Op, Callable[[Rendered, Step, str], str]] = {
    Op.LITERAL: nothing,
    Op.PAD: lambda one, step, _: " " * one.draw(st.integers(0, 3)),
    Op.TEXT: a_text,
    Op.LIST: a_list,
    Op.INTEGER: an_integer,
    Op.DECIMAL: a_decimal,
    Op.SUM: a_sum,
    Op.ADDEND: an_addend,
    Op.REQUEST: a_request,
    Op.URI: a_uri,
    Op.QUERY: a_query,
    Op.ADDRESS: an_address,
    Op.FORWARDED: a_forwarded,
    Op.DURATION: a_duration,
    Op.SEVERITY: a_level,
    Op.CLOCK: a_clock,
    Op.EPOCH_TIME: an_epoch,
    Op.ISO_TIME: an_iso,
    Op.ANY_TIME: an_iso,
    Op.CLF_TIME: lambda one, step, _: one.stamp(step, f"{one.at:%d/%b/%Y:%H:%M:%S} +0000"),
    Op.BSD_TIME: lambda one, step, _: one.stamp(step, f"{one.at:%b %d %H:%M:%S}"),
    Op.VERSION: lambda one, step, _: "1",
    Op.DIGITS: a_number,
}
