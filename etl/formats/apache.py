"""Apache `LogFormat` strings.

Sources: https://httpd.apache.org/docs/2.4/mod/mod_log_config.html (directives, modifiers,
escapes), https://httpd.apache.org/docs/2.4/mod/mod_logio.html (%I %O %S %^FB).
"""

from __future__ import annotations

import re
from dataclasses import replace

from etl.errors import LogFormatError, nearest
from etl.formats.assemble import Piece, Placed, blank_hints, layouts
from etl.formats.directives import read_apache_log_format
from etl.formats.fields import EXACT_SECONDS, Field, Flag, LineFormat, Op, expand_pattern

# httpd takes modifiers in any order: status codes, < or >, an argument in braces.
_DIRECTIVE = re.compile(r"%((?:[<>!,0-9]|\{[^}]*\})*)(\^[A-Za-z]{2}|[A-Za-z%])?")
_ARGUMENT = re.compile(r"\{([^}]*)\}")
_ISO = re.compile(r"%Y-%m-%d([ -~])%H:%M:%S(?:[.,]%f)?(?:%z)?")
_STRFTIME = re.compile(r"%(.)")
_READABLE = frozenset("aAbBdefgGhHIjklmMnpsStuUVwWyYzZ%")
_FRACTION = re.compile(r"%?[mu]sec_frac")
_BACKSLASHES = {'\\"': '"', "\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\'": "'"}

DASH_IS_ZERO = Flag.DASH_IS_ZERO
MICROSECONDS, MILLISECONDS = 6, 3
_CLF_PATTERN = "%d/%b/%Y:%H:%M:%S %z"

DIRECTIVES: dict[str, Field] = {
    "a": Field("remote_addr"),
    "h": Field("remote_addr", rank=1),  # a name instead of an address with HostnameLookups
    "A": Field("", name="server_addr"),
    "l": Field("", name="ident"),  # almost always "-": nobody runs identd
    # A user really named "-" looks the same as none; an empty name is written as two quotes.
    "u": Field("remote_user", flags=Flag.DASH_IS_NULL | Flag.QUOTES_ARE_EMPTY),
    "r": Field("path", Op.REQUEST),
    "m": Field("method", rank=1),
    "U": Field("path", rank=1),  # decoded and without the query
    "q": Field("query", Op.QUERY, rank=1),  # written with its "?", or empty
    "H": Field("protocol", rank=1),
    "s": Field("status", Op.INTEGER),
    "b": Field("body_bytes_sent", Op.INTEGER, flags=DASH_IS_ZERO),  # CLF habit: "-" where %B is 0
    "B": Field("body_bytes_sent", Op.INTEGER),
    "O": Field("bytes_sent", Op.INTEGER),
    "I": Field("request_bytes", Op.INTEGER),
    "S": Field("", name="bytes_total"),  # received and sent together: neither column's meaning
    "D": Field("request_time_s", Op.DECIMAL, scale=MICROSECONDS),
    "T": Field(
        "request_time_s", Op.DECIMAL, rank=2
    ),  # whole seconds: only if nothing finer is there
    "^FB": Field("", name="time_to_first_byte_us"),
    "v": Field("host", flags=Flag.DASH_IS_NULL | Flag.WORD),  # a ServerName has no blank in it
    "V": Field("host", rank=1),
    "p": Field("", name="server_port"),
    "L": Field("request_id", rank=1),  # the error log's id of the request
    "P": Field("", name="pid"),
    "k": Field("", name="keepalive_requests"),
    "X": Field("", name="connection_status"),
    "f": Field("", name="request_filename"),
    "R": Field("", name="handler"),
    "t": Field("at", Op.CLF_TIME, rank=1, pattern=_CLF_PATTERN),  # with its brackets
}
"""Directives without an argument."""

WITH_ARGUMENT: dict[str, str] = {
    "i": "http_",
    "o": "sent_http_",
    "C": "cookie_",
    "e": "env_",
    "n": "note_",
    "x": "",  # mod_ssl's variables, such as SSL_PROTOCOL; nginx calls them so in lower case
    "c": "",  # the same of old
    "^ti": "trailer_",
    "^to": "sent_trailer_",
}
"""Directives that name a header, cookie or variable: prefix of its name in `extra`, as nginx's."""

