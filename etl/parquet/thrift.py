"""Thrift's compact protocol, as far as a Parquet file's metadata need it.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

_TRUE, _FALSE, _I16, _I32, _I64, _BINARY, _LIST, _STRUCT = 1, 2, 4, 5, 6, 8, 9, 12
_SHORT_LIST = 15
_STOP = b"\0"
_BYTES = [bytes([byte]) for byte in range(256)]


class Value(NamedTuple):
    """An encoded value and its type's number."""

    kind: int
    data: bytes


def i16(number: int) -> Value:
    """Return a 16-bit number."""
    return Value(_I16, _zigzag(number))


def i32(number: int) -> Value:
    """Return a 32-bit number or an enumeration's value."""
    return Value(_I32, _zigzag(number))


def i64(number: int) -> Value:
    """Return a 64-bit number."""
    return Value(_I64, _zigzag(number))


def binary(data: bytes) -> Value:
    """Return bytes, or a text in UTF-8."""
    return Value(_BINARY, varint(len(data)) + data)


def boolean(value: bool) -> Value:
    """Return a truth value as a struct's field, whose type says all."""
    return Value(_TRUE if value else _FALSE, b"")


def array(items: Sequence[Value]) -> Value:
    """Return a list of at least one item, all of one type."""
    kind = items[0].kind
    if len(items) < _SHORT_LIST:
        head = bytes([len(items) << 4 | kind])
    else:
        head = bytes([0xF0 | kind]) + varint(len(items))
    return Value(_LIST, head + b"".join(item.data for item in items))


def struct(fields: Mapping[int, Value | None]) -> Value:
    """Return a struct; fields by ascending number, None for those that are left out."""
    data, last = list[bytes](), 0
    for number, value in fields.items():
        if value is None:
            continue
        if not 0 < number - last < _SHORT_LIST + 1:
            raise ValueError(f"field {number} behind {last}")
        data += (_BYTES[(number - last) << 4 | value.kind], value.data)
        last = number
    return Value(_STRUCT, b"".join(data) + _STOP)


@lru_cache(1 << 12)
def varint(number: int) -> bytes:
    """Return a number of no sign, seven bits a byte, the lowest first."""
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)
    return bytes(data)


def _zigzag(number: int) -> bytes:
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)
