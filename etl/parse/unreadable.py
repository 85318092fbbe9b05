"""What is wrong with a refused line as a whole, before any format comes into it.

A line is judged by its own bytes, not by what the input began with: however a file is cut into
spans, the same lines are refused for the same reason.
"""

from __future__ import annotations

import re

from etl.model import RejectReason

_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_HOLE = bytes(4)
_MOSTLY, _HARDLY = 0.75, 0.1

WIDE = "UTF-16 or UTF-32, where UTF-8 is read; convert the log first, as with iconv -f utf-16"
NULS = "NUL bytes, as a crash leaves them, or the truncation of a log that is still written to"


def unreadable(raw: bytes) -> tuple[RejectReason, str] | None:
    """Return reason and detail of a refused line that is of no format at all, or None."""
    if _is_wide(raw):
        return RejectReason.WIDE_ENCODING, WIDE
    if raw.startswith(_HOLE) or raw.endswith(_HOLE) or (raw and raw.count(0) * 2 >= len(raw)):
        return RejectReason.NUL_BYTES, NULS
    returns = _lone_returns(raw)
    if returns:
        detail = f"{returns} carriage returns inside the line, as old Macs end lines"
        return RejectReason.MAC_LINE_ENDS, detail
    return None


def _is_wide(raw: bytes) -> bool:
    """Tell whether a line is of two or four bytes a character, most of which are NUL.

    Of a newline in UTF-16, 0A is cut off, and its NUL begins the next line or ends its own; an
    empty line is that NUL alone, or three of them in UTF-32, with a carriage return or without.
    """
    if raw.startswith(_MARKS):
        return True
    if b"\0" not in raw:
        return False
    nuls = [raw[place::4].count(0) / max(1, len(raw[place::4])) for place in range(4)]
    if not raw.strip(b"\0\r"):
        return raw.replace(b"\r", b"") in (b"\0", b"\0\0", b"\0\0\0", b"\0\0\0\0\0\0")
    pairs = sorted([nuls[0] + nuls[2], nuls[1] + nuls[3]])
    if pairs[1] / 2 >= _MOSTLY and pairs[0] / 2 <= _HARDLY:
        return True
    fours = sorted(nuls)
    return fours[1] >= _MOSTLY and fours[0] <= _HARDLY


def _lone_returns(raw: bytes) -> int:
    """Return how many lone carriage returns end lines inside a refused line of text.

    One may be anything, and bytes that no text has show that they mean nothing.
    """
    returns = raw.rstrip(b"\r").count(b"\r")
    return returns if returns > 1 and not _NO_TEXT.search(raw) else 0
