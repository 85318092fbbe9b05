"""The built-in formats, and the one entry for format names and strings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from etl.errors import ConfigError, UnknownNameError
from etl.formats import apache, nginx, syslog
from etl.formats.fields import LineFormat


@dataclass(frozen=True, slots=True)
class BuiltinFormat:
    """A format that has a name.

    Attributes:
        title: One line for people.
        definition: The format string, or the layouts in words.
        source: Where the format is documented.
        table: `requests` or `events`.
        compile: Makes the line format, given its name.
    """

    title: str
    definition: str
    source: str
    table: str
    compile: Callable[[str], LineFormat]


def _nginx(title: str, definition: str, source: str) -> BuiltinFormat:
    return BuiltinFormat(
        title,
        definition,
        source,
        "requests",
        lambda name: nginx.compile_nginx(definition, name=name),
    )


def _apache(title: str, definition: str, source: str) -> BuiltinFormat:
    return BuiltinFormat(
        title,
        definition,
        source,
        "requests",
        lambda name: apache.compile_apache(definition, name=name),
    )


_HTTPD = "https://httpd.apache.org/docs/2.4/logs.html#accesslog"

BUILTIN_FORMATS: Mapping[str, BuiltinFormat] = MappingProxyType(
    {
        "nginx:combined": _nginx(
            "nginx's default access log",
            nginx.COMBINED,
            "https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format",
        ),
        "apache:common": _apache("Common Log Format", apache.COMMON, _HTTPD),
        "apache:combined": _apache("Combined Log Format", apache.COMBINED, _HTTPD),
        # The virtual host comes first; %O as Debian's apache2.conf has it.
        "apache:vhost_combined": _apache(
            "Combined Log Format after virtual host and port",
            apache.VHOST_COMBINED,
            "https://sources.debian.org/src/apache2/2.4.62-1/debian/config-dir/apache2.conf.in/",
        ),
        "syslog": BuiltinFormat(
            "RFC 5424, RFC 3164 and ISO-dated syslog, line by line",
            syslog.DEFINITION,
            "https://www.rfc-editor.org/rfc/rfc5424 and https://www.rfc-editor.org/rfc/rfc3164",
            "events",
            lambda name: syslog.compile_syslog(name=name),
        ),
    }
)
"""Built-in formats by name (`family:variant`)."""


def compile_format(
    *, builtin: str | None = None, nginx: str | None = None, apache: str | None = None
) -> LineFormat:
    """Compile a format; exactly one argument is given.

    Args:
        builtin: A name out of `BUILTIN_FORMATS`.
        nginx: A `log_format` string.
        apache: A `LogFormat` string.

    Raises:
        UnknownNameError: There is no such built-in format.
        LogFormatError: The string does not compile.
        ConfigError: None or several of the arguments are given.
    """
    if sum(each is not None for each in (builtin, nginx, apache)) != 1:
        raise ConfigError("give exactly one of format, log_format and apache_format")
    if nginx is not None:
        return _compile_nginx(nginx)
    if apache is not None:
        return _compile_apache(apache)
    assert builtin is not None  # noqa: S101 - counted above
    entry = BUILTIN_FORMATS.get(builtin)
    if entry is None:
        raise UnknownNameError("format", builtin, BUILTIN_FORMATS)
    return entry.compile(builtin)


_compile_nginx = nginx.compile_nginx
_compile_apache = apache.compile_apache
