"""Formats in a server's own configuration: nginx.conf and httpd.conf.

Sources: https://nginx.org/en/docs/http/ngx_http_log_module.html (log_format, access_log),
https://httpd.apache.org/docs/2.4/mod/mod_log_config.html (LogFormat, CustomLog, GlobalLog,
TransferLog).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from etl.errors import LogFormatError
from etl.formats.apache import compile_apache
from etl.formats.directives import read_apache_log_format, read_log_format
from etl.formats.fields import Flag
from etl.formats.nginx import compile_nginx

# What is taken stays taken (++, *+, ?>): a text without an end would be cut in every way.
_QUOTED = r"""'(?:\\[\s\S]|[^'\\])*+'|"(?:\\[\s\S]|[^"\\])*+\""""
_TEXT = rf"(?:{_QUOTED}|(?:\$\{{\w+\}}|[^\s;'\"{{}}])++)"
_START = r"(?:^|(?<=[;{}]))[ \t]*"
_NGINX_BEGIN = re.compile(rf"{_START}log_format\s.*", re.M)
_NGINX = re.compile(rf"{_START}log_format\s+(\S+)(?>\s|#[^\n]*\n|{_TEXT})*?;", re.M)
_ACCESS_LOG = re.compile(rf"(?<!\w)access_log\s+({_TEXT})((?:\s[^;]*)?);")
_VARIABLE = re.compile(r"\$(?:\{\w+\}|\w+)")
_TRAILING = re.compile(rf"({_QUOTED})|(?<=[\s;{{}}])#[^\n]*")
_WORD = rf"(?:{_QUOTED}|[^\s'\"]\S*)"
_APACHE_BEGIN = re.compile(r"^[ \t]*LogFormat\s.*", re.M | re.I)
_APACHE = re.compile(
    rf"^[ \t]*LogFormat\s+(?:{_QUOTED}|[^\s'\"]\S*)[ \t]*((?:{_QUOTED}|[^\s%'\"]*)?)[ \t]*$",
    re.M | re.I,
)
_CUSTOM_LOG = re.compile(
    rf"^[ \t]*(?:Custom|Global)Log\s+({_WORD})[ \t]+({_WORD})[ \t]*(.*)$", re.M | re.I
)
_TRANSFER_LOG = re.compile(rf"^[ \t]*TransferLog\s+({_WORD})", re.M | re.I)
_SERVER_ROOT = re.compile(rf"^[ \t]*ServerRoot\s+({_WORD})", re.M | re.I)
_DEFINED = re.compile(r"\$\{\w+\}")
_INCLUDE = re.compile(r"^[ \t]*include(?:optional)?\s+\S", re.M | re.I)
_NICKNAMES = {name: f"apache:{name}" for name in ("common", "combined", "vhost_combined")}
_COMMENT = re.compile(r"^[ \t]*#.*$", re.M)
_CONTINUED = re.compile(r"\\\n\s*")
_LINES = re.compile(r"^(?:.*\\\n)+.*", re.M)


@dataclass(frozen=True, slots=True)
class ConfiguredFormat:
    """A format that a server's configuration defines.

    Attributes:
        key: What it is called in daytally.toml: `log_format`, `apache_format`, or `format` for one
            that the server knows without being told.
        name: Its name there; empty for Apache's nameless ones.
        text: What to write behind the key.
        files: Logs that use it, as the configuration names them: below ServerRoot, with a star for
            each of nginx's variables.
        error: Why it does not compile, with the place marked, or that it is not defined; empty if
            all is well.
        line: Where it begins in the configuration, from 1.
        hints: What looks like a slip of the pen but is allowed, and what to know of its files.
    """

    key: str
    name: str
    text: str
    files: tuple[str, ...]
    error: str
    line: int
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Use:
    """A log that the server writes, in a format that has a name or is spelt out."""

    format: str
    file: str
    only: str
    line: int


def read_formats(text: str) -> list[ConfiguredFormat]:
    """Return the formats in a configuration, in its order; none if it is none."""
    text = _COMMENT.sub("", text)
    found = _of_nginx(_TRAILING.sub(lambda match: match[1] or "", text))
    found += _of_apache(_LINES.sub(_join, text))
    return sorted(found, key=lambda one: one.line)


def includes_others(text: str) -> bool:
    """Tell whether a configuration includes files, whose formats are not in it."""
    return _INCLUDE.search(_COMMENT.sub("", text)) is not None


def _of_nginx(text: str) -> list[ConfiguredFormat]:
    uses = []
    for match in _ACCESS_LOG.finditer(text):
        options = match[2].split()
        name = options[0] if options and "=" not in options[0] else "combined"
        only = next((word for word in options if word.startswith("if=")), "")
        file, line = _VARIABLE.sub("*", _plain(match[1])), _line_of(match.start(), text)
        if file != "off":
            uses.append(_Use(name, file, only, line))
    matches = list(_NGINX.finditer(text))
    found = [_nginx(match, text) for match in matches]
    found += _unread(_NGINX_BEGIN, matches, text, "log_format", "a quote or a semicolon is missing")
    return _with_uses(found, uses, "log_format", {"combined": "nginx:combined"})


