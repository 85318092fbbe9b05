"""Packs a line format into the arrays that the kernel reads."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from etl.formats.fields import (
    SPARE_COLUMN,
    Flag,
    Layout,
    LineFormat,
    Op,
    Step,
    Trailing,
    expand_pattern,
    table_schema,
)
from etl.model import Bytes
from etl.native.cells import Ints
from etl.parse import context as c

UNPARSED = frozenset({"at", "offset"})
"""Columns that have arrays of their own."""

JSON_TEXT = frozenset({"extra", "structured_data"})
"""Columns whose text grows by JSON's escapes."""

SPARE = 64
"""Bytes behind every buffer that the kernel may read or write past its end."""


@dataclass(frozen=True, slots=True)
class Program:
    """A packed line format.

    Attributes:
        text: Names of the text slots, in order.
        numbers: Names and types of the number slots, in order.
        steps: See `context`; so are `layouts` and `nulls`.
        pool: Literals and keys, which `steps` holds the addresses of.
        line_format: What was packed.
        extra_overhead: Most bytes that one row of `extra` takes besides its values.
        expected: Words for rejects, by step and part of it, as they are needed.
    """

    text: tuple[str, ...]
    numbers: tuple[tuple[str, pa.DataType], ...]
    steps: Ints
    layouts: Ints
    nulls: Ints
    pool: Bytes
    line_format: LineFormat
    extra_overhead: int
    expected: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def name_growth(self) -> int:
        """Most bytes of names written into `extra` for a byte of an object: they may recur."""
        # `"":1,` is the shortest member, and a prefix is shorter than the member it leads to. A
        # member that is there many times writes its key as often.
        steps = all_steps(self.line_format)
        longest = max(len(json.dumps(step.name)) + len(_json_key(step)) for step in steps)
        return -(-longest // 5)

    @property
    def extra_slot(self) -> int:
        """Slot of the column that takes what has no column of its own, or -1."""
        fmt = self.line_format
        fills = any(
            layout.trailing or any(step.fills_extra for step in layout.steps)
            for layout in fmt.layouts
        )
        return self.text.index(SPARE_COLUMN[fmt.table]) if fills else -1


def pack(line_format: LineFormat) -> Program:
    """Return the program of a line format."""
    schema = table_schema(line_format.table)
    names = [name for name in line_format.columns if name not in UNPARSED]
    text = tuple(name for name in names if schema.field(name).type == pa.string())
    numbers = tuple((n, schema.field(n).type) for n in names if n not in text)
    slots = {name: slot for slot, name in enumerate(text)}
    slots.update({name: slot for slot, (name, _) in enumerate(numbers)})
    pool = bytearray()
    rows = _pack_steps(line_format, slots, pool)
    padded = np.frombuffer(bytes(pool) + bytes(SPARE), dtype=np.uint8)
    steps = np.array(rows, dtype=np.int64).reshape(-1, c.STEP_WIDTH)
    steps[:, [c.LITERAL, c.KEY, c.NAME]] += padded.ctypes.data
    keys = max((_keys(layout) for layout in line_format.layouts), default=0)
    layouts, nulls = _pack_layouts(line_format, text, [name for name, _ in numbers], slots)
    return Program(
        text=text,
        numbers=numbers,
        steps=steps,
        layouts=layouts,
        nulls=nulls,
        pool=padded,
        line_format=line_format,
        extra_overhead=keys,
    )


TRAILING = Step(Op.TEXT, flags=Flag.EXTRA, what="more fields", key="trailing")
"""What keeps fields behind the last one."""


def all_steps(line_format: LineFormat) -> list[Step]:
    """Return the steps in the program's order: of all layouts, then their members."""
    steps = [step for layout in line_format.layouts for step in layout.steps]
    return [*steps, *(member for step in steps for member in step.members), TRAILING]


def _pack_steps(line_format: LineFormat, slots: dict[str, int], pool: bytearray) -> list[list[int]]:
    steps = all_steps(line_format)
    rows = [_pack_step(step, slots, pool) for step in steps]
    place = sum(len(layout.steps) for layout in line_format.layouts)
    for step, row in zip(steps, rows, strict=True):
        row[c.MEMBERS_FROM], row[c.MEMBERS_TO] = place, place + len(step.members)
        place += len(step.members)
    return rows


def _json_key(step: Step) -> bytes:
    return json.dumps(step.key).encode() + b":"


def _keys(layout: Layout) -> int:
    steps = [TRAILING, *layout.steps, *(each for step in layout.steps for each in step.members)]
    return sum(len(_json_key(step)) + 4 for step in steps if step.key) + 2


def _pack_step(step: Step, slots: dict[str, int], pool: bytearray) -> list[int]:
    row = [0] * c.STEP_WIDTH
    row[c.OP], row[c.FLAGS], row[c.SCALE] = int(step.op), int(step.flags), step.scale
    key = _json_key(step) if step.key else b""
    row[c.LITERAL], row[c.LITERAL_SIZE] = len(pool), len(step.literal)
    row[c.KEY], row[c.KEY_SIZE] = len(pool) + len(step.literal), len(key)
    name = (expand_pattern(step.name) if step.op is Op.CLOCK else step.name).encode()
    row[c.NAME], row[c.NAME_SIZE] = len(pool) + len(step.literal) + len(key), len(name)
    pool += step.literal + key + name
    # A lone URI takes the same places as the one in a request line, behind the method.
    names = ("method", "path", "query") if step.op is Op.URI else step.columns
    filled = [slots.get(name, -1) for name in names]
    if step.op is Op.ADDEND and not step.column:
        filled = [-1, *filled]
    row[c.SLOT_A : c.SLOT_D + 1] = (filled + [-1] * 4)[:4]
    return row


def _pack_layouts(
    line_format: LineFormat, text: tuple[str, ...], numbers: list[str], slots: dict[str, int]
) -> tuple[Ints, Ints]:
    rows: list[list[int]] = []
    nulls: list[int] = []
    at = 0
    trailing = len(all_steps(line_format)) - 1
    for layout in line_format.layouts:
        filled = {name for step in layout.steps for name in step.columns}
        unsure = _unsure(layout)
        row = [at, at + len(layout.steps)]
        if layout.trailing or any(step.fills_extra for step in layout.steps):
            filled.add(SPARE_COLUMN[line_format.table])
        for names, wanted in (
            (text, set(text) - filled),
            (numbers, set(numbers) - filled),
            (text, unsure),
            (numbers, unsure),
        ):
            row.append(len(nulls))
            nulls += [slots[name] for name in names if name in wanted]
            row.append(len(nulls))
        row.append(trailing if layout.trailing else -1)
        row.append(int(layout.trailing is Trailing.DRIFT))
        rows.append(row)
        at += len(layout.steps)
    return np.array(rows, dtype=np.int64), np.array(nulls or [0], dtype=np.int64)


def _unsure(layout: Layout) -> set[str]:
    """Return the columns that a line of the layout may or may not fill."""
    members = [member for step in layout.steps for member in step.members]
    return {name for member in members for name in member.columns}
