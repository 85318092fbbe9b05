"""Says what is thin in data sheets: a sheet can be complete and still tell nobody anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from etl.metrics.scope import words_of
from etl.model import Measurement, Sheet, Verdict

WINDOW_DAYS = 30
"""Days of measurements that are looked at."""

LEAST_JUDGED = 7
"""With fewer judged days a target may well have been met by chance, or never."""

_NOBODY = re.compile(
    r"|[-?]+|(?:the )?(?:admins?|all|anybody|anyone|company|everybody|everyone|it|nobody|none|owner"
    r"|person|somebody|someone|team|us|we)|n/?a|tb[ad]|to be \w+|to ?do|(?:not )?(?:un)?known"
)
_SAME = 0.6
_LEAST_WORDS = 4
_FILLERS = re.compile(
    r"an?|and|are|as|at|be|by|can|each|for|from|ha[sv]e?|in|is|its?|not|o[fnr]|one|per|so|th[ae]n"
    r"|that|the|their|them|there|they|this|to|was|were|what|when|which|who|with"
)
_GRAIN = re.compile(
    r"\b(?:per|each|every|by|between|for all|of (?:a|an|all|the)|on the day)\b", re.IGNORECASE
)
_UNIT_WORDS: Mapping[str, str] = {
    "s": r"second|time|duration|minute",
    "ms": r"millisecond|time|duration",
    "ratio": r"divided|ratio|share|of all|over",
    "share": r"divided|ratio|share|of all|over",
    "%": r"per cent|percent|share|%",
    "percent": r"per cent|percent|share|%",
    "bytes": r"byte|size",
}
_WANTED = ("data_source", "stakeholders", "objective", "since")
_PERCENTILE = re.compile(r".*_p\d{1,2}")
_PERCENTILES_IN_SQL = frozenset({"quantile_disc", "quantile_cont", "median"})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something thin in a sheet.

    Attributes:
        place: `file:line`.
    """

    metric: str
    key: str
    place: str
    what: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a sheet is looked at with."""

    sheet: Sheet
    measured: Sequence[Measurement]
    today: date
    built_in: str


_Findings = Iterator[tuple[str, str]]
"""Key and what is thin about it."""


def lint(
    sheets: Iterable[Sheet], measurements: Iterable[Measurement], *, today: date, built_in: str
) -> list[Finding]:
    """Return what is thin in data sheets, by metric in the order given.

    Args:
        sheets: The catalogue.
        measurements: Of the last `WINDOW_DAYS` days.
        today: The day to hold dates against.
        built_in: Folder of the built-in metrics, whose owners are only examples.
    """
    by_metric: dict[str, list[Measurement]] = {}
    for one in measurements:
        by_metric.setdefault(one.metric, []).append(one)
    return [
        Finding(sheet.name, key, sheet.place(key), what)
        for sheet in sheets
        for check in CHECKS
        for key, what in check(_Seen(sheet, by_metric.get(sheet.name, ()), today, built_in))
    ]


def _owner(seen: _Seen) -> _Findings:
    sheet = seen.sheet
    if _NOBODY.fullmatch(re.sub(r"[\s.]+", " ", sheet.owner).strip().casefold()):
        said = f"owner '{sheet.owner}' is nobody" if sheet.owner else "nobody owns it"
        yield "owner", f"{said}; name who is accountable"
    elif sheet.kpi and sheet.place("owner").startswith(seen.built_in):
        yield (
            "owner",
            f"owner '{sheet.owner}' is the example of the built-in sheet; name yours in"
            f" daytally.toml: [metrics.{sheet.name}] owner",
        )


def _repetition(seen: _Seen) -> _Findings:
    sheet = seen.sheet
    told = {
        name: getattr(sheet, name)
        for name in ("title", "definition", "objective", "business_value", "impact")
    }
    for key, others in (
        ("definition", ("title",)),
        ("business_value", ("title", "definition", "objective")),
        ("impact", ("title", "definition", "business_value")),
    ):
        for other in others:
            if told[key] and told[other] and _repeats(told[key], told[other]):
                yield key, f"{key} only repeats the {other.replace('_', ' ')}"
                break
        else:
            if key != "definition" and told[key] and len(told[key].split()) < _LEAST_WORDS:
                yield key, f"{key} '{told[key]}' says little"


def _definition(seen: _Seen) -> _Findings:
    text, unit = seen.sheet.definition, seen.sheet.unit
    words = _UNIT_WORDS.get(unit, re.escape(unit.rstrip("s")))
    lacks = []
    if not re.search(words, text, re.IGNORECASE):
        lacks.append(f"its unit ({unit})")
    if not _GRAIN.search(text):
        lacks.append("per what it is counted")
    if lacks:
        yield "definition", f"the definition does not say {' nor '.join(lacks)}"


def _dates(seen: _Seen) -> _Findings:
    sheet = seen.sheet
    if sheet.review is None:
        yield "review", "no review date: nobody is going to look at this sheet again"
    elif sheet.review < seen.today:
        yield "review", f"its review was due on {sheet.review}"


def _kpi(seen: _Seen) -> _Findings:
    sheet = seen.sheet
    if sheet.kpi and not sheet.runbook:
        yield "runbook", "a KPI without a runbook: what is to be done when it misses?"
    lacking = [key for key in _WANTED if not getattr(sheet, key)]
    if sheet.kpi and lacking:
        yield lacking[0], f"a KPI whose sheet lacks {', '.join(lacking)}"
    if sheet.metric_class == "quantity" and sheet.has_target:
        yield "target", "a quantity with a target: nobody can influence how much there is"
    is_percentile = _PERCENTILE.fullmatch(sheet.name) or words_of(sheet) & _PERCENTILES_IN_SQL
    if is_percentile and not sheet.min_n:
        yield "min_n", "a percentile without min_n: that of three requests is not marked"


def _rules(seen: _Seen) -> _Findings:
    always = None
    for number, rule in enumerate(seen.sheet.targets):
        if always is not None:
            yield "targets", f"targets[{number}] never holds: targets[{always}] always does"
        elif not (rule.dimensions or rule.weekdays or rule.days):
            always = number
        if rule.days and max(rule.days) < seen.today:
            yield "targets", f"all days of targets[{number}] are past; the last is {rule.days[-1]}"


def _verdicts(seen: _Seen) -> _Findings:
    judged = [one for one in seen.measured if one.verdict in (Verdict.MET, Verdict.MISSED)]
    days = len({one.day for one in judged})
    if days < LEAST_JUDGED:
        return
    missed = sum(one.verdict is Verdict.MISSED for one in judged)
    span = f"in the last {WINDOW_DAYS} days ({len(judged):,} times on {days} days)"
    key = "target" if seen.sheet.target else "targets"
    if missed == len(judged):
        yield key, f"its target was never met {span}: is it a target, or a wish?"
    elif not missed:
        yield key, f"its target was always met {span}: is it one?"
    for about, group in groupby(sorted(judged, key=_about), key=_about):
        rows = list(group)
        if 0 < missed < len(judged) and len(rows) >= LEAST_JUDGED and not any(map(_met, rows)):
            yield key, f"its target was never met {span.partition(' (')[0]} for {about}"


CHECKS: tuple[Callable[[_Seen], _Findings], ...] = (
    _owner,
    _repetition,
    _definition,
    _dates,
    _kpi,
    _rules,
    _verdicts,
)


def _about(one: Measurement) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(one.dimensions.items()))


def _met(one: Measurement) -> bool:
    return one.verdict is Verdict.MET


def _repeats(text: str, other: str) -> bool:
    """Tell whether a text has hardly a word of meaning that the other lacks."""
    words, known = _stems(text), _stems(other)
    return bool(words) and len(words & known) / len(words) >= _SAME


def _stems(text: str) -> set[str]:
    found = re.findall(r"[^\W_]+", text.casefold())
    return {word.rstrip("s") for word in found if not _FILLERS.fullmatch(word)}
