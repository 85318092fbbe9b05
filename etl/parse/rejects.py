"""Refused lines with their reason and place."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from etl import schema
from etl.formats.assemble import IN_QUOTES
from etl.formats.fields import TIMES, LineFormat, Op, Step
from etl.model import RAW_LIMIT, Block, RejectReason
from etl.native.cells import Ints
from etl.parse import context as c
from etl.parse.program import Program, all_steps
from etl.parse.unreadable import unreadable

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
            details.append(too_long(stop - start, longest, kept))
            stop = start + kept
        else:
            if place == 0 and part in (c.PART_VALUE, c.PART_LITERAL, c.PART_CHOICE):
                step, part = 0, c.PART_FIRST
            wanted = known.get((step, part))
            if wanted is None:
                wanted = known[step, part] = _expected(line_format, step, part)
            details.append(f"column {place + 1}: expected {wanted}")
        raw = block.data[start:stop].tobytes()
        why = unreadable(raw)
        if why is not None:
            details[-1] = why[1]
        reasons.append((c.REASONS[reason] if why is None else why[0]).value)
        raws.append(raw)
    offsets = (rejects[:, c.FROM] + block.offset).tolist()
    return pa.record_batch([reasons, details, raws, offsets], schema=_SCHEMA)


def too_long(size: int, longest: int, kept: int) -> str:
    """Return the detail of a line of more bytes than the limit."""
    return f"line of {size} bytes, limit {longest}; raw holds the first {kept}"


def reject_of_beginning(block: Block, longest: int) -> pa.RecordBatch:
    """Return the reject of a line of which the block holds only the beginning."""
    beginning = block.data[: block.size].tobytes().removesuffix(b"\n")
    raw = beginning[:RAW_LIMIT]
    detail = too_long(len(beginning) + block.left_out, longest, len(raw))
    reason, detail = unreadable(raw) or (RejectReason.TOO_LONG, detail)
    columns = [[reason.value], [detail], [raw], [block.offset]]
    return pa.record_batch(columns, schema=_SCHEMA)


def _expected(line_format: LineFormat, number: int, part: int) -> str:
    """Say what should have stood there; `number` counts the steps of all layouts."""
    if part == c.PART_END:
        return "the end of the line"
    if part == c.PART_TIME:
        return "a time stamp before the end"
    if part == c.PART_MOMENT:
        return "a valid date and time, 1970 to 2100"
    steps, layouts = all_steps(line_format), line_format.layouts
    if part == c.PART_FIRST:
        plain = [layout for layout in layouts if layout.name != IN_QUOTES]
        return _any_of([layout.steps[0] for layout in plain])
    if part == c.PART_LITERAL:
        return repr(steps[number].literal.decode())
    if part == c.PART_UP_TO:
        return f"{steps[number].what} up to {steps[number].literal.decode()!r}"
    if part == c.PART_STAMP:
        return f"a valid {steps[number].what}, 1970 to 2100"
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


def _any_of(steps: Sequence[Step]) -> str:
    """Name what may begin a line; all stamps are one where something else may, too."""
    some = {step.op in TIMES for step in steps} == {True, False}
    words = [
        "time stamp"
        if some and step.op in TIMES
        else repr(step.literal.decode())
        if step.op is Op.LITERAL
        else step.what
        for step in steps
    ]
    return " or ".join(dict.fromkeys(words))
