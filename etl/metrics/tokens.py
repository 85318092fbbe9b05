"""Cuts SQL into words, so that a place can be shown and a select be taken apart.

It knows no grammar: what a select means is the engine's affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|--[^\n]*)|(?P<space>\s+)
    |(?P<text>'(?:[^']|'')*')
    |(?P<name>[A-Za-z_]\w*|"(?:[^"]|"")*"|`[^`]*`)
    |(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)
    |(?P<sign><=|>=|<>|!=|\|\||::|.)""",
    re.VERBOSE | re.DOTALL,
)
_SKIPPED = ("comment", "space")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of SQL.

    Attributes:
        kind: `name`, `text`, `number` or `sign`.
        text: As it is written.
        start: Index of its first character in the SQL.
        depth: How many brackets it stands in; a bracket itself counts as outside.
    """

    kind: str
    text: str
    start: int
    depth: int

    @property
    def end(self) -> int:
        """Index behind its last character."""
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """A name without its quotes, or a keyword in lower case; all else as it is written."""
        if self.kind != "name":
            return self.text
        return self.text[1:-1] if self.text[0] in '"`' else self.text.lower()


def tokens_of(sql: str) -> list[Token]:
    """Return the words of SQL in order, comments and blanks left out."""
    return list(_kept_tokens(sql))


@lru_cache(maxsize=256)
def _kept_tokens(sql: str) -> tuple[Token, ...]:
    return tuple(_tokens(sql))


def _tokens(sql: str) -> Iterator[Token]:
    depth = 0
    for match in _TOKEN.finditer(sql):
        kind, text = str(match.lastgroup), match.group()
        if kind in _SKIPPED:
            continue
        depth -= text == ")"
        yield Token(kind, text, match.start(), max(depth, 0))
        depth += text == "("


def place_in(sql: str, position: int) -> tuple[int, int]:
    """Return line and column of a character, both counted from one."""
    before = sql[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def caret_under(sql: str, position: int, length: int) -> str:
    """Return the line of a place, and below it a mark under the place."""
    line, column = place_in(sql, position)
    text = (sql.splitlines() or [""])[min(line, len(sql.splitlines()) or 1) - 1]
    marked = max(1, min(length, len(text) - column + 1))
    return f"  {text.expandtabs(1)}\n  {' ' * (column - 1)}{'^' * marked}"


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


_NO_ALIAS = words(
    "where group order limit having left right inner outer full cross join on union select using"
    " semi anti natural asof except intersect qualify window"
)


def main_select(tokens: Sequence[Token]) -> int | None:
    """Return the index of the select that is no part of another; None where there is none."""
    return next(
        (n for n, token in enumerate(tokens) if token.word == "select" and token.depth == 0), None
    )


def named_queries(tokens: Sequence[Token]) -> list[str]:
    """Return the names that `with … as (…)` gives."""
    end = main_select(tokens) or 0
    if not tokens or tokens[0].word != "with":
        return []
    return [
        tokens[n].word
        for n in range(1, end - 2)
        if tokens[n].depth == 0
        and tokens[n].kind == "name"
        and tokens[n + 1].word == "as"
        and tokens[n + 2].text == "("
    ]


def relations(tokens: Sequence[Token]) -> Iterator[tuple[str, Token]]:
    """Yield what each `from` and `join` names: its alias (or own name), and the name's token.

    A view behind a comma is not found; brackets are passed over.
    """
    for n, token in enumerate(tokens[:-1]):
        after = tokens[n + 1]
        if token.word not in {"from", "join"} or token.kind != "name" or after.kind != "name":
            continue
        rest = [each.word for each in tokens[n + 2 : n + 4]]
        if rest[:1] == ["as"]:
            rest = rest[1:]
        alias = rest[0] if rest and tokens[n + 2].kind == "name" else after.word
        yield (after.word if alias in _NO_ALIAS else alias), after
