"""Takes typed fields out of whole columns of messages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from etl.formats.message import MessageFormat
from etl.model import Bytes
from etl.native.cells import Ints, addresses, call_kernel
from etl.parse.buffers import number_array, text_array
from etl.parse.context import Floats
from etl.parse.convert import (
    HARD,
    KIND_BOOLEAN,
    KIND_DURATION,
    KIND_INTEGER,
    KIND_NUMBER,
    KIND_TEXT,
)
from etl.parse.extract import extract_whole
from etl.parse.extract_json import FRAME_WIDTH, extract_json
from etl.parse.extract_pairs import extract_logfmt, extract_pairs
from etl.parse.program import SPARE
from etl.parse.routing import string_parts
from etl.schema import FIELD_TYPES, TEXT

_KINDS = {
    "text": KIND_TEXT,
    "integer": KIND_INTEGER,
    "number": KIND_NUMBER,
    "boolean": KIND_BOOLEAN,
    "duration": KIND_DURATION,
}
_KERNELS = {"logfmt": extract_logfmt, "json": extract_json, "pairs": extract_pairs}


class MessageExtractor:
    """Takes the fields of a message format out of whole columns of messages."""

    def __init__(self, message: MessageFormat) -> None:
        self._message = message
        fields = message.fields.items()
        if message.kind == "regex":
            self._taken = [_Fields({name: type_}, message.keys) for name, type_ in fields]
        else:
            self._taken = [_Fields(dict(fields), message.keys)]

    def extract(self, messages: pa.StringArray) -> dict[str, pa.Array]:
        """Return a column per field; null where a message lacks it or it does not convert."""
        if self._message.kind != "regex":
            return self._taken[0].take(_KERNELS[self._message.kind], messages)
        import polars as pl  # has the regex crate, and few messages ask for it

        columns: dict[str, pa.Array] = {}
        groups = pl.Series(messages).str.extract_groups(self._message.pattern).struct
        for fields, (name, group) in zip(self._taken, self._message.keys.items(), strict=True):
            found = pa.array(groups.field(group).to_arrow(), TEXT)
            if self._message.fields[name] == "text":
                columns[name] = found
            else:
                columns |= fields.take(extract_whole, found)
        return columns


class _Fields:
    """Fields that one kernel fills.

    Args:
        types: Column to a key of `FIELD_TYPES`.
        keys: Column to its key in the messages, for these columns at least.
    """

    def __init__(self, types: Mapping[str, str], keys: Mapping[str, str]) -> None:
        self._types = types
        names = [keys[name].encode() for name in types]
        self._longest = max(map(len, names))
        self._names = [np.frombuffer(name + bytes(SPARE), dtype=np.uint8) for name in names]

    def take(self, kernel: Callable[[int], None], texts: pa.StringArray) -> dict[str, pa.Array]:
        """Run a kernel over texts; return a column per field."""
        rows, fields = len(texts), len(self._types)
        text, bounds = string_parts(texts)
        rooms = [len(text) + SPARE if kind == "text" else 0 for kind in self._types.values()]
        strings = [np.empty(room, dtype=np.uint8) for room in rooms]
        ends = np.zeros((fields, rows + 1), dtype=np.int32)
        wholes = np.zeros((fields, rows), dtype=np.int64)
        reals = np.zeros((fields, rows), dtype=np.float64)
        valid = np.zeros((fields, rows), dtype=np.uint8)
        scratch = np.empty(len(text) + self._longest + SPARE, dtype=np.uint8)
        stack = np.empty((self._longest + 2, FRAME_WIDTH), dtype=np.int64)
        parts = zip(strings, ends, wholes, reals, valid, strict=True)
        heads = zip(self._names, self._types.values(), parts, strict=True)
        table = np.array(
            [
                addresses((name, len(name) - SPARE, _KINDS[kind], *arrays))
                for name, kind, arrays in heads
            ]
        )
        call_kernel(kernel, (text, bounds, rows, table, fields, scratch, stack))
        columns: dict[str, pa.Array] = {}
        for n, (name, kind) in enumerate(self._types.items()):
            if kind == "text":
                columns[name] = text_array(strings[n], ends[n], valid[n])
                continue
            _read_hard(text, wholes[n], reals[n], valid[n], finite=kind == "duration")
            type_ = FIELD_TYPES[kind]
            values = reals[n] if pa.types.is_floating(type_) else wholes[n]
            columns[name] = number_array(values, valid[n], type_)
        return columns


def _read_hard(text: Bytes, wholes: Ints, reals: Floats, valid: Bytes, *, finite: bool) -> None:
    """Read the numbers that have more digits than one exact product keeps."""
    for row in np.flatnonzero(valid == HARD):
        start = wholes[row] - text.ctypes.data
        reals[row] = float(text[start : start + int(reals[row])].tobytes())
        valid[row] = not finite or math.isfinite(reals[row])
