"""What fail2ban's cases mean here: lines of many programs, some of formats that there are."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from tests.conformance.cases import Case
from tests.conformance.wanted import Wanted

FAIL2BAN = (
    (rb"\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d(?:\.\d+)? \d{4}\] \[", "apache:error"),
    (rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#\d+: ", "nginx:error"),
    (rb"\d{10}\.\d{3} +\d+ \S+ [A-Z_]+/\d+ ", "squid:native"),
    (rb'\S+ \S+ \S+ \[[^ ]+ [+-]\d{4}\] "[^"]*" \d+ \S+ "[^"]*" "[^"]*"$', "apache:combined"),
    (rb'\S+ \S+ \S+ \[[^ ]+ [+-]\d{4}\] "[^"]*" \d+ \S+$', "apache:common"),
    (rb'\S+ \S+ \S+ \[[^ ]+ [+-]\d{4}\] "[^"]*" \d+ \d+(?: "[^"]*"){3}$', "nginx:main"),
    (rb'\S+ \S+ \S+ \[[^ ]+ [+-]\d{4}\] "[^"]*" \d+ \d+ "[^"]*" "[^"]*" \d+ "', "traefik:clf"),
    (rb"t=\d{4}-\S+ lvl=", "logfmt:events"),
    (rb'\{"session":.*"timestamp":', "json:events"),
    (rb"(?:<\d+>)?[A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d ", "syslog"),
    (rb"(?:<\d+>)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\S*[^:])? ", "syslog"),  # GitLab has a colon
)
"""How lines begin that are of a format which there is; the others are of programs' own."""


def fail2ban(case: Case, plain: Wanted) -> Wanted | str:
    """It says when a line was written, by the clocks of its test's zone, and a year it guesses."""
    name = next((name for begin, name in FAIL2BAN if re.match(begin, case.line)), None)
    if name is None:
        return case.format
    facts = {"second": case.norm["timestamp"]}
    if name == "squid:native":
        facts["second"] += "+01:00"  # the one zone of its cases of seconds since 1970
    elif name == "json:events":
        facts["second"] += "+00:00"
    elif re.match(rb"[A-Z][a-z]{2} +\d+ \d\d:", case.line):
        at = datetime.strptime(facts["second"], "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007
        facts["second"] = f"{at:%b %d %H:%M:%S}"
    return replace(plain, format={"builtin": name}, facts=facts)
