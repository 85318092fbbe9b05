"""The built-in formats, and the one entry for format names and strings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from etl.errors import ConfigError, UnknownNameError
from etl.formats import apache, nginx, regex, w3c
from etl.formats.builtin.clouds import CLOUDS
from etl.formats.builtin.daemons import DAEMONS
from etl.formats.builtin.entry import BuiltinFormat
from etl.formats.builtin.objects import OBJECTS
from etl.formats.builtin.servers import SERVERS
from etl.formats.fields import LineFormat
from etl.formats.mapping import with_columns

_W3C: Mapping[str, BuiltinFormat] = {
    "iis:w3c": BuiltinFormat(
        "IIS and others in W3C's extended format; fields as `#Fields:` names them",
        w3c.IIS.fields,
        "https://www.w3.org/TR/WD-logfile and https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging",
        "requests",
        lambda name: w3c.compile_w3c(w3c.IIS, name=name),
    ),
    "aws:cloudfront": BuiltinFormat(
        "AWS CloudFront's standard log; fields as `#Fields:` names them",
        w3c.CLOUDFRONT.fields,
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html",
        "requests",
        lambda name: w3c.compile_w3c(w3c.CLOUDFRONT, name=name),
    ),
}

BUILTIN_FORMATS: Mapping[str, BuiltinFormat] = MappingProxyType(
    {**SERVERS, **_W3C, **CLOUDS, **OBJECTS, **DAEMONS}
)
"""Built-in formats by name (`family:variant`)."""

REGEX = "regex:"
"""What a format that is a regular expression begins with; `regex:events:` if it is of events."""


def compile_format(
    *,
    builtin: str | None = None,
    nginx: str | None = None,
    apache: str | None = None,
    inner: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> LineFormat:
    """Compile a format; exactly one of the first three arguments is given.

    Args:
        builtin: A name out of `BUILTIN_FORMATS`, or `regex:` and a pattern.
        nginx: A `log_format` string.
        apache: A `LogFormat` string.
        inner: What the messages of an events format are parsed by in turn; a name, or a string
            of nginx's (with "$") or Apache's (with "%").
        columns: Column to the name that its values have in the lines; of the inner format, if
            there is one.

    Raises:
        UnknownNameError: There is no such built-in format, or no such column.
        LogFormatError: The string does not compile.
        ConfigError: None or several of the arguments are given, or the format has no messages.
    """
    if sum(each is not None for each in (builtin, nginx, apache)) != 1:
        raise ConfigError("give exactly one of format, log_format and apache_format")
    if nginx is not None:
        outer = _compile_nginx(nginx)
    elif apache is not None:
        outer = _compile_apache(apache)
    else:
        outer = _compile_named(str(builtin))
    if inner is None:
        return with_columns(outer, columns) if columns else outer
    if "message" not in outer.columns:
        raise ConfigError(f"format '{outer.name}' has no message that an inner format could read")
    within = read_format(inner)
    if within.header is not None or within.pattern:
        raise ConfigError(f"format '{within.name}' cannot be inside another one")
    return replace(outer, inner=with_columns(within, columns) if columns else within)


def read_format(text: str) -> LineFormat:
    """Compile a format given as a built-in name, as a pattern, or as nginx's or Apache's string.

    Raises:
        UnknownNameError: It is no string, and no built-in format has that name.
        LogFormatError: The string does not compile; carries the place.
    """
    if text not in BUILTIN_FORMATS and not text.startswith(REGEX):
        if "$" in text:
            return _compile_nginx(text)
        if "%" in text:
            return _compile_apache(text)
    return _compile_named(text)


def _compile_named(name: str) -> LineFormat:
    if name.startswith(REGEX):
        pattern = name.removeprefix(REGEX)
        if pattern.startswith("events:"):
            return regex.compile_regex(pattern.removeprefix("events:"), table="events")
        return regex.compile_regex(pattern)
    entry = BUILTIN_FORMATS.get(name)
    if entry is None:
        raise UnknownNameError("format", name, BUILTIN_FORMATS)
    return entry.compile(name)


_compile_nginx = nginx.compile_nginx
_compile_apache = apache.compile_apache
