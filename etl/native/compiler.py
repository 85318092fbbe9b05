"""Numba, imported only where something has to be compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba import types


def compile_piece(function: Callable[..., Any], options: dict[str, bool]) -> Any:
    """Return Numba's function, which is compiled into others or when it is called."""
    njit: Any = numba.njit  # its own types know neither these options nor what it returns
    return njit(nogil=True, **options)(function)


def compile_entry(function: Callable[..., Any], parameters: int) -> tuple[str, bytes]:
    """Compile a function of 64-bit numbers.

    Returns:
        The symbol, and an object file that holds it and all that it calls.
    """
    compiled = compile_piece(function, {})
    arguments = (types.int64,) * parameters
    compiled.compile(arguments)
    result = compiled.overloads[arguments]
    kept: Any = result.library.serialize_using_object_code()
    code: bytes = kept[2][0]
    return result.fndesc.llvm_func_name, code
