"""Refused lines with their reason and place."""

from __future__ import annotations

import re

import pyarrow as pa

from etl import schema
from etl.formats.fields import LineFormat
from etl.model import Block, RejectReason
from etl.native.cells import Ints
from etl.parse import context as c
from etl.parse.program import Program, all_steps

_NO_TEXT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")

RAW_LIMIT = 1 << 16
"""Bytes that are kept of a line that is too long."""

_SCHEMA = pa.schema([schema.REJECTS.field(name) for name in ("reason", "detail", "raw", "offset")])


def reject_batch(block: Block, rejects: Ints, program: Program, longest: int) -> pa.RecordBatch:
    """Return the rejects of a block.

    Args:
        block: The block.
        rejects: (rejects, REJECT_WIDTH), see `context`.
        program: Its steps give the words of the detail.
        longest: Most bytes of a line.
    """
    line_format, known = program.line_format, program.expected
    reasons, details, raws = [], [], []
    for start, stop, reason, place, step, part in rejects.tolist():
        if reason == c.TOO_LONG:
            kept = min(stop - start, RAW_LIMIT)
            details.append(
                f"line of {stop - start} bytes, limit {longest}; raw holds the first {kept}"
            )
            stop = start + kept
        else:
            wanted = known.get((step, part))
            if wanted is None:
                wanted = known[step, part] = _expected(line_format, step, part)
            details.append(f"column {place + 1}: expected {wanted}")
        raw = block.data[start:stop].tobytes()
        returns = mac_line_ends(raw)
        if returns:
            details[-1] = mac_detail(returns)
            reasons.append(RejectReason.MAC_LINE_ENDS.value)
        else:
            reasons.append(c.REASONS[reason].value)
        raws.append(raw)
    offsets = rejects[:, c.FROM] + block.offset
    return pa.record_batch([reasons, details, raws, offsets], schema=_SCHEMA)


def _expected(line_format: LineFormat, number: int, part: int) -> str:
    """Say what should have stood there; `number` counts the steps of all layouts."""
    if part == c.PART_END:
        return "the end of the line"
    if part == c.PART_TIME:
        return "a time stamp before the end"
    steps, layouts = all_steps(line_format), line_format.layouts
    if part == c.PART_LITERAL:
        return repr(steps[number].literal.decode())
    if part == c.PART_VALUE:
        return steps[number].what
    place = number
    for layout in layouts:
        if place < len(layout.steps):
            shared = layout.steps[:place]
            break
        place -= len(layout.steps)
    else:
        return steps[number].what  # a member is no step of a layout
    branches = [each.steps[place].what for each in layouts if each.steps[:place] == shared]
    return " or ".join(dict.fromkeys(branches))


def mac_line_ends(raw: bytes) -> int:
    """Return how many lone carriage returns end lines inside a refused line of text.

    One may be anything, and bytes that no text has show that they mean nothing.
    """
    returns = raw.rstrip(b"\r").count(b"\r")
    return returns if returns > 1 and not _NO_TEXT.search(raw) else 0


def mac_detail(returns: int) -> str:
    """Return the detail of a line with that many lone carriage returns."""
    return f"{returns} carriage returns inside the line, as old Macs end lines"
