r"""What a message says once the parts that vary are masked: events of one kind look the same.

Masked are quoted text, addresses, and every word with a digit or an `@` in it: numbers, times,
ids, UUIDs, hashes, versions, e-mail addresses. Slashes and signs of equality end a word, so that
`/var/spool/job-17.xml` keeps its folders and `attempt=3` its key. Of a message in JSON or logfmt
the text of its `msg` or the like is taken first.

The regexes look at what stands left of a match but never at what stands right of it, and a mask
matches none of them: masking what is masked, or the first half of it, changes nothing.
"""

from __future__ import annotations

import polars as pl

MASK = "{…}"
LONGEST = 200
"""Characters of a fingerprint."""

LONGEST_MESSAGE = 4096
"""Characters of a message that are looked at."""

_IS_STRUCTURED = r"^\s*(?:\{|[\w.]+=)"
_SAID = tuple(
    rf'(?:^|[\s,{{])"?(?:{names})"?\s*[:=]\s*"((?:[^"\\]|\\.)+)"'
    for names in ("msg|message", "error|err|exception|reason|event")
)
_KEY = r'"([\w.-]+)"\s*:'
_APOSTROPHES = r"(^|[\s=:(\[,])'[^']*'"
"""Apart from the other parts: a regex that keeps a group costs three times as much."""
_PARTS = "|".join(
    (
        r'"[^"]*"',
        r"`[^`]*`",
        r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*",
        # IPv6 addresses, and times with them. One that begins with `::` keeps these colons.
        r"\b[0-9a-fA-F]+(?::[0-9a-fA-F]*){2}[\w.:%-]*",
        r"[\w.+@-]*[\d@][\w.+@-]*",
        r"\b[0-9a-fA-F]{8,}\w*",
    )
)
_LIST = r"\{…\}(?:[\s,;:./+-]*\{…\})+"


def fingerprint(column: str) -> pl.Expr:
    """Return the fingerprints of a column of messages."""
    message = pl.col(column).str.slice(0, LONGEST_MESSAGE)
    said = [
        message.str.extract(pattern).str.replace_all(r"\"", '"', literal=True) for pattern in _SAID
    ]
    text = pl.when(message.str.contains(_IS_STRUCTURED)).then(pl.coalesce(*said, message))
    return masked(text.otherwise(message))


def masked(text: pl.Expr) -> pl.Expr:
    """Return text with its variable parts masked; several in a row, as in a list, are one."""
    return (
        text.str.replace_all(_KEY, "${1}:")
        .str.replace_all(_APOSTROPHES, "${1}" + MASK)
        .str.replace_all(_PARTS, MASK)
        .str.replace_all(_LIST, MASK)
        .str.slice(0, LONGEST)
        .str.strip_chars()
    )
