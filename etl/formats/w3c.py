"""W3C Extended Log File Format: the log says itself which fields its lines have.

Source: https://www.w3.org/TR/WD-logfile (directives, fields, prefixes), IIS:
https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging, CloudFront:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from etl.formats.assemble import Piece, Placed, assemble, with_time
from etl.formats.fields import Field, Flag, LineFormat, Op, Trailing

DIRECTIVE = b"#Fields:"
_DATE = Field("at", Op.CLOCK, scale=1, pattern="%Y-%m-%d")
_TIME = Field("at", Op.CLOCK, scale=1, pattern="%H:%M:%S")

FIELDS: dict[str, Field] = {
    "date": _DATE,  # the draft wants GMT
    "time": _TIME,
    "c-ip": Field("remote_addr"),
    "cs-username": Field("remote_user"),
    "cs-host": Field("host"),
    "cs(Host)": Field("host"),
    "x-host-header": Field("host", rank=-1),  # the viewer's, not the distribution's
    "cs-method": Field("method"),
    "cs-uri-stem": Field("path"),
    "cs-uri": Field("path", Op.URI, rank=1),
    "cs-uri-query": Field("query"),
    "cs-version": Field("protocol"),
    "cs-protocol-version": Field("protocol"),
    "cs-protocol": Field("scheme"),
    "sc-status": Field("status", Op.INTEGER),
    "sc-bytes": Field("bytes_sent", Op.INTEGER),
    "cs-bytes": Field("request_bytes", Op.INTEGER),
    "cs(Referer)": Field("referer"),
    "cs(User-Agent)": Field("user_agent"),
    "x-edge-request-id": Field("request_id"),
}
"""What the fields are; any other is text in `extra` under its own name."""

_ENCODED = frozenset({"cs(User-Agent)", "cs(Referer)", "cs(Cookie)", "cs(Host)", "cs-username"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a server writes the format.

    Attributes:
        separator: Between fields.
        time_scale: `time-taken` counts 10 ** -scale seconds.
        encoding: How blanks are written in headers.
        fields: Of lines before the first directive.
    """

    separator: str
    time_scale: int
    encoding: Flag
    fields: str


IIS = Dialect(
    " ",
    3,
    Flag.PLUS_IS_SPACE,
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent)"
    " cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
)
CLOUDFRONT = Dialect(
    "\t",
    0,
    Flag.PERCENT_ENCODED,
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    " cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header"
    " cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher"
    " x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port"
    " time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len"
    " sc-range-start sc-range-end",
)


def compile_w3c(dialect: Dialect, *, name: str, fields: str | None = None) -> LineFormat:
    """Compile the fields of a directive.

    Args:
        dialect: How the server writes.
        name: Name of the format in messages.
        fields: What stands behind `#Fields:`; without it the dialect's usual ones.

    Raises:
        LogFormatError: There is no time stamp among the fields.
    """
    text = dialect.fields if fields is None else fields
    pieces: list[Piece] = []
    place = 0
    for word in text.split():
        if pieces:
            pieces.append(dialect.separator.encode())
        place = text.index(word, place)
        pieces.append(Placed(_field(word, dialect), word, place))
        place += len(word)
    layout = with_time(assemble(pieces, text, Flag.NONE, Trailing.DRIFT), text)
    steps = [
        replace(step, flags=step.flags | dialect.encoding) if step.what in _ENCODED else step
        for step in layout.steps
    ]
    if dialect.separator == " " and steps[-1].op is Op.TEXT:  # no value has a blank in it
        steps[-1] = replace(steps[-1], flags=steps[-1].flags | Flag.WORD)
    again = partial(_with_fields, dialect, name)
    return LineFormat(name, "requests", text, (replace(layout, steps=tuple(steps)),), header=again)


def _with_fields(dialect: Dialect, name: str, fields: str) -> LineFormat:
    return compile_w3c(dialect, name=name, fields=fields)


def _field(word: str, dialect: Dialect) -> Field:
    if word == "time-taken":
        return Field("request_time_s", Op.DECIMAL, scale=dialect.time_scale, name=word)
    return replace(FIELDS.get(word, Field("")), name=word)
