"""What the kernel works on, as tables of 64-bit cells, and the meaning of its numbers.

The kernel's one argument is the address of the context's cells. Positions in a block are
addresses too; they become offsets when the kernel is done.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from etl.formats.fields import Flag, Op, Pairs
from etl.model import RejectReason

Offsets = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

# Cells of the context. Addresses: of the block, and of arrays of 64-bit numbers if not said
# otherwise. EXTRA_SLOT is -1 where the format never fills `extra`.
DATA = 0
LINE_ENDS, LINES, LONGEST = 1, 2, 3  # ends of lines (offsets), how many, most bytes of a line
STEPS, LAYOUTS, LAYOUT_COUNT, NULLS = 4, 5, 6, 7
TEXTS, NUMBERS = 8, 9  # (slots, SLOT_WIDTH)
AT, STAMP, PLACES, REJECTS, SCRATCH = 10, 11, 12, 13, 14  # STAMP and SCRATCH: of bytes
EXTRA_SLOT, EXTRA_END, EXTRA_COUNT = 15, 16, 17
FAIL_REASON, FAIL_PLACE, FAIL_PART = 18, 19, 20
ROWS, REFUSED, BLANK = 21, 22, 23
# FAIL_STEP: the member that failed, or -1. VALUE and PATH: rooms of bytes for one decoded value
# and for a member's name. PARTS: of a time stamp, see `clocks`. NEEDS_TIME: whether a line without
# a stamp is a reject. COMMENT: the byte that begins lines which are no records, or -1.
FAIL_STEP, VALUE, PATH, PARTS, NEEDS_TIME, COMMENT, DRIFTED = 24, 25, 26, 27, 28, 29, 30
TAKE = 31  # address of `take.take_any`
PREFIXES = 32  # lengths of the prefixes of a member's name, by depth
# DAMAGED: 1 where U+FFFD was written for what is not UTF-8 in the line at hand; LOSSY: a byte per
# row that keeps it.
DAMAGED, LOSSY = 33, 34
CONTEXT_WIDTH = 35

# Columns of `STEPS`. Literals and keys: addresses of bytes. SLOT_A to SLOT_D: one slot per column
# that the operation fills, -1 for none. NAME: of a member, or a CLOCK's pattern. MEMBERS_FROM and
# MEMBERS_TO: rows of `STEPS`.
OP, LITERAL, LITERAL_SIZE, FLAGS, SCALE, KEY, KEY_SIZE, SLOT_A, SLOT_B, SLOT_C, SLOT_D = range(11)
NAME, NAME_SIZE, MEMBERS_FROM, MEMBERS_TO = 11, 12, 13, 14
STEP_WIDTH = 15

# Columns of `LAYOUTS`: ranges of `STEPS` and of `NULLS` (slots that a layout leaves null; slots
# that are null until a member is found), the step whose key trailing text gets, or -1, and whether
# such text is drift.
STEPS_FROM, STEPS_TO, TEXT_NULLS_FROM, TEXT_NULLS_TO, NUM_NULLS_FROM, NUM_NULLS_TO = range(6)
TEXT_UNSURE_FROM, TEXT_UNSURE_TO, NUM_UNSURE_FROM, NUM_UNSURE_TO = 6, 7, 8, 9
TRAILING_STEP, DRIFT = 10, 11
LAYOUT_WIDTH = 12

# Columns of `TEXTS` (strings, Arrow's 32-bit offsets, a byte per row: 1 where not null) and of
# `NUMBERS` (whole numbers, doubles, a byte per row).
STRINGS, ENDS, TEXT_OK = range(3)
WHOLES, REALS, NUM_OK = range(3)
SLOT_WIDTH = 3

# Columns of `REJECTS`: bounds of the line, why, at which byte, at which step and part of it.
FROM, TO, REASON, PLACE, STEP, PART = range(6)
REJECT_WIDTH = 6
# Of a step: its value, its literal, the value up to the literal. CHOICE: layouts part; FIRST: none
# of them begins so. STAMP: a value that is written as a time stamp and is none; MOMENT: parts of a
# stamp that make none.
PART_VALUE, PART_LITERAL, PART_END, PART_CHOICE, PART_TIME, PART_UP_TO, PART_FIRST = range(7)
PART_STAMP, PART_MOMENT = 7, 8

# What a time stamp counts from.
STAMP_UTC = 0  # 1970 in UTC
STAMP_LOCAL = 1  # 1970 on the clocks of the source's zone
STAMP_YEARLESS = 2  # 2000 stands for the year, on the clocks of the source's zone
STAMP_NONE = 3  # nothing: the line says not when

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
OP_HOST, OP_OBJECT, OP_PAIRS = int(Op.HOST), int(Op.OBJECT), int(Op.PAIRS)
OP_DURATION, OP_ADDRESS, OP_CLOCK = int(Op.DURATION), int(Op.ADDRESS), int(Op.CLOCK)
OP_ADDEND, OP_SEVERITY = int(Op.ADDEND), int(Op.SEVERITY)
OP_ANY_TIME, OP_PAD, OP_FORWARDED = int(Op.ANY_TIME), int(Op.PAD), int(Op.FORWARDED)
OP_DIGITS = int(Op.DIGITS)
PAIRS_LTSV, PAIRS_LOGFMT = int(Pairs.LTSV), int(Pairs.LOGFMT)
PAIRS_CEF, PAIRS_GROUPS = int(Pairs.CEF), int(Pairs.GROUPS)
DASH_IS_NULL, DASH_IS_ZERO = int(Flag.DASH_IS_NULL), int(Flag.DASH_IS_ZERO)
QUOTED, ESCAPED = int(Flag.QUOTED), int(Flag.ESCAPED)
JSON_ESCAPED, EMPTY_IS_NULL = int(Flag.JSON_ESCAPED), int(Flag.EMPTY_IS_NULL)
EXTRA, REQUIRED = int(Flag.EXTRA), int(Flag.REQUIRED)
PLUS_IS_SPACE, PERCENT_ENCODED = int(Flag.PLUS_IS_SPACE), int(Flag.PERCENT_ENCODED)
NEGATIVE_IS_NULL, LATE, NO_ORIGIN = (
    int(Flag.NEGATIVE_IS_NULL),
    int(Flag.LATE),
    int(Flag.NO_ORIGIN),
)
WORD, QUOTES_ARE_EMPTY = int(Flag.WORD), int(Flag.QUOTES_ARE_EMPTY)
CONDITIONAL = int(Flag.CONDITIONAL)
WHOLE, BYTES = int(Flag.WHOLE), int(Flag.BYTES)
URL_ESCAPES = PLUS_IS_SPACE | PERCENT_ENCODED
ANY_ESCAPES = ESCAPED | JSON_ESCAPED | URL_ESCAPES

TAB, NEWLINE, RETURN, SPACE, QUOTE, PERCENT, PLUS, COMMA, DASH, DOT, SLASH = b'\t\n\r "%+,-./'
ZERO, NINE, COLON, LESS, EQUALS, GREATER, QUESTION, AT_SIGN = b"09:<=>?@"
BRACKET, BACKSLASH, BRACKET_END, BRACE, BRACE_END = b"[\\]{}"
