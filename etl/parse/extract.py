"""Takes typed fields out of messages: logfmt and flat JSON."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from etl.formats.message import MessageFormat
from etl.model import Bytes
from etl.parse.buffers import number_array, text_array
from etl.parse.context import BACKSLASH, BRACE, BRACE_END, COLON, COMMA, EQUALS, QUOTE, SPACE
from etl.parse.context import Floats, Ints, Offsets
from etl.parse.convert import HARD, KIND_BOOLEAN, KIND_INTEGER, KIND_NUMBER, KIND_TEXT
from etl.parse.convert import is_scalar, read_boolean, read_integer, read_number, unescape_json
from etl.parse.jit import helper, inlined, kernel
from etl.parse.routing import string_parts
from etl.schema import FIELD_TYPES

_KINDS = {
    "text": KIND_TEXT,
    "integer": KIND_INTEGER,
    "number": KIND_NUMBER,
    "boolean": KIND_BOOLEAN,
}


class Extraction(NamedTuple):
    """What is wanted, the messages, and where values go; one row of each array per field."""

    names: Bytes  # names of all fields
    fields: Ints  # (fields, 3): bounds in `names`, kind
    text: Bytes  # all messages
    bounds: Offsets  # (rows + 1,)
    values: Bytes  # text values, (fields, bytes of all messages) flat
    ends: Offsets  # (fields, rows + 1)
    nums: Ints  # (fields, rows)
    reals: Floats  # (fields, rows)
    valid: Bytes  # (fields, rows): 0 null, 1 valid, HARD for numbers left to Python
    scratch: Bytes  # as long as all messages


class MessageExtractor:
    """Takes the fields of a message format out of whole columns of messages."""

    def __init__(self, message: MessageFormat) -> None:
        self._fields = dict(message.fields)
        self._extract = extract_json if message.kind == "json" else extract_logfmt
        names, rows = bytearray(), []
        for name, type_name in self._fields.items():
            encoded = name.encode()
            rows.append([len(names), len(names) + len(encoded), _KINDS[type_name]])
            names += encoded
        self._names = np.frombuffer(bytes(names), dtype=np.uint8)
        self._table = np.array(rows, dtype=np.int64)

    def extract(self, messages: pa.StringArray) -> dict[str, pa.Array]:
        """Return a column per field; null where a message lacks it or it does not convert."""
        rows, fields = len(messages), len(self._fields)
        text, bounds = string_parts(messages)
        k = Extraction(
            names=self._names,
            fields=self._table,
            text=text,
            bounds=bounds,
            values=np.empty(fields * len(text), dtype=np.uint8),
            ends=np.zeros((fields, rows + 1), dtype=np.int32),
            nums=np.zeros((fields, rows), dtype=np.int64),
            reals=np.zeros((fields, rows), dtype=np.float64),
            valid=np.zeros((fields, rows), dtype=np.uint8),
            scratch=np.empty(len(text), dtype=np.uint8),
        )
        self._extract(k)
        return {name: self._column(k, field) for field, name in enumerate(self._fields)}

    def _column(self, k: Extraction, field: int) -> pa.Array:
        type_name = list(self._fields.values())[field]
        type_ = FIELD_TYPES[type_name]
        if type_name == "text":
            values = k.values[field * len(k.text) :]
            return text_array(values, k.ends[field], k.valid[field], type_)
        if type_name == "number":
            for row in np.flatnonzero(k.valid[field] == HARD):  # more digits than a double holds
                start = k.nums[field, row]
                token = k.text[start : start + int(k.reals[field, row])].tobytes()
                k.reals[field, row] = float(token)
                k.valid[field, row] = 1
            return number_array(k.reals[field], k.valid[field], type_)
        return number_array(k.nums[field], k.valid[field], type_)


@kernel
def extract_logfmt(k: Extraction) -> None:
    """Take fields out of `key=value key="quoted value"`; the last of equal keys counts.

    Words without "=" are skipped, so free text around the pairs does no harm; such a word alone
    makes a boolean true.
    """
    for row in range(k.bounds.size - 1):
        _begin(k, row)
        place, stop = int(k.bounds[row]), int(k.bounds[row + 1])
        while place < stop:
            if k.text[place] <= SPACE:
                place += 1
                continue
            start = place
            while place < stop and k.text[place] > SPACE and k.text[place] != EQUALS:
                place += 1
            field = _wanted(k, k.text, start, place)
            if place >= stop or k.text[place] != EQUALS:
                if field >= 0 and k.fields[field, 2] == KIND_BOOLEAN:
                    k.nums[field, row], k.valid[field, row] = 1, 1
                continue
            place += 1
            if place < stop and k.text[place] == QUOTE:
                end = _string_end(k.text, place + 1, stop)
                if end >= 0:
                    if field >= 0:
                        _put(k, row, field, place + 1, end, True)
                    place = end + 1
                    continue
            start = place
            while place < stop and k.text[place] > SPACE:
                place += 1
            if field >= 0:
                _put(k, row, field, start, place, False)


@kernel
def extract_json(k: Extraction) -> None:
    """Take fields out of one JSON object per message; all are null if it is not one."""
    for row in range(k.bounds.size - 1):
        _begin(k, row)
        if not _object(k, row, int(k.bounds[row]), int(k.bounds[row + 1])):
            _begin(k, row)


@inlined
def _begin(k: Extraction, row: int) -> None:
    for field in range(k.fields.shape[0]):
        k.ends[field, row + 1] = k.ends[field, row]
        k.valid[field, row] = 0


@inlined
def _wanted(k: Extraction, text: Bytes, start: int, stop: int) -> int:
    """Return the field of that name, or -1."""
    for field in range(k.fields.shape[0]):
        low = k.fields[field, 0]
        if k.fields[field, 1] - low == stop - start:
            index = 0
            while start + index < stop and k.names[low + index] == text[start + index]:
                index += 1
            if start + index == stop:
                return field
    return -1


@inlined
def _string_end(text: Bytes, start: int, stop: int) -> int:
    """Return where the quote is that ends a string, or -1."""
    while start < stop and text[start] != QUOTE:
        start += 2 if text[start] == BACKSLASH else 1
    return start if start < stop else -1


@helper
def _put(k: Extraction, row: int, field: int, start: int, stop: int, quoted: bool) -> None:
    """Write a value; null if it does not convert."""
    kind = k.fields[field, 2]
    k.valid[field, row] = 0
    if kind == KIND_TEXT:
        base = field * k.text.size
        place = base + k.ends[field, row]
        if quoted:
            end = unescape_json(k.text, start, stop, k.values, place)
        else:
            end = place + stop - start
            for index in range(stop - start):
                k.values[place + index] = k.text[start + index]
        k.ends[field, row + 1] = end - base
        k.valid[field, row] = 1
    elif kind == KIND_INTEGER:
        k.nums[field, row], k.valid[field, row] = read_integer(k.text, start, stop)
    elif kind == KIND_NUMBER:
        k.reals[field, row], k.valid[field, row] = read_number(k.text, start, stop)
        if k.valid[field, row] == HARD:
            k.nums[field, row], k.reals[field, row] = start, stop - start
    else:
        k.nums[field, row], k.valid[field, row] = read_boolean(k.text, start, stop)


@inlined
def _blank(k: Extraction, place: int, stop: int) -> int:
    while place < stop and k.text[place] in (9, 10, 13, SPACE):
        place += 1
    return place


@helper
def _object(k: Extraction, row: int, start: int, stop: int) -> bool:
    """Read `{"key": value, ...}`; the last of equal keys counts."""
    place = _blank(k, start, stop)
    if stop - place >= 5 and k.text[place] == 64 and k.text[place + 4] == COLON:
        place = _blank(k, place + 5, stop)  # the @cee: cookie
    if place >= stop or k.text[place] != BRACE:
        return False
    place = _blank(k, place + 1, stop)
    if place < stop and k.text[place] == BRACE_END:
        return _blank(k, place + 1, stop) == stop
    while place < stop and k.text[place] == QUOTE:
        end = _string_end(k.text, place + 1, stop)
        if end < 0:
            return False
        length = unescape_json(k.text, place + 1, end, k.scratch, 0)
        field = _wanted(k, k.scratch, 0, length)
        place = _blank(k, end + 1, stop)
        if place >= stop or k.text[place] != COLON:
            return False
        place = _value(k, row, field, _blank(k, place + 1, stop), stop)
        if place < 0:
            return False
        place = _blank(k, place, stop)
        if place < stop and k.text[place] == BRACE_END:
            return _blank(k, place + 1, stop) == stop
        if place >= stop or k.text[place] != COMMA:
            return False
        place = _blank(k, place + 1, stop)
    return False


@helper
def _value(k: Extraction, row: int, field: int, start: int, stop: int) -> int:
    """Read any JSON value and keep it if it is wanted; return where it ends, or -1."""
    if start >= stop:
        return -1
    if k.text[start] == QUOTE:
        end = _string_end(k.text, start + 1, stop)
        if end >= 0 and field >= 0:
            _put(k, row, field, start + 1, end, True)
        return end + 1 if end >= 0 else -1
    if k.text[start] in (BRACE, 91):
        end = _nested_end(k, start, stop)
        if end >= 0 and field >= 0:
            _put(k, row, field, start, end, False)  # text gets the JSON as it stands
        return end
    end = start
    while end < stop and k.text[end] > SPACE and k.text[end] not in (COMMA, BRACE_END, 93):
        end += 1
    if not is_scalar(k.text, start, end):
        return -1
    if field >= 0:
        if k.text[start] == 110:  # null
            k.ends[field, row + 1], k.valid[field, row] = k.ends[field, row], 0
        else:
            _put(k, row, field, start, end, False)
    return end


@inlined
def _nested_end(k: Extraction, start: int, stop: int) -> int:
    depth, place = 0, start
    while place < stop:
        byte = k.text[place]
        if byte == QUOTE:
            place = _string_end(k.text, place + 1, stop)
            if place < 0:
                return -1
        elif byte in (BRACE, 91):
            depth += 1
        elif byte in (BRACE_END, 93):
            depth -= 1
            if depth == 0:
                return place + 1
        place += 1
    return -1
