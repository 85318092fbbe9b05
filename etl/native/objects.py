"""Object code of compiled functions: kept on disk, and loaded without the compiler.

A file is named by what it was made of: the code, the versions of Numba and LLVM, and the
processor. It stands beside the package, where an image can be built with it, and
in the user's cache, where the next installation finds it.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import llvmlite.binding as llvm  # type: ignore[import-untyped]  # it ships none

_PACKAGE = Path(__file__).parent.parent
_DIGEST_BYTES = 32

KEPT_S = 90 * 86_400
"""How long code is kept that another installation, or an older one, may still want."""

_engines: list[Any] = []  # an engine owns the code that it has loaded


def stamp_of(function: Callable[..., Any]) -> str:
    """Return a hash of all that a function's compiled code is made of.

    That is the byte code of the function and of all pieces that it calls, the numbers that they
    refer to, how they are compiled, and for which processor.
    """
    digest = hashlib.sha256(_machine())
    seen: set[int] = set()
    waiting = [function]
    while waiting:
        code = waiting[-1].__code__
        names = waiting.pop().__globals__
        numbers = [const for const in code.co_consts if not isinstance(const, str)]
        digest.update(code.co_code + repr((numbers, code.co_names, code.co_varnames)).encode())
        for name, value in _referred(code.co_names, names):
            inner = getattr(value, "function", None)
            told = repr(value) if inner is None else getattr(value, "options", None)
            digest.update(f"{name}={told}".encode())
            if inner is not None and id(inner) not in seen:
                seen.add(id(inner))
                waiting.append(inner)
    return digest.hexdigest()


def _referred(used: tuple[str, ...], names: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the globals that code may refer to, and of modules the members."""
    for name in used:
        value = names.get(name)
        if isinstance(value, ModuleType):
            members = vars(value)
            yield from ((member, members[member]) for member in used if member in members)
        elif value is not None:
            yield name, value


@cache
def _machine() -> bytes:
    """Return a hash of compilers and processor."""
    digest = hashlib.sha256()
    for name in ("compiler.py", "primitives.py"):
        digest.update((_PACKAGE / "native" / name).read_bytes())
    features = llvm.get_host_cpu_features().flatten()
    digest.update(f"{version('numba')} {version('llvmlite')} {sys.version}".encode())
    digest.update(f"{llvm.get_host_cpu_name()} {features}".encode())
    return digest.digest()


def load(function: Callable[..., Any], parameters: int) -> int:
    """Return the address of a function's compiled code.

    Args:
        function: Takes and returns 64-bit numbers.
        parameters: How many it takes.
    """
    name = f"kernel-{function.__name__}-{stamp_of(function)[:24]}.o"
    for folder in _folders():
        found = _read(folder / name)
        if found is not None:
            return _link(*found)
    from etl.native.compiler import compile_entry

    symbol, code = compile_entry(function, parameters)
    for folder in _folders():
        with suppress(OSError):  # not writable: compiled again by the next process
            _write(folder, name, symbol, code)
    return _link(symbol, code)


def _folders() -> Iterator[Path]:
    yield _PACKAGE / "native" / "__pycache__"
    with suppress(RuntimeError):  # nobody's home
        yield Path.home() / ".cache" / "daytally"


def _read(path: Path) -> tuple[str, bytes] | None:
    """Return symbol and code; None where the file is absent or not as it was written."""
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    digest, body = kept[:_DIGEST_BYTES], kept[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != digest:
        return None
    symbol, _, code = body.partition(b"\n")
    return symbol.decode(), code


def _write(folder: Path, name: str, symbol: str, code: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    body = symbol.encode() + b"\n" + code
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(hashlib.sha256(body).digest() + body)
    kept = folder / name
    Path(file.name).replace(kept)
    oldest = kept.stat().st_mtime - KEPT_S
    for other in folder.glob(f"{name.rpartition('-')[0]}-*.o"):
        if other.stat().st_mtime < oldest:
            other.unlink(missing_ok=True)


def _link(symbol: str, code: bytes) -> int:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = int(engine.get_function_address(symbol))
    if address == 0:
        raise RuntimeError(f"compiled code lacks {symbol}")
    _engines.append(engine)
    return address
