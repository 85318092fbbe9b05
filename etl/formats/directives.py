"""Format directives as they stand in nginx.conf and httpd.conf.

Sources: https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format (escapes, several
strings), https://httpd.apache.org/docs/2.4/configuring.html#syntax.
"""

from __future__ import annotations

import re

from etl.errors import LogFormatError, nearest
from etl.formats.fields import Flag

ESCAPES = {"default": Flag.ESCAPED, "json": Flag.JSON_ESCAPED, "none": Flag.NONE}
"""What `escape=` may say."""

_GAP = r"(?:\s|#[^\n]*\n)*"
_HEAD = re.compile(r"\s*log_format\s+[^\s;'\"]+(?:\s+escape=(\w*))?(?=\s)")
_STRING = re.compile(
    _GAP + r"""(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|([^\s;'"#][^\s;]*))""", re.DOTALL
)
_END = re.compile(_GAP + r";?" + _GAP + r"(?:#[^\n]*)?$")
_QUOTED = re.compile(r"\\(.)", re.DOTALL)
_CONTROLS = {"t": "\t", "r": "\r", "n": "\n", '"': '"', "'": "'", "\\": "\\"}
_APACHE = re.compile(
    r"""\s*LogFormat\s+(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|([^\s'"]\S*))(?:\s+\S+)?\s*""",
    re.IGNORECASE | re.DOTALL,
)
_APACHE_ESCAPES = (r'\\(["\\])', r"\\(['\\])", r"\\(\\)")
"""What a backslash protects in either quotes, and in a word without any."""


def read_log_format(text: str) -> tuple[str, Flag]:
    """Return the string that an nginx `log_format` directive stands for, and its escaping.

    A text that is no directive is the string itself.

    Raises:
        LogFormatError: The directive is malformed; carries the place in it.
    """
    head = _HEAD.match(text)
    if head is None:
        return text, Flag.ESCAPED
    escape = head[1] if head[1] is not None else "default"
    if escape not in ESCAPES:
        where, length = head.start(1), max(1, len(escape))
        hint = nearest(escape, ESCAPES)
        raise LogFormatError("unknown escape", text=text, position=where, length=length, hint=hint)
    pieces: list[str] = []
    place = head.end()
    while match := _STRING.match(text, place):
        pieces.append(next(each for each in match.groups() if each is not None))
        place = match.end()
    if not pieces or not _END.match(text, place):
        what = "the directive is not strings in quotes up to a semicolon"
        raise LogFormatError(what, text=text, position=place, hint="log_format name '…' '…';")
    return "".join(_QUOTED.sub(_plain, piece) for piece in pieces), ESCAPES[escape]


def read_apache_log_format(text: str) -> str:
    """Return the string that an Apache `LogFormat` directive stands for, or the text itself."""
    match = _APACHE.fullmatch(text)
    if match is None:
        return text
    return next(
        re.sub(escape, r"\1", string)
        for escape, string in zip(_APACHE_ESCAPES, match.groups(), strict=True)
        if string is not None
    )


def _plain(match: re.Match[str]) -> str:
    """As nginx reads its configuration: a backslash before anything else stays."""
    return _CONTROLS.get(match[1], match[0])
