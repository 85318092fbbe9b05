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
_COMMENT = re.compile(r"^[ \t]*#.*$", re.M)
_CONTINUED = re.compile(r"\\\n\s*")


@dataclass(frozen=True, slots=True)
class ConfiguredFormat:
    """A format that a server's configuration defines.

    Attributes:
        key: What it is called in daytally.toml: `log_format` or `apache_format`.
        name: Its name there; empty for Apache's nameless one.
        text: What to write behind the key.
        files: Logs that use it, as the configuration names them.
        error: Why it does not compile, with the place marked; empty if it does.
    """

    key: str
    name: str
    text: str
    files: tuple[str, ...]
    error: str


def read_formats(text: str) -> list[ConfiguredFormat]:
    """Return the formats in a configuration, in its order; none if it is none."""
    text = _COMMENT.sub("", text)
    nginx = [_nginx(match, text) for match in _NGINX.finditer(text)]
    joined = _CONTINUED.sub("", text)
    return nginx + [_apache(match, joined) for match in _APACHE.finditer(joined)]


def _nginx(match: re.Match[str], text: str) -> ConfiguredFormat:
    directive = match[0].strip()
    files = [_plain(use[1]) for use in _ACCESS_LOG.finditer(text) if use[2] == match[1]]
    error = ""
    try:
        string, escapes = read_log_format(directive)
        # The string alone says it all, unless its escaping is another than the default one.
        written = string if escapes is Flag.ESCAPED else directive
        compile_nginx(written)
    except LogFormatError as caught:
        written, error = directive, str(caught)
    return ConfiguredFormat("log_format", match[1], written, tuple(files), error)


def _apache(match: re.Match[str], text: str) -> ConfiguredFormat:
    string = read_apache_log_format(match[0].strip())
    files = [_plain(use[1]) for use in _CUSTOM_LOG.finditer(text) if _plain(use[2]) == match[1]]
    error = ""
    try:
        compile_apache(string)
    except LogFormatError as caught:
        error = str(caught)
    return ConfiguredFormat("apache_format", match[1], string, tuple(files), error)


def _plain(text: str) -> str:
    return text[1:-1] if text[:1] in "'\"" else text
