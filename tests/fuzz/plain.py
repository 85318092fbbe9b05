"""The parser's kernels as plain Python, for tools that look into Python alone.

`install` has to be called before any module of kernels is imported.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from etl.native import jit, memory

_ALL = (1 << 32) - 1


class PlainEntry:
    """Stands for a compiled function that has an address: here, its number in a table."""

    table: tuple[Callable[..., Any], ...] = ()

    def __init__(self, function: Callable[..., Any]) -> None:
        PlainEntry.table += (function,)
        self.function, self.address = function, len(PlainEntry.table)

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


def install() -> None:
    """Let kernels be what they are written as, and their primitives be done by ctypes."""
    for name, kind in {"": ctypes.c_uint8, "32": ctypes.c_int32, "64": ctypes.c_int64}.items():
        setattr(memory, f"load{name}", _loader(kind))
        setattr(memory, f"store{name}", _storer(kind, int))
    memory.load_real = _loader(ctypes.c_double)
    memory.store_real = _storer(ctypes.c_double, float)
    memory.mask_of = _mask_of
    memory.copy_chunk = _copy_chunk
    memory.call5 = lambda address, *rest: PlainEntry.table[address - 1](*rest)
    memory.lowest_bit = lambda mask: (mask & -mask).bit_length() - 1
    memory.bit_count = lambda mask: (mask & _ALL).bit_count()
    changed: Any = jit
    changed.inlined = changed.helper = lambda function: function
    changed.kernel = PlainEntry
    changed.callback = lambda function, _parameters: PlainEntry(function)


def _loader(kind: Any) -> Callable[[int], Any]:
    return lambda address: kind.from_address(address).value


def _storer(kind: Any, plain: Callable[[Any], Any]) -> Callable[[int, Any], None]:
    def store(address: int, value: Any) -> None:
        kind.from_address(address).value = plain(value)

    return store


def _mask_of(address: int, byte: int) -> int:
    chunk = ctypes.string_at(address, memory.CHUNK)
    return sum(1 << place for place, each in enumerate(chunk) if each == byte)


def _copy_chunk(source: int, target: int) -> int:
    chunk = ctypes.string_at(source, memory.CHUNK)
    ctypes.memmove(target, chunk, len(chunk))
    return sum(1 << place for place, each in enumerate(chunk) if each > 127)
