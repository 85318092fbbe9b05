"""Says what is wrong in a metric's SQL: the place, the word, and what was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from etl.errors import SheetError, nearest
from etl.metrics.tokens import (
    Token,
    caret_under,
    main_select,
    named_queries,
    place_in,
    relations,
    tokens_of,
    words,
)
from etl.model import Sheet

FUNCTIONS = words(
    "abs avg bit_length btrim ceil char_length coalesce concat concat_ws corr count date_part"
    " date_trunc ends_with exp extract first floor greatest if ifnull initcap lag last lead least"
    " left length ln log log10 lower ltrim max median min mod nullif octet_length pow power"
    " quantile_cont quantile_disc regexp_like replace reverse right round rtrim sign split_part"
    " sqrt starts_with stddev strftime string_to_array strpos strptime substr sum trim trunc upper"
    " variance"
)
"""Functions that one may have meant; the engine knows more."""

KEYWORDS = words(
    "select distinct from where group by having order limit join left inner outer cross on using"
    " union all as and or not case when then else end between in like is null filter over partition"
)
"""Keywords that one may have meant."""

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class _Find:
    """A mistake: what it is, and the words of the SQL that it is about."""

    what: str
    word: str = ""
    table: str = ""


def mistake_at(sheet: Sheet, position: int, length: int, what: str) -> SheetError:
    """Return an error with file, line, column, and a mark under the place."""
    line, column = place_in(sheet.sql, position)
    caret = caret_under(sheet.sql, position, length)
    return SheetError(f"{sheet.path}:{line}:{column}: {what}\n{caret}")


def mistake_of(sheet: Sheet, error: BaseException, views: Mapping[str, pl.LazyFrame]) -> SheetError:
    """Turn what the engine says into words with a place, as far as it tells."""
    said = str(error).split("\n\nResolved plan", 1)[0].strip()
    tokens = tokens_of(sheet.sql)
    syntax = re.search(r"sql parser error: (.*?)(?: at Line: (\d+), Column: (\d+))?$", said, re.S)
    if syntax:
        return _syntax(sheet, tokens, syntax)
    if isinstance(error, pl.exceptions.StructFieldNotFoundError):
        found = _no_member(said, tokens, views)
    else:
        found = _find(said, sheet, tokens, views)
    token = _token_of(tokens, found)
    if token is None:
        return SheetError(f"{sheet.path}: {found.what}")
    return mistake_at(sheet, token.start, len(token.text), found.what)


def _syntax(sheet: Sheet, tokens: Sequence[Token], match: re.Match[str]) -> SheetError:
    what = f"syntax error: {match[1][:_LONGEST]}{_keyword_near(tokens, match[1])}"
    lines = sheet.sql.splitlines(keepends=True)
    if match[2] is None or int(match[2]) == 0:  # the end of the SQL
        return mistake_at(sheet, tokens[-1].start, len(tokens[-1].text), what)
    position = sum(map(len, lines[: int(match[2]) - 1])) + int(match[3]) - 1
    at = next((token for token in tokens if token.start == position), None)
    return mistake_at(sheet, position, len(at.text) if at else 1, what)


def _keyword_near(tokens: Sequence[Token], said: str) -> str:
    """Return a hint where the word before the one that was not expected is nearly a keyword."""
    found = re.search(r"found: (\S+)$", said)
    places = [n for n, token in enumerate(tokens) if found and token.text == found[1] and n]
    for token in (tokens[n - 1] for n in places):
        close = difflib.get_close_matches(token.word, KEYWORDS, n=1, cutoff=0.7)
        if token.kind == "name" and close and token.word not in KEYWORDS:
            return f". Did you mean '{close[0]}' for '{token.text}'?"
    return ""


def _find(
    said: str, sheet: Sheet, tokens: Sequence[Token], views: Mapping[str, pl.LazyFrame]
) -> _Find:
    if match := re.search(r"relation '([^']*)' was not found", said):
        known = [*views, *named_queries(tokens)]
        return _Find(f"unknown view '{match[1]}'. {nearest(match[1], known)}", match[1])
    of_column = re.search("unable to find column|GROUP BY", said)
    if of_column and not any(token.word == "from" for token in tokens):
        listed = ", ".join(sorted(name for name in views if not name.endswith("_before")))
        column = _named_in(said, tokens)
        return _Find(f"column '{column}' of no view: add `from`. Views: {listed}", column)
    if match := re.search(r"unable to find column \"([^\"]*)\"; valid columns: (\[.*?\])", said):
        columns = [c for c in re.findall(r'"([^"]*)"', match[2]) if not c.startswith("__")]
        return _Find(f"unknown column '{match[1]}'. {nearest(match[1], columns)}", match[1])
    if match := re.search(r"no column named '([^']*)' found in table '([^']*)'", said):
        known = list(_columns_of(match[2], sheet, tokens, views))
        what = f"unknown column '{match[1]}' in '{match[2]}'"
        return _Find(f"{what}. {nearest(match[1], known)}", match[1], match[2])
    if match := re.search(r"no table or struct column named '([^']*)' found", said):
        aliases = [alias for alias, _ in relations(tokens)]
        return _Find(f"unknown view or alias '{match[1]}'. {nearest(match[1], aliases)}", match[1])
    if match := re.search(r"unsupported function '([^']*)'", said):
        close = difflib.get_close_matches(match[1].lower(), FUNCTIONS, n=1)
        hint = f". Did you mean '{close[0]}'?" if close else ""
        return _Find(f"unknown function '{match[1]}'{hint}", match[1])
    if "division by zero" in said:
        signs = [token.text for token in tokens if token.text in {"/", "%"}]
        one_of = f" (one of {len(signs)} divisions)" if len(signs) > 1 else ""
        what = f"division by zero{one_of}; divide by nullif(…, 0), and there is no value"
        return _Find(what, signs[0] if signs else "")
    kinds = _kinds_of(tokens, views) if re.search("type|compare|cast", said) else ""
    return _Find(f"{_first_words(said)}{f' ({kinds})' if kinds else ''}", _named_in(said, tokens))


def _no_member(said: str, tokens: Sequence[Token], views: Mapping[str, pl.LazyFrame]) -> _Find:
    """Say which members the column has before whose dot the SQL names one that it has not.

    The engine says nothing but the name.
    """
    name = said.split()[0]
    dotted = [n for n, token in enumerate(tokens) if n > 1 and token.text == name]
    columns = [tokens[n - 2].word for n in dotted if tokens[n - 1].text == "."]
    read = {token.word for _, token in relations(tokens)} & set(views)
    for column, view in ((column, view) for column in columns for view in sorted(read)):
        kind = views[view].collect_schema().get(column)
        if isinstance(kind, pl.Struct):
            known = [field.name for field in kind.fields]
            return _Find(f"unknown '{name}' in '{column}'. {nearest(name, known)}", name, column)
    return _Find(f"unknown '{name}'", name)


def _kinds_of(tokens: Sequence[Token], views: Mapping[str, pl.LazyFrame]) -> str:
    """Say of which type the columns are that the SQL names, of the views that it reads."""
    read = {token.word for _, token in relations(tokens)} & set(views)
    kinds = {k: v for name in sorted(read) for k, v in views[name].collect_schema().items()}
    named = dict.fromkeys(token.word for token in tokens if token.kind == "name")
    return ", ".join(f"{name} is {_kind(kinds[name])}" for name in named if name in kinds)


def _kind(of: pl.DataType) -> str:
    words_of = {pl.String: "text", pl.Boolean: "true or false", pl.Binary: "bytes"}
    if of.is_temporal():
        return "a day" if of == pl.Date else "an instant"
    if of.is_numeric():
        return "a whole number" if of.is_integer() else "a number"
    return next((said for kind, said in words_of.items() if of == kind), str(of))


def _columns_of(
    alias: str, sheet: Sheet, tokens: Sequence[Token], views: Mapping[str, pl.LazyFrame]
) -> Iterable[str]:
    """Return the columns of what an alias stands for: a view, or a named query."""
    name = next((token.word for known, token in relations(tokens) if known == alias), alias)
    if name in views:
        return views[name].collect_schema().names()
    start = main_select(tokens)
    if name not in named_queries(tokens) or start is None:
        return ()
    # A query of the operator's own file, put together with a name out of it.
    asked = f'{sheet.sql[: tokens[start].start]} select * from "{name}"'  # noqa: S608
    try:
        found = pl.SQLContext(dict(views), eager=False).execute(asked)
        return found.collect_schema().names()
    except pl.exceptions.PolarsError:
        return ()


def _first_words(said: str) -> str:
    """Return the engine's own words, without its inner representation of the query."""
    what = re.split(r"\n\nThis error occurred|:\nInsert\(|: [A-Z]\w+ \{", said, maxsplit=1)[0]
    return what.strip()[:_LONGEST]


def _named_in(said: str, tokens: Sequence[Token]) -> str:
    """Return the first word of the SQL that the engine's message names."""
    words = {token.word for token in tokens if token.kind == "name"}
    quoted = re.findall(r"[\"'`]([A-Za-z_]\w*)[\"'`]|\b([A-Z][A-Z_]+)\b", said)
    named = (one.lower() if one and one.isupper() else one for pair in quoted for one in pair)
    return next((name for name in named if name and name in words), "")


def _token_of(tokens: Sequence[Token], found: _Find) -> Token | None:
    """Return where a word stands: behind its table's alias if it has one, else no new name."""
    places = [n for n, token in enumerate(tokens) if token.word.lower() == found.word.lower()]
    if not found.word or not places:
        return None

    def rank(n: int) -> tuple[bool, bool]:
        qualified = n > 1 and tokens[n - 1].text == "." and tokens[n - 2].word == found.table
        return bool(found.table) and not qualified, n > 0 and tokens[n - 1].word == "as"

    return tokens[min(places, key=rank)]
