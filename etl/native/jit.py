"""Compiled functions behind types: what `mypy --strict` and the rest of the package see of them.

Numba compiles, at the first use on a machine; later runs load the object code that was kept on
disk, and start without Numba, whose import alone takes as long as reading 50 MB of log.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from threading import RLock
from typing import Any, TypeVar, cast

from etl.native import objects

Function = TypeVar("Function", bound=Callable[..., Any])

_NATIVE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
"""How Numba's functions are called: room for the result, room for an exception, the argument."""


class Piece:
    """A function that kernels are made of; compiled together with the kernels that call it.

    Attributes:
        function: What is compiled.
        options: How, for Numba.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, bool]) -> None:
        self.function, self.options = function, options
        self._compiled: Any = None

    @property
    def compiled(self) -> Any:
        """Numba's function."""
        if self._compiled is None:
            from etl.native.compiler import compile_piece

            self._compiled = compile_piece(self.function, self.options)
        return self._compiled

    @property
    def _numba_type_(self) -> Any:  # what Numba asks objects for that kernels refer to
        return self.compiled._numba_type_

    def __call__(self, *arguments: Any) -> Any:
        """Run the compiled piece alone, as tests do."""
        return self.compiled(*arguments)


_LOADING = RLock()
"""Held by the thread that loads a function: others that need it wait, and do not load it again."""


class Entry:
    """A compiled function with an address, `fn(int, …) -> int or None`; the GIL is let go of.

    Attributes:
        function: What is compiled.
    """

    def __init__(self, function: Callable[..., Any], parameters: int) -> None:
        self.function, self._parameters = function, parameters
        self._address = 0
        self._call: Any = None

    @property
    def address(self) -> int:
        """Where the compiled function is; it is loaded, or compiled first, where it is not yet."""
        if self._address == 0:
            with _LOADING:
                if self._address == 0:
                    self._address = objects.load(self.function, self._parameters)
        return self._address

    def __call__(self, table: int) -> None:
        """Run a kernel on the address of its table."""
        if self._call is None:
            self._call = _NATIVE(self.address)
        result, failure = ctypes.c_int64(), ctypes.c_void_p()
        status = self._call(ctypes.byref(result), ctypes.byref(failure), table)
        if status != 0:
            raise RuntimeError(f"kernel {self.function.__name__} failed with status {status}")


def inlined(function: Function) -> Function:
    """Compile a piece of a kernel into each place that calls it."""
    return cast("Function", Piece(function, {"forceinline": True}))


def helper(function: Function) -> Function:
    """Compile a rarely used piece of a kernel once, to be called."""
    return cast("Function", Piece(function, {}))


def kernel(function: Callable[[int], None]) -> Callable[[int], None]:
    """Compile an entry that Python calls with the address of a table."""
    return Entry(function, 1)


def load_ahead(kernels: Iterable[Callable[[int], None]]) -> None:
    """Load kernels before they are called, as while something else waits for the disk."""
    for one in kernels:
        _ = cast("Entry", one).address


def callback(function: Callable[..., int], parameters: int) -> Entry:
    """Compile a piece that others call by its address, see `memory.call5`.

    Numba compiles whatever a function calls into it, again and again up the tree of calls; what
    is large and stands below several others took minutes and gigabytes.
    """
    return Entry(function, parameters)
