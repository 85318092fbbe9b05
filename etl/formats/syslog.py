"""Syslog as files and collectors hold it, told apart line by line.

Sources: RFC 5424 (section 6), RFC 3164 (section 4), rsyslog's RSYSLOG_FileFormat and
RSYSLOG_TraditionalFileFormat (https://www.rsyslog.com/doc/configuration/templates.html).
"""

from __future__ import annotations

from etl.formats.fields import Flag, Layout, LineFormat, Op, Step

_WORD = Flag.DASH_IS_NULL | Flag.REQUIRED  # a NILVALUE is "-", never an empty word

_PRIORITY = Step(Op.PRIORITY, b"", "facility", what="PRI")
_HOST = Step(Op.TEXT, b" ", "host", _WORD, what="host")
_MAYBE_HOST = Step(Op.HOST, b"", "host", _WORD, what="host")
_TAGGED = Step(Op.TAGGED_MESSAGE, b"", "message", what="message")
_TAG = Step(Op.TAGGED_MESSAGE, b"", "message", Flag.REQUIRED, what="tag")
_BSD_TIME = Step(Op.BSD_TIME, b" ", "at", what="time stamp")
_ISO_TIME = Step(Op.ISO_TIME, b" ", "at", what="time stamp")

_VERSION = Step(Op.VERSION, b" ", what="version")
_AFTER_VERSION = (
    _ISO_TIME,  # NILVALUE is a reject: a line without an instant belongs to no day
    _HOST,
    # RFC 5424's limits of length are not enforced: what is too long says no less.
    Step(Op.TEXT, b" ", "app", _WORD, what="app name"),
    Step(Op.TEXT, b" ", "procid", _WORD, what="process id"),
    Step(Op.TEXT, b" ", "msgid", _WORD, what="message id"),
    Step(Op.STRUCTURED, b"", "structured_data", what="structured data"),
    Step(Op.OPTIONAL_MESSAGE, b"", "message", what="message"),
)

RFC5424 = Layout("rfc5424", (_PRIORITY, _VERSION, *_AFTER_VERSION))
RFC3164_PRI = Layout("rfc3164", (_PRIORITY, _BSD_TIME, _MAYBE_HOST, _TAGGED))
RFC3164_FILE = Layout("rfc3164 file", (_BSD_TIME, _MAYBE_HOST, _TAGGED))
ISO_FILE = Layout("ISO-dated file", (_ISO_TIME, _MAYBE_HOST, _TAGGED))
ISO_PRI = Layout("ISO-dated with PRI", (_PRIORITY, _ISO_TIME, _MAYBE_HOST, _TAGGED))
# rsyslog templates that put %syslogtag% where RFC 5424 wants three words and structured data. The
# tag must be there: without it this would take in every damaged line of RFC 5424.
VERSION_TAG = Layout("rfc5424 with a tag", (_PRIORITY, _VERSION, _ISO_TIME, _HOST, _TAG))
RFC5424_FILE = Layout("rfc5424 without PRI", (_VERSION, *_AFTER_VERSION))

LAYOUTS = (RFC5424, RFC3164_PRI, RFC3164_FILE, ISO_FILE, ISO_PRI, VERSION_TAG, RFC5424_FILE)

DEFINITION = """\
[<PRI>]VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]   (RFC 5424)
[<PRI>]Mmm dd [yyyy] hh:mm:ss[.fff] [HOSTNAME] [TAG[[PID]]: ]CONTENT            (RFC 3164)
[<PRI>]yyyy Mmm dd hh:mm:ss[.fff] [HOSTNAME] [TAG[[PID]]: ]CONTENT
[<PRI>]yyyy-mm-ddThh:mm:ss[.ffffff][offset] [HOSTNAME] [TAG[[PID]]: ]CONTENT    (rsyslog)
<PRI>VERSION yyyy-mm-ddThh:mm:ss[.ffffff][offset] HOSTNAME TAG[[PID]]: CONTENT"""


def compile_syslog(*, name: str = "syslog") -> LineFormat:
    """Return the format of syslog lines of any of the layouts above."""
    return LineFormat(name, "events", DEFINITION, LAYOUTS)
