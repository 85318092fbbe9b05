"""Renders values that have names, and syslog's parts; see `rendering`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from etl.formats.fields import Op, Pairs, Step

if TYPE_CHECKING:
    from tests.parse.rendering import Rendered

WORDS = st.text("abcXYZ019", min_size=1, max_size=8)
LETTERS = "abzAZ09._~é€😀"
STAMPS = (Op.CLOCK, Op.EPOCH_TIME, Op.ISO_TIME, Op.ANY_TIME, Op.CLF_TIME, Op.BSD_TIME)


def members_of(one: Rendered, step: Step) -> list[tuple[str, Step]]:
    """Draw members of which no two fill the same column, nor lead into each other; one a stamp."""
    order = one.draw(st.permutations(step.members))
    stamps = [member for member in order if member.column == "at" and member.op in STAMPS]
    chosen: list[Step] = []
    for member in [*stamps[:1], *order]:
        taken = {column for other in chosen for column in other.columns}
        names = [other.what for other in chosen]
        apart = not any(f"{a}.".startswith(f"{b}.") for n in names for a, b in
                        ((n, member.what), (member.what, n)))  # fmt: skip
        if apart and taken.isdisjoint(member.columns) and (member in stamps[:1] or
                                                           one.draw(st.booleans())):  # fmt: skip
            chosen.append(member)
    return [(member.what, member) for member in chosen]


def an_object(one: Rendered, step: Step) -> bytes:
    whole: dict[str, Any] = {}
    for name, member in members_of(one, step):
        value: Any = one.value(member, LETTERS + ' "\\\t')
        if member.op is Op.INTEGER:
            value = int(value)
        *path, last = name.split(".")
        inner = whole
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = value
    whole["zz own"] = one.draw(st.text(LETTERS))
    one.extra.append(("zz own", whole["zz own"]))
    return json.dumps(whole, ensure_ascii=False).encode()


def some_pairs(one: Rendered, step: Step) -> bytes:
    kind = Pairs(step.scale)
    letters = LETTERS + ("" if kind is Pairs.CEF else ' "')
    pairs = [(name, one.value(member, letters)) for name, member in members_of(one, step)]
    if kind is not Pairs.GROUPS:
        pairs.append(("zz_own", one.draw(st.text(LETTERS, min_size=1).filter(lambda t: t != "-"))))
        one.extra.append(pairs[-1])
    if kind is Pairs.LOGFMT:
        shown = (f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in pairs)
        return " ".join(shown).encode()
    mark, between = {Pairs.LTSV: (":", "\t"), Pairs.CEF: ("=", " ")}[kind]
    return between.join(name + mark + value for name, value in pairs).encode()


def a_priority(one: Rendered, step: Step) -> bytes:
    facility, severity = one.draw(st.integers(0, 23)), one.draw(st.integers(0, 7))
    one.record |= {"facility": facility, "severity": severity}
    return b"<%d>" % (8 * facility + severity)


def a_host(one: Rendered, step: Step) -> bytes:
    one.record[step.column] = one.draw(WORDS)
    return one.record[step.column].encode() + b" "  # type: ignore[no-any-return]


def a_tagged_message(one: Rendered, step: Step) -> bytes:
    app, pid, message = one.draw(st.tuples(WORDS, st.none() | st.integers(1, 99999), WORDS))
    one.record |= {"app": app, "procid": pid and str(pid), "message": message}
    return f"{app}{'' if pid is None else f'[{pid}]'}: {message}".encode()


def structured_data(one: Rendered, step: Step) -> bytes:
    name, value = one.draw(st.tuples(WORDS, st.text(LETTERS)))
    one.extra.append(("a@1", [[name, value]]))
    return f'[a@1 {name}="{value}"]'.encode()


def a_message(one: Rendered, step: Step) -> bytes:
    one.record[step.column] = one.draw(st.text(LETTERS))
    return b" " + one.record[step.column].encode()  # type: ignore[no-any-return]


NAMED: dict[Op, Callable[[Rendered, Step], bytes]] = {
    Op.OBJECT: an_object,
    Op.PAIRS: some_pairs,
    Op.PRIORITY: a_priority,
    Op.HOST: a_host,
    Op.TAGGED_MESSAGE: a_tagged_message,
    Op.STRUCTURED: structured_data,
    Op.OPTIONAL_MESSAGE: a_message,
}
