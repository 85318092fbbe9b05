"""What the functions of `memory` become in LLVM; imported only where something is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]  # it ships none
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from etl.native.memory import CHUNK

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

    return load


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

    return store


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
        # As Numba's own functions are called: room for the result and for an exception. Rooms
        # are made once per function: made at the call, they would pile up in a loop.
        room: Any = cgutils.alloca_once
        result, failure = room(builder, _I64), room(builder, _I8.as_pointer())
        kinds = [_I64.as_pointer(), _I8.as_pointer().as_pointer(), *[_I64] * 5]
        kind = ir.FunctionType(_I32, kinds).as_pointer()
        function = builder.inttoptr(arguments[0], kind)
        builder.call(function, [result, failure, *arguments[1:]])
        return builder.load(result)

    return types.int64(*[types.int64] * 6), generate


def _lowest_bit(_typing: Any, _mask: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(_I1, 1))

    return types.int64(types.int64), generate


def _bit_count(_typing: Any, _mask: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.int64), generate


_MAKERS: dict[str, Callable[..., Any]] = {
    "load": _loader(_I8, signed=False),
    "load32": _loader(_I32, signed=True),
    "load64": _loader(_I64, signed=True),
    "load_real": _load_real,
    "store": _storer(_I8, types.int64),
    "store32": _storer(_I32, types.int64),
    "store64": _storer(_I64, types.int64),
    "store_real": _storer(ir.DoubleType(), types.float64),
    "mask_of": _mask_of,
    "copy_chunk": _copy_chunk,
    "call5": _five,
    "lowest_bit": _lowest_bit,
    "bit_count": _bit_count,
}
_PRIMITIVES = {name: intrinsic(maker) for name, maker in _MAKERS.items()}
# They are made in the middle of a compilation, whose tables are filled already.
cpu_target.typing_context.refresh()
cpu_target.target_context.refresh()


def type_of(name: str) -> Any:
    """Return what Numba knows a function of `memory` as."""
    return cpu_target.typing_context.resolve_value_type(_PRIMITIVES[name])
