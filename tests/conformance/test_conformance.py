"""Other parsers' unit tests, read by ours: agreement is asserted, disagreement is argued."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from etl.errors import LogFormatError
from etl.formats.message import compile_message
from etl.formats.registry import compile_format
from tests.conformance.cases import SCHEMAS, Case, read_cases, read_judgements
from tests.conformance.columns import differences
from tests.conformance.mapping import wanted
from tests.conformance.wanted import Wanted
from tests.parse.helpers import parse

JUDGEMENTS = read_judgements()
ENOUGH = 0.955
ARGUED = 0.99
"""Of the cases in reach; the rest is argued in judged.toml, and none may fail without that."""
NO_STAMP = re.compile(rb"^(<\d+>\d+) - ")
STAMPS = {
    "json:events": (b"{", b'{"time":"2003-10-11T22:14:15Z",'),
    "ltsv:requests": (b"", b"time:2003-10-11T22:14:15Z\t"),
    "logfmt:events": (b"", b"time=2003-10-11T22:14:15Z "),
    "cef:text": (b"", b"Oct 11 22:14:15 h "),
}
"""What a line without a time stamp gets, for a beginning of its own."""


def difference(case: Wanted) -> str:
    """Say where we part with a peer, or nothing."""
    try:
        line_format = compile_format(**case.format)
    except LogFormatError as error:
        return "" if case.error else f"the format does not compile: {error.what}"
    message = compile_message(*case.message) if case.message else None
    text = case.before + case.line
    parsed = parse(line_format, text, zone=case.zone, reference=case.reference, message=message)
    counts = parsed.counts
    if case.error:
        return "" if counts.rejects or not counts.lines else "it is no error here"
    if counts.lines != 1 + case.before.count(b"\n") or counts.records != 1:
        return "; ".join(parsed.rejects.column("detail").to_pylist()) or f"{counts.lines} lines"
    return "; ".join(differences(case.facts, parsed.records.to_pylist()[0], case.zone))


def stamped(case: Wanted) -> Wanted:
    """Give RFC 5424's missing time stamp a value."""
    facts = {name: value for name, value in case.facts.items() if name != "timestamp"}
    line = NO_STAMP.sub(rb"\1 2003-10-11T22:14:15Z ", case.line)
    if "apache" in case.format:
        text = "%{msec}t " + case.format["apache"]
        return replace(case, format={"apache": text}, line=b"1066000000000 " + line, facts=facts)
    begin, stamp = STAMPS.get(case.format["builtin"], (b"", b""))
    return replace(case, line=stamp + line.removeprefix(begin), facts=facts)


def outcome(case: Case) -> tuple[str, str]:
    """Return what became of a case, and what is wrong with that."""
    reading = wanted(case)
    judgement = JUDGEMENTS.get(case.id)
    if isinstance(reading, str):
        return "not yet", f"{case.id} is judged, but no format reads it" if judgement else ""
    differs = difference(reading)
    if judgement is None:
        return ("failed", f"{case.id}: {differs}") if differs else ("passed", "")
    if not differs and judgement.kind != "void":
        return "passed", f"{case.id} holds: strike it off judged.toml"
    if judgement.stamped:
        left = difference(stamped(reading))
        return "stamped", f"{case.id} with a time stamp: {left}" if left else ""
    return judgement.kind.replace("_", " "), ""


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_peer_s_cases_hold_or_are_argued(schema: str, shared_data: Path) -> None:
    wrong = [why for case in read_cases(shared_data, schema) if (why := outcome(case)[1])]
    assert not wrong, "\n".join(wrong)


def test_nearly_all_cases_in_reach_hold(shared_data: Path, record_property: Any) -> None:
    """Shown with `pytest -s`: held are those that pass as they stand or with a stamp put in."""
    columns = (
        "cases",
        "not yet",
        "void",
        "in reach",
        "passed",
        "stamped",
        "judged",
        "gap",
        "failed",
    )
    rows = {}
    for schema in SCHEMAS:
        counts = Counter(outcome(case)[0] for case in read_cases(shared_data, schema))
        counts["cases"] = counts.total()
        counts["in reach"] = counts["cases"] - counts["not yet"] - counts["void"]
        rows[schema] = counts
    total: Counter[str] = sum(rows.values(), Counter())
    print("\n" + " ".join([f"{'':>17}", *(f"{name:>8}" for name in columns)]))  # noqa: T201
    for schema, counts in (rows | {"all": total}).items():
        print(f"{schema:>17} " + " ".join(f"{counts[name]:>8}" for name in columns))  # noqa: T201
    held = (total["passed"] + total["stamped"]) / total["in reach"]
    argued = held + total["judged"] / total["in reach"]
    print(f"held: {held:.1%} of the cases in reach; held or judged otherwise: {argued:.1%}")  # noqa: T201
    record_property("conformance", f"{held:.3f}")
    assert held >= ENOUGH
    assert argued >= ARGUED
    assert total["failed"] == 0


def test_every_judgement_is_of_a_case_that_there_is(shared_data: Path) -> None:
    known = {case.id for schema in SCHEMAS for case in read_cases(shared_data, schema)}
    assert set(JUDGEMENTS) <= known
