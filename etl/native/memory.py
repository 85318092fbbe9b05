"""Loads, stores and a 32-byte scan on raw addresses, for compiled code only.

Arrays would cost the kernel a descriptor of seven words each at every call, minutes of
compilation, and a test of the sign of every index. Why bare addresses are safe here:

* Reads: a position moves forward through a block only after a comparison with the line's end.
  A scan may read up to 31 bytes and a time stamp about as many past that end; a block has
  `BLOCK_PADDING` (64) spare bytes, and the kernel's own buffers have `SPARE` (64).
* Writes: a column's room is its worst case for the size of the block (`buffers.py`), and a chunk
  that is copied whole overshoots by at most 31 bytes into the column's own spare room.
* Only `buffers.py`, `routing.py` and `extract.py` turn arrays into addresses; each keeps its
  arrays alive until the kernel returns.

Tests run the kernel between guard bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]  # it ships none
from numba import types
from numba.extending import intrinsic

CHUNK = 32
"""Bytes that the scan compares at a time."""

_I1, _I8, _I32, _I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))
_VECTOR = ir.VectorType(_I8, CHUNK)


def _loader(bits: ir.Type, *, signed: bool) -> Any:
    def load(_typing: Any, _address: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            value = builder.load(builder.inttoptr(arguments[0], bits.as_pointer()))
            value.align = 1
            if bits is _I64:
                return value
            return builder.sext(value, _I64) if signed else builder.zext(value, _I64)

        return types.int64(types.int64), generate

    return intrinsic(load)


def _load_real(_typing: Any, _address: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        value = builder.load(builder.inttoptr(arguments[0], ir.DoubleType().as_pointer()))
        value.align = 1
        return value

    return types.float64(types.int64), generate


def _storer(bits: ir.Type, value_type: Any) -> Any:
    def store(_typing: Any, _address: Any, _value: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            value = arguments[1]
            if bits in (_I8, _I32):
                value = builder.trunc(value, bits)
            pointer = builder.inttoptr(arguments[0], bits.as_pointer())
            builder.store(value, pointer, align=1)
            return context.get_dummy_value()

        return types.void(types.int64, value_type), generate

    return intrinsic(store)


def _mask_of(_typing: Any, _address: Any, _byte: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        chunk = builder.load(builder.inttoptr(arguments[0], _VECTOR.as_pointer()))
        chunk.align = 1
        byte = builder.trunc(arguments[1], _I8)
        one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), byte, ir.Constant(_I32, 0))
        zeros = ir.Constant(ir.VectorType(_I32, CHUNK), [0] * CHUNK)
        all_ = builder.shuffle_vector(one, one, zeros)
        return _bits(builder, builder.icmp_unsigned("==", chunk, all_))

    return types.int64(types.int64, types.int64), generate


def _copy_chunk(_typing: Any, _source: Any, _target: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        chunk = builder.load(builder.inttoptr(arguments[0], _VECTOR.as_pointer()))
        chunk.align = 1
        builder.store(chunk, builder.inttoptr(arguments[1], _VECTOR.as_pointer()), align=1)
        return _bits(builder, builder.icmp_signed("<", chunk, ir.Constant(_VECTOR, [0] * CHUNK)))

    return types.int64(types.int64, types.int64), generate


def _bits(builder: Any, flags: Any) -> Any:
    return builder.zext(builder.bitcast(flags, ir.IntType(CHUNK)), _I64)


def _five(_typing: Any, _function: Any, _a: Any, _b: Any, _c: Any, _d: Any, _e: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(_I64, [_I64] * 5).as_pointer()
        return builder.call(builder.inttoptr(arguments[0], kind), arguments[1:])

    return types.int64(*[types.int64] * 6), generate


def _lowest_bit(_typing: Any, _mask: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(_I1, 1))

    return types.int64(types.int64), generate


load: Callable[[int], int] = _loader(_I8, signed=False)
"""Return the byte at an address."""
load32: Callable[[int], int] = _loader(_I32, signed=True)
"""Return the 32-bit number at an address."""
load64: Callable[[int], int] = _loader(_I64, signed=True)
"""Return the 64-bit number at an address."""
load_real: Callable[[int], float] = cast("Any", intrinsic(_load_real))
"""Return the double at an address."""
store: Callable[[int, int], None] = _storer(_I8, types.int64)
"""Write a byte."""
store32: Callable[[int, int], None] = _storer(_I32, types.int64)
"""Write a 32-bit number."""
store64: Callable[[int, int], None] = _storer(_I64, types.int64)
"""Write a 64-bit number."""
store_real: Callable[[int, float], None] = _storer(ir.DoubleType(), types.float64)
"""Write a double."""
mask_of: Callable[[int, int], int] = cast("Any", intrinsic(_mask_of))
"""Return a bit for each of the 32 bytes from an address on that equals a byte."""
copy_chunk: Callable[[int, int], int] = cast("Any", intrinsic(_copy_chunk))
"""Copy 32 bytes; return a bit for each of them that is not ASCII."""
call5: Callable[[int, int, int, int, int, int], int] = cast("Any", intrinsic(_five))
"""Call the function at an address with five numbers; return its result."""
lowest_bit: Callable[[int], int] = cast("Any", intrinsic(_lowest_bit))
"""Return the number of the lowest bit that is set; the mask is not zero."""