def _of_apache(text: str) -> list[ConfiguredFormat]:
    matches = list(_APACHE.finditer(text))
    found = [_apache(match, text) for match in matches]
    found += _unread(_APACHE_BEGIN, matches, text, "apache_format", 'LogFormat "…" name')
    root = _SERVER_ROOT.search(text)
    uses, spelt = [], []
    for match in _CUSTOM_LOG.finditer(text):
        only = match[3] if _plain(match[3]).startswith(("env=", "expr=")) else ""
        file, line = _below(root, _plain(match[1])), _line_of(match.start(), text)
        string = read_apache_log_format(f"LogFormat {match[2]}")
        uses.append(_Use(string, file, _plain(only), line))
        if "%" in string:
            error, hints = _compiled(string)
            hints += _about(uses[-1:])
            spelt.append(ConfiguredFormat("apache_format", "", string, (file,), error, line, hints))
    named = [use for use in uses if "%" not in use.format]
    nameless = [one for one in found if not one.name and not one.error]
    for match in _TRANSFER_LOG.finditer(text):
        file, line = _below(root, _plain(match[1])), _line_of(match.start(), text)
        last = max((one for one in nameless if one.line < line), key=_by_line, default=None)
        if last is None:
            named.append(_Use("common", file, "", line))
        else:
            found[found.index(last)] = replace(last, files=(*last.files, file))
            nameless = [one for one in found if not one.name and not one.error]
    return _with_uses(found, named, "apache_format", _NICKNAMES) + spelt


def _by_line(one: ConfiguredFormat) -> int:
    return one.line


def _with_uses(
    found: list[ConfiguredFormat], uses: list[_Use], key: str, known: dict[str, str]
) -> list[ConfiguredFormat]:
    """Return formats with the logs that use them, and those that are used without being defined.

    Args:
        found: Those that the configuration defines.
        uses: The logs.
        key: Of formats that are not defined.
        known: Built-in formats by names that the server knows, or that its packages define.
    """
    by_name: dict[str, list[_Use]] = {}
    for use in uses:
        by_name.setdefault(use.format, []).append(use)
    formats = []
    for one in found:
        its = by_name.get(one.name, []) if one.name else []
        files = (*one.files, *(use.file for use in its))
        formats.append(replace(one, files=files, hints=one.hints + _about(its)))
    for name in by_name.keys() - {one.name for one in found}:
        its = by_name[name]
        files, line = tuple(use.file for use in its), its[0].line
        if name in known:
            one = ConfiguredFormat("format", name, known[name], files, "", line, _about(its))
        else:
            error = f"this file does not define it; it is that of {', '.join(files)}"
            one = ConfiguredFormat(key, name, "", files, error, line)
        formats.append(one)
    return formats


def _about(uses: Iterable[_Use]) -> tuple[str, ...]:
    """Say what is to be known of logs before their names are used as they are."""
    hints = []
    for use in uses:
        if use.only:
            hints.append(f"{use.file} has only some of the requests ({use.only}).")
        if use.file.startswith("syslog:"):
            hints.append(
                f"{use.file} is no file: put in where its lines are kept. Each begins with"
                " syslog's header there: format = 'syslog', and this one as its inner format."
            )
        elif use.file.startswith("/dev/"):
            hints.append(f"{use.file} is no log: put in where its lines are kept.")
        for name in _DEFINED.findall(use.file):
            debian = "; Debian's /etc/apache2/envvars says /var/log/apache2"
            known = debian if name == "${APACHE_LOG_DIR}" else ""
            hints.append(f"Put in what {name} stands for{known}.")
    return tuple(dict.fromkeys(hints))


def _below(root: re.Match[str] | None, file: str) -> str:
    """Return where a log of Apache's is: a relative name is one below ServerRoot."""
    if root is None or file.startswith(("/", "|", "$", "syslog:")):
        return file
    return f"{_plain(root[1]).rstrip('/')}/{file}"


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


def _nginx(match: re.Match[str], text: str) -> ConfiguredFormat:
    directive = match[0].strip()
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
    return ConfiguredFormat("log_format", match[1], written, (), error, line, hints)


def _apache(match: re.Match[str], text: str) -> ConfiguredFormat:
    string = read_apache_log_format(match[0].strip())
    error, hints = _compiled(string)
    line = _line_of(match.start(), text)
    return ConfiguredFormat("apache_format", _plain(match[1]), string, (), error, line, hints)


def _compiled(string: str) -> tuple[str, tuple[str, ...]]:
    """Return why a LogFormat string does not compile (nothing if it does), and hints on it."""
    try:
        return "", compile_apache(string).hints
    except LogFormatError as caught:
        return str(caught), ()


def _plain(text: str) -> str:
    return text[1:-1] if text[:1] in ("'", '"') else text
