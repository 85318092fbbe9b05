"""Packs a line format into the arrays that the kernel reads."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from etl.formats.fields import Layout, LineFormat, Op, Step, table_schema
from etl.model import Bytes
from etl.parse import context as c
from etl.parse.context import Ints

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
    """

    text: tuple[str, ...]
    numbers: tuple[tuple[str, pa.DataType], ...]
    steps: Ints
    layouts: Ints
    nulls: Ints
    pool: Bytes
    line_format: LineFormat
    extra_overhead: int

    @property
    def extra_slot(self) -> int:
        """Slot of `extra`, or -1."""
        return self.text.index("extra") if "extra" in self.text else -1


def pack(line_format: LineFormat) -> Program:
    """Return the program of a line format."""
    schema = table_schema(line_format.table)
    names = [name for name in line_format.columns if name not in UNPARSED]
    text = tuple(name for name in names if schema.field(name).type == pa.string())
    numbers = tuple((n, schema.field(n).type) for n in names if n not in text)
    slots = {name: slot for slot, name in enumerate(text)}
    slots.update({name: slot for slot, (name, _) in enumerate(numbers)})
    all_steps = tuple(step for layout in line_format.layouts for step in layout.steps)
    pool = bytearray()
    rows = [_pack_step(step, slots, pool) for step in all_steps]
    padded = np.frombuffer(bytes(pool) + bytes(SPARE), dtype=np.uint8)
    steps = np.array(rows, dtype=np.int64).reshape(-1, c.STEP_WIDTH)
    steps[:, [c.LITERAL, c.KEY]] += padded.ctypes.data
    keys = max((_keys(layout) for layout in line_format.layouts), default=0)
    layouts, nulls = _pack_layouts(line_format.layouts, text, [name for name, _ in numbers], slots)
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


def _json_key(step: Step) -> bytes:
    return json.dumps(step.key).encode() + b":"


def _keys(layout: Layout) -> int:
    return sum(len(_json_key(step)) + 4 for step in layout.steps if step.key) + 2


def _pack_step(step: Step, slots: dict[str, int], pool: bytearray) -> list[int]:
    row = [0] * c.STEP_WIDTH
    row[c.OP], row[c.FLAGS], row[c.SCALE] = int(step.op), int(step.flags), step.scale
    key = _json_key(step) if step.key else b""
    row[c.LITERAL], row[c.LITERAL_SIZE] = len(pool), len(step.literal)
    row[c.KEY], row[c.KEY_SIZE] = len(pool) + len(step.literal), len(key)
    pool += step.literal + key
    # A lone URI takes the same places as the one in a request line, behind the method.
    names = ("method", "path", "query") if step.op is Op.URI else step.columns
    filled = [slots.get(name, -1) for name in names]
    row[c.SLOT_A :] = (filled + [-1] * 4)[:4]
    return row


def _pack_layouts(
    layouts: tuple[Layout, ...], text: tuple[str, ...], numbers: list[str], slots: dict[str, int]
) -> tuple[Ints, Ints]:
    rows: list[list[int]] = []
    nulls: list[int] = []
    at = 0
    for layout in layouts:
        filled = {name for step in layout.steps for name in step.columns} | {"extra"}
        row = [at, at + len(layout.steps)]
        for names in (text, numbers):
            row.append(len(nulls))
            nulls += [slots[name] for name in names if name not in filled]
            row.append(len(nulls))
        rows.append(row)
        at += len(layout.steps)
    return np.array(rows, dtype=np.int64), np.array(nulls or [0], dtype=np.int64)
