"""Numba behind types: what `mypy --strict` can see of compiled functions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba import types
from numba.core.ccallback import CFunc
from numba.core.typing.templates import signature

Function = TypeVar("Function", bound=Callable[..., Any])


WITH_KERNELS = ("native", "parse")
"""Parts of the package whose files compiled code is made of."""


def _sources() -> str:
    digest = hashlib.sha256()
    for part in WITH_KERNELS:
        for path in sorted((Path(__file__).parent.parent / part).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


_STAMP = _sources()


def inlined(function: Function) -> Function:
    """Compile a piece of a kernel into each place that calls it."""
    return cast("Function", numba.njit(nogil=True, forceinline=True)(function))


def helper(function: Function) -> Function:
    """Compile a rarely used piece of a kernel once, to be called."""
    return cast("Function", numba.njit(nogil=True)(function))


def kernel(function: Function) -> Function:
    """Compile an entry that Python calls: free of the GIL, kept on disk between runs."""
    try:
        compiled: Any = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no directory to write to: compile in each process
        return cast("Function", numba.njit(nogil=True)(function))
    # Numba watches the entry's own file only, and an installed package's files may all carry one
    # date; a stale helper inside a cached kernel would be a wrong answer, so watch all of them.
    compiled._cache._cache_file._source_stamp = _STAMP
    return cast("Function", compiled)


class Callback:
    """A piece of a kernel that others call by its address, `fn(int, …) -> int`.

    Numba compiles whatever a function calls into it, again and again up the tree of calls; what
    is large and stands below several others took minutes and gigabytes. Compiled at the first use
    of `address`, and kept on disk between runs.
    """

    def __init__(self, function: Callable[..., int], parameters: int) -> None:
        self._function, self._parameters = function, parameters
        self._compiled: Any = None

    @property
    def address(self) -> int:
        """Where the compiled function is."""
        if self._compiled is None:
            declared: Any = cast("Any", signature)(types.int64, *[types.int64] * self._parameters)
            options = {"nogil": True, "nopython": True}
            compiled: Any = CFunc(self._function, (declared.args, types.int64), {}, options)
            try:
                compiled.enable_caching()
                compiled._cache._cache_file._source_stamp = _STAMP
            except RuntimeError:  # no directory to write to
                pass
            compiled.compile()
            self._compiled = compiled
        return int(self._compiled.address)