NAMED: dict[tuple[str, str], Field] = {
    ("i", "referer"): Field("referer"),
    ("i", "user-agent"): Field("user_agent"),
    ("i", "host"): Field("host", rank=2),  # the client's wish
    ("i", "x-request-id"): Field("request_id", rank=2),
    ("e", "unique_id"): Field("request_id"),  # mod_unique_id
    ("t", "sec"): Field("at", Op.EPOCH_TIME, rank=2, pattern="%s"),
    ("t", "msec"): Field("at", Op.EPOCH_TIME, scale=MILLISECONDS),
    ("t", "usec"): Field("at", Op.EPOCH_TIME, scale=MICROSECONDS),
    ("t", "%s"): Field("at", Op.EPOCH_TIME, rank=2, pattern="%s"),
    ("T", "us"): Field("request_time_s", Op.DECIMAL, scale=MICROSECONDS),
    ("T", "ms"): Field("request_time_s", Op.DECIMAL, rank=1, scale=MILLISECONDS),
    ("T", "s"): Field("request_time_s", Op.DECIMAL, rank=2),
    ("p", "canonical"): Field("", name="server_port"),
    ("p", "local"): Field("", name="server_port_local"),
    ("p", "remote"): Field("", name="remote_port"),
    ("P", "pid"): Field("", name="pid"),
    ("P", "tid"): Field("", name="thread"),
    ("P", "hextid"): Field("", name="thread"),
    ("a", "c"): Field("", name="peer_addr"),  # the proxy in front, where mod_remoteip is in use
    ("h", "c"): Field("", name="peer_host"),
}
"""Directives whose argument decides what they are; header and variable names in lower case."""

URI, WHOLE_URI = "%U%q", Field("path", Op.URI, rank=1, name="request_uri")
"""Written side by side they are one field; apart, nothing would tell where the path ends."""

COMMON = '%h %l %u %t "%r" %>s %b'
COMBINED = COMMON + ' "%{Referer}i" "%{User-Agent}i"'
TOMCAT = '%h %l %u %t "%r" %s %b'  # %s is the final status there
VHOST_COMBINED = '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"'


def compile_apache(text: str, *, name: str = "apache") -> LineFormat:
    """Compile a `LogFormat` string.

    Args:
        text: The string as in httpd.conf, without its outer quotes; or the whole directive
            `LogFormat "…" name`.
        name: Name of the format in messages.

    Raises:
        LogFormatError: It does not compile; carries the place.
    """
    written = text
    text = read_apache_log_format(text)
    pieces: list[Piece] = []
    position = 0
    while position < len(text):
        if text.startswith(URI, position):
            pieces.append(Placed(WHOLE_URI, URI, position))
            position += len(URI)
        elif text[position] == "%":
            match = _DIRECTIVE.match(text, position)
            assert match is not None  # noqa: S101 - the pattern matches any "%"
            pieces.extend(_directive(match, text))
            position = match.end()
        else:
            width = 2 if text[position : position + 2] in _BACKSLASHES else 1
            literal = text[position : position + width]
            pieces.append(_BACKSLASHES.get(literal, literal).encode())
            position += width
    laid_out = layouts(_joined(pieces), text)
    return LineFormat(name, "requests", written, laid_out, blank_hints(pieces))


def _directive(match: re.Match[str], text: str) -> list[Piece]:
    if match[2] == "%":
        return [b"%"]
    marks = _ARGUMENT.sub("", match[1])
    name = match[2]
    if name == "t" and _is_plain(_argument(match)):
        return [_argument(match).encode()]
    field = _field(match, text)
    if "<" in marks and name != "s":
        field = replace(field, name="original_" + (field.name or name), rank=field.rank + 1)
    if name == "s" and ">" not in marks:
        field = replace(field, rank=1)  # of the request as it came in; %>s is what was answered
    if any(mark.isdigit() for mark in marks):  # "-" for other statuses, whatever its own habit
        field = replace(field, flags=(field.flags | Flag.DASH_IS_NULL) & ~DASH_IS_ZERO)
        if name == "t":
            field = _conditional(field, bracketed=not _argument(match))
    placed = Placed(field, match[0], match.start())
    # Only the plain %t comes in brackets.
    return [b"[", placed, b"]"] if field.op is Op.CLF_TIME and not _argument(match) else [placed]


