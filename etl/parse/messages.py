"""Takes typed fields out of whole columns of messages."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from etl.formats.message import MessageFormat
from etl.parse.buffers import number_array, text_array
from etl.parse.convert import HARD, KIND_BOOLEAN, KIND_INTEGER, KIND_NUMBER, KIND_TEXT
from etl.parse.extract import extract_json, extract_logfmt
from etl.parse.program import SPARE
from etl.parse.routing import addresses, call_kernel, string_parts
from etl.schema import FIELD_TYPES

_KINDS = {
    "text": KIND_TEXT,
    "integer": KIND_INTEGER,
    "number": KIND_NUMBER,
    "boolean": KIND_BOOLEAN,
}


class MessageExtractor:
    """Takes the fields of a message format out of whole columns of messages."""

    def __init__(self, message: MessageFormat) -> None:
        self._fields = dict(message.fields)
        self._extract = extract_json if message.kind == "json" else extract_logfmt
        self._names = [
            np.frombuffer(name.encode() + bytes(SPARE), dtype=np.uint8) for name in self._fields
        ]

    def extract(self, messages: pa.StringArray) -> dict[str, pa.Array]:
        """Return a column per field; null where a message lacks it or it does not convert."""
        rows, fields = len(messages), len(self._fields)
        text, bounds = string_parts(messages)
        is_text = [kind == "text" for kind in self._fields.values()]
        strings = [np.empty(len(text) + SPARE if one else 0, dtype=np.uint8) for one in is_text]
        ends = np.zeros((fields, rows + 1), dtype=np.int32)
        wholes = np.zeros((fields, rows), dtype=np.int64)
        reals = np.zeros((fields, rows), dtype=np.float64)
        valid = np.zeros((fields, rows), dtype=np.uint8)
        scratch = np.empty(len(text) + SPARE, dtype=np.uint8)
        parts = zip(strings, ends, wholes, reals, valid, strict=True)
        heads = zip(self._names, self._fields.values(), parts, strict=True)
        table = np.array(
            [
                addresses((name, len(name) - SPARE, _KINDS[kind], *arrays))
                for name, kind, arrays in heads
            ]
        )
        call_kernel(self._extract, (text, bounds, rows, table, fields, scratch))
        columns: dict[str, pa.Array] = {}
        for n, (name, kind) in enumerate(self._fields.items()):
            if kind == "text":
                columns[name] = text_array(strings[n], ends[n], valid[n])
                continue
            for row in np.flatnonzero(valid[n] == HARD):  # more digits than one product keeps
                start = wholes[n, row] - text.ctypes.data
                reals[n, row] = float(text[start : start + int(reals[n, row])].tobytes())
                valid[n, row] = 1
            values = reals[n] if kind == "number" else wholes[n]
            columns[name] = number_array(values, valid[n], FIELD_TYPES[kind])
        return columns
