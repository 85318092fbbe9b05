"""What the kernel works on, as one tuple of arrays, and the meaning of its numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from etl.formats.fields import Flag, Op
from etl.model import Bytes, RejectReason

Ints = npt.NDArray[np.int64]
Offsets = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


class Context(NamedTuple):
    """Input, program and output of one run of the kernel over a block.

    Strings of a column lie one behind the other in `text`, from `base[slot]` on, each column with
    room for the worst case (see `buffers.py`), so that no write needs a bounds check.
    """

    data: Bytes  # the block
    steps: Ints  # (steps, STEP_WIDTH): the program, all layouts one behind the other
    layouts: Ints  # (layouts, LAYOUT_WIDTH)
    nulls: Ints  # slots that a layout leaves null, text and number slots apart
    pool: Bytes  # literals and names in `extra`
    text: Bytes  # strings of all text slots
    base: Ints  # (text slots,): where a slot's strings begin
    ends: Offsets  # (text slots, rows + 1): Arrow offsets, relative to the base
    text_ok: Bytes  # (text slots, rows): 1 where not null
    nums: Ints  # (number slots, rows)
    reals: Floats  # (number slots, rows)
    num_ok: Bytes  # (number slots, rows)
    at: Ints  # (rows,): microseconds, see `stamp`
    stamp: Bytes  # (rows,): one of the STAMP_ constants
    places: Ints  # (rows,): offset of the line in the block
    rejects: Ints  # (lines, REJECT_WIDTH)
    scratch: Bytes  # as long as the block: a value between two decodings
    state: Ints  # (STATE_WIDTH,)


# Columns of `steps`. SLOT_A to SLOT_D: one slot per column that the operation fills, -1 for none.
OP, LITERAL_FROM, LITERAL_TO, FLAGS, SCALE, KEY_FROM, KEY_TO = range(7)
SLOT_A, SLOT_B, SLOT_C, SLOT_D = range(7, 11)
STEP_WIDTH = 11

# Columns of `layouts`: ranges of `steps` and of `nulls`.
STEPS_FROM, STEPS_TO, TEXT_NULLS_FROM, TEXT_NULLS_TO, NUM_NULLS_FROM, NUM_NULLS_TO = range(6)
LAYOUT_WIDTH = 6

# Columns of `rejects`: bytes of the line, why, at which byte, at which step and part of it.
FROM, TO, REASON, PLACE, STEP, PART = range(6)
REJECT_WIDTH = 6
PART_VALUE, PART_LITERAL, PART_END = range(3)

# Cells of `state`. EXTRA_SLOT is -1 where the format never fills `extra`.
EXTRA_SLOT, EXTRA_END, EXTRA_COUNT, FAIL_REASON, FAIL_PLACE, FAIL_PART = range(6)
ROWS, REJECTS, BLANK = range(6, 9)
STATE_WIDTH = 9

# What `at` counts from.
STAMP_UTC = 0  # 1970 in UTC
STAMP_LOCAL = 1  # 1970 on the clocks of the source's zone
STAMP_YEARLESS = 2  # 2000 stands for the year, on the clocks of the source's zone

REASONS = tuple(RejectReason)
NO_MATCH = REASONS.index(RejectReason.NO_MATCH)
BAD_TIMESTAMP = REASONS.index(RejectReason.BAD_TIMESTAMP)
BAD_NUMBER = REASONS.index(RejectReason.BAD_NUMBER)
TRAILING_TEXT = REASONS.index(RejectReason.TRAILING_TEXT)
CUT_SHORT = REASONS.index(RejectReason.CUT_SHORT)
TOO_LONG = REASONS.index(RejectReason.TOO_LONG)

# Plain integers: numba takes these for constants.
OP_LITERAL, OP_TEXT, OP_LIST = int(Op.LITERAL), int(Op.TEXT), int(Op.LIST)
OP_INTEGER, OP_DECIMAL, OP_SUM = int(Op.INTEGER), int(Op.DECIMAL), int(Op.SUM)
OP_REQUEST, OP_URI, OP_QUERY = int(Op.REQUEST), int(Op.URI), int(Op.QUERY)
OP_CLF_TIME, OP_ISO_TIME = int(Op.CLF_TIME), int(Op.ISO_TIME)
OP_EPOCH_TIME, OP_BSD_TIME = int(Op.EPOCH_TIME), int(Op.BSD_TIME)
OP_PRIORITY, OP_VERSION, OP_STRUCTURED = int(Op.PRIORITY), int(Op.VERSION), int(Op.STRUCTURED)
OP_OPTIONAL_MESSAGE, OP_TAGGED_MESSAGE = int(Op.OPTIONAL_MESSAGE), int(Op.TAGGED_MESSAGE)
DASH_IS_NULL, DASH_IS_ZERO = int(Flag.DASH_IS_NULL), int(Flag.DASH_IS_ZERO)
QUOTED, ESCAPED = int(Flag.QUOTED), int(Flag.ESCAPED)
EXTRA, REQUIRED = int(Flag.EXTRA), int(Flag.REQUIRED)

NEWLINE, RETURN, SPACE, QUOTE, DASH, DOT, COMMA, COLON = 10, 13, 32, 34, 45, 46, 44, 58
BACKSLASH, QUESTION, SLASH, ZERO, NINE = 92, 63, 47, 48, 57
LESS, GREATER, EQUALS, BRACKET, BRACKET_END, PLUS = 60, 62, 61, 91, 93, 43
BRACE, BRACE_END = 123, 125