def _is_plain(argument: str) -> bool:
    """Tell whether strftime writes a text as it is, as in `%{[UTC]}t`: it has no directives.

    A word alone is taken for a token of httpd's, such as `msec`, that is misspelt.
    """
    text = argument.removeprefix("begin:").removeprefix("end:")
    return bool(text) and "%" not in text and re.fullmatch(r"\w+", text) is None


def _conditional(field: Field, *, bracketed: bool) -> Field:
    """Return a stamp with a dash in its place, brackets and all; any other stamp goes before it."""
    flags, rank = field.flags | Flag.CONDITIONAL, field.rank + 2
    if bracketed:
        return replace(field, op=Op.ANY_TIME, rank=rank, flags=flags, pattern=f"[{_CLF_PATTERN}]")
    return replace(field, rank=rank, flags=flags)


def _argument(match: re.Match[str]) -> str:
    """Return what stands in the last braces."""
    found = _ARGUMENT.findall(match[1])
    return found[-1] if found else ""


def _field(match: re.Match[str], text: str) -> Field:
    name, argument = match[2], _argument(match)
    if name in DIRECTIVES and not argument:
        field = DIRECTIVES[name]
        return replace(field, name=field.name or _spare_name(name, field))
    if name and argument:
        lowered = argument.lower() if name in WITH_ARGUMENT else argument
        field = _strftime(argument) if name == "t" else NAMED.get((name, lowered), Field(""))
        if field.column or field.name:
            return replace(field, name=field.name or _spare_name(name, field, argument))
        if name in WITH_ARGUMENT:
            return Field("", name=_header_name(name, argument))
    raise _unknown(match, text)


def _strftime(argument: str) -> Field:
    """Return the time stamp, or the part of one, that a strftime text writes."""
    text = argument.removeprefix("begin:").removeprefix("end:")
    if ("t", text) in NAMED:
        return NAMED["t", text]
    pattern = expand_pattern(_FRACTION.sub("%f", text))
    letters = set(_STRFTIME.findall(pattern))
    if not letters or letters - _READABLE:
        return Field("")
    if pattern == _CLF_PATTERN:
        return Field("at", Op.CLF_TIME, rank=1, pattern=pattern)
    iso = _ISO.fullmatch(pattern)
    if iso:  # without %z in the source's zone
        return Field("at", Op.ISO_TIME, rank=1, scale=ord(iso[1]), pattern=pattern)
    return Field("at", Op.CLOCK, rank=1, pattern=pattern)


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Let all stamps of a line be parts of one, if any of them is a part."""
    fields = [piece.field for piece in pieces if isinstance(piece, Placed)]
    if not any(field.op is Op.CLOCK for field in fields):
        return pieces
    return [
        replace(piece, field=replace(piece.field, op=Op.CLOCK, rank=1, scale=EXACT_SECONDS))
        if isinstance(piece, Placed) and piece.field.pattern
        else piece
        for piece in pieces
    ]


def _spare_name(name: str, field: Field, argument: str = "") -> str:
    """Return the name in `extra` of a directive whose column another one has taken."""
    if argument and name in WITH_ARGUMENT:
        return _header_name(name, argument)
    if field.column == "request_time_s":
        return f"request_time_{argument or {'D': 'us', 'T': 's'}[name]}"
    return {
        "h": "remote_host",
        "V": "server_name",
        "L": "log_id",
        "r": "request",
        "s": "original_status",
    }.get(name, field.column)


def _header_name(name: str, argument: str) -> str:
    plain = argument if name in "en" else argument.lower().replace("-", "_")
    return WITH_ARGUMENT[name] + plain


def _unknown(match: re.Match[str], text: str) -> LogFormatError:
    name, argument = match[2], _argument(match)
    if not name and text.startswith("{", match.end()):
        what, hint = "the brace is not closed", "%{Name}i"
    elif not name:
        what, hint = "a directive's letter is missing", "a percent sign itself is written %%"
    elif name in WITH_ARGUMENT and not argument:
        what, hint = f"%{name} needs a name in braces", f"%{{Name}}{name}"
    elif any(key[0] == name for key in NAMED):
        known = ["%{" + key[1] + "}" + name for key in NAMED if key[0] == name]
        what, hint = "unknown directive", nearest(match[0], known)
    else:
        what = "unknown directive"
        hint = nearest(match[0], ["%" + each for each in (*DIRECTIVES, *WITH_ARGUMENT)])
    length = max(1, len(match[0]))
    return LogFormatError(what, text=text, position=match.start(), length=length, hint=hint)
