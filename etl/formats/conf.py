"""Formats in a server's own configuration: nginx.conf and httpd.conf.

Sources: https://nginx.org/en/docs/http/ngx_http_log_module.html (log_format, access_log),
https://httpd.apache.org/docs/2.4/mod/mod_log_config.html (LogFormat, CustomLog, TransferLog).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from etl.errors import LogFormatError
from etl.formats.apache import compile_apache
from etl.formats.directives import read_apache_log_format, read_log_format
from etl.formats.fields import Flag
from etl.formats.nginx import compile_nginx

# What is taken stays taken (++, ?>): a text without an end would be cut into words in every way.
_TEXT = r"""(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\s;'"{}]++)"""
_NGINX = re.compile(rf"^[ \t]*log_format\s+(\S+)(?>\s|#[^\n]*\n|{_TEXT})*?;", re.M)
_ACCESS_LOG = re.compile(rf"(?<![\w#])access_log\s+({_TEXT})(?:[ \t]+([^\s;]+))?[^;\n]*;")
_WORD = r'"(?:\\.|[^"\\])*"|\S+'
_APACHE = re.compile(r'^[ \t]*LogFormat\s+"(?:\\.|[^"\\])*"[ \t]*(\S*)[ \t]*$', re.M | re.I)
_CUSTOM_LOG = re.compile(rf"^[ \t]*CustomLog\s+({_WORD})[ \t]+({_WORD})", re.M | re.I)
_INCLUDE = re.compile(r"^[ \t]*include(?:optional)?\s+\S", re.M | re.I)
_NICKNAMES = {name: f"apache:{name}" for name in ("common", "combined", "vhost_combined")}
_COMMENT = re.compile(r"^[ \t]*#.*$", re.M)
_CONTINUED = re.compile(r"\\\n\s*")
_LINES = re.compile(r"^(?:.*\\\n)+.*", re.M)
_NGINX_BEGIN = re.compile(r"^[ \t]*log_format\s.*", re.M)
_APACHE_BEGIN = re.compile(r"^[ \t]*LogFormat\s.*", re.M | re.I)


@dataclass(frozen=True, slots=True)
class ConfiguredFormat:
    """A format that a server's configuration defines.

    Attributes:
        key: What it is called in daytally.toml: `log_format`, `apache_format`, or `format` for one
            that the server knows without being told.
        name: Its name there; empty for Apache's nameless ones.
        text: What to write behind the key.
        files: Logs that use it, as the configuration names them.
        error: Why it does not compile, with the place marked; empty if it does.
        line: Where it begins in the configuration, from 1.
        hints: What looks like a slip of the pen but is allowed.
    """

    key: str
    name: str
    text: str
    files: tuple[str, ...]
    error: str
    line: int
    hints: tuple[str, ...] = ()


def read_formats(text: str) -> list[ConfiguredFormat]:
    """Return the formats in a configuration, in its order; none if it is none."""
    text = _COMMENT.sub("", text)
    joined = _LINES.sub(_join, text)
    matches = list(_NGINX.finditer(text))
    found = [_nginx(match, text) for match in matches]
    found += _unread(_NGINX_BEGIN, matches, text, "log_format", "a quote or a semicolon is missing")
    matches = list(_APACHE.finditer(joined))
    found += [_apache(match, joined) for match in matches]
    found += _unread(_APACHE_BEGIN, matches, joined, "apache_format", 'LogFormat "…" name')
    found += _inline(joined)
    defined = {one.name for one in found}
    return found + [one for one in _predefined(text, joined) if one.name not in defined]


def includes_others(text: str) -> bool:
    """Tell whether a configuration includes files, whose formats are not in it."""
    return _INCLUDE.search(_COMMENT.sub("", text)) is not None


def _join(lines: re.Match[str]) -> str:
    """Return lines that end with a backslash as one, which takes as many lines as before."""
    return _CONTINUED.sub("", lines[0]) + "\n" * lines[0].count("\n")


def _line_of(place: int, text: str) -> int:
    return text.count("\n", 0, place) + 1


def _unread(
    begin: re.Pattern[str], matches: list[re.Match[str]], text: str, key: str, hint: str
) -> list[ConfiguredFormat]:
    """Return the directives that begin and are not well-formed."""
    read = {match.start() for match in matches}
    found = []
    for match in begin.finditer(text):
        if match.start() not in read:
            line = match[0].strip()
            what = "the directive does not end, or is no string in quotes"
            error = LogFormatError(what, text=line, position=len(line), hint=hint)
            name = line.split()[1] if key == "log_format" else ""
            number = _line_of(match.start(), text)
            found.append(ConfiguredFormat(key, name, line, (), str(error), number))
    return found


def _inline(text: str) -> list[ConfiguredFormat]:
    """Return the formats that CustomLog spells out itself."""
    found = []
    for use in _CUSTOM_LOG.finditer(text):
        string = read_apache_log_format(f"LogFormat {use[2]}")
        if "%" in string:
            files, line = (_plain(use[1]),), _line_of(use.start(), text)
            error, hints = _compiled(string)
            found.append(ConfiguredFormat("apache_format", "", string, files, error, line, hints))
    return found


def _predefined(nginx: str, apache: str) -> list[ConfiguredFormat]:
    """Return the formats that nginx has without being told, and those that Apache's files name."""
    uses: dict[tuple[str, str], list[str]] = {}
    lines: dict[tuple[str, str], int] = {}
    for use in _ACCESS_LOG.finditer(nginx):
        name = use[2] if use[2] and "=" not in use[2] else "combined"
        if _plain(use[1]) != "off" and name == "combined":
            key = (name, "nginx:combined")
            uses.setdefault(key, []).append(_plain(use[1]))
            lines.setdefault(key, _line_of(use.start(), nginx))
    for use in _CUSTOM_LOG.finditer(apache):
        builtin = _NICKNAMES.get(_plain(use[2]))
        if builtin is not None:
            key = (_plain(use[2]), builtin)
            uses.setdefault(key, []).append(_plain(use[1]))
            lines.setdefault(key, _line_of(use.start(), apache))
    return [
        ConfiguredFormat("format", name, text, tuple(files), "", lines[name, text])
        for (name, text), files in uses.items()
    ]


def _nginx(match: re.Match[str], text: str) -> ConfiguredFormat:
    directive = match[0].strip()
    files = [_plain(use[1]) for use in _ACCESS_LOG.finditer(text) if use[2] == match[1]]
    error = ""
    hints: tuple[str, ...] = ()
    try:
        string, escapes = read_log_format(directive)
        # The string alone says it all, unless its escaping is another than the default one.
        written = string if escapes is Flag.ESCAPED else directive
        hints = compile_nginx(written).hints
    except LogFormatError as caught:
        written, error = directive, str(caught)
    line = _line_of(match.start(), text)
    return ConfiguredFormat("log_format", match[1], written, tuple(files), error, line, hints)


def _apache(match: re.Match[str], text: str) -> ConfiguredFormat:
    string = read_apache_log_format(match[0].strip())
    files = [_plain(use[1]) for use in _CUSTOM_LOG.finditer(text) if _plain(use[2]) == match[1]]
    error, hints = _compiled(string)
    line = _line_of(match.start(), text)
    return ConfiguredFormat("apache_format", match[1], string, tuple(files), error, line, hints)


def _compiled(string: str) -> tuple[str, tuple[str, ...]]:
    """Return why a LogFormat string does not compile (nothing if it does), and hints on it."""
    try:
        return "", compile_apache(string).hints
    except LogFormatError as caught:
        return str(caught), ()


def _plain(text: str) -> str:
    return text[1:-1] if text[:1] in "'\"" else text
