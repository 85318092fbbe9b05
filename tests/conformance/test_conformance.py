"""Other parsers' unit tests, read by ours: agreement is asserted, disagreement is argued."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from etl.errors import LogFormatError
from etl.formats.message import compile_message
from etl.formats.registry import compile_format
from tests.conformance.cases import SCHEMAS, Case, read_cases, read_judgements
from tests.conformance.columns import differences
from tests.conformance.mapping import SYSLOG, wanted
from tests.conformance.wanted import Wanted
from tests.parse.helpers import parse

JUDGEMENTS = read_judgements()
ENOUGH = {"syslog": 0.97, "access": 0.96, "syslog and access": 0.97, "all": 0.965}
"""Of the cases in reach; the rest is argued in judged.toml, and none may fail without that."""
COLUMNS = ("cases", "not yet", "void", "in reach", "passed", "stamped", "judged", "gap", "failed")
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


def family(case: Case) -> str:
    """Return what kind of log a case is of; nothing where no format reads it."""
    reading = wanted(case)
    if isinstance(reading, str):
        return ""
    if reading.format == SYSLOG:
        return "syslog"
    named = reading.format.get("builtin")
    requests = named is None or compile_format(builtin=named).table == "requests"
    return "access" if requests else "other events"


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_peer_s_cases_hold_or_are_argued(schema: str, shared_data: Path) -> None:
    wrong = [why for case in read_cases(shared_data, schema) if (why := outcome(case)[1])]
    assert not wrong, "\n".join(wrong)


def test_nearly_all_cases_in_reach_hold(shared_data: Path, record_property: Any) -> None:
    """Shown with `pytest -s`: held are those that pass as they stand or with a stamp put in."""
    peers: dict[str, Counter[str]] = defaultdict(Counter)
    families: dict[str, Counter[str]] = defaultdict(Counter)
    for schema in SCHEMAS:
        for case in read_cases(shared_data, schema):
            became = outcome(case)[0]
            peers[schema][became] += 1
            families[family(case)][became] += 1
    families["syslog and access"] = families["syslog"] + families["access"]
    families["all"] = sum(peers.values(), Counter())
    del families[""]
    print("\n" + " ".join([f"{'':>17}", *(f"{name:>8}" for name in COLUMNS), "    held"]))  # noqa: T201
    for name, counts in (peers | families).items():
        counts["cases"] = counts.total()
        counts["in reach"] = counts["cases"] - counts["not yet"] - counts["void"]
        held = (counts["passed"] + counts["stamped"]) / counts["in reach"]
        figures = " ".join(f"{counts[column]:>8}" for column in COLUMNS)
        print(f"{name:>17} {figures} {held:>8.1%}")  # noqa: T201
        record_property(name, f"{held:.3f}")
        assert held >= ENOUGH.get(name, 0), name
        assert counts["failed"] == counts["gap"] == 0, name


def test_every_judgement_is_of_a_case_that_there_is(shared_data: Path) -> None:
    known = {case.id for schema in SCHEMAS for case in read_cases(shared_data, schema)}
    assert set(JUDGEMENTS) <= known
